package line

import (
	"runtime"
	"sync"

	"parley/chat"
	"parley/fault"
)

const (
	// gatherSize is how much is written at once where many chunks wait.
	gatherSize = 64 << 10
	// waitSize is the same for a socket that takes no more for now: there may be many, and each holds as much.
	waitSize = 16 << 10

	// flushShare is how many members are worth another processor.
	flushShare = 64
)

var (
	scratches     = sync.Pool{New: func() any { return new([gatherSize]byte) }}
	waitScratches = sync.Pool{New: func() any { return new([waitSize]byte) }}
)

// flush writes what waits for members, as far as their sockets take it: the Writer's goroutine, and others beside it where there
// are many.
func (d *Door) flush(members []*member, _ int) []*member {
	mark := d.mark // of the flush before: what was answered by then is among the owners of this one
	d.mark = d.gate.Answers()
	shares := max(1, min(runtime.GOMAXPROCS(0)/2, len(members)/flushShare)) // the other half reads, applies and commits
	var others sync.WaitGroup
	for i := 1; i < shares; i++ {
		others.Go(func() { d.flushSome(members[len(members)*i/shares : len(members)*(i+1)/shares]) })
	}
	d.flushSome(members[:len(members)/shares])
	others.Wait()
	d.gate.Reach(mark)
	return nil
}

func (d *Door) flushSome(members []*member) {
	scratch := scratches.Get().(*[gatherSize]byte)
	defer scratches.Put(scratch)
	writes := uint64(0)
	for _, m := range members {
		writes += d.flushOne(m, scratch)
	}
	d.counts.sent.Add(writes)
}

// flushOne writes what waits for a member, and returns how often it wrote.
func (d *Door) flushOne(m *member, scratch *[gatherSize]byte) (writes uint64) {
	defer m.survive()
	for b := m.out.Next(0, scratch[:0]); b != nil; {
		if m.raw == nil || m.telnet.Load() {
			d.wait(m, 0)
			return writes
		}
		n, err := writeDescriptor(m.descriptor, b)
		writes++
		if err != nil {
			m.broken()
			return writes
		}
		if n < len(b) {
			d.wait(m, n)
			return writes
		}
		b = m.out.Next(n, scratch[:0])
	}
	return writes
}

// wait gives a socket that takes no more for now, or cannot be written without waiting, a goroutine of its own until nothing waits.
// n is how much of what Next returned last was written.
func (d *Door) wait(m *member, n int) {
	d.counts.waited.Add(1)
	d.writing.Go(func() {
		defer m.survive()
		scratch := waitScratches.Get().(*[waitSize]byte)
		defer waitScratches.Put(scratch)
		for {
			b := m.out.Next(n, scratch[:0])
			if b == nil {
				return
			}
			var err error
			n, err = m.writeAll(b)
			d.counts.sent.Add(1)
			if err != nil {
				m.broken()
				return
			}
		}
	})
}

// survive ends a session when writing to it panics. Deferred.
func (m *member) survive() {
	if p := fault.Caught(recover()); p != nil {
		m.door.panicked(p, "session", m.id)
		m.broken()
	}
}

// broken lets a member go whose connection cannot be written.
func (m *member) broken() {
	m.out.Fail()
	m.end(chat.ReasonGone)
}
