package load

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// smallStream is a plan of 100 messages to 4 others each.
func smallStream(s *streamStandIn) Plan {
	return Plan{
		Target: s.addr(), Door: Line, Members: 5, Senders: 2, Rate: 500, Size: 80,
		Duration: 200 * time.Millisecond,
	}
}

func TestEverythingArrivesOverStreams(t *testing.T) {
	s := newStreamStandIn(t)
	s.start()
	r := carry(t, smallStream(s), Options{})
	if want := (Tally{Expected: 400, Received: 400}); r.Deliveries != want || r.Sent != 100 {
		t.Errorf("%d sent, %+v, want %+v", r.Sent, r.Deliveries, want)
	}
	want := Notices{Expected: 10, Received: 10, Gathered: true}
	if r.Enter.Notices != want || r.Enter.Members != 5 {
		t.Errorf("%+v, want %+v", r.Enter, want)
	}
	m := r.Measured
	if m.Sent != 100 || m.Datagrams == 0 || m.Lines < m.Datagrams || r.Latency.Count != 400 ||
		r.Latency.P50 <= 0 {
		t.Errorf("%+v %+v", r.Measured, r.Latency)
	}
	if !r.OK() || r.Interrupted || r.Limited() || r.Closed != 0 || len(r.Others) != 0 {
		t.Errorf("%+v", r)
	}
	s.stop()
	if len(s.members) != 0 {
		t.Errorf("still inside: %v", s.members)
	}
}

