package stream

import (
	"runtime"
	"sync"

	"parley/chat"
	"parley/fault"
)

const (
	// gatherSize is how many bytes are written at once where many chunks wait.
	gatherSize = 64 << 10
	// waitSize is the same for a socket that is full: there may be many, and each holds as much.
	waitSize = 16 << 10

	// flushShare is how many connections are worth another processor.
	flushShare = 64
)

var (
	scratches     = sync.Pool{New: func() any { return new([gatherSize]byte) }}
	waitScratches = sync.Pool{New: func() any { return new([waitSize]byte) }}
)

// flush writes what waits for connections, as far as their sockets take it. It runs on the Writer's
// goroutine, and on others beside it where there are many connections.
func (d *Door) flush(conns []*Conn, _ int) []*Conn {
	mark := d.mark // of the flush before: what was answered by then is among the owners of this one
	d.mark = d.gate.Answers()
	// The other half of the processors reads, applies and commits.
	shares := max(1, min(runtime.GOMAXPROCS(0)/2, len(conns)/flushShare))
	var others sync.WaitGroup
	for i := 1; i < shares; i++ {
		others.Go(func() { d.flushSome(conns[len(conns)*i/shares : len(conns)*(i+1)/shares]) })
	}
	d.flushSome(conns[:len(conns)/shares])
	others.Wait()
	d.gate.Reach(mark)
	return nil
}

func (d *Door) flushSome(conns []*Conn) {
	scratch := scratches.Get().(*[gatherSize]byte)
	defer scratches.Put(scratch)
	writes := uint64(0)
	for _, c := range conns {
		writes += d.flushOne(c, scratch)
	}
	d.counts.sent.Add(writes)
}

// flushOne writes what waits for a connection, and returns how often it wrote.
func (d *Door) flushOne(c *Conn, scratch *[gatherSize]byte) (writes uint64) {
	defer c.survive()
	for b := c.out.Next(0, scratch[:0]); b != nil; {
		if !c.writesNow() || c.converts.Load() {
			d.wait(c, 0)
			return writes
		}
		n, err := c.writeNow(b)
		writes++
		if err != nil {
			c.broken()
			return writes
		}
		if n < len(b) {
			d.wait(c, n)
			return writes
		}
		b = c.out.Next(n, scratch[:0])
	}
	return writes
}

// wait gives a socket that is full, or cannot be written without waiting, a goroutine of its own
// until nothing waits. n is how much of what Next returned last was written.
func (d *Door) wait(c *Conn, n int) {
	d.counts.waited.Add(1)
	d.writing.Go(func() {
		defer c.survive()
		c.writeAll(n)
	})
}

// writeAll writes until nothing waits.
func (c *Conn) writeAll(n int) {
	scratch := waitScratches.Get().(*[waitSize]byte)
	defer waitScratches.Put(scratch)
	for b := c.out.Next(n, scratch[:0]); b != nil; b = c.out.Next(n, scratch[:0]) {
		err := c.writeConverted(b)
		c.door.counts.sent.Add(1)
		if err != nil {
			c.broken()
			return
		}
		n = len(b)
	}
}

// writeConverted writes b, which Stream.Next returned. Other sessions share b, so it is converted
// here.
func (c *Conn) writeConverted(b []byte) error {
	if c.converts.Load() {
		b = c.session.Convert(b)
	}
	_, err := c.write(b)
	return err
}

// survive ends a session when writing to it panics. Deferred.
func (c *Conn) survive() {
	if p := fault.Caught(recover()); p != nil {
		c.door.panicked(p, "session", c.name())
		c.broken()
	}
}

// broken ends a session whose connection cannot be written.
func (c *Conn) broken() {
	c.out.Fail()
	c.End(chat.ReasonGone)
}
