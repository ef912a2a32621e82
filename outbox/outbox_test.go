package outbox

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func chunk(text string) Chunk { return Chunk{Data: []byte(text)} }
func alone(text string) Chunk { return Chunk{Data: []byte(text), Alone: true} }

// takes empties a Queue and says what was in it: `a b!`, an exclamation mark for Alone, and how many were lost.
func takes(q *Queue) (string, int) {
	chunks, lost := drains(q)
	return texts(chunks), lost
}

// drains empties a Queue.
func drains(q *Queue) (chunks []Chunk, lost int) {
	q.Drain(func(c []Chunk, n int) int {
		chunks, lost = slices.Clone(c), n
		return len(c)
	})
	return chunks, lost
}

func texts(chunks []Chunk) string {
	var all []string
	for _, c := range chunks {
		text := string(c.Data)
		if c.Alone {
			text += "!"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestQueue(t *testing.T) {
	for _, c := range []struct {
		what  string
		push  []Chunk
		taken string
		lost  int
	}{
		{"nothing", nil, "", 0},
		{"in the order in which they came", []Chunk{chunk("a"), alone("b"), chunk("c")}, "a b! c", 0},
		{"just full", []Chunk{chunk("aaaaa"), chunk("bbbbb")}, "aaaaa bbbbb", 0},
		{"a byte too many: the oldest is lost", []Chunk{chunk("aaaaa"), chunk("bbbbb"), chunk("c")}, "bbbbb c", 1},
		{"as many as it takes", []Chunk{chunk("a"), chunk("b"), chunk("c"), chunk("ddddddddd")}, "c ddddddddd", 2},
		{"what is larger than all is lost itself", []Chunk{chunk("a"), chunk("bbbbbbbbbbb")}, "", 2},
		{"what stands alone stays", []Chunk{alone("aaaaa"), chunk("bbbbb"), chunk("ccccc")}, "aaaaa! ccccc", 1},
		{"even over the limit", []Chunk{alone("aaaaaaaaaaa"), chunk("b"), alone("c")}, "aaaaaaaaaaa! c!", 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			q := NewQueue(10)
			for _, chunk := range c.push {
				q.Push(chunk)
			}
			if taken, lost := takes(q); taken != c.taken || lost != c.lost {
				t.Errorf("%q and %d lost, want %q and %d", taken, lost, c.taken, c.lost)
			}
			if taken, lost := takes(q); taken != "" || lost != 0 {
				t.Errorf("a second time: %q and %d lost", taken, lost)
			}
			q.Push(chunk("next"))
			if taken, lost := takes(q); taken != "next" || lost != 0 {
				t.Errorf("after it: %q and %d lost", taken, lost)
			}
		})
	}
}

func TestPushSaysOnceThatThereIsSomething(t *testing.T) {
	q := NewQueue(10)
	for range 2 {
		if q.Push() {
			t.Error("nothing was pushed")
		}
		if !q.Push(chunk("a")) || q.Push(chunk("b")) || q.Push(chunk("c"), chunk("d")) {
			t.Error("true is for the first, and for no other until it is taken")
		}
		takes(q)
	}
	if q.Push(chunk("larger than all")) {
		t.Error("nothing is left to be written")
	}
	if !q.Push(chunk("a")) {
		t.Error("there is something now")
	}
}

func TestHoldAndRelease(t *testing.T) {
	q := NewQueue(10)
	q.Push(chunk("old"))
	q.Hold()
	if q.Push(chunk("new")) {
		t.Error("a held Queue asks for a Writer")
	}
	if taken, lost := takes(q); taken != "" || lost != 0 {
		t.Errorf("held: %q and %d lost", taken, lost)
	}
	if !q.Release(chunk("first")) {
		t.Error("nobody writes what was held")
	}
	if q.Push(chunk("x")) {
		t.Error("asked for a Writer twice")
	}
	if taken, lost := takes(q); taken != "first new x" || lost != 0 {
		t.Errorf("released: %q and %d lost", taken, lost)
	}
	if q.Hold(); q.Release() {
		t.Error("nothing was held")
	}
	q.Hold()
	q.Push(chunk("aaaaa"), chunk("bbbbb"))
	q.Release(chunk("cc"))
	if taken, lost := takes(q); taken != "aaaaa bbbbb" || lost != 1 {
		t.Errorf("over the limit: %q and %d lost", taken, lost)
	}
	q.Push(chunk("a"))
	if q.Release(chunk("z")) {
		t.Error("somebody writes already")
	}
	if taken, _ := takes(q); taken != "z a" {
		t.Errorf("not held: %q", taken)
	}
}

// TestDrainLeavesWhatIsNotUsed: the rest keeps its order, before what comes later, and nobody is told twice.
func TestDrainLeavesWhatIsNotUsed(t *testing.T) {
	q := NewQueue(10)
	q.Push(chunk("aaaaa"), chunk("bb"), chunk("c"))
	if left := q.Drain(func([]Chunk, int) int { return 1 }); !left {
		t.Error("nothing is left")
	}
	if q.Push(chunk("ddddd")) {
		t.Error("who has something left is told of more")
	}
	if n := q.Len(); n != 3 {
		t.Errorf("%d wait", n)
	}
	if taken, lost := takes(q); taken != "bb c ddddd" || lost != 0 {
		t.Errorf("%q and %d lost", taken, lost)
	}
	q.Push(chunk("aaaaa"), chunk("bbbbb"))
	q.Drain(func([]Chunk, int) int { return 0 })
	q.Push(chunk("c"))
	if taken, lost := takes(q); taken != "bbbbb c" || lost != 1 {
		t.Errorf("%q and %d lost", taken, lost)
	}
}

// TestManySmallChunksAreBoundToo: what a chunk costs beside its bytes counts.
func TestManySmallChunksAreBoundToo(t *testing.T) {
	q := NewQueue(100 * chunkCost)
	for range 1000 {
		q.Push(chunk("a"))
	}
	if chunks, lost := drains(q); len(chunks) != 100 || lost != 900 {
		t.Errorf("%d wait, %d are lost", len(chunks), lost)
	}
}

// TestDrainKeepsNoBurst: what a burst needed goes back, what is usual is used again.
func TestDrainKeepsNoBurst(t *testing.T) {
	q := NewQueue(1 << 20)
	for range 10_000 {
		q.Push(chunk("a"))
	}
	taken, _ := drains(q)
	if len(taken) != 10_000 || cap(q.chunks) > keepChunks {
		t.Errorf("%d taken, room for %d is kept", len(taken), cap(q.chunks))
	}
	line := chunk("a line")
	all := func(c []Chunk, _ int) int { return len(c) }
	q.Push(line)
	q.Drain(all)
	if n := testing.AllocsPerRun(100, func() { q.Push(line); q.Drain(all) }); n != 0 {
		t.Errorf("%v allocations a line", n)
	}
	for _, c := range q.chunks[:cap(q.chunks)] {
		if c.Data != nil {
			t.Error("bytes that were taken are kept alive")
		}
	}
}

// TestQueueLaws holds any sequence of calls against a Queue that is thought of in the plainest way.
func TestQueueLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(0, 30).Draw(t, "limit")
		q, want := NewQueue(limit), plain{limit: limit}
		serial := 0
		draw := func() (chunks []Chunk) {
			for range rapid.IntRange(0, 3).Draw(t, "chunks") {
				serial++
				text := fmt.Sprint(serial) + strings.Repeat("x", rapid.IntRange(0, 12).Draw(t, "length"))
				chunks = append(chunks, Chunk{[]byte(text), rapid.IntRange(0, 3).Draw(t, "alone") == 0})
			}
			return chunks
		}
		owned := false // somebody was told to take and did not yet
		for range rapid.IntRange(0, 40).Draw(t, "calls") {
			switch call := rapid.SampledFrom([]string{"push", "push", "push", "take", "hold", "release"}).Draw(t, "call"); call {
			case "push":
				chunks := draw()
				owned = q.Push(chunks...) || owned
				want.add(chunks)
			case "hold":
				q.Hold()
				want.chunks, want.lost, want.held = nil, 0, true
			case "release":
				first := draw()
				owned = q.Release(first...) || owned
				later := want.chunks
				want.chunks, want.held = nil, false
				want.add(append(first, later...))
			case "take":
				owned = false
				taken, lost := takes(q)
				if want.held {
					if taken != "" || lost != 0 {
						t.Fatalf("held and yet: %q, %d lost", taken, lost)
					}
					break
				}
				if taken != texts(want.chunks) || lost != want.lost {
					t.Fatalf("%q and %d lost, want %q and %d", taken, lost, texts(want.chunks), want.lost)
				}
				want.chunks, want.lost = nil, 0
			}
			if len(want.chunks) > 0 && !want.held && !owned {
				t.Fatalf("%q waits and nobody was told", texts(want.chunks))
			}
		}
	})
}

