package stream

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// messageBytes is how many bytes count as a message: of input, whether or not a message ends in
	// them, and of answers.
	messageBytes = 1 << 10

	// pauseMax bounds how long one message waits, and so how late the server notices that a
	// throttled client has gone. The rest of the debt counts for the messages that follow.
	pauseMax = 2 * time.Second
)

// Throttle counts a message of the client, and delays a client that exceeds the rate. It returns
// ErrOver once the session ends: then the message does not count.
func (c *Conn) Throttle() error {
	c.door.counts.received.Add(1)
	if c.isOver() {
		return ErrOver
	}
	return c.throttle(1)
}

// throttle delays a member that exceeds the rate: with so many messages, and the bytes since the
// messages before. A member is not disconnected for pasting.
func (c *Conn) throttle(messages int) error {
	config := &c.door.config
	if config.Rate == 0 {
		return nil
	}
	if c.limit == nil {
		c.limit = rate.NewLimiter(rate.Limit(config.Rate), config.Burst)
	}
	now := c.door.now()
	most := min(config.Burst, max(1, int(config.Rate*pauseMax.Seconds())))
	kibs := min(c.unpaid/messageBytes, most-messages)
	c.unpaid -= kibs * messageBytes
	wait := c.limit.ReserveN(now, messages+kibs).DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	c.door.counts.slowed.Add(1)
	var err error
	c.rest(func() { err = c.pause(wait) })
	return err
}

// pause returns after a while, or with an error when the session ends or the door closes.
func (c *Conn) pause(wait time.Duration) error {
	over := time.NewTimer(wait)
	defer over.Stop()
	for {
		c.mu.Lock()
		ended, changed := c.reason != "", c.nextChange()
		c.mu.Unlock()
		if ended {
			return ErrOver
		}
		select {
		case <-over.C:
			return nil
		case <-changed:
		case <-c.door.ctx.Done():
			return ErrOver
		}
	}
}
