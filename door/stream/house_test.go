package stream

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/hub"
	"parley/ledger/local"
	"parley/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what would hang for ever if a promise were broken.
const patience = 20 * time.Second

// house is a running hub with a door that speaks tiny, and a listener that hands connections over.
type house struct {
	*hub.Hub
	t        *testing.T
	tiny     *tiny
	door     *Door
	storage  *storage
	listener net.Listener
	serving  sync.WaitGroup // connections that a test made itself
	closed   bool           // the test has closed the door
}

// storage is a store whose disk may be full.
type storage struct {
	*store.Store
	full atomic.Bool
}

func (s *storage) Commit(results []chat.Result, progress chat.Progress) error {
	if s.full.Load() {
		return store.ErrFull
	}
	return s.Store.Commit(results, progress)
}

// newDoor makes a door that speaks tiny and is not open.
func newDoor(set func(*Config), now func() time.Time) (*Door, *tiny) {
	config := Config{Burst: 400, Patience: time.Hour, Outbox: 1 << 20}
	if set != nil {
		set(&config)
	}
	p := new(tiny)
	p.door = New("tiny", config, p, slog.New(slog.DiscardHandler), now)
	return p.door, p
}

// newTalker makes a session of a connection that is not served.
func (p *tiny) newTalker(conn net.Conn) *talker {
	s := p.NewSession().(*talker)
	s.init(p.door, s, conn)
	return s
}

// open starts a house. prepare is called before anything runs.
func open(t *testing.T, set func(*Config), prepare ...func(*house)) *house {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, storage: &storage{Store: s}}
	h.Hub, err = hub.New(h.storage, local.New(state.Progress(), 4096, time.Now),
		hub.Options{Resume: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	h.door, h.tiny = newDoor(set, time.Now)
	for _, p := range prepare {
		p(h)
	}
	if err := h.door.Open(t.Context(), h.Attach(h.door, false)); err != nil {
		t.Fatal(err)
	}
	h.listener = listen(t)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := h.listener.Accept()
			if err != nil {
				return
			}
			go h.door.Serve(c, nil)
		}
	})
	ended := make(chan error, 1)
	go func() { ended <- h.Run() }()
	<-h.Ready()
	t.Cleanup(func() {
		h.listener.Close()
		accepting.Wait()
		h.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !h.closed {
			if err := h.door.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// closes closes the door, like a server that stops.
func (h *house) closes() {
	h.t.Helper()
	h.closed = true
	h.Close()
	<-h.Ended()
	if err := h.door.Close(); err != nil {
		h.t.Error(err)
	}
}

// client is the other end of a connection.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func newClient(t *testing.T, conn net.Conn) *client {
	return &client{t, conn, bufio.NewReader(conn)}
}

// dial connects to a listener.
func dial(t *testing.T, l net.Listener) *client {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return newClient(t, conn)
}

// call connects and reads the greeting.
func (h *house) call() *client {
	h.t.Helper()
	c := dial(h.t, h.listener)
	c.reads("hi")
	return c
}

// pipe connects through a connection without buffers: output that is not read is not written.
func (h *house) pipe() *client {
	h.t.Helper()
	near, far := net.Pipe()
	h.t.Cleanup(func() { far.Close() })
	h.serving.Go(func() { h.door.Serve(near, nil) })
	c := newClient(h.t, far)
	c.reads("hi")
	return c
}

// enter calls and enters under a nickname.
func (h *house) enter(nick string) *client {
	h.t.Helper()
	c := h.call()
	c.sends("E" + nick)
	c.reads("welcome")
	return c
}

// sends sends frames.
func (c *client) sends(frames ...string) {
	c.t.Helper()
	var all []byte
	for _, f := range frames {
		all = append(all, frame(f)...)
	}
	if _, err := c.conn.Write(all); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads a frame.
func (c *client) receive() (string, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(patience)) // a pipe that has ended cannot have one
	var length [2]byte
	if _, err := io.ReadFull(c.in, length[:]); err != nil {
		return "", err
	}
	said := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c.in, said)
	return string(said), err
}

func (c *client) next() string {
	c.t.Helper()
	said, err := c.receive()
	if err != nil {
		c.t.Fatalf("after %.200q: %v", said, err)
	}
	return said
}

// reads checks the next frames.
func (c *client) reads(frames ...string) {
	c.t.Helper()
	for _, want := range frames {
		if got := c.next(); got != want {
			c.t.Fatalf("reads %.200q, want %.200q", got, want)
		}
	}
}

// awaits reads frames until one of them comes.
func (c *client) awaits(want string) {
	c.t.Helper()
	for c.next() != want {
		continue
	}
}

// ends checks that nothing more comes before the connection ends.
func (c *client) ends() {
	c.t.Helper()
	if said, err := c.receive(); err != io.EOF {
		c.t.Fatalf("it ends with %q, %v", said, err)
	}
}

// inside returns the nicknames in the lobby.
func (h *house) inside() (all []string) {
	for s := range h.Who(chat.Lobby) {
		all = append(all, s.Nick.Name)
	}
	return all
}

// lastLeft returns the newest departure that is stored: the nickname and the reason.
func (h *house) lastLeft() (last string) {
	h.t.Helper()
	messages, err := h.Last(h.t.Context(), chat.Lobby, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range messages {
		if m.Kind == chat.KindLeft {
			last = strings.TrimSpace(fmt.Sprint(m.Nick, " ", m.Text))
		}
	}
	return last
}