type plain struct {
	limit, lost int
	held        bool
	chunks      []Chunk
}

func (p *plain) add(chunks []Chunk) {
	p.chunks = append(slices.Clone(p.chunks), chunks...)
	for p.bytes() > p.limit {
		oldest := slices.IndexFunc(p.chunks, func(c Chunk) bool { return !c.Alone })
		if oldest < 0 {
			return
		}
		p.chunks = slices.Delete(p.chunks, oldest, oldest+1)
		p.lost++
	}
}

func (p *plain) bytes() (n int) {
	for _, c := range p.chunks {
		n += len(c.Data)
	}
	return n
}

// member owns a Queue and keeps what was written for it.
type member struct {
	*Queue
	written []string
	lost    int
}

// writes is what a door does with a Writer.
func writes(owners []*member, _ int) (again []*member) {
	for _, m := range owners {
		chunks, lost := drains(m.Queue)
		m.lost += lost
		for _, c := range chunks {
			m.written = append(m.written, string(c.Data))
		}
	}
	return nil
}

// TestNothingStaysUnwritten: many push to many Queues, one Writer writes; in the end each got everything once, in the order of
// each who pushed.
func TestNothingStaysUnwritten(t *testing.T) {
	const members, pushers, each = 20, 4, 500
	all := make([]*member, members)
	for i := range all {
		all[i] = &member{Queue: NewQueue(1 << 30)}
	}
	w := NewWriter(0, writes, nil)
	var done sync.WaitGroup
	for p := range pushers {
		done.Go(func() {
			for n := range each {
				var ready []*member
				for _, m := range all {
					if m.Push(chunk(fmt.Sprintf("%d %03d", p, n))) {
						ready = append(ready, m)
					}
				}
				w.Ready(ready...)
			}
		})
	}
	done.Wait()
	w.Close()
	for i, m := range all {
		if len(m.written) != pushers*each || m.lost > 0 {
			t.Fatalf("member %d: %d written, %d lost", i, len(m.written), m.lost)
		}
		for p := range pushers {
			mine := slices.DeleteFunc(slices.Clone(m.written), func(s string) bool { return !strings.HasPrefix(s, fmt.Sprint(p, " ")) })
			if len(mine) != each || !slices.IsSorted(mine) {
				t.Errorf("member %d: %d of pusher %d, in order: %v", i, len(mine), p, slices.IsSorted(mine))
			}
		}
	}
}

