package line

import (
	"bufio"
	"context"
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
	"parley/command"
	"parley/hub"
	"parley/ledger/local"
	"parley/locale"
	"parley/store"
	"parley/wire/line"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// english is what the door says to clients.
var english = line.In(locale.English)

// patience bounds what would hang for ever if a promise were broken.
const patience = 20 * time.Second

// house is a running hub with the door, and a listener that hands over what connects.
type house struct {
	*hub.Hub
	t        *testing.T
	door     *Door
	storage  *storage
	listener net.Listener
	closed   bool // the test has closed the door
}

// defaults is a Config as the settings make it.
func defaults(t *testing.T) Config {
	t.Helper()
	c := Config{TextMax: 16 << 10}
	for _, s := range c.Settings() {
		if err := s.Field.Set(s.Default); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// storage is a store whose history panics once it is armed.
type storage struct {
	*store.Store
	armed atomic.Bool
}

func (s *storage) After(
	ctx context.Context, room chat.RoomID, after chat.Cursor, limit int,
) ([]chat.Message, error) {
	if s.armed.CompareAndSwap(true, false) {
		panic("a fault in the history")
	}
	return s.Store.After(ctx, room, after, limit)
}

// clock stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) passes(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// open starts a house. prepare is called before anything runs.
func open(t *testing.T, set func(*Config), prepare ...func(*house)) *house {
	t.Helper()
	config := defaults(t)
	if set != nil {
		set(&config)
	}
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, storage: &storage{Store: s}}
	made, err := hub.New(h.storage, local.New(state.Progress(), 4096, time.Now), hub.Options{Resume: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	desk := &command.Desk{Hub: made, TextMax: config.TextMax, Rooms: 100, Joined: 10}
	h.Hub, h.door = made, New(config, desk, slog.New(slog.DiscardHandler), time.Now)
	for _, p := range prepare {
		p(h)
	}
	if err := h.door.Open(t.Context(), made.Attach(h.door, false)); err != nil {
		t.Fatal(err)
	}
	if h.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
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
	go func() { ended <- made.Run() }()
	<-made.Ready()
	t.Cleanup(func() {
		h.listener.Close()
		accepting.Wait()
		made.Close()
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

// caller is somebody at the other end of a connection.
type caller struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (h *house) call() *caller {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	return &caller{h.t, conn, bufio.NewReader(conn)}
}

// enter calls and gives a nickname.
func (h *house) enter(nick string) *caller {
	h.t.Helper()
	c := h.call()
	c.types(nick)
	c.reads(english.Prompt + "Welcome to the chat room, " + nick + ".")
	return c
}

func (c *caller) types(lines ...string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		c.t.Fatal(err)
	}
}

// next reads a line, without its end.
func (c *caller) next() string {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	l, err := c.in.ReadString('\n')
	if err != nil {
		c.t.Fatalf("after %.200q: %v", l, err)
	}
	return strings.TrimSuffix(l, "\n")
}

// reads checks how the next lines begin.
func (c *caller) reads(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		if got := c.next(); !strings.HasPrefix(got, want) {
			c.t.Fatalf("reads %.200q, want %q", got, want)
		}
	}
}

// ends checks that nothing more comes before the connection ends.
func (c *caller) ends() {
	c.t.Helper()
	if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		c.t.Fatal(err)
	}
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		c.t.Fatalf("it ends with %q, %v", rest, err)
	}
}

// direct returns the room of two members.
func (h *house) direct(one, other string) chat.RoomID {
	a, _ := h.Holder(one)
	b, _ := h.Holder(other)
	return chat.DirectRoom(a.User, b.User)
}

// history returns what is stored of a room, as KIND NICK TEXT.
func (h *house) history(room chat.RoomID) (all []string) {
	h.t.Helper()
	messages, err := h.Last(context.Background(), room, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range messages {
		all = append(all, strings.TrimSpace(string(m.Kind)+" "+m.Nick+" "+m.Text))
	}
	return all
}

// sessionOf returns the session of a nickname.
func (h *house) sessionOf(nick string) chat.SessionID {
	h.t.Helper()
	for s := range h.Who(chat.Lobby) {
		if s.Nick.Name == nick {
			return s.ID
		}
	}
	h.t.Fatalf("%s is not in the lobby", nick)
	return chat.SessionID{}
}
