package stream

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
)

// panics checks how many panics the door has counted.
func (h *house) panics(want uint64) {
	h.t.Helper()
	if got := h.door.Report().Dropped["panicked"]; got != want {
		h.t.Errorf("%d panics are counted, want %d", got, want)
	}
}

// newest returns the connection of the session that was made last.
func (h *house) newest() *Conn {
	h.tiny.mu.Lock()
	defer h.tiny.mu.Unlock()
	return &h.tiny.last.Conn
}

// awaitClosed waits until a connection is closed.
func (h *house) awaitClosed(c *Conn) {
	h.t.Helper()
	isOpen := func() bool {
		h.door.mu.Lock()
		defer h.door.mu.Unlock()
		_, open := h.door.conns[c]
		return open
	}
	for deadline := time.Now().Add(patience); isOpen(); {
		if time.Now().After(deadline) {
			h.t.Fatal("the connection is not closed")
		}
		time.Sleep(time.Millisecond)
	}
}

// successors are clients that have connected and are not accepted yet. When they are, one of them
// gets the descriptor that was closed last.
type successors struct {
	*house
	listener net.Listener
	clients  []*client
}

func (h *house) successors() *successors {
	s := &successors{house: h, listener: listen(h.t)}
	h.t.Cleanup(func() { s.listener.Close() })
	for range 8 {
		s.clients = append(s.clients, dial(h.t, s.listener))
	}
	return s
}

// accept serves them, and checks that one has the descriptor of the connection that has ended.
func (s *successors) accept(ended *Conn) {
	s.t.Helper()
	inherited := false
	for _, c := range s.clients {
		conn, err := s.listener.Accept()
		if err != nil {
			s.t.Fatal(err)
		}
		go s.door.Serve(conn, nil)
		c.reads("hi")
		inherited = inherited || s.newest().descriptor == ended.descriptor
	}
	if canWriteNow && ended.raw != nil && !inherited {
		s.t.Errorf("nobody has descriptor %d again", ended.descriptor)
	}
}

// hearNothing checks that they receive nothing of the room that they have not entered.
func (s *successors) hearNothing() {
	s.t.Helper()
	for _, c := range s.clients {
		c.sends("S")
		c.reads("settled")
	}
}

// TestAPanicInAnyCallbackEndsOneSession: the client is told where that is possible, the member
// leaves the chat room, and the others talk on. A client that gets the same descriptor receives
// nothing that was meant for ben.
func TestAPanicInAnyCallbackEndsOneSession(t *testing.T) {
	const failed, quit = "end 4", "end 0"
	for _, c := range []struct {
		callbacks []string
		sends     string // what ben sends then; empty: it ends its input
		reads     string // of ben, before the end; empty: nothing
		lingers   bool   // the end of the output is sent before the connection is closed
	}{
		{[]string{"Input ben"}, "Phello", failed, false},
		{[]string{"Aside"}, "Wben", failed, false},
		{[]string{"Refuse"}, "E", failed, false},
		{[]string{"Rest"}, "", failed, false},
		{[]string{"Input ben", "LastWords"}, "Phello", "", false},
		{[]string{"LastWords"}, "Qbye", "", true},
		{[]string{"Convert"}, "C", "", false},
		{[]string{"Hear chat.Ended"}, "Qbye", quit, true},
	} {
		t.Run(fmt.Sprint(c.callbacks), func(t *testing.T) {
			h := open(t, nil)
			ann, pat, ben := h.enter("ann"), h.enter("pat"), h.enter("ben")
			conn := h.newest()
			stop := pat.chatters()
			next := h.successors()
			h.tiny.arm(c.callbacks...)
			if c.sends != "" {
				ben.sends(c.sends)
			} else if err := ben.conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			ben.readsLast(c.reads)
			if c.lingers {
				h.awaitClosed(conn)
			}
			next.accept(conn)
			ann.awaits("-ben")
			h.enter("cid").awaits("pat:noise")
			stop()
			next.hearNothing()
			h.panics(uint64(len(c.callbacks)))
			if slices.Contains(h.inside(), "ben") {
				t.Error("ben is in the chat room")
			}
			h.enter("ben")
		})
	}
}

