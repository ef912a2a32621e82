package stream

import (
	"context"

	"parley/chat"
	"parley/hub"
)

const (
	// pendingMax is how many requests of one member may be without an answer. Input that follows
	// them is not read.
	pendingMax = 64

	// requestWeight is what a request counts at the gate beside its text, in bytes: about what it
	// costs an outbox.
	requestWeight = 64
)

// request is what a connection asks of the log.
type request struct {
	conn   *Conn
	size   int             // at the gate
	answer chan hub.Answer // nil: only a refusal is of interest
}

// Submit asks the log, once admission control lets it. It does not wait for the answer: a refusal
// is sent to the client. An error is a *chat.Refusal, and is not sent.
func (c *Conn) Submit(command chat.Command) (err error) {
	if !c.aside {
		return c.submit(c.door.ctx, command, nil) // with the smallest stack
	}
	c.rest(func() { err = c.submit(c.door.ctx, command, nil) })
	return err
}

// Do asks the log and waits for the answer. An error is a *chat.Refusal.
func (c *Conn) Do(ctx context.Context, command chat.Command) (err error) {
	c.rest(func() { err = c.do(ctx, command) })
	return err
}

// Settled returns once each request of the member has its answer.
func (c *Conn) Settled() { c.rest(func() { c.await(0) }) }

func (c *Conn) do(ctx context.Context, command chat.Command) error {
	answer := make(chan hub.Answer, 1)
	if err := c.submit(ctx, command, answer); err != nil {
		return err
	}
	if a := <-answer; a.Refusal != nil { // the hub answers each request that it has taken
		return a.Refusal
	}
	return nil
}

// submit asks the log, waiting for its turn at the gate.
func (c *Conn) submit(ctx context.Context, command chat.Command, answer chan hub.Answer) error {
	size := weight(command)
	if c.door.gate.Enter(ctx, size) != nil {
		return chat.Refuse(chat.ShuttingDown)
	}
	c.expect()
	taken := false
	defer func() {
		if !taken { // refused, or a panic
			c.door.gate.Back(size)
			c.settle()
		}
	}()
	err := c.door.doorway.Submit(ctx, command, &request{c, size, answer})
	taken = err == nil
	return err
}

// weight is what a command counts at the gate, in bytes.
func weight(c chat.Command) int {
	switch c := c.(type) {
	case chat.Post:
		return requestWeight + len(c.Text)
	case chat.Direct:
		return requestWeight + len(c.Text)
	}
	return requestWeight
}

// expect counts a request under way, once there are not too many.
func (c *Conn) expect() {
	c.await(pendingMax - 1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending++
}

// await waits until at most so many requests have no answer. The hub answers each.
func (c *Conn) await(most int32) {
	for {
		c.mu.Lock()
		if c.pending <= most {
			c.mu.Unlock()
			return
		}
		changed := c.nextChange()
		c.mu.Unlock()
		<-changed
	}
}

// settle notes that a request has its answer.
func (c *Conn) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending--
	c.change()
}

// nextChange returns a channel that is closed by the next change. mu is held.
func (c *Conn) nextChange() <-chan struct{} {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// change wakes the goroutines that wait for one. mu is held.
func (c *Conn) change() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}
