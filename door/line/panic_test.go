package line

import (
	"bufio"
	"log/slog"
	"net"
	"slices"
	"strings"
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

// carriesOn checks that a panic that ended ben's session hurt nobody else: ann reads that ben left, the server serves, and the next
// connection, which gets the descriptor that ben's had, reads nothing but what it is sent.
func (h *house) carriesOn(ann *caller) {
	h.t.Helper()
	ann.reads("ben quits the chat room")
	next := h.call()
	cid := h.enter("cid")
	ann.reads("cid enters the chat room")
	ann.types("is this private?")
	cid.reads("ann: is this private?")
	ann.types("/quit")
	cid.reads("ann quits the chat room")
	next.types("dan")
	next.reads(english.Prompt + "Welcome to the chat room, dan. 1 other is here.")
	cid.reads("dan enters the chat room")
}

// TestAPanicEndsOneSession: on the connection's goroutine, and on the one that runs a command for it.
func TestAPanicEndsOneSession(t *testing.T) {
	t.Run("while lines are taken", func(t *testing.T) {
		var armed atomic.Bool
		h := open(t, nil, func(h *house) {
			h.door.now = func() time.Time {
				if armed.CompareAndSwap(true, false) {
					panic("a fault while a line is taken")
				}
				return time.Now()
			}
		})
		h.endsOneSession(func() { armed.Store(true) }, "hello")
	})
	t.Run("in a command", func(t *testing.T) {
		h := open(t, nil)
		h.endsOneSession(func() { h.storage.armed.Store(true) }, "/history")
	})
}

func (h *house) endsOneSession(arm func(), typed string) {
	h.t.Helper()
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("ben enters the chat room")
	arm()
	ben.types(typed)
	ben.reads(english.Refused(chat.Refuse(chat.Internal)))
	ben.ends()
	h.carriesOn(ann)
	h.panics(1)
}

// TestAnEventThatCannotBeEncodedIsTold: nobody is disconnected for it, and what comes before and after it is read.
func TestAnEventThatCannotBeEncodedIsTold(t *testing.T) {
	h := open(t, nil, func(h *house) {
		h.door.encode = func(b []byte, e chat.Event) []byte {
			said := english.Append(b, e)
			if strings.Contains(string(said[len(b):]), "cursed") {
				panic("a fault in the encoder")
			}
			return said
		}
	})
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("ben enters the chat room")
	ann.types("before", "cursed", "after", "/msg ben cursed", "/who")
	ben.reads("ann: before", english.Unshown, "ann: after", english.Unshown)
	ann.reads("sent to ben only", "ann", "ben") // its own requests were answered
	ben.types("still here")
	ann.reads("ben: still here")
	h.panics(2)
	if got := h.history(chat.Lobby); !strings.Contains(strings.Join(got, "\n"), "message ann cursed") {
		t.Errorf("what cannot be shown is not stored: %q", got)
	}
}

// TestAPanicInDeliverAnswersItsRequest: a member whose request met a fault is not kept waiting.
func TestAPanicInDeliverAnswersItsRequest(t *testing.T) {
	d := New(defaults(t), nil, slog.New(slog.DiscardHandler), time.Now)
	conn, far := net.Pipe()
	defer conn.Close()
	defer far.Close()
	m := newMember(d, conn)
	request := &request{member: m, size: 7, answer: make(chan hub.Answer, 1)}
	d.run = run{to: []*hub.Session{{Local: "not a member"}}, data: []byte("a line\n"), events: 1}
	if answered := d.item(&hub.Item{Answer: &hub.Answer{Ref: request}}); answered != 7 {
		t.Errorf("%d bytes are answered", answered)
	}
	if len(request.answer) != 1 || !slices.Equal(d.settled, []*member{m}) {
		t.Errorf("%d answers, %d settled", len(request.answer), len(d.settled))
	}
	if len(d.run.to) > 0 || d.run.events > 0 {
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

// TestAPanicWhileWritingEndsOneSession: on the goroutine that writes for a socket which takes no more for now.
func TestAPanicWhileWritingEndsOneSession(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	near, far := net.Pipe()
	defer far.Close()
	bad := &grenade{Conn: near}
	h.serving.Go(func() { h.door.Serve(bad, nil) })
	bob := &caller{t, far, bufio.NewReader(far)}
	if _, err := bob.in.Discard(len(english.Prompt)); err != nil {
		t.Fatal(err)
	}
	bob.types("bob")
	bob.reads("Welcome to the chat room, bob.")
	ann.reads("bob enters the chat room")
	bad.armed.Store(true)
	ann.types("hello")
	ann.reads("bob quits the chat room")
	h.serving.Wait()
	ann.types("/who")
	ann.reads("ann")
	if got := h.door.Report().Dropped["panicked"]; got == 0 {
		t.Error("no panic is counted")
	}
}