// chatters posts all the time until stop is called.
func (c *client) chatters() (stop func()) {
	var stopped atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for !stopped.Load() {
			if _, err := c.conn.Write(frame("Pnoise")); err != nil {
				c.t.Error(err)
				return
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	return func() { stopped.Store(true); <-ended }
}

// readsLast reads what others say until the connection ends, and checks which frame of its own the
// client has read last. The connection may be reset if it is to read none.
func (c *client) readsLast(want string) {
	c.t.Helper()
	last := ""
	for {
		said, err := c.receive()
		if err != nil {
			break
		}
		if said != "pat:noise" && said != "PAT:NOISE" {
			last = said
		}
	}
	if last != want {
		c.t.Errorf("ben reads %q last, want %q", last, want)
	}
}

// TestAPanicBeforeASessionHasBegunClosesItsConnection: no member is affected.
func TestAPanicBeforeASessionHasBegunClosesItsConnection(t *testing.T) {
	for callback, reads := range map[string]string{"NewSession": "", "Begin": "end 4"} {
		t.Run(callback, func(t *testing.T) {
			h := open(t, nil)
			ann := h.enter("ann")
			h.tiny.arm(callback)
			dial(t, h.listener).readsLast(reads)
			h.enter("ben")
			ann.reads("+ben")
			if got := h.door.connections(); got != 2 {
				t.Errorf("%d connections are served", got)
			}
			h.panics(1)
		})
	}
}

// TestAPanicWhileAnEventIsToldLosesThatEvent: nobody is disconnected, and the events before it and
// after it are read, also those of the same batch.
func TestAPanicWhileAnEventIsToldLosesThatEvent(t *testing.T) {
	for _, c := range []struct {
		callbacks []string
		instead   []string
	}{
		{[]string{"Hear cursed"}, nil},
		{[]string{"Append cursed"}, []string{"?"}},
		{[]string{"Append cursed", "Unshown"}, nil},
	} {
		t.Run(fmt.Sprint(c.callbacks), func(t *testing.T) {
			h := open(t, nil)
			ann, ben := h.enter("ann"), h.enter("ben")
			ann.reads("+ben")
			h.tiny.arm(c.callbacks...)
			ann.sends("Pbefore", "Pcursed", "Pafter", "S")
			ann.reads("settled")
			ben.reads("ann:before")
			ben.reads(c.instead...)
			ben.reads("ann:after")
			h.panics(uint64(len(c.callbacks)))

			conn := h.newest()
			to := &hub.Session{Local: conn}
			h.tiny.arm(c.callbacks...)
			h.door.Deliver(hub.Batch{posted("one", to), posted("cursed", to), posted("two", to)})
			ben.reads("ann:one")
			ben.reads(c.instead...)
			ben.reads("ann:two")
		})
	}
}

// TestAPanicInALateRefusalLosesIt: the request is settled, and its member stays.
func TestAPanicInALateRefusalLosesIt(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	h.tiny.arm("Refuse")
	ann.sends("Nhello", "S", "Nhello")
	ann.reads("settled", "!room_unknown")
	h.panics(1)
}

// TestAMemberIsAdoptedAndDismissedThoughItsEventsPanic: the hub and the door agree on the members
// inside.
func TestAMemberIsAdoptedAndDismissedThoughItsEventsPanic(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	h.tiny.arm("Hear chat.Entered")
	ben := h.enter("ben")
	ben.sends("Phere")
	ann.reads("ben:here")
	h.tiny.arm("Hear chat.Ended")
	if err := h.Do(t.Context(), chat.Kick{By: chat.ByOperator(), NickKey: "ben"}); err != nil {
		t.Fatal(err)
	}
	ben.ends()
	ann.reads("-ben")
	h.awaitClosed(h.newest())
	h.panics(2)
}

// TestAPanicInLastWordsDoesNotKeepTheServerFromStopping: the connection ends without them.
func TestAPanicInLastWordsDoesNotKeepTheServerFromStopping(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	h.tiny.arm("LastWords")
	h.closes()
	ann.ends()
	h.panics(1)
}

// TestARunThatCannotBeHandedOnIsDropped: a request behind it has its answer.
func TestARunThatCannotBeHandedOnIsDropped(t *testing.T) {
	d, p := newDoor(nil, time.Now)
	conn, far := net.Pipe()
	defer conn.Close()
	defer far.Close()
	c := &p.newTalker(conn).Conn
	request := &request{conn: c, size: 7, answer: make(chan hub.Answer, 1)}
	to := hub.NewAudience(&hub.Session{Local: "not a Conn"})
	d.run = run{to: to, data: []byte("a line\n"), events: 1}
	if answered := d.answer(&hub.Answer{Ref: request}); answered != 7 {
		t.Errorf("%d bytes are answered", answered)
	}
	if len(request.answer) != 1 || !slices.Equal(d.settled, []*Conn{c}) {
		t.Errorf("%d answers, %d settled", len(request.answer), len(d.settled))
	}
	if len(d.run.to.Sessions()) > 0 || d.run.events > 0 {
		t.Error("a run that cannot be handed on is kept")
	}
	if n := d.counts.panicked.Load(); n != 1 {
		t.Errorf("%d panics are counted", n)
	}
}

// grenade is a connection whose writing panics once it is armed.
type grenade struct {
	net.Conn
	armed atomic.Bool
}

func (g *grenade) Write(b []byte) (int, error) {
	if g.armed.Load() {
		panic("a fault while writing")
	}
	return g.Conn.Write(b)
}

// TestAPanicWhileWritingEndsOneSession: on the goroutine that writes for a socket that is full.
func TestAPanicWhileWritingEndsOneSession(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	near, far := net.Pipe()
	defer far.Close()
	bad := &grenade{Conn: near}
	h.serving.Go(func() { h.door.Serve(bad, nil) })
	ben := newClient(t, far)
	ben.reads("hi")
	ben.sends("Eben")
	ben.reads("welcome")
	ann.reads("+ben")
	bad.armed.Store(true)
	ann.sends("Phello")
	ann.reads("-ben")
	h.serving.Wait()
	ann.sends("S")
	ann.reads("settled")
	if got := h.door.Report().Dropped["panicked"]; got == 0 {
		t.Error("no panic is counted")
	}
}
