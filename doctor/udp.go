package doctor

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"time"

	"parley/door/udp"
	"parley/locale"
	"parley/server"
	"parley/wire/datagram"
)

const (
	// probeTries is how often one address is asked: a datagram may be lost.
	probeTries = 3

	// probePatience is how long each of them may take to be answered.
	probePatience = 300 * time.Millisecond
)

// question asks for nothing: nobody can have such a nickname, so the door answers EXIT by itself.
var question = datagram.Request{Verb: datagram.Quit, Name: "?doctor"}.Append(nil)

// reach is what is known of how datagrams come in.
type reach struct {
	running  bool
	bound    netip.AddrPort   // of the server or, where none runs, of a socket in its place; zero: not known
	err      error            // of opening that
	asked    []netip.AddrPort // loopback first
	silent   []netip.AddrPort // those of them that did not answer
	foreign  uint64           // datagrams from networks that are not served
	allow    []netip.Prefix
	closed   bool           // the door serves nobody at the address it is bound to
	public   []netip.Prefix // networks of this machine that are not private
	firewall string         // what seems to be on, empty: nothing is known of one
	system   string         // runtime.GOOS
}

func checkUDP(ctx context.Context, e *Examination) []Finding {
	listen := e.Config.Listen.Datagrams()
	if listen == "" {
		return noDatagrams(e.Config.Listen)
	}
	r := reach{running: e.house().runs(), allow: e.Config.UDP.Allow, public: publicNetworks(), firewall: firewall(), system: runtime.GOOS}
	if r.running {
		door, bound, _ := e.house().udp()
		r.bound, r.foreign = bound, door.Dropped["foreign"]
	} else {
		echo, err := openEcho(ctx, listen)
		if err != nil {
			if r.err = server.ListenError(listen, "udp", "--listen", err); e.isServed(r.err) {
				return seeDirectory()
			}
			if server.IsTaken(r.err) && e.other() != "" {
				return seeServer()
			}
			return judgeReach(r)
		}
		defer echo.close()
		r.bound = echo.bound
	}
	if r.bound.IsValid() {
		r.closed = !r.bound.Addr().IsUnspecified() && !udp.Config{Allow: r.allow}.Serves(r.bound.Addr())
		r.asked = targets(r.bound)
		r.silent = silent(ctx, r.asked)
	}
	return judgeReach(r)
}

// isServed says whether an address may be taken by the very server that is examined: this user cannot
// see whether that runs.
func (e *Examination) isServed(err error) bool {
	return server.IsTaken(err) && e.directory().isBarred()
}

// noDatagrams says that there is nothing to look at.
func noDatagrams(listen server.Listen) []Finding {
	return []Finding{ok(locale.Text{
		EN: "not checked: no address in %s is for datagrams",
		ZH: "未检查：%s 中没有 UDP 地址",
	}, listen)}
}

func judgeReach(r reach) []Finding {
	port := strconv.Itoa(int(r.bound.Port()))
	switch {
	case r.err != nil:
		return []Finding{taken(r.err, "ss -lunp")}
	case !r.bound.IsValid():
		return []Finding{warning(locale.Text{
			EN: "the server does not say where it listens",
			ZH: "服务器没有给出监听地址",
		})}
	case r.closed:
		return []Finding{r.open(warning(locale.Text{
			EN: "%s is not a private address: clients there are served only if udp.allow includes them",
			ZH: "%s 不是私有地址：只有 udp.allow 包含成员所在的网段，他们才能加入",
		}, r.bound.Addr()))}
	case len(r.silent) == len(r.asked):
		return []Finding{broken(locale.Text{
			EN: "no answer on %s, even to this machine",
			ZH: "%s 没有响应，本机也无法访问",
		}, list(r.silent)).cure(r.letIn(port))}
	case len(r.silent) > 0:
		found := warning
		if len(r.silent) == len(r.asked)-loopbacks(r.asked) {
			found = broken // nobody else gets in
		}
		return []Finding{found(locale.Text{
			EN: "no answer on %s: a firewall may block datagrams",
			ZH: "%s 没有响应：数据报可能被防火墙拦截",
		}, list(r.silent)).cure(r.letIn(port))}
	case r.bound.Addr().IsUnspecified() && loopbacks(r.asked) == len(r.asked) && len(r.allow) == 0:
		return []Finding{r.open(warning(locale.Text{
			EN: "this machine has no private address: only this machine is served",
			ZH: "本机没有私有地址：只有本机可以加入",
		}))}
	}
	return []Finding{r.well(port)}
}

// open adds how a network that this machine is in can be served.
func (r reach) open(f Finding) Finding {
	if len(r.public) == 0 {
		return f
	}
	return f.cure(locale.Text{
		EN: "parley serve --udp-allow %s  # if your members are in that network",
		ZH: "parley serve --udp-allow %s  # 如果成员在该网段",
	}, r.public[0])
}

