package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"parley/locale"
	"parley/server"
)

// contact is what is known of how connections come in.
type contact struct {
	running  bool
	bound    []netip.AddrPort // of the server or, where none runs, of listeners in its place; none: not known
	err      error            // of opening those
	asked    []netip.AddrPort
	silent   []netip.AddrPort // those of them that take no connection
	foreign  uint64           // connections without encryption from networks that are not served so
	firewall string           // what seems to be on, empty: nothing is known of one
	system   string           // runtime.GOOS
}

func checkTCP(ctx context.Context, e *Examination) []Finding {
	listen := e.Config.Listen.Connections()
	if len(listen) == 0 {
		return noConnections(e.Config.Listen)
	}
	c := contact{running: e.house().runs(), firewall: firewall(), system: runtime.GOOS}
	if c.running {
		door, bound, _ := e.house().port()
		c.bound, c.foreign = bound, door.Dropped["foreign"]
	} else {
		var end func()
		c.bound, end, c.err = standIn(ctx, listen)
		defer end()
		if e.isServed(c.err) {
			return seeDirectory()
		}
		if server.IsTaken(c.err) && e.other() != "" {
			return seeServer()
		}
	}
	for _, bound := range c.bound {
		c.asked = append(c.asked, targets(bound)...)
	}
	c.silent = refused(ctx, c.asked)
	return judgeContact(c)
}

// noConnections says that there is nothing to look at.
func noConnections(listen server.Listen) []Finding {
	return []Finding{ok(locale.Text{
		EN: "not checked: no address in %s is for connections",
		ZH: "未检查：%s 中没有 TCP 地址",
	}, listen)}
}

func judgeContact(c contact) []Finding {
	switch {
	case c.err != nil:
		return []Finding{taken(c.err, "ss -ltnp")}
	case len(c.bound) == 0:
		return []Finding{warning(locale.Text{
			EN: "the server does not say where it listens",
			ZH: "服务器没有给出监听地址",
		})}
	case len(c.silent) == len(c.asked):
		return []Finding{broken(locale.Text{
			EN: "cannot connect to %s, even from this machine",
			ZH: "无法连接 %s，本机也不行",
		}, list(c.silent)).cure(c.letIn())}
	case len(c.silent) > 0:
		found := warning
		if len(c.silent) == len(c.asked)-loopbacks(c.asked) {
			found = broken // nobody else gets in
		}
		return []Finding{found(locale.Text{
			EN: "cannot connect to %s: a firewall may block connections",
			ZH: "无法连接 %s：连接可能被防火墙拦截",
		}, list(c.silent)).cure(c.letIn())}
	}
	return []Finding{c.well()}
}

// well says that connections come in, and what may still keep others out.
func (c contact) well() Finding {
	f := ok(locale.Text{EN: "accepted on %s", ZH: "%s 可以连接"}, list(c.asked))
	if !c.running {
		f = ok(locale.Text{
			EN: "port %s is free, connections arrive on %s",
			ZH: "端口 %s 空闲，%s 可以连接",
		}, locale.List(c.numbers()), list(c.asked))
	}
	if loopbacks(c.bound) == len(c.bound) {
		f = f.add(locale.Text{EN: ", for this machine only", ZH: "，仅限本机"})
	} else if c.firewall != "" {
		f = f.add(locale.Text{
			EN: "; %s is on and must allow the port",
			ZH: "；%s 已启用，需放行该端口",
		}, c.firewall).cure(c.letIn())
	}
	if c.foreign > 0 {
		f = f.add(locale.Text{
			EN: "; %d connections without TLS came from networks that need it (port.allow)",
			ZH: "；%d 个未使用 TLS 的连接被拒绝：来源网段不在 port.allow 中",
		}, c.foreign)
	}
	return f
}

// numbers are the ports, each once.
func (c contact) numbers() (all []string) {
	for _, bound := range c.bound {
		if number := strconv.Itoa(int(bound.Port())); !slices.Contains(all, number) {
			all = append(all, number)
		}
	}
	return all
}

func (c contact) letIn() locale.Text { return letIn(c.system, c.firewall, "tcp", c.numbers()...) }

// refused asks every address at once and returns those that take no connection. Nothing is said and nothing read.
func refused(ctx context.Context, all []netip.AddrPort) []netip.AddrPort {
	ctx, cancel := context.WithTimeout(ctx, probeTries*probePatience)
	defer cancel()
	errs := make([]error, len(all))
	var asking sync.WaitGroup
	for i, a := range all {
		asking.Go(func() {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.String())
			if errs[i] = err; err == nil {
				_ = conn.Close() // it was there, and that is all
			}
		})
	}
	asking.Wait()
	var quiet []netip.AddrPort
	for i, a := range all {
		if errs[i] != nil {
			quiet = append(quiet, a)
		}
	}
	return quiet
}

// standIn listens where the server would: the system takes the connections up. end closes what was opened, also after an error.
func standIn(ctx context.Context, listen []string) (bound []netip.AddrPort, end func(), err error) {
	var all []net.Listener
	end = func() {
		for _, l := range all {
			l.Close()
		}
	}
	for _, address := range listen {
		network := "tcp"
		if at, err := resolve(address); err == nil && at.Addr().Is4() {
			network = "tcp4" // as the door does
		}
		l, err := new(net.ListenConfig).Listen(ctx, network, address)
		if err != nil {
			return nil, end, server.ListenError(address, "tcp", "--listen", err)
		}
		all = append(all, l)
		tcp, is := l.Addr().(*net.TCPAddr)
		if !is {
			return nil, end, errors.ErrUnsupported
		}
		at := tcp.AddrPort()
		bound = append(bound, netip.AddrPortFrom(at.Addr().Unmap(), at.Port()))
	}
	return bound, end, nil
}
