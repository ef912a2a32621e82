package stream

import (
	"net"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
)

// TestAnotherProtocolTalks: it enters, posts, hears and leaves, and shares nothing with lines.
func TestAnotherProtocolTalks(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ben := h.call()
	ben.sends("Eann")
	ben.reads("!nick_occupied")
	ben.sends("Wben", "Phello", "Nhello", "S")
	ben.reads("welcome", "!room_unknown", "settled")
	ann.reads("+ben", "ben:hello")
	ann.sends("Pone", "Ptwo")
	ben.reads("ann:one", "ann:two")
	ben.sends("Qsee you")
	ben.reads("end 0")
	ben.ends()
	ann.reads("-ben")
	if got := h.lastLeft(); got != "ben quit: see you" {
		t.Errorf("stored is %q", got)
	}
	cid := h.enter("cid")
	ann.reads("+cid")
	if err := h.Do(t.Context(), chat.Kick{By: chat.ByOperator(), NickKey: "cid"}); err != nil {
		t.Fatal(err)
	}
	cid.reads("kicked")
	cid.ends()
	ann.reads("-cid")
}

func TestAClientThatDoesNotEnterIsDisconnected(t *testing.T) {
	h := open(t, func(c *Config) { c.Patience = 50 * time.Millisecond })
	ann := h.call()
	ann.reads("end 2")
	ann.ends()
}

func TestMembersAreToldThatTheServerStops(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		h.closes()
	}()
	ann.reads("end 3")
	ann.ends()
	<-stopped
}

// TestARequestIsSettledOnceItIsOnItsWayToEverybody: the next request of its sender, and of others
// then, overtakes it nowhere.
func TestARequestIsSettledOnceItIsOnItsWayToEverybody(t *testing.T) {
	h := open(t, nil)
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	ann, ben := h.tiny.newTalker(here), h.tiny.newTalker(there)
	ann.pending = 1
	ben.out.Hold() // nobody writes to it meanwhile
	said := posted("hello", &hub.Session{Local: &ben.Conn})
	batch := hub.Batch{said, {Answer: &hub.Answer{Ref: &request{conn: &ann.Conn}}}}
	for range 20_000 { // events for the same sessions go to them at once, after all of this
		batch = append(batch, said)
	}
	waiting := make(chan int)
	go func() {
		ann.await(0)
		waiting <- ben.out.Len()
	}()
	h.door.Deliver(batch)
	if got := <-waiting; got == 0 {
		t.Error("it is settled, and ben has nothing of it")
	}
}

// posted is a message for some sessions.
func posted(text string, to ...*hub.Session) hub.Item {
	m := chat.Message{Room: chat.Lobby, Kind: chat.KindMessage, Nick: "ann", Text: text}
	return hub.Item{Event: chat.Posted{Message: m}, To: hub.NewAudience(to...)}
}

// TestDeliveringNeverWaits: a batch for a client that never reads is delivered at once.
func TestDeliveringNeverWaits(t *testing.T) {
	h := open(t, nil)
	ours, theirs := net.Pipe() // takes nothing that is not read
	defer theirs.Close()
	item := posted("x", &hub.Session{Local: &h.tiny.newTalker(ours).Conn})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			h.door.Deliver(hub.Batch{item})
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("Deliver waits for a socket")
	}
	ours.Close()
}

func TestOthersLeavesOutASessionsOwnParts(t *testing.T) {
	got := others([]byte("aabbcc"), []span{{2, 4}})
	if len(got) != 2 || string(got[0]) != "aa" || string(got[1]) != "cc" {
		t.Errorf("%q", got)
	}
	if got := others([]byte("aabbcc"), []span{{0, 2}, {2, 6}}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestAnEventIsEncodedOnceForAllHearers: they share its bytes.
func TestAnEventIsEncodedOnceForAllHearers(t *testing.T) {
	d, p := newDoor(nil, time.Now)
	var all []*hub.Session
	for range 3 {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		s := p.newTalker(near)
		s.out.Hold()
		all = append(all, &hub.Session{Local: &s.Conn})
	}
	said := posted("hello", all...)
	said.Self = all[2]
	d.event(&said)
	again := posted("again")
	again.To = said.To
	d.event(&again)
	d.endRun()
	var chunks [3][]byte
	for i, s := range all {
		c := connOf(s)
		c.out.Release()
		chunks[i] = c.out.Next(0, nil)
	}
	const want = "\x00\x09ann:hello\x00\x09ann:again"
	if string(chunks[0]) != want || &chunks[0][0] != &chunks[1][0] {
		t.Errorf("two hearers have %q and %q, not the same bytes", chunks[0], chunks[1])
	}
	if &chunks[2][0] != &chunks[0][len(want)/2] {
		t.Errorf("the member that spoke has %q, not the second half", chunks[2])
	}
}