// TestHoldAmidPushes: however Hold and Release fall between pushes and writes, nothing that is pushed after the last Release
// stays unwritten.
func TestHoldAmidPushes(t *testing.T) {
	for range 200 {
		m := &member{Queue: NewQueue(1 << 20)}
		w := NewWriter(0, writes, nil)
		ready := func(is bool) {
			if is {
				w.Ready(m)
			}
		}
		var all sync.WaitGroup
		all.Go(func() {
			for range 50 {
				ready(m.Push(chunk("said")))
			}
		})
		all.Go(func() {
			for range 10 {
				m.Hold()
				ready(m.Release(chunk("first")))
			}
		})
		all.Wait()
		ready(m.Push(chunk("last")))
		w.Close()
		if n := len(m.written); n == 0 || m.written[n-1] != "last" {
			t.Fatalf("%d written, not the last", n)
		}
	}
}

// TestSlowMemberIsBound: nothing waits for one whose writing stands still; it loses the oldest, and knows how many.
func TestSlowMemberIsBound(t *testing.T) {
	standing, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	m := &member{Queue: NewQueue(100)}
	w := NewWriter(0, func(owners []*member, resting int) []*member {
		once.Do(func() { close(standing); <-goOn })
		return writes(owners, resting)
	}, nil)
	m.Push(chunk("0"))
	w.Ready(m)
	<-standing
	for n := 1; n < 1000; n++ {
		if m.Push(chunk(fmt.Sprintf("%10d", n))) {
			w.Ready(m)
		}
	}
	close(goOn)
	w.Close()
	if len(m.written) != 10 || m.lost != 990 || strings.TrimSpace(m.written[9]) != "999" {
		t.Errorf("%d lost, written %q", m.lost, m.written)
	}
}

