package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"parley/chat"
	"parley/wire/datagram"
)

// hasty is timings for a server in the same process that may do badly.
var hasty = timings{
	firstRepeat: 50 * time.Millisecond, lastRepeat: 100 * time.Millisecond,
	asking: 10 * time.Second, quiet: time.Second,
	settling: 10 * time.Second, giveUp: 200 * time.Millisecond, leaving: 10 * time.Second, vanishing: 10 * time.Second,
}

// small is a plan of 100 messages to 4 others each.
func small(s *standIn) Plan {
	return Plan{Target: s.addr(), Door: UDP, Members: 5, Senders: 2, Rate: 500, Size: 80, Duration: 200 * time.Millisecond}
}

func carry(t *testing.T, plan Plan, options Options) *Report {
	t.Helper()
	report, err := carryOut(t.Context(), plan, options, hasty)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEverythingArrives(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := newStandIn(t)
	s.start()
	r := carry(t, small(s), Options{})
	if want := (Tally{Expected: 400, Received: 400}); r.Deliveries != want || r.Sent != 100 {
		t.Errorf("%d sent, %+v, want %+v", r.Sent, r.Deliveries, want)
	}
	if want := (Notices{Expected: 10, Received: 10}); r.Enter.Notices != want || r.Enter.Members != 5 {
		t.Errorf("%+v, want %+v", r.Enter, want)
	}
	if r.Measured.Sent != 100 || r.Latency.Count != 400 || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P999 || r.Late.Count != 100 {
		t.Errorf("latency %+v, late %+v", r.Latency, r.Late)
	}
	if !r.OK() || r.Interrupted || r.Limited() || r.Server != nil {
		t.Errorf("%+v", r)
	}
	s.stop()
	if len(s.names) != 0 {
		t.Errorf("still inside: %v", s.names)
	}
}

func TestFaultsAreCountedExactly(t *testing.T) {
	s := newStandIn(t)
	s.echo = true
	late, joined := "", ""
	s.hand = func(n, to int, line string) []string { // message n is of sender n%2
		switch {
		case to == n%2 && n != 0: // but for one, nobody hears what they say themselves
			return nil
		case to == 2 && n%10 == 3:
			return nil
		case to == 3 && n%20 == 0:
			return []string{line, line}
		case to == 3 && n == 7:
			return []string{line[:len(line)-1] + "!"}
		case to == 4 && n%8 == 2:
			late = line
			return nil
		case to == 4 && n%8 == 4:
			return []string{line, late}
		case to == 5 && n%2 == 0:
			joined = line
			return nil
		case to == 5:
			return []string{joined + "\nsomebody: hello\n" + line}
		}
		return []string{line}
	}
	s.notices = func(who, to int, line string) []string {
		switch [2]int{min(who, to), max(who, to)} {
		case [2]int{1, 4}:
			return nil
		case [2]int{0, 3}:
			return []string{line, line}
		case [2]int{2, 6}: // who enters is told of who was first, too
			for peer, name := range s.names {
				if numberOf(name) == who {
					s.send(peer, strings.Replace(line, fmt.Sprintf("-%d ", who), fmt.Sprintf("-%d ", to), 1))
				}
			}
		}
		return []string{line}
	}
	s.start()
	plan := small(s)
	plan.Members = 7
	r := carry(t, plan, Options{})
	want := Tally{Expected: 600, Received: 588, Lost: 10 + 1 + 1, Doubled: 5, OutOfOrder: 12, Damaged: 1, Unexpected: 1}
	if diff := cmp.Diff(want, r.Deliveries); diff != "" {
		t.Error(diff)
	}
	if want := (Notices{Expected: 21, Received: 21, Lost: 1, Doubled: 2}); r.Enter.Notices != want {
		t.Errorf("%+v, want %+v", r.Enter.Notices, want)
	}
	if m := r.Measured; m.Lines <= m.Datagrams {
		t.Errorf("%d lines in %d datagrams", m.Lines, m.Datagrams)
	}
	if r.OK() {
		t.Error("all this is said to be well")
	}
}

func TestAnEchoIsExpectedWhereItIsSaidTo(t *testing.T) {
	s := newStandIn(t)
	s.echo = true
	s.start()
	plan := small(s)
	plan.Members, plan.Senders, plan.Echo = 1, 1, true
	if want, r := (Tally{Expected: 100, Received: 100}), carry(t, plan, Options{}); r.Deliveries != want || !r.OK() {
		t.Errorf("%+v, want %+v", r.Deliveries, want)
	}
}

func TestAServerThatStallsCannotHide(t *testing.T) {
	const stall = 100 * time.Millisecond
	s := newStandIn(t)
	stalled := false
	s.hand = func(n, _ int, line string) []string {
		if n == 10 && !stalled {
			stalled = true
			time.Sleep(stall)
		}
		return []string{line}
	}
	s.start()
	r := carry(t, small(s), Options{})
	// At 500/s, some 50 of the 100 messages fell due while nothing was done.
	if slow := r.Latency.Mean; slow < 5 || r.Latency.Max < 90 {
		t.Errorf("mean %v, max %v ms: the stall does not show", slow, r.Latency.Max)
	}
}

// What was due when stands in the messages, whenever they were sent.
func TestMessagesAreDueEvenly(t *testing.T) {
	s := newStandIn(t)
	var due []time.Duration
	s.hand = func(_, to int, line string) []string {
		if to == 2 {
			fields := strings.Fields(line)
			ns, _ := strconv.Atoi(fields[4])
			due = append(due, time.Duration(ns))
		}
		return []string{line}
	}
	s.start()
	carry(t, small(s), Options{})
	s.stop()
	if len(due) != 100 {
		t.Fatalf("%d messages", len(due))
	}
	for i, d := range due {
		if d-due[0] != time.Duration(i)*2*time.Millisecond {
			t.Errorf("message %d is due after %v", i, d-due[0])
		}
	}
}

func TestPaceMakesUpForWhatTookTooLong(t *testing.T) {
	start := time.Now()
	var all []int
	Pace(t.Context(), start, 1000, 20*time.Millisecond, func(i int, due time.Time) {
		if now := time.Now(); now.Before(due) || due.Sub(start) != time.Duration(i)*time.Millisecond {
			t.Errorf("%d, due after %v, is done after %v", i, due.Sub(start), now.Sub(start))
		}
		if i == 3 {
			time.Sleep(10 * time.Millisecond)
		}
		all = append(all, i)
	})
	if len(all) != 20 {
		t.Errorf("done: %v", all)
	}
}

func TestWhatComesLateIsNotLost(t *testing.T) {
	s := newStandIn(t)
	s.hand = func(n, to int, line string) []string {
		if n != 99 || to != 4 {
			return []string{line}
		}
		for peer, name := range s.names {
			if numberOf(name) == to {
				time.AfterFunc(hasty.quiet/3, func() { s.send(peer, line) })
			}
		}
		return nil
	}
	s.start()
	if r := carry(t, small(s), Options{}); !r.OK() || r.Latency.Max < 90 {
		t.Errorf("%+v %+v", r.Deliveries, r.Latency)
	}
}

// TestAsFastAsAccepted loses all that is under way: only once it is given up does talking go on.
func TestAsFastAsAccepted(t *testing.T) {
	const inFlight, lostFrom, enough = 3, 20, 50
	s := newStandIn(t)
	ctx, cancel := context.WithTimeout(t.Context(), hasty.settling)
	defer cancel()
	s.hand = func(n, _ int, line string) []string {
		switch {
		case lostFrom <= n && n < lostFrom+inFlight:
			return nil
		case n == enough:
			cancel()
		}
		return []string{line}
	}
	s.start()
	plan := small(s)
	plan.Rate, plan.InFlight, plan.Senders, plan.Duration = 0, inFlight, 3, time.Hour
	r, err := carryOut(ctx, plan, Options{}, hasty)
	if err != nil {
		t.Fatal(err)
	}
	if r.GivenUp == 0 || r.Deliveries.Lost != 4*inFlight || r.Sent < enough {
		t.Errorf("%d given up, %d lost of %d sent", r.GivenUp, r.Deliveries.Lost, r.Sent)
	}
	if d := r.Deliveries; d.Expected != 4*r.Sent || d.Received != d.Expected-4*inFlight {
		t.Errorf("%+v of %d sent", d, r.Sent)
	}
}

func TestFlightsAreBoundedAndShared(t *testing.T) {
	f := newFlights(5, 2, 1, time.Second)
	var turns []int
	for len(f.free) > 0 {
		sender := <-f.free
		f.start(flight{sender, uint32(len(turns))}, time.Duration(len(turns)))
		turns = append(turns, sender)
	}
	if diff := cmp.Diff([]int{0, 1, 0, 1, 0}, turns); diff != "" {
		t.Error(diff)
	}
	if f.land(flight{1, 0}) || !f.land(flight{1, 1}) || f.land(flight{1, 1}) {
		t.Error("only what is under way lands, and once")
	}
	if len(f.free) != 1 || <-f.free != 1 {
		t.Error("the sender of what has landed may talk again")
	}
	f.giveUp(time.Second + 3) // of 0, 2, 3 and 4, those from before 3
	if f.givenUp != 2 || len(f.free) != 2 {
		t.Errorf("%d given up, %d free", f.givenUp, len(f.free))
	}
}

func TestEnteringIsAskedAgain(t *testing.T) {
	s := newStandIn(t)
	s.answer = func(r datagram.Request, times int) string {
		switch {
		case r.Verb == datagram.Quit:
			return datagram.Exit
		case times == 0:
			return ""
		case times == 1:
			return chat.Busy.Sentence()
		}
		return datagram.OK
	}
	s.start()
	r := carry(t, small(s), Options{})
	busy := r.Others[chat.Busy.Sentence()]
	if r.Enter.Members != 5 || r.Enter.Repeated < 10 || !r.Limited() || busy != 5 {
		t.Errorf("%+v %v", r.Enter, r.Others)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		asking time.Duration
		want   string
	}{
		"refused":                   {chat.RoomFull.Sentence(), hasty.asking, "the chat room is full"},
		"refused in other words":    {"no, thank you", time.Second, "no, thank you"},
		"never answered":            {"", time.Second, "no answer"},
		"busy for too long a while": {chat.TooFast.Sentence(), time.Second, "slow down"},
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			s := newStandIn(t)
			s.answer = func(r datagram.Request, _ int) string {
				if r.Verb == datagram.Enter && numberOf(r.Name) == 3 {
					return c.answer
				}
				return map[datagram.Verb]string{datagram.Enter: datagram.OK, datagram.Quit: datagram.Exit}[r.Verb]
			}
			s.start()
			times := hasty
			times.asking = c.asking
			_, err := carryOut(t.Context(), small(s), Options{}, times)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			s.stop()
			if len(s.names) > 0 {
				t.Errorf("still inside: %v", s.names)
			}
		})
	}
}

