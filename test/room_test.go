// Package test holds what is tried with the whole of Parley: servers with real sockets and real files, in this process where
// that is enough, and as the built program where somebody kills it.
//
// It knows nothing of how the parts work inside. Its laws: no sleeps, every wait has a fence or a deadline; a test that sees
// nothing has proved that nothing was sent.
package test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/server"
	"parley/wire/datagram"
)

// patience is how long anything may take on a slow machine before a test calls it lost.
const patience = 20 * time.Second

// room is a server in this process.
type room struct {
	t      *testing.T
	config server.Config
	server *server.Server
}

// defaults is a server's configuration on a free port of this machine, with nothing of the environment in it.
func defaults(t testing.TB, dir string) server.Config {
	t.Helper()
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": dir, "listen": "127.0.0.1:0", "log-level": "debug"}})
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// openRoom starts a server; the test's end closes it and sees that nothing of it goes on.
func openRoom(t *testing.T, set func(*server.Config)) *room {
	t.Helper()
	before := goleak.IgnoreCurrent()
	r := &room{t: t, config: defaults(t, t.TempDir())}
	if set != nil {
		set(&r.config)
	}
	r.open()
	t.Cleanup(func() {
		r.close()
		goleak.VerifyNone(t, before)
	})
	return r
}

func (r *room) open() {
	r.t.Helper()
	log := slog.New(slog.NewTextHandler(testLog{r.t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.Open(context.Background(), r.config, "test", log)
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = s
}

// openServer starts a server that lasts as long as t, with nothing logged.
func openServer(t testing.TB, config server.Config) (*server.Server, error) {
	s, err := server.Open(context.Background(), config, "test", slog.New(slog.DiscardHandler))
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

func (r *room) close() {
	r.t.Helper()
	if r.server == nil {
		return
	}
	if err := r.server.Close(); err != nil {
		r.t.Errorf("close: %v", err)
	}
	r.server = nil
}

// reopen stops the server of openLastingRoom and starts it again on the same data and port.
func (r *room) reopen() {
	r.t.Helper()
	r.close()
	r.open()
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Helper()
	l.t.Logf("%s", b)
	return len(b), nil
}

// history returns all that was ever stored of the lobby, having checked that its sequence is dense.
func (r *room) history() []chat.Message {
	r.t.Helper()
	all, err := r.server.Desk().Hub.Last(context.Background(), chat.Lobby, 1_000_000)
	if err != nil {
		r.t.Fatal(err)
	}
	checkDense(r.t, all)
	return all
}

// checkDense checks the sequences of the lobby's messages and of the announcements between them.
func checkDense(t testing.TB, all []chat.Message) {
	t.Helper()
	var end chat.Cursor
	for _, m := range all {
		before := end
		if end = end.Past(chat.Lobby, m); end.Beyond(before) != 1 {
			t.Fatalf("after %+v comes message %d of %s", before, m.Seq, m.Room)
		}
	}
}

// said returns what a nickname said, oldest first.
func (r *room) said(nick string) []string {
	var texts []string
	for _, m := range r.history() {
		if m.Kind == chat.KindMessage && m.Nick == nick {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// inside returns the nicknames inside, sorted by their keys.
func (r *room) inside() []string {
	var names []string
	for s := range r.server.Desk().Hub.Who(chat.Lobby) {
		names = append(names, s.Nick.Name)
	}
	return names
}

// mustBeInside checks who is inside.
func (r *room) mustBeInside(names ...string) {
	r.t.Helper()
	if got := r.inside(); !slices.Equal(got, names) {
		r.t.Errorf("inside are %q, want %q", got, names)
	}
}

// peer is a datagram client of the simplest kind: it sends what it is told and reads at most 1,024 bytes.
type peer struct {
	t    testing.TB
	conn *net.UDPConn
	name string
}

// peer opens a client's socket.
func (r *room) peer() *peer { return dial(r.t, r.server.Addr()) }

func dial(t testing.TB, server netip.AddrPort) *peer {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadBuffer(4 << 20); err != nil { // tests may read late; who reads at once needs no such buffer
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn}
}

// dialPort opens a client of a server on a port of this machine.
func dialPort(t testing.TB, port string) *peer {
	t.Helper()
	return dial(t, netip.MustParseAddrPort("127.0.0.1:"+port))
}

// enter opens a client and brings it into the room.
func (r *room) enter(name string) *peer {
	r.t.Helper()
	p := r.peer()
	p.enter(name)
	return p
}

func (p *peer) enter(name string) {
	p.t.Helper()
	p.name = name
	p.send("L " + name)
	p.hears(datagram.OK)
}

func (p *peer) send(datagram string) {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(datagram)); err != nil && !isRefused(err) {
		p.t.Fatal(err)
	}
}

func isRefused(err error) bool { return strings.Contains(err.Error(), "refused") }

func (p *peer) says(text string) {
	p.t.Helper()
	p.send("C " + p.name + " " + text)
}

// next reads one datagram.
func (p *peer) next() (string, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	buffer := make([]byte, 1024)
	n, err := p.conn.Read(buffer)
	for err != nil && isRefused(err) {
		n, err = p.conn.Read(buffer)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "", io.ErrNoProgress
	}
	return string(buffer[:n]), err
}

// hears checks that the next datagrams are these.
func (p *peer) hears(lines ...string) {
	p.t.Helper()
	for _, want := range lines {
		got, err := p.next()
		if err != nil {
			p.t.Fatalf("%s waited for %q: %v", p.name, want, err)
		}
		if got != want {
			p.t.Fatalf("%s hears %q, want %q", p.name, got, want)
		}
	}
}

// hearsNothing proves that nothing was sent to the client that it has not read: an answer to something asked now comes next.
func (p *peer) hearsNothing() {
	p.t.Helper()
	p.send("Q nobody-of-that-name")
	p.hears(datagram.Exit)
}

// collect reads until a line comes, and returns what came before it.
func (p *peer) collect(until string) []string {
	p.t.Helper()
	var lines []string
	for {
		got, err := p.next()
		if err != nil {
			p.t.Fatalf("%s waited for %q after %d datagrams: %v", p.name, until, len(lines), err)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if line == until {
				return lines
			}
			lines = append(lines, line)
		}
	}
}

// leaves sends Q and reads until the answer.
func (p *peer) leaves() {
	p.t.Helper()
	p.send("Q " + p.name)
	p.collect(datagram.Exit)
}

// do gives the administrator's command.
func (r *room) do(c chat.Command) error {
	return r.server.Desk().Hub.Do(context.Background(), c)
}

func (r *room) announce(text string) {
	r.t.Helper()
	if err := r.do(chat.Announce{By: chat.ByOperator(), Text: text}); err != nil {
		r.t.Fatal(err)
	}
}
