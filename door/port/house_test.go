package port

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/certificate"
)

func TestMain(m *testing.M) {
	if address, connections, is := strings.Cut(os.Getenv(idleClient), " "); is {
		if err := beSilent(address, connections); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// greeter is a Handler that says what it was given, and then waits until the client, or the test, ends the connection.
type greeter struct {
	name Protocol

	mu    sync.Mutex // guards conns
	conns map[net.Conn]struct{}
}

func (g *greeter) Serve(conn net.Conn, first []byte) {
	g.keep(conn, true)
	defer g.keep(conn, false)
	defer conn.Close()
	_, isEncrypted := conn.(*tls.Conn)
	how := "plain"
	if isEncrypted {
		how = "encrypted"
	} else if _, err := conn.(interface {
		SyscallConn() (syscall.RawConn, error)
	}).SyscallConn(); err != nil {
		how = err.Error()
	}
	if _, err := fmt.Fprintf(conn, "%s %s %s ", g.name, how, unmap(conn.RemoteAddr()).Addr()); err != nil {
		return
	}
	if _, err := conn.Write(append(first, "|"...)); err != nil {
		return
	}
	_, _ = io.Copy(conn, conn) // what came after
}

func (g *greeter) keep(conn net.Conn, here bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if here {
		g.conns[conn] = struct{}{}
	} else {
		delete(g.conns, conn)
	}
}

// end is what a door does when it closes.
func (g *greeter) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for conn := range g.conns {
		conn.Close()
	}
}

// room is a door under test.
type room struct {
	t testing.TB
	*Door
	greeters []*greeter
}

// all are the protocols that have a Handler in tests.
var all = []Protocol{Line, HTTP, SSH, IRC}

// newRoom makes a door for all protocols that is not open yet.
func newRoom(t testing.TB, change func(c *Config)) *room {
	t.Helper()
	r := &room{t: t}
	config := Config{Patience: patience, Connections: 100, Handlers: map[Protocol]Handler{}}
	for _, p := range all {
		g := &greeter{name: p, conns: map[net.Conn]struct{}{}}
		r.greeters = append(r.greeters, g)
		config.Handlers[p] = g
	}
	own, err := certificate.Own(t.TempDir(), slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	config.Certificate = own.GetCertificate
	if change != nil {
		change(&config)
	}
	r.Door = New(config, slog.New(slog.DiscardHandler), time.Now)
	return r
}

func (r *room) open(addresses ...Address) *room {
	r.t.Helper()
	if len(addresses) == 0 {
		addresses = []Address{{Address: "127.0.0.1:0"}}
	}
	if err := r.Open(r.t.Context(), addresses); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(r.end)
	return r
}

// end stops the door, has the doors behind it end what they serve, and sees that nobody is left.
func (r *room) end() {
	r.Stop()
	for _, g := range r.greeters {
		g.end()
	}
	r.Close()
	if inside, undecided := r.crowd.lens(); inside+undecided+len(r.crowd.networks) > 0 {
		r.t.Errorf("after the end %d connections are inside, %d undecided, %d networks known", inside, undecided, len(r.crowd.networks))
	}
}

func openRoom(t testing.TB, change func(c *Config)) *room { return newRoom(t, change).open() }

// until waits until something is so that happens by itself.
func (r *room) until(what string, is func() bool) {
	r.t.Helper()
	for began := time.Now(); !is(); runtime.Gosched() {
		if time.Since(began) > patience {
			r.t.Fatalf("never: %s", what)
		}
	}
}

// waits waits until so many are connected whose protocol is not told.
func (r *room) waits(n int) {
	r.t.Helper()
	r.until(fmt.Sprintf("%d are undecided", n), func() bool { _, undecided := r.crowd.lens(); return undecided == n })
}

// counted waits until so many are counted.
func (r *room) counted(want int, name string) {
	r.t.Helper()
	r.until(fmt.Sprintf("%d are counted as %s: %v", want, name, r.Report().Dropped), func() bool { return r.Report().Dropped[name] == uint64(want) })
}

// client is a program on the other side.
type client struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

// dial connects to the door's n-th address.
func (r *room) dial(n int) *client {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.Addrs()[n].String())
	if err != nil {
		r.t.Fatal(err)
	}
	return newClient(r.t, conn)
}

func newClient(t testing.TB, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &client{t, conn, bufio.NewReader(conn)}
}

// clientTLS is how the tests' clients make handshakes.
func clientTLS(protocols ...string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}
}

// inside puts TLS into the connection.
func (c *client) inside(config *tls.Config) *client {
	c.t.Helper()
	conn := tls.Client(c.Conn, config)
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	return newClient(c.t, conn)
}

// say sends text, in one piece.
func (c *client) say(text string) *client {
	c.t.Helper()
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// hears reads exactly what is expected, and nothing behind it.
func (c *client) hears(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c.in, got)
	if string(got[:n]) != want {
		c.t.Fatalf("got %q, %v, want %q", got[:n], err, want)
	}
}

// hearsLast reads until the door ends the connection, in good order, and looks for parts in what it said.
func (c *client) hearsLast(parts ...string) string {
	c.t.Helper()
	got, err := io.ReadAll(c.in)
	if err != nil {
		c.t.Fatalf("after %q: %v", got, err)
	}
	for _, p := range parts {
		if !strings.Contains(string(got), p) {
			c.t.Errorf("%q does not say %q", got, p)
		}
	}
	return string(got)
}

// isEnded waits until the connection has ended in any way.
func (c *client) isEnded() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.in); errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatal("the connection has not ended")
	}
}

func prefixes(all ...string) (parsed []netip.Prefix) {
	for _, p := range all {
		parsed = append(parsed, netip.MustParsePrefix(p))
	}
	return parsed
}
