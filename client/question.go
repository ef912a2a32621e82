package client

import (
	"errors"
	"net"

	"parley/wire/datagram"
)

// questionMax is how many packets wait while a question is looked at. More than that is a flood, and its answer is asked for
// again.
const questionMax = 256

// question is a request that waits for its answer.
type question struct {
	name    string
	request []byte
	packets chan packet // what comes meanwhile, in order
}

// ask begins a question; asked must follow.
func (c *Conn) ask(r datagram.Request) (*question, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, net.ErrClosed
	case c.asking != nil:
		return nil, errors.New("client: another request is under way")
	}
	c.endRepeat() // from now on all that comes is for the question to judge
	c.asking = &question{r.Name, r.Append(nil), make(chan packet, questionMax)}
	return c.asking, nil
}

// asked ends a question and delivers what came after its answer.
func (c *Conn) asked(q *question) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asking = nil
	for len(q.packets) > 0 {
		c.deliver(<-q.packets)
	}
}

func (c *Conn) deliverNow(p packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliver(p)
}

func (c *Conn) isSettled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link != nil
}

func (c *Conn) isUsed(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link == l
}