// TestWriterGathers: who becomes ready during a write is written for in the next, all at once.
func TestWriterGathers(t *testing.T) {
	entered, goOn := make(chan int), make(chan struct{})
	w := NewWriter(0, func(owners []int, _ int) []int { entered <- len(owners); <-goOn; return nil }, nil)
	w.Ready(1)
	first := within(t, entered)
	w.Ready()
	w.Ready(2, 3)
	w.Ready(4)
	if w.Len() != 3 {
		t.Errorf("%d wait", w.Len())
	}
	goOn <- struct{}{}
	second := within(t, entered)
	goOn <- struct{}{}
	w.Close()
	if first != 1 || second != 3 {
		t.Errorf("%d, then %d at once", first, second)
	}
}

func within(t *testing.T, sizes <-chan int) int {
	t.Helper()
	select {
	case n := <-sizes:
		return n
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is written")
		return 0
	}
}

func TestCloseWritesWhatIsReady(t *testing.T) {
	for range 200 {
		var written []int
		w := NewWriter(0, func(owners []int, _ int) []int { written = append(written, owners...); return nil }, nil)
		w.Ready(1)
		w.Ready(2, 3)
		w.Close()
		w.Close()
		if !slices.Equal(written, []int{1, 2, 3}) {
			t.Fatalf("%v", written)
		}
	}
}

// TestWhoRestsIsWrittenForLater: with those who are ready by then, once each, and before the Writer ends.
func TestWhoRestsIsWrittenForLater(t *testing.T) {
	const turns = 5
	times := map[int]int{}
	var most, resting int
	w := NewWriter(time.Millisecond, func(owners []int, rest int) (again []int) {
		most, resting = max(most, len(owners)), max(resting, rest)
		for _, o := range owners {
			if times[o]++; times[o] < turns {
				again = append(again, o)
			}
		}
		return again
	}, nil)
	w.Ready(1, 2)
	w.Ready(3)
	w.Close()
	if !w.IsIdle() || w.Len() != 0 {
		t.Error("the Writer has ended and something waits")
	}
	if times[1] != turns || times[2] != turns || times[3] != turns || most > 3 || resting > 3 {
		t.Errorf("written for %v, at most %d at once, %d resting", times, most, resting)
	}
}

// TestARestingOwnerIsNotReadyTwice: whoever rests and is made ready besides is written for, and forgotten once.
func TestARestingOwnerIsNotReadyTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flushed := make(chan []int)
		w := NewWriter(time.Hour, func(owners []int, rest int) []int {
			flushed <- append(slices.Clone(owners), rest)
			return owners
		}, nil)
		for _, want := range [][]int{{1, 0}, {1, 1}, {2, 1}} {
			w.Ready(want[0])
			if got := <-flushed; !slices.Equal(got, want) {
				t.Errorf("flushed %v, want %v", got, want)
			}
		}
		synctest.Wait() // the last flush has returned
		if n := w.Len(); n != 2 || w.IsIdle() {
			t.Errorf("%d wait, want 2 who rest", n)
		}
		w.mu.Lock()
		clear(w.later)
		w.mu.Unlock()
		w.Close()
	})
}

func BenchmarkPushAndDrain(b *testing.B) {
	q, line := NewQueue(1<<16), chunk("#7 ann: hello everybody")
	b.ReportAllocs()
	for b.Loop() {
		q.Push(line)
		q.Drain(func(c []Chunk, _ int) int { return len(c) })
	}
}
