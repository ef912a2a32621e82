package udp

import (
	"testing"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
	"parley/wire/datagram"
)

// says has a member's datagram arrive.
func says(d *Door, m *member, said string) {
	d.receive(socket.Packet{Peer: m.peer, Data: []byte(said)})
}

func TestARepeatedLIsAnsweredAheadOfWhatWaitsWithoutTheLog(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	m := testMember(d, "127.0.0.1:9")
	m.name = "ann"
	m.queue.Push(outbox.Chunk{Data: []byte("bob: one")}, outbox.Chunk{Data: []byte("bob: two")})
	says(d, m, "L ann")
	if got := sent(d, m); got != "[OK bob: one bob: two]" {
		t.Errorf("sent %s", got)
	}
	if requests := len(d.visits.queue) + len(d.lines); requests != 0 {
		t.Errorf("%d requests are on their way to the log", requests)
	}
	if m.spoken {
		t.Error("a client that has sent only L counts as one that has spoken")
	}
}

func TestOtherRequestsToEnterAreDecidedByTheLog(t *testing.T) {
	for name, prepare := range map[string]func(d *Door, m *member) (said string){
		"another nickname":         func(*Door, *member) string { return "L bob" },
		"the nickname in capitals": func(*Door, *member) string { return "L ANN" },
		"no nickname":              func(*Door, *member) string { return "L" },
		"behind a quit": func(d *Door, m *member) string {
			says(d, m, "Q ann")
			return "L ann"
		},
		"behind a quit that the log has": func(d *Door, m *member) string {
			says(d, m, "Q ann")
			<-d.lines
			m.lines.Add(-1)
			return "L ann"
		},
		"behind another nickname": func(d *Door, m *member) string {
			says(d, m, "L bob")
			<-d.visits.queue
			return "L ann"
		},
		"while its leave is owed": func(_ *Door, m *member) string {
			m.leave(chat.ReasonQuit)
			return "L ann"
		},
		"while its leave is on its way": func(_ *Door, m *member) string {
			m.depart()
			return "L ann"
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := openDoor(t, Config{Members: 10})
			m := testMember(d, "127.0.0.1:9")
			m.name = "ann"
			said := prepare(d, m)
			says(d, m, said)
			if got := sent(d, m); got == "[OK]" {
				t.Error("answered OK at once")
			}
		})
	}
}

func TestAMemberWhoseRequestWasRefusedIsConfirmedAgain(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	m := testMember(d, "127.0.0.1:9")
	m.name = "ann"
	for _, said := range []string{"L bob", "Q bob"} {
		says(d, m, said)
		var q *request
		select {
		case q = <-d.visits.queue:
			d.visits.done(q)
		case q = <-d.lines:
			m.lines.Add(-1)
		}
		refusal := &hub.Answer{Ref: q, Refusal: chat.Refuse(chat.NotYours)}
		d.Deliver(hub.Batch{{Answer: refusal}})
		says(d, m, "L ann")
		if got, want := sent(d, m), "[OK "+chat.NotYours.Sentence()+"]"; got != want {
			t.Errorf("after %s: sent %s, want %s", said, got, want)
		}
	}
	if len(d.seats.quits) != 0 {
		t.Errorf("requests to leave are left: %v", d.seats.quits)
	}
}

func TestRepeatedLsCountAgainstTheMembersRateAlone(t *testing.T) {
	d, c := openDoor(t, Config{Members: 10, EnterRate: 1, Rate: 1, Burst: 5})
	m := testMember(d, "10.0.0.1:9")
	m.name = "ann"
	d.limit(m)
	oks := func(repeats int) int {
		for range repeats {
			says(d, m, "L ann")
		}
		d.sending = nil
		d.pack(m, paceMax)
		for _, text := range texts(d.sending) {
			if text != datagram.OK {
				t.Errorf("sent %q", text)
			}
		}
		return len(d.sending)
	}
	if got := oks(10); got != 5 {
		t.Errorf("%d of 10 are answered, want 5", got)
	}
	c.at = c.at.Add(2 * time.Second)
	if got := oks(10); got != 2 {
		t.Errorf("two seconds later %d are answered, want 2", got)
	}
	says(d, m, "Q ann")
	if len(d.lines) != 1 {
		t.Error("a member that repeated L too often may not leave")
	}
}

func TestAClientThatKeepsItsMappingIsGoneAfterTwoSilentMinutes(t *testing.T) {
	const quick = keepSilence - 1
	for name, c := range map[string]struct {
		gaps []time.Duration // before each L
		gone bool
	}{
		"three repeats":                 {[]time.Duration{keepSilence, keepSilence, keepSilence}, true},
		"many":                          {[]time.Duration{25e9, 25e9, 25e9, 25e9, 25e9, 25e9}, true},
		"two repeats":                   {[]time.Duration{keepSilence, keepSilence}, false},
		"quick retries":                 {[]time.Duration{quick, quick, quick, quick, 0, 0, 0}, false},
		"two repeats and quick retries": {[]time.Duration{keepSilence, 1e9, 1e9, keepSilence, 1e9}, false},
		"never":                         {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, clock := openDoor(t, Config{Members: 10, Idle: 12 * time.Hour})
			m := testMember(d, "127.0.0.1:9")
			m.name, m.heard = "ann", clock.at
			for _, gap := range c.gaps {
				clock.at = clock.at.Add(gap)
				says(d, m, "L ann")
			}
			clock.at = clock.at.Add(keepGone)
			if d.look(m, clock.at); len(d.departures) != 0 {
				t.Fatal("gone too soon")
			}
			clock.at = clock.at.Add(1)
			d.look(m, clock.at)
			if gone := len(d.departures) == 1 && m.leaving == chat.ReasonGone; gone != c.gone {
				t.Errorf("gone: %v, want %v", gone, c.gone)
			}
			if c.gone {
				if says(d, m, "C ann I am here"); m.leaving != "" {
					t.Error("a client that is heard still leaves")
				}
				return
			}
			clock.at = clock.at.Add(d.config.Idle)
			if d.look(m, clock.at); m.leaving != "" {
				t.Errorf("leaves as %q without a warning", m.leaving)
			}
			if d.look(m, clock.at); m.leaving != chat.ReasonIdle {
				t.Errorf("after udp.idle it leaves as %q", m.leaving)
			}
		})
	}
}
