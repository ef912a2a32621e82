package stream

import (
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/chat"
)

// TestAKickEndsAThrottledClient: at once, and not when its pause is over.
func TestAKickEndsAThrottledClient(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 4, 0.001 })
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("+ben")
	ben.sends("Pone", "Ptwo", "Pthree", "Pfour")
	ann.reads("ben:one", "ben:two", "ben:three") // the last waits for a quarter of an hour
	if err := h.Do(t.Context(), chat.Kick{By: chat.ByOperator(), NickKey: "ben"}); err != nil {
		t.Fatal(err)
	}
	ann.reads("-ben")
	ben.reads("kicked")
	ben.ends()
}

// TestAFarewellWaitsThoughItIsWoken: End wakes a session, and may do so only once it waits for its
// last words to be written.
func TestAFarewellWaitsThoughItIsWoken(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	_, p := newDoor(nil, time.Now)
	s := p.newTalker(here)
	s.out.Push([]byte("last words"))
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.awaitWritten()
	}()
	for range 1000 {
		s.out.Wake()
		runtime.Gosched()
		select {
		case <-written:
			t.Fatal("the words are not written yet")
		default:
		}
	}
	if got := s.out.Next(0, nil); string(got) != "last words" {
		t.Fatalf("%q", got)
	}
	s.out.Next(len("last words"), nil)
	<-written
}

// TestLastWordsAreReadThoughTheLogTookItsTime: over a connection that is not written without
// waiting, such as TLS.
func TestLastWordsAreReadThoughTheLogTookItsTime(t *testing.T) {
	h := open(t, nil)
	near, far := net.Pipe()
	defer far.Close()
	s := h.tiny.newTalker(near)
	s.Quit("")
	s.End(chat.ReasonQuit)
	s.writeUntil(past) // the time that End gave is over
	s.door.serving.Add(1)
	go s.finish()
	newClient(t, far).reads("end 0")
	s.door.serving.Wait()
}

// TestOutputThatAwaitsAWelcomeIsSentAtTheEnd: a member that was never welcomed reads it, and then
// why its connection ends.
func TestOutputThatAwaitsAWelcomeIsSentAtTheEnd(t *testing.T) {
	h := open(t, nil)
	near, far := net.Pipe()
	defer far.Close()
	s := h.tiny.newTalker(near)
	s.out.Hold()
	s.Push(frame("news"))
	s.Quit("")
	s.door.serving.Add(1)
	go s.finish()
	newClient(t, far).reads("news", "end 0")
	s.door.serving.Wait()
}

// TestALeaveThatAFullDiskRefusesIsMadeUpFor: the nickname is free once storing goes on, without a
// restart.
func TestALeaveThatAFullDiskRefusesIsMadeUpFor(t *testing.T) {
	h := open(t, nil, func(h *house) { h.door.departing.every = time.Millisecond })
	ann, ben, cid := h.enter("ann"), h.enter("ben"), h.enter("cid")
	ann.reads("+ben", "+cid")
	h.storage.full.Store(true)
	ben.sends("Q")
	ben.reads("+cid", "end 0")
	ben.ends()
	if err := cid.conn.Close(); err != nil {
		t.Fatal(err)
	}
	ann.sends("Phello")
	ann.reads("!storage_full")
	h.storage.full.Store(false)
	left := []string{ann.next(), ann.next()}
	if slices.Sort(left); !slices.Equal(left, []string{"-ben", "-cid"}) {
		t.Errorf("ann reads %v", left)
	}
	h.enter("ben")
	if n := h.door.departing.len(); n != 0 {
		t.Errorf("%d leaves are left to make up for", n)
	}
}

// TestAResetThatAWriteWasToldOfIsNotAnEndOfInput: the system tells of a reset once, and here the
// writer hears it.
func TestAResetThatAWriteWasToldOfIsNotAnEndOfInput(t *testing.T) {
	l := listen(t)
	defer l.Close()
	for _, reset := range []bool{true, false} {
		far := dial(t, l).conn
		near, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		_, p := newDoor(nil, time.Now)
		s := p.newTalker(near)
		if !s.writesNow() {
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
		if err := s.read(); !errors.Is(err, want) {
			t.Errorf("reset: %v, reading ends with %v", reset, err)
		}
	}
}

// TestAStoppedReaderIsDroppedAlone: the others hear everything, and that it is gone.
func TestAStoppedReaderIsDroppedAlone(t *testing.T) {
	h := open(t, func(c *Config) { c.Outbox = 64 << 10 })
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("+ben")
	h.enter("cid") // reads nothing from now on
	ann.reads("+cid")
	ben.reads("+cid")
	text := strings.Repeat("x", 8000)
	for i := 0; h.door.counts.slow.Load() == 0; i++ {
		if i > 10_000 {
			t.Fatal("nobody is dropped")
		}
		ann.sends("P" + text)
		ben.reads("ann:" + text)
	}
	for got := ben.next(); got != "-cid"; got = ben.next() {
		if got != "ann:"+text {
			t.Fatalf("%.40q", got)
		}
	}
	if got := h.lastLeft(); got != "cid slow" {
		t.Errorf("stored is %q", got)
	}
	ann.sends("Pon we go")
	ben.reads("ann:on we go")
}
