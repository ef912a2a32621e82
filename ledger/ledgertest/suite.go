// Package ledgertest is the list of tests that every ordered log passes, and a nasty log that is as awkward as the contract
// allows, for tests of whoever reads one.
//
// It knows nothing of how a log is kept, and nothing of what commands mean.
//
// Its laws are those of package ledger. The suite takes a repeated Record, known by its Origin, for what it is; a test of a
// reader that must pass over a real log is also to pass over Nasty.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/ledger"
)

// Make makes the log under test: it goes on after progress, has room for capacity commands, and now is its clock. It is closed
// by the suite.
type Make func(t *testing.T, progress chat.Progress, capacity int, now func() time.Time) ledger.Ledger

// Run tells every law of package ledger to the logs that make makes.
func Run(t *testing.T, make Make) {
	for _, law := range []struct {
		name string
		hold func(*testing.T, Make)
	}{
		{"what is appended is read once, as it was", appendedIsRead},
		{"each caller's commands keep their order", callersKeepTheirOrder},
		{"Tip is where the reader comes to", tipIsReached},
		{"places and times go on after progress", goesOnAfterProgress},
		{"times never go back when the clock does", clockStepsBack},
		{"Next returns at most max", atMostMax},
		{"Next waits for the first record", nextWaits},
		{"Next ends with its ctx and loses nothing", nextEndsWithItsContext},
		{"what Next returned is the caller's", slicesAreTheCallers},
		{"Len and Cap tell what is taken", lenAndCap},
		{"a full log refuses Busy until there is room", fullRefusesBusy},
		{"after Close what was taken is read, then EOF for ever", closeThenRest},
		{"after Close nothing is taken, full or not", closedRefuses},
		{"Close ends a Next that waits", closeEndsNext},
		{"Close amid many callers", closeAmidCallers},
	} {
		t.Run(law.name, func(t *testing.T) { law.hold(t, make) })
	}
}

// patience bounds what would otherwise hang for ever.
const patience = 10 * time.Second

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// origin and command of the n-th thing that a caller says.
func origin(caller string, n int) chat.Origin {
	return chat.Origin{Node: chat.NodeID(caller), Epoch: 1, N: uint64(n)}
}

func command(caller string, n int) chat.Command {
	by := chat.SessionID{Node: chat.NodeID(caller), N: 1}
	return chat.Post{By: chat.By(by), Room: chat.Lobby, Text: fmt.Sprint(n)}
}

func appends(t *testing.T, l ledger.Ledger, caller string, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if err := insist(l, origin(caller, n), command(caller, n)); err != nil {
			t.Errorf("%s appends %d: %v", caller, n, err)
		}
	}
}

// insist appends a command as soon as there is room.
func insist(l ledger.Ledger, origin chat.Origin, command chat.Command) error {
	deadline := time.Now().Add(patience)
	err := l.Append(origin, command)
	for codeOf(err) == chat.Busy && time.Now().Before(deadline) {
		runtime.Gosched()
		err = l.Append(origin, command)
	}
	return err
}

func codeOf(err error) chat.Code {
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return chat.OK
}

func refused(t *testing.T, err error, code chat.Code) {
	t.Helper()
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("%v, want a refusal with %v", err, code)
	}
}

// reader reads a log and checks with every record what may be checked of it alone and of those before it.
type reader struct {
	t      *testing.T
	ledger ledger.Ledger
	last   chat.Record // the newest
	places map[chat.Place]chat.Record
	fresh  map[chat.Origin]chat.Record // the first of each origin
	newest map[chat.NodeID]uint64      // of each caller
}

func reads(t *testing.T, l ledger.Ledger, after chat.Progress) *reader {
	return &reader{
		t: t, ledger: l, last: chat.Record{Place: after.Place, Time: after.Time},
		places: map[chat.Place]chat.Record{}, fresh: map[chat.Origin]chat.Record{}, newest: map[chat.NodeID]uint64{},
	}
}

// next reads once and returns what is no repeat, and Next's error.
func (r *reader) next(max int) ([]chat.Record, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	records, err := r.ledger.Next(ctx, max)
	switch {
	case err != nil && len(records) > 0:
		r.t.Errorf("records and %v", err)
	case err == nil && len(records) == 0:
		r.t.Error("no records and no error")
	case len(records) > max:
		r.t.Errorf("%d records, at most %d were asked for", len(records), max)
	}
	var fresh []chat.Record
	for _, record := range records {
		if r.takes(record) {
			fresh = append(fresh, record)
		}
	}
	return fresh, err
}

