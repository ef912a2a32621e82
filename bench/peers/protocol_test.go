package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/load"
)

// small is a load of 100 messages to 4 others each.
func small(s *standIn) load.Plan {
	return load.Plan{
		Target: s.addr(), Door: s.door, Members: 5, Senders: 2, Rate: 500, Size: 80,
		Duration: 200 * time.Millisecond,
	}
}

// atEach runs a test with each protocol.
func atEach(t *testing.T, test func(t *testing.T, s *standIn)) {
	t.Helper()
	for _, speech := range speeches {
		t.Run(speech.door.Name, func(t *testing.T) { test(t, newStandIn(t, speech)) })
	}
}

func carry(t *testing.T, plan load.Plan) *load.Report {
	t.Helper()
	report, err := load.Run(t.Context(), plan, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEverythingArrives(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		s.start()
		r := carry(t, small(s))
		want := load.Tally{Expected: 400, Received: 400}
		if r.Deliveries != want || r.Sent != 100 || !r.OK() || len(r.Others) > 0 {
			t.Errorf("%d sent, %+v, want %+v; others %v", r.Sent, r.Deliveries, want, r.Others)
		}
		var notices load.Notices
		if s.joins != nil {
			notices = load.Notices{Expected: 10, Received: 10}
		}
		if r.Enter.Members != 5 || r.Enter.Notices != notices {
			t.Errorf("%+v, want %+v", r.Enter, notices)
		}
		s.stop()
		if len(s.guests) > 0 {
			t.Errorf("still inside: %d", len(s.guests))
		}
	})
}

func TestFaultsAreCounted(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		late, isRaw := "", s.door.Name == rawDoor.Name // which does not know the numbers of members
		s.hand = func(n, to int, text string) []string {
			switch {
			case (to == 2 || isRaw) && n%10 == 3:
				return nil
			case to == 3 && n%20 == 0:
				return []string{text, text}
			case to == 3 && n == 7:
				return []string{text[:len(text)-1] + "!"}
			case to == 4 && n%8 == 2:
				late = text
				return nil
			case to == 4 && n%8 == 4:
				return []string{text, late}
			}
			return []string{text}
		}
		s.start()
		want := load.Tally{
			Expected: 400, Received: 388, Lost: 10 + 1 + 1, Doubled: 5, OutOfOrder: 12, Damaged: 1,
		}
		if isRaw {
			want = load.Tally{Expected: 400, Received: 360, Lost: 40}
		}
		plan := small(s)
		plan.Senders = 1 // the messages of two connections have no order
		r := carry(t, plan)
		if diff := cmp.Diff(want, r.Deliveries); diff != "" || r.OK() {
			t.Error(r.OK(), diff)
		}
	})
}

// Each room receives the messages of its own senders only.
func TestRoomsAreKeptApart(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		s.start()
		plan := small(s)
		plan.Members, plan.Rooms, plan.Senders = 14, 3, 3 // rooms of 5, 5 and 4
		r := carry(t, plan)
		want := uint64(34*4 + 33*4 + 33*3)
		if r.Deliveries != (load.Tally{Expected: want, Received: want}) || !r.OK() {
			t.Errorf("%+v, want %d", r.Deliveries, want)
		}
		notices := load.Notices{Expected: 10 + 10 + 6, Received: 26}
		if s.joins != nil && r.Enter.Notices != notices {
			t.Errorf("%+v, want %+v", r.Enter.Notices, notices)
		}
	})
}

func TestAMessageOfAnotherRoomIsNoticed(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		s.hand = func(_, _ int, text string) []string { return []string{text} } // to all rooms
		s.start()
		plan := small(s)
		plan.Members, plan.Rooms = 4, 2
		// The run ends with the last expected message. Members of the other room may receive the
		// last ones later.
		d := carry(t, plan).Deliveries
		if d.Received != 100 || d.Unexpected < 198 || d.Unexpected > 200 {
			t.Errorf("%+v", d)
		}
	})
}

func TestQuietMembers(t *testing.T) {
	for _, how := range []string{load.Entered, load.Silent} {
		atEach(t, func(t *testing.T, s *standIn) {
			s.start()
			plan := small(s)
			plan.Idle, plan.Senders = how, 0
			r := carry(t, plan)
			if want := (load.Idle{Connections: 5}); r.Idle == nil || *r.Idle != want || !r.OK() {
				t.Errorf("%s: %+v, want %+v", how, r.Idle, want)
			}
		})
	}
}

func TestARefusalIsAnError(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		s.refuse = "no, thank you"
		s.start()
		want := s.refuse
		if s.door.Name == rawDoor.Name { // which has no words for it
			want = "closes the connection"
		}
		_, err := load.Run(t.Context(), small(s), load.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	})
}

// Only IRC announces a member that leaves.
func TestVanishedMembersAreSeenGone(t *testing.T) {
	atEach(t, func(t *testing.T, s *standIn) {
		s.start()
		plan := small(s)
		plan.Vanish = 2
		r, err := load.Run(t.Context(), plan, load.Options{})
		if s.leaves == nil {
			if err == nil || !strings.Contains(err.Error(), "announces leaves") {
				t.Error(err)
			}
			return
		}
		if err != nil || r.Vanished == nil || r.Vanished.Seen != 2 || r.Vanished.By != "notices" {
			t.Errorf("%+v %v", r, err)
		}
	})
}

func TestLongTextsDoNotFitIRC(t *testing.T) {
	plan := load.Plan{
		Door: ircDoor, Members: 2, Senders: 1, Rate: 1, Size: 401, Duration: time.Second,
	}
	if err := plan.Check(); err == nil || !strings.Contains(err.Error(), "400 bytes with irc") {
		t.Error(err)
	}
	plan.Size = 400
	if err := plan.Check(); err != nil {
		t.Error(err)
	}
}