// well says that datagrams are answered, and what may still keep others out: this machine's own never meet a firewall.
func (r reach) well(port string) Finding {
	f := ok(locale.Text{EN: "answered on %s", ZH: "%s 有响应"}, list(r.asked))
	if !r.running {
		f = ok(locale.Text{
			EN: "port %s is free, datagrams arrive on %s",
			ZH: "端口 %s 空闲，%s 可以收到数据报",
		}, port, list(r.asked))
	}
	if r.bound.Addr().IsLoopback() {
		f = f.add(locale.Text{EN: ", for this machine only", ZH: "，仅限本机"})
	} else if r.firewall != "" {
		f = f.add(locale.Text{
			EN: "; %s is on and must allow the port",
			ZH: "；%s 已启用，需放行该端口",
		}, r.firewall).cure(r.letIn(port))
	}
	if r.foreign > 0 {
		f = f.add(locale.Text{
			EN: "; %d datagrams came from networks that are not served (udp.allow)",
			ZH: "；%d 个数据报被丢弃：来源网段不在 udp.allow 中",
		}, r.foreign)
	}
	return f
}

func (r reach) letIn(port string) locale.Text { return letIn(r.system, r.firewall, "udp", port) }

// targets are the addresses at which a socket that is bound so is to be reached: loopback, and what others have.
func targets(bound netip.AddrPort) []netip.AddrPort {
	if !bound.Addr().IsUnspecified() {
		return []netip.AddrPort{bound}
	}
	all := []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), bound.Port())}
	if bound.Addr().Is6() && hasLoopback6() {
		all = append(all, netip.AddrPortFrom(netip.IPv6Loopback(), bound.Port()))
	}
	return append(all, server.LAN(bound)...)
}

func hasLoopback6() bool {
	conn, err := net.ListenPacket("udp6", "[::1]:0")
	return err == nil && conn.Close() == nil
}

func loopbacks(all []netip.AddrPort) (n int) {
	for _, a := range all {
		if a.Addr().IsLoopback() {
			n++
		}
	}
	return n
}

// silent asks every address at once and returns those that do not answer.
func silent(ctx context.Context, all []netip.AddrPort) []netip.AddrPort {
	answered := make([]bool, len(all))
	var asking sync.WaitGroup
	for i, a := range all {
		asking.Go(func() { answered[i] = answers(ctx, a) })
	}
	asking.Wait()
	var quiet []netip.AddrPort
	for i, a := range all {
		if !answered[i] {
			quiet = append(quiet, a)
		}
	}
	return quiet
}

// answers asks an address, a few times if need be.
func answers(ctx context.Context, addr netip.AddrPort) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", addr.String())
	if err != nil {
		return false
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answer := make([]byte, datagram.MaxLine)
	for range probeTries {
		if _, err := conn.Write(question); err != nil {
			continue // a refusal of the one before
		}
		_ = conn.SetReadDeadline(time.Now().Add(probePatience)) // fails only on a closed socket, as the read will
		if n, err := conn.Read(answer); err == nil && string(answer[:n]) == datagram.Exit {
			return true
		}
	}
	return false
}

// echo stands where the server would, and answers the question as it does.
type echo struct {
	conn  *net.UDPConn
	bound netip.AddrPort
	done  sync.WaitGroup
}

func openEcho(ctx context.Context, listen string) (*echo, error) {
	network := "udp"
	if at, err := resolve(listen); err == nil && at.Addr().Is4() {
		network = "udp4" // as the door does
	}
	conn, err := new(net.ListenConfig).ListenPacket(ctx, network, listen)
	if err != nil {
		return nil, err
	}
	e := &echo{conn: conn.(*net.UDPConn)}
	at := e.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	e.bound = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	e.done.Go(func() {
		for said := make([]byte, datagram.MaxLine); ; {
			n, from, err := e.conn.ReadFromUDPAddrPort(said)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil && string(said[:n]) == string(question) {
				_, _ = e.conn.WriteToUDPAddrPort([]byte(datagram.Exit), from) // who asks asks again
			}
		}
	})
	return e, nil
}

func (e *echo) close() {
	e.conn.Close()
	e.done.Wait()
}

// resolve reads an address to listen on. An error: it has a name in it.
func resolve(listen string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if host == "" {
		host = "::"
	}
	return netip.ParseAddrPort(net.JoinHostPort(host, port))
}

// publicNetworks are those of this machine that are not served unless udp.allow says so.
func publicNetworks() []netip.Prefix {
	var all []netip.Prefix
	interfaces, _ := net.InterfaceAddrs() // without them there is no remedy to name
	for _, i := range interfaces {
		p, err := netip.ParsePrefix(i.String())
		if err == nil && p.Addr().Is4() && !(udp.Config{}).Serves(p.Addr()) {
			all = append(all, p.Masked())
		}
	}
	return all
}

func list(all []netip.AddrPort) locale.List {
	names := make(locale.List, len(all))
	for i, a := range all {
		names[i] = a.String()
	}
	return names
}