// takes checks a record and says whether it is new.
func (r *reader) takes(record chat.Record) bool {
	r.t.Helper()
	if record.Place <= r.last.Place {
		if r.places[record.Place] != record {
			r.t.Errorf("place %d again, with %+v, after %+v", record.Place, record, r.last)
		}
		return false
	}
	if record.Time.Before(r.last.Time) {
		r.t.Errorf("place %d: the time went from %v back to %v", record.Place, r.last.Time, record.Time)
	}
	if record.Time != record.Time.UTC().Round(0) {
		r.t.Errorf("place %d: the time %v is not plain UTC", record.Place, record.Time)
	}
	r.last, r.places[record.Place] = record, record
	if first, seen := r.fresh[record.Origin]; seen {
		if first.Command != record.Command {
			r.t.Errorf("%+v is repeated as %+v", first, record)
		}
		return false
	}
	if n := r.newest[record.Origin.Node]; record.Origin.N <= n {
		r.t.Errorf("%s said %d after %d", record.Origin.Node, record.Origin.N, n)
	}
	r.fresh[record.Origin], r.newest[record.Origin.Node] = record, record.Origin.N
	return true
}

// until reads until it has n new records.
func (r *reader) until(n, max int) []chat.Record {
	r.t.Helper()
	var all []chat.Record
	for len(all) < n {
		fresh, err := r.next(max)
		if err != nil {
			r.t.Fatalf("after %d of %d: %v", len(all), n, err)
		}
		all = append(all, fresh...)
	}
	return all
}

// rest reads until the end, which must be io.EOF and stay so.
func (r *reader) rest() []chat.Record {
	r.t.Helper()
	var all []chat.Record
	for {
		fresh, err := r.next(3)
		all = append(all, fresh...)
		if err == nil {
			continue
		}
		for range 3 {
			if err != io.EOF {
				r.t.Fatalf("the end is %v", err)
			}
			_, err = r.next(1)
		}
		return all
	}
}

// said checks that the records are caller's from one number to another, whole.
func said(t *testing.T, records []chat.Record, caller string, from, to int) {
	t.Helper()
	if len(records) != to-from+1 {
		t.Fatalf("%d records, want %s's %d to %d", len(records), caller, from, to)
	}
	for i, r := range records {
		if n := from + i; r.Origin != origin(caller, n) || r.Command != command(caller, n) {
			t.Errorf("record %d is %+v, want %s's %d", i, r, caller, n)
		}
	}
}

func appendedIsRead(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 100, atNoon)
	appends(t, l, "ann", 1, 100)
	l.Close()
	said(t, reads(t, l, chat.Progress{}).rest(), "ann", 1, 100)
}

func callersKeepTheirOrder(t *testing.T, make Make) {
	const callers, each = 8, 200
	l := make(t, chat.Progress{}, 16, time.Now) // little room: they wait for the reader and for each other
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() { appends(t, l, fmt.Sprint("caller", i), 1, each) })
	}
	r := reads(t, l, chat.Progress{})
	r.until(callers*each, 7) // takes checks the order
	all.Wait()
	for i := range callers {
		if n := r.newest[chat.NodeID(fmt.Sprint("caller", i))]; n != each {
			t.Errorf("caller %d was read up to %d", i, n)
		}
	}
	l.Close()
	if more := r.rest(); len(more) > 0 {
		t.Errorf("%d records that nobody appended: %+v", len(more), more[0])
	}
}

// tipIsReached: what a reader comes to that has read everything is the tip, and a reader that has
// come to a tip has read all that was read before.
func tipIsReached(t *testing.T, make Make) {
	after := chat.Progress{Place: 41, Time: noon}
	l := make(t, after, 100, atNoon)
	tip := func() chat.Place {
		place, err := l.Tip(t.Context())
		if err != nil {
			t.Error(err)
		}
		return place
	}
	if got := tip(); got != after.Place {
		t.Errorf("the tip of an empty log is %d, want %d", got, after.Place)
	}
	r := reads(t, l, after)
	appends(t, l, "ann", 1, 20)
	before := tip()
	r.until(20, 7)
	if got := tip(); got < r.last.Place || got < before {
		t.Errorf("the tip is %d; it was %d, and %d is read", got, before, r.last.Place)
	}
}

func goesOnAfterProgress(t *testing.T, make Make) {
	after := chat.Progress{Place: 1 << 40, Time: noon.Add(time.Hour)} // and the clock is an hour late
	l := make(t, after, 10, atNoon)
	appends(t, l, "ann", 1, 3)
	l.Close()
	said(t, reads(t, l, after).rest(), "ann", 1, 3)
}

func clockStepsBack(t *testing.T, make Make) {
	var mu sync.Mutex
	at := noon
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(-time.Minute)
		return at.In(time.FixedZone("elsewhere", 3600))
	}
	l := make(t, chat.Progress{}, 10, now)
	r := reads(t, l, chat.Progress{})
	for n := 1; n <= 20; n++ {
		appends(t, l, "ann", n, n)
		r.until(1, 10)
	}
	l.Close()
	r.rest()
}

func atMostMax(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 64, atNoon)
	r := reads(t, l, chat.Progress{})
	for i, max := range []int{1, 2, 7, 64, 1000} {
		appends(t, l, "ann", 1+i*20, 20+i*20)
		said(t, r.until(20, max), "ann", 1+i*20, 20+i*20)
	}
	l.Close()
	r.rest()
}

func nextWaits(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 4, atNoon)
	r := reads(t, l, chat.Progress{})
	var caller sync.WaitGroup
	for n := 1; n <= 50; n++ {
		caller.Go(func() { appends(t, l, "ann", n, n) })
		said(t, r.until(1, 10), "ann", n, n)
		caller.Wait()
	}
	l.Close()
	r.rest()
}

