package line

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"time"

	"parley/chat"
)

// TestAKickEndsAThrottledClient: at once, and not when its pause is over.
func TestAKickEndsAThrottledClient(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 3, 0.001 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	bob.types("one", "two", "three")
	ann.reads("bob: one", "bob: two") // the third waits for a quarter of an hour
	if err := h.Do(t.Context(), chat.Kick{NickKey: "bob"}); err != nil {
		t.Fatal(err)
	}
	ann.reads("bob quits the chat room")
	bob.reads(english.Removed(""))
	bob.ends()
}

// TestDebtsArePaidLineByLine: a pause stays short however much was asked for, and what is not paid counts later.
func TestDebtsArePaidLineByLine(t *testing.T) {
	config := defaults(t)
	config.Burst, config.Rate = 400, 20
	d := New(config, nil, slog.New(slog.DiscardHandler), time.Now)
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ann := newMember(d, near)
	const most = 40 // what 20 lines a second are in pauseMax
	ann.unpaid = 100 * lineBytes
	for _, want := range []int{100 - (most - 1), 100 - 2*(most-1), 0} {
		if err := ann.throttle(1); err != nil || ann.unpaid/lineBytes != want {
			t.Errorf("%d lines are left to pay, want %d; %v", ann.unpaid/lineBytes, want, err)
		}
	}
}

// TestLastWordsAreReadThoughTheLogTookItsTime: over a connection that is not written without waiting, such as TLS.
func TestLastWordsAreReadThoughTheLogTookItsTime(t *testing.T) {
	h := open(t, nil)
	near, far := net.Pipe()
	defer far.Close()
	m := newMember(h.door, near)
	m.quits = new(string)
	m.end(chat.ReasonQuit)
	if err := near.SetWriteDeadline(past); err != nil { // the time that end gave is over
		t.Fatal(err)
	}
	h.serving.Go(func() { m.leave(); m.hangUp() })
	(&caller{t, far, bufio.NewReader(far)}).reads(english.Bye)
	h.serving.Wait()
}

// TestALeaveThatAFullDiskRefusesIsMadeUpFor: the nickname is free once storing goes on, without a restart.
func TestALeaveThatAFullDiskRefusesIsMadeUpFor(t *testing.T) {
	h := open(t, nil, func(h *house) { h.door.departing.every = time.Millisecond })
	ann, bob, cid := h.enter("ann"), h.enter("bob"), h.enter("cid")
	ann.reads("bob enters the chat room", "cid enters the chat room")
	h.storage.full.Store(true)
	bob.types("/quit")
	bob.reads("cid enters the chat room", english.Bye)
	bob.ends()
	if err := cid.conn.Close(); err != nil {
		t.Fatal(err)
	}
	ann.types("hello")
	ann.reads(english.Refused(chat.Refuse(chat.StorageFull)))
	h.storage.full.Store(false)
	left := map[string]bool{ann.next(): true, ann.next(): true}
	if !left["bob quits the chat room"] || !left["cid quits the chat room"] {
		t.Errorf("ann reads %v", left)
	}
	h.enter("bob")
	if n := h.door.departing.len(); n != 0 {
		t.Errorf("%d leaves are left to make up for", n)
	}
}

// TestAResetThatAWriteWasToldOfIsNotAnEndOfInput: the system tells a reset once, and here the writer hears it.
func TestAResetThatAWriteWasToldOfIsNotAnEndOfInput(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, reset := range []bool{true, false} {
		far, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		near, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		m := newMember(New(defaults(t), nil, slog.New(slog.DiscardHandler), time.Now), near)
		if m.raw == nil {
			t.Skip("connections are read otherwise on this system")
		}
		if reset {
			err = far.(*net.TCPConn).SetLinger(0)
		}
		if err := errors.Join(err, far.Close()); err != nil {
			t.Fatal(err)
		}
		if reset {
			for err == nil { // until the writer has heard of it
				_, err = near.Write([]byte("x"))
			}
		}
		want := map[bool]error{true: syscall.ECONNRESET, false: io.EOF}[reset]
		if err := m.read(); !errors.Is(err, want) {
			t.Errorf("reset: %v, reading ends with %v", reset, err)
		}
	}
}
