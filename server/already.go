package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"parley/door/ways"
	"parley/locale"
)

// otherPatience is how long another server may take to say who it is, so that a start that fails
// can name it.
const otherPatience = time.Second

// joinAddress returns what somebody on this machine types behind parley join; empty: the server
// takes no datagrams.
func (s *Server) joinAddress() string { return toReach(s.Addr().String()) }

// alreadyRuns returns the error of a start in a data directory that a server uses, with how to join
// that server. Any other error, and that of a server that does not answer, stays as it is.
func alreadyRuns(ctx context.Context, dir string, err error) error {
	if !errors.As(err, new(heldError)) {
		return err
	}
	holder, unknown := FindHolder(dir)
	if unknown != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, otherPatience)
	defer cancel()
	given, unknown := AskSettings(ctx, holder)
	if unknown != nil || given.Join == "" {
		return err
	}
	return heldError{locale.Errorf(locale.Text{
		EN: "another server (process %d) uses the data directory %s: to join it, run " +
			"parley join %s; to run a second server, choose another directory with --data",
		ZH: "另一个服务器（进程 %d）正在使用数据目录 %s：要加入它，请运行 parley join %s；" +
			"要再开一个服务器，请用 --data 指定其他目录",
	}, holder.PID, dir, given.Join)}
}

// takenBy returns the error of a port that is taken. If a Parley server has it, the error says how
// to join that.
func takenBy(ctx context.Context, address, network string, err error) error {
	said := ListenError(address, network, "--listen", err)
	here := toReach(address)
	if !IsTaken(said) || here == "" || !isParley(ctx, here) {
		return said
	}
	return takenError{locale.Errorf(locale.Text{
		EN: "port %s/%s is taken: a Parley server already runs there; to join it, run " +
			"parley join %s; to run a second server, choose another port: --listen %s",
		ZH: "端口 %s/%s 已被另一个 Parley 服务器占用：要加入它，请运行 parley join %s；" +
			"要再开一个服务器，请换一个端口：--listen %s",
	}, here[strings.LastIndexByte(here, ':')+1:], network, here, nextPort(address))}
}

// toReach returns where this machine reaches a server that listens on an address; empty: it is
// invalid.
func toReach(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	at, err := netip.ParseAddr(host)
	if host == "" || err == nil && at.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Serves reports whether the page of a Parley server answers at an address to listen on. The answer
// may take a second.
func Serves(ctx context.Context, address string) bool {
	here := toReach(address)
	return here != "" && isParley(ctx, here)
}

// isParley reports whether the page of a Parley server answers at an address.
func isParley(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, otherPatience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); !ok || conn.SetDeadline(until) != nil {
		return false
	}
	if _, err := io.WriteString(conn, "HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n"); err != nil {
		return false
	}
	const headMax = 4 << 10
	head, _ := io.ReadAll(io.LimitReader(conn, headMax)) // whatever came in time
	return strings.Contains(string(head), "\r\n"+ways.ServerHeader+"\r\n")
}