func TestFaultsOverStreamsAreCountedExactly(t *testing.T) {
	s := newStreamStandIn(t)
	late := ""
	s.hand = func(n, to int, text string) []string {
		switch {
		case to == 2 && n%10 == 3:
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
	want := Tally{
		Expected: 400, Received: 388, Lost: 10 + 1 + 1, Doubled: 5, OutOfOrder: 12,
		Damaged: 1,
	}
	plan := smallStream(s)
	plan.Senders = 1 // two connections have no order
	r := carry(t, plan, Options{})
	if diff := cmp.Diff(want, r.Deliveries); diff != "" {
		t.Error(diff)
	}
	if r.OK() {
		t.Error("all this is said to be well")
	}
}

// Each room hears its own senders, and nobody else.
func TestRoomsKeepTheirOwnAccounts(t *testing.T) {
	s := newStreamStandIn(t)
	s.start()
	plan := smallStream(s)
	// Rooms of 5, 5 and 4, with 3, 2 and 2 senders.
	plan.Members, plan.Rooms, plan.Senders = 14, 3, 7
	r := carry(t, plan, Options{})
	// 100 messages in turn: 15 of each of 0 and 1, 14 of each of the others; senders 0, 3, 6 in the
	// first room, 1, 4, 2, 5.
	want := uint64(0)
	for sender := range 7 {
		said := uint64(14)
		if sender < 2 {
			said = 15
		}
		want += said * []uint64{4, 4, 3}[sender%3]
	}
	if r.Sent != 100 || r.Deliveries != (Tally{Expected: want, Received: want}) || !r.OK() {
		t.Errorf("%d sent, %+v, want %d", r.Sent, r.Deliveries, want)
	}
}

func TestWhatIsSaidInAnotherRoomIsNoticed(t *testing.T) {
	s := newStreamStandIn(t)
	s.hand = func(_, _ int, text string) []string { return []string{text} } // to all rooms
	s.start()
	plan := smallStream(s)
	plan.Members, plan.Rooms = 4, 2
	got := carry(t, plan, Options{}).Deliveries
	unexpected := got.Unexpected
	got.Unexpected = 0
	if got != (Tally{Expected: 100, Received: 100}) {
		t.Errorf("%+v", got)
	}
	// The run ends with the last expected message. The two members of the other room may
	// receive it later.
	if unexpected < 198 || unexpected > 200 {
		t.Errorf("%d unexpected", unexpected)
	}
}

func TestAsFastAsAcceptedInRooms(t *testing.T) {
	s := newStreamStandIn(t)
	s.start()
	plan := smallStream(s)
	plan.Members, plan.Rooms, plan.Senders, plan.Rate, plan.InFlight = 6, 2, 3, 0, 3
	patient := hasty
	patient.giveUp = patient.settling
	r, err := carryOut(t.Context(), plan, Options{}, patient)
	if err != nil {
		t.Fatal(err)
	}
	if d := r.Deliveries; d.Expected != 2*r.Sent || d.Faults() != 0 || r.GivenUp != 0 {
		t.Errorf("%d sent, %d given up, %+v", r.Sent, r.GivenUp, d)
	}
	if r.Sent <= uint64(plan.InFlight) {
		t.Errorf("%d sent: none was sent because another had arrived", r.Sent)
	}
	f := newFlights(4, 3, 2, time.Second)
	var turns []int
	for len(f.free) > 0 {
		turns = append(turns, <-f.free)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 1, 0, 1, 2, 1}, turns); diff != "" {
		t.Error(diff)
	}
}

// Those who stop reading are not waited for, and it is seen whom the server closes.
func TestWhoStopsReadingIsLeftOut(t *testing.T) {
	s := newStreamStandIn(t)
	s.hand = func(n, to int, text string) []string {
		if n == 50 && to == 3 {
			s.close(4)
		}
		return []string{text}
	}
	s.start()
	plan := smallStream(s)
	plan.Stopped = 2
	r := carry(t, plan, Options{})
	if want := (Stopped{Members: 2, Closed: 1}); r.Stopped == nil || *r.Stopped != want {
		t.Errorf("%+v, want %+v", r.Stopped, want)
	}
	want := Tally{Expected: 200, Received: 200}
	if r.Deliveries != want || r.Latency.Count != 200 || !r.OK() {
		t.Errorf("%+v, want %+v", r.Deliveries, want)
	}
}

func TestWhomTheServerClosesIsTold(t *testing.T) {
	s := newStreamStandIn(t)
	s.hand = func(n, to int, text string) []string {
		if n == 50 && to == 2 {
			s.close(3)
		}
		return []string{text}
	}
	s.start()
	r := carry(t, smallStream(s), Options{})
	if r.Closed != 1 || r.OK() || r.Deliveries.Lost < 49 || r.Deliveries.Expected != 400 {
		t.Errorf("%d closed, %+v", r.Closed, r.Deliveries)
	}
}

func TestQuietConnectionsAreWeighed(t *testing.T) {
	for _, how := range []string{Entered, Silent} {
		s := newStreamStandIn(t)
		s.start()
		plan := smallStream(s)
		plan.Idle, plan.Senders = how, 0
		usages := []Usage{
			{0, 1000}, {time.Second, 6000}, {time.Second, 6000}, {3 * time.Second, 11000},
		}
		r := carry(t, plan, Options{Server: func() (u Usage, err error) {
			u, usages = usages[0], usages[1:]
			return u, nil
		}})
		want := Idle{Connections: 5, Bytes: 2000, CPU: 2}
		if r.Idle == nil || *r.Idle != want || r.Sent != 0 || !r.OK() {
			t.Errorf("%+v, want %+v; %d sent", r.Idle, want, r.Sent)
		}
		s.stop()
		if how == Silent && len(s.members) > 0 {
			t.Errorf("inside: %v", s.members)
		}
	}
}

func TestGatheredNoticesAreCounted(t *testing.T) {
	s := newStreamStandIn(t)
	s.gather = true
	s.start()
	plan := smallStream(s)
	plan.Members = 6
	r := carry(t, plan, Options{})
	if n := r.Enter.Notices; !n.Gathered || n.Received == 0 || n.Received%3 != 0 || n.Lost+n.Doubled != 0 || !r.OK() {
		t.Errorf("%+v", n)
	}
	for line, want := range map[string]int{
		"A enters the chat room":                        1,
		"A, B enter the chat room":                      2,
		"A and B enter the chat room":                   2,
		"A, B and 38 others enter the chat room":        40,
		"A, B and 1 other quit the chat room":           3,
		"A, B, C quit the chat room":                    3,
		"A and 99999999999999999999 quit the chat room": 2,
		"A likes the chat room":                         0,
	} {
		n, enter, ok := together(line)
		if n != want || ok != (want > 0) || ok && enter != strings.Contains(line, "enter") {
			t.Errorf("%q is read as %d %v %v", line, n, enter, ok)
		}
	}
}

func TestWhoIsNotLetInOverStreams(t *testing.T) {
	s := newStreamStandIn(t)
	s.refuse = "no, thank you"
	s.start()
	_, err := carryOut(t.Context(), smallStream(s), Options{}, hasty)
	if err == nil || !strings.Contains(err.Error(), s.refuse) {
		t.Error(err)
	}
}

func TestNobodyAnswersOverStreams(t *testing.T) {
	s := newStreamStandIn(t) // the system accepts, nobody reads
	times := hasty
	times.asking = 100 * time.Millisecond
	if _, err := carryOut(t.Context(), smallStream(s), Options{}, times); !errors.Is(err, errNoAnswer) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if r, err := carryOut(ctx, smallStream(s), Options{}, hasty); err != nil || !r.Interrupted || r.Sent > 0 {
		t.Errorf("%+v %v", r, err)
	}
	s.stop()
	if _, err := carryOut(t.Context(), smallStream(s), Options{}, hasty); !errors.Is(err, errNobody) {
		t.Error(err)
	}
}

func TestWhoVanishesFromAStreamIsSeenGone(t *testing.T) {
	s := newStreamStandIn(t)
	s.start()
	plan := smallStream(s)
	plan.Vanish = 2
	if v := carry(t, plan, Options{}).Vanished; v == nil || v.Seen != 2 || v.By != "notices" {
		t.Errorf("%+v", v)
	}
}

func TestLongLinesAreCutWhereTheyEnd(t *testing.T) {
	var l lines
	l.buffer = make([]byte, 8)
	text := "short\r\n\na much longer line than fits\nrest"
	from := &slowReader{text: text}
	var got []string
	for from.text != "" {
		if err := l.fill(from); err != nil {
			t.Fatal(err)
		}
		for line, ok := l.next(); ok; line, ok = l.next() {
			got = append(got, string(line))
		}
	}
	got = append(got, string(l.rest()))
	if want := []string{"short", "", "a much longer line than fits", "rest"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	from.text = strings.Repeat("x", 2*lineMax)
	for from.text != "" {
		if err := l.fill(from); errors.Is(err, errLong) {
			return
		}
	}
	t.Error("a line without an end is taken")
}

// slowReader gives three bytes at a time.
type slowReader struct{ text string }

func (r *slowReader) Read(b []byte) (int, error) {
	n := copy(b[:min(3, len(b))], r.text)
	r.text = r.text[n:]
	return n, nil
}