func nextEndsWithItsContext(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 4, atNoon)
	r := reads(t, l, chat.Progress{})
	done, finish := context.WithCancel(t.Context())
	finish()
	if records, err := l.Next(done, 10); err != context.Canceled {
		t.Errorf("%v, %v", records, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if records, err := l.Next(ctx, 10); err != context.Canceled {
		t.Errorf("%v, %v", records, err)
	}
	appends(t, l, "ann", 1, 4)
	for range 20 { // whichever of the two Next looks at first: what it does not return, it does not lose
		records, err := l.Next(done, 1)
		for _, record := range records {
			r.takes(record)
		}
		if err != nil && err != context.Canceled {
			t.Errorf("%v", err)
		}
	}
	l.Close()
	r.rest()
	if len(r.fresh) != 4 {
		t.Errorf("%d of 4 records were read", len(r.fresh))
	}
}

func slicesAreTheCallers(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 10, atNoon)
	appends(t, l, "ann", 1, 10)
	l.Close()
	r := reads(t, l, chat.Progress{})
	var all []chat.Record
	for {
		records, err := l.Next(t.Context(), 3)
		if err != nil {
			break
		}
		for _, record := range records {
			if r.takes(record) {
				all = append(all, record)
			}
		}
		clear(records[:cap(records)])
	}
	said(t, all, "ann", 1, 10)
}

func lenAndCap(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 5, atNoon)
	r := reads(t, l, chat.Progress{})
	is := func(n int) {
		t.Helper()
		if l.Len() != n || l.Cap() != 5 {
			t.Errorf("Len %d, Cap %d, want %d and 5", l.Len(), l.Cap(), n)
		}
	}
	is(0)
	appends(t, l, "ann", 1, 3)
	is(3)
	r.until(1, 1)
	is(2)
	r.until(2, 1)
	is(0)
	appends(t, l, "ann", 4, 8)
	is(5)
	l.Close()
	is(5)
	r.rest()
	is(0)
}

func fullRefusesBusy(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 3, atNoon)
	appends(t, l, "ann", 1, 3)
	refused(t, l.Append(origin("ann", 4), command("ann", 4)), chat.Busy)
	r := reads(t, l, chat.Progress{})
	said(t, r.until(1, 1), "ann", 1, 1)
	appends(t, l, "ann", 4, 4)
	refused(t, l.Append(origin("ann", 5), command("ann", 5)), chat.Busy)
	l.Close()
	said(t, r.rest(), "ann", 2, 4) // and no 5: what was refused is not taken
}

func closeThenRest(t *testing.T, make Make) {
	l := make(t, chat.Progress{}, 10, atNoon)
	r := reads(t, l, chat.Progress{})
	appends(t, l, "ann", 1, 10)
	said(t, r.until(1, 1), "ann", 1, 1)
	l.Close()
	l.Close()
	said(t, r.rest(), "ann", 2, 10)
	l.Close()
	r.rest()
}

func closedRefuses(t *testing.T, make Make) {
	for _, taken := range []int{0, 1, 2} {
		l := make(t, chat.Progress{}, 2, atNoon)
		appends(t, l, "ann", 1, taken)
		l.Close()
		for range 5 {
			refused(t, l.Append(origin("ann", 9), command("ann", 9)), chat.ShuttingDown)
		}
		said(t, reads(t, l, chat.Progress{}).rest(), "ann", 1, taken)
	}
}

func closeEndsNext(t *testing.T, make Make) {
	for range 20 {
		l := make(t, chat.Progress{}, 1, atNoon)
		answer := inBackground(func() error {
			_, err := l.Next(context.Background(), 1)
			return err
		})
		l.Close()
		if err := waits(t, answer); err != io.EOF {
			t.Errorf("Next ends with %v", err)
		}
	}
}

// closeAmidCallers: what Append took is read, what it refused, for want of room or at the end, is not.
func closeAmidCallers(t *testing.T, make Make) {
	const callers = 8
	l := make(t, chat.Progress{}, 4, time.Now)
	var all sync.WaitGroup
	taken := [callers]int{}
	for i := range callers {
		all.Go(func() {
			for n := 1; ; n++ {
				err := insist(l, origin(fmt.Sprint("caller", i), n), command("", n))
				if err != nil {
					refused(t, err, chat.ShuttingDown)
					return
				}
				taken[i] = n
			}
		})
	}
	r := reads(t, l, chat.Progress{})
	r.until(200, 5)
	l.Close()
	r.rest()
	all.Wait()
	for i, n := range taken {
		if read := r.newest[chat.NodeID(fmt.Sprint("caller", i))]; read != uint64(n) {
			t.Errorf("caller %d: %d were taken, %d were read", i, n, read)
		}
	}
}

func inBackground(do func() error) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- do() }()
	return answer
}

func waits(t *testing.T, answer <-chan error) error {
	t.Helper()
	select {
	case err := <-answer:
		return err
	case <-time.After(patience):
		t.Fatal("it hangs")
		return nil
	}
}