func TestNobodyIsThere(t *testing.T) {
	s := newStandIn(t)
	s.stop()
	if _, err := carryOut(t.Context(), small(s), Options{}, hasty); !errors.Is(err, errNobody) {
		t.Error(err)
	}
}

func TestAnInterruptStillReports(t *testing.T) {
	s := newStandIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	plan := small(s)
	plan.Duration = time.Hour
	s.hand = func(n, _ int, line string) []string {
		if n == 20 {
			cancel()
		}
		return []string{line}
	}
	s.start()
	r, err := carryOut(ctx, plan, Options{}, hasty)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Sent <= 20 || r.Deliveries.Expected != 4*r.Sent || r.Deliveries.Faults() != 0 || r.Measured.Seconds > 60 {
		t.Errorf("%+v", r)
	}
	s.stop()
	if len(s.names) > 0 {
		t.Errorf("still inside: %v", s.names)
	}
}

func TestWhoVanishesIsSeenGone(t *testing.T) {
	knock := func(inside []string) string {
		for _, name := range inside {
			if numberOf(name) >= 3 {
				return name
			}
		}
		return ""
	}
	for name, asked := range map[string]bool{"by notices": false, "asking the server": true} {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t)
			gone := make(chan string, 10)
			s.knocked = func(inside []string) string {
				for peer, n := range s.names {
					if n == knock(inside) {
						delete(s.names, peer)
						gone <- n
						return n
					}
				}
				return ""
			}
			s.start()
			plan := small(s)
			plan.Vanish = 2
			var options Options
			if asked {
				options.Inside = func(_ context.Context, prefix string) (int, error) {
					if !strings.HasPrefix(prefix, "b") || !strings.HasSuffix(prefix, "-") {
						t.Errorf("asked for %q", prefix)
					}
					return 5 - len(gone), nil
				}
			}
			v := carry(t, plan, options).Vanished
			if v == nil || v.Members != 2 || v.Seen != 2 || v.Seconds <= 0 || (v.By == "server") != asked {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestTheServerIsMeasured(t *testing.T) {
	s := newStandIn(t)
	s.start()
	calls := 0
	usages := []Usage{{time.Second, 1000}, {2 * time.Second, 6000}, {3 * time.Second, 7000}, {5 * time.Second, 8000}}
	r := carry(t, small(s), Options{Server: func() (Usage, error) { calls++; return usages[calls-1], nil }})
	want := &Server{RSSBefore: 1000, RSSEntered: 6000, BytesPerMember: 1000, RSSAfter: 8000, EnterCPU: 1, CPU: 2, PerDelivery: 2e6 / float64(r.Measured.Deliveries)}
	if diff := cmp.Diff(want, r.Server); diff != "" {
		t.Error(diff)
	}
	gone := errors.New("it is gone")
	if _, err := carryOut(t.Context(), small(s), Options{Server: func() (Usage, error) { return Usage{}, gone }}, hasty); !errors.Is(err, gone) {
		t.Error(err)
	}
	calls = 0
	r = carry(t, small(s), Options{Server: func() (Usage, error) {
		if calls++; calls > 2 {
			return Usage{}, gone
		}
		return Usage{}, nil
	}})
	if r.Server != nil || r.ServerError != gone.Error() {
		t.Errorf("%+v %q", r.Server, r.ServerError)
	}
}
