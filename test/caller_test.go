package test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/locale"
	"parley/server"
	"parley/wire/line"
)

// english is what the server says over lines.
var english = line.In(locale.English)

// caller is somebody with netcat: lines of text over a connection.
type caller struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	name string
}

// quiet sets a server so that only what a test makes happen is shown, at any rate.
func quiet(c *server.Config) { c.NoLimits, c.Line.History = true, 0 }

// stream is where a server takes connections.
func (r *room) stream() netip.AddrPort { return r.server.StreamAddrs()[0] }

// call connects to the server.
func (r *room) call() *caller { return ring(r.t, r.stream()) }

// callAs connects and brings somebody into the room.
func (r *room) callAs(name string) *caller {
	r.t.Helper()
	c := r.call()
	c.comesIn(name)
	return c
}

// callAs connects to the program and brings somebody into its room.
func (p *program) callAs(name string) *caller {
	p.t.Helper()
	c := ring(p.t, p.addr)
	c.comesIn(name)
	return c
}

// ring connects to a server.
func ring(t testing.TB, server netip.AddrPort) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", server.String())
	if err == nil {
		err = conn.(*net.TCPConn).SetLinger(0) // closed, it leaves no number waiting that a server of another test may be given
	}
	if err != nil {
		t.Fatal(err)
	}
	return newCaller(t, conn)
}

func newCaller(t testing.TB, conn net.Conn) *caller {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// encrypted puts TLS into a connection of which nothing was used yet.
func (c *caller) encrypted() *caller {
	return newCaller(c.t, tls.Client(c.conn, &tls.Config{InsecureSkipVerify: true}))
}

// comesIn presses Enter and gives a nickname.
func (c *caller) comesIn(name string) {
	c.t.Helper()
	c.name = name
	c.types("", name)
	c.reads(english.Prompt + "Welcome to the chat room, " + name + ".*")
}

// types sends lines.
func (c *caller) types(lines ...string) {
	c.t.Helper()
	c.sends(strings.Join(lines, "\n") + "\n")
}

// sends sends text as it is.
func (c *caller) sends(text string) {
	c.t.Helper()
	err := c.conn.SetWriteDeadline(time.Now().Add(patience))
	if err == nil {
		_, err = io.WriteString(c.conn, text)
	}
	if err != nil {
		c.t.Fatalf("%s: %v", c.name, err)
	}
}

// next reads a line, without its end. Each has its own time to come.
func (c *caller) next() (string, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	said, err := c.in.ReadString('\n')
	if err == nil {
		return strings.TrimSuffix(said, "\n"), nil
	}
	return said, err
}

// reads checks the next lines. One that ends in * tells only how the line begins.
func (c *caller) reads(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		got, err := c.next()
		if err != nil {
			c.t.Fatalf("%s waited for %q after %q: %v", c.name, want, got, err)
		}
		if begin, open := strings.CutSuffix(want, "*"); got != want && !(open && strings.HasPrefix(got, begin)) {
			c.t.Fatalf("%s reads %.200q, want %.200q", c.name, got, want)
		}
	}
}

// fence asks for something whose answer, unheardOf, proves that what was typed before is dealt with and what was shown is read.
const (
	fence     = "/a-fence"
	unheardOf = `! unknown command "a-fence", try /help`
)

// readsNothing proves that nothing was written to the caller that it has not read.
func (c *caller) readsNothing() {
	c.t.Helper()
	if got := c.untilFence(); len(got) > 0 {
		c.t.Fatalf("%s reads %.200q, which nobody should have sent", c.name, got)
	}
}

// untilFence returns what the caller was sent up to now.
func (c *caller) untilFence() []string {
	c.t.Helper()
	c.types(fence)
	return c.until(func(said string) bool { return said == unheardOf })
}

// until reads until a line is the last, and returns what came before it.
func (c *caller) until(last func(line string) bool) (lines []string) {
	c.t.Helper()
	for {
		got, err := c.next()
		if err != nil {
			c.t.Fatalf("%s waits after %q: %v", c.name, lines, err)
		}
		if last(got) {
			return lines
		}
		lines = append(lines, got)
	}
}

// ends checks that the connection ends in good order, with nothing more on it.
func (c *caller) ends() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Fatalf("%s: it ends with %q, %v", c.name, rest, err)
	}
}

// isGone waits until the connection has ended in whatever way, and returns what came before.
func (c *caller) isGone() string {
	c.t.Helper()
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "" // closed already
	}
	rest, err := io.ReadAll(c.in)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatalf("%s: the connection does not end, after %.200q", c.name, rest)
	}
	return string(rest)
}

// quits leaves and waits until the connection has ended.
func (c *caller) quits() {
	c.t.Helper()
	c.types("/quit")
	c.until(func(said string) bool { return said == english.Bye })
	c.ends()
}

// stopsTyping shuts down the direction to the server.
func (c *caller) stopsTyping() {
	c.t.Helper()
	if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

// breaks resets the connection: closed is reset, by ring.
func (c *caller) breaks() { c.conn.Close() }

// report is what one of the doors, or the port, says of itself.
func (r *room) report(name string) hub.Report {
	r.t.Helper()
	for _, report := range r.server.Desk().Doors() {
		if report.Name == name {
			return report
		}
	}
	r.t.Fatalf("nobody reports as %q", name)
	return hub.Report{}
}

// queue returns how many wait in a queue of a door, NAME.QUEUE.
func (r *room) queue(name string) int {
	r.t.Helper()
	door, _, _ := strings.Cut(name, ".")
	for _, q := range r.report(door).Queues {
		if q.Name == name {
			return q.Length
		}
	}
	r.t.Fatalf("there is no queue %q", name)
	return 0
}

// until waits for something that happens by itself. Between two looks the hub stores a record,
// which leaves the processor to the server.
func (r *room) until(what string, is func() bool) {
	r.t.Helper()
	for began := time.Now(); !is(); {
		if time.Since(began) > patience {
			r.t.Fatalf("never: %s", what)
		}
		if err := r.do(chat.Alive{}); err != nil {
			r.t.Fatalf("waiting until %s: %v", what, err)
		}
	}
}
