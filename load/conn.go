package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Conn is the TCP connection of one member. A Protocol asks and answers through it.
type Conn struct {
	r        *run
	m        *member
	protocol Protocol
	conn     *net.TCPConn  // nil until connect
	ended    chan struct{} // closed when reading has; nil until listen
	lines    lines         // of the goroutine that reads: first that of enter, then the reader's

	// The talking goroutine.
	request []byte
	broken  bool // the server did not take something in time, and has half of it
}

// Nick returns the member's nickname.
func (c *Conn) Nick() string { return c.m.nick }

// Room returns the name of the member's room.
func (c *Conn) Room() string { return c.r.rooms[c.m.room] }

// lobby returns whether the run has one room, so that members need not leave the first one.
func (c *Conn) lobby() bool { return c.r.plan.rooms() == 1 }

// Refused returns the error for a line with which the server refuses the member.
func (c *Conn) Refused(line string) error { return refused(c.m.nick, line) }

// readBuffer bounds one read: more lines than a server should send at once, and little enough for
// thousands of members.
const readBuffer = 16 << 10

// idleBuffer is as much for those who are told hardly anything.
const idleBuffer = 512

func (c *Conn) connect(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", c.r.plan.Target.String())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errNobody
	case err != nil:
		return err
	}
	c.conn = conn.(*net.TCPConn)
	c.lines.buffer = make([]byte, readBuffer)
	if c.r.plan.Idle != "" {
		c.lines.buffer = make([]byte, idleBuffer)
	}
	if c.r.plan.Idle == Silent {
		return nil
	}
	return c.within(ctx, c.protocol.Greet)
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

func (c *Conn) enter(ctx context.Context) (int, error) {
	if err := c.within(ctx, c.protocol.Enter); err != nil {
		return 0, err
	}
	c.listen()
	return 0, nil
}

// within does what reads as long as a request may take.
func (c *Conn) within(ctx context.Context, do func(*Conn) error) error {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.r.asking))
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetReadDeadline(past) })
	err := do(c)
	if !stop() {
		return context.Cause(ctx)
	}
	_ = c.conn.SetReadDeadline(time.Time{})
	return err
}

// await reads until an answer has come, or a line that makes one impossible. answers gets every
// whole line, and the beginning of the next one. All other lines are read as events.
func (c *Conn) await(answers func(line string, whole bool) (bool, error)) error {
	said := ""
	for {
		for line, ok := c.lines.next(); ok; line, ok = c.lines.next() {
			said = string(line)
			if done, err := answers(said, true); done || err != nil {
				return err
			}
			c.take(line)
		}
		if done, err := answers(string(c.lines.rest()), false); done || err != nil {
			c.lines.drop()
			return err
		}
		switch err := c.lines.fill(c.conn); {
		case errors.Is(err, os.ErrDeadlineExceeded) && said == "":
			return errNoAnswer
		case err != nil && said != "":
			return refused(c.m.nick, said)
		case errors.Is(err, io.EOF):
			return errHungUp
		case err != nil:
			return err
		}
	}
}

// Ask sends a request and waits until answers accepts a line, or returns an error for it. Lines
// before that line are read as events. It returns an error after a minute.
func (c *Conn) Ask(request string, answers func(line string) (bool, error)) error {
	if err := c.Write([]byte(request)); err != nil {
		return err
	}
	return c.await(func(line string, whole bool) (bool, error) {
		if !whole {
			return false, nil
		}
		return answers(line)
	})
}

// listen starts to read whatever comes.
func (c *Conn) listen() {
	c.ended = make(chan struct{})
	c.r.readers.Go(c.receive)
}

func (c *Conn) receive() {
	defer close(c.ended)
	for {
		batch := batch{now: c.r.clock()}
		for line, ok := c.lines.next(); ok; line, ok = c.lines.next() {
			c.takeInto(&batch, line)
		}
		c.r.seen.add(batch)
		if err := c.lines.fill(c.conn); err != nil {
			ours := errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
			if !ours && Phase(c.r.phase.Load()) < Leaving {
				c.r.seen.closed.Add(1)
			}
			return
		}
	}
}

// take takes one line alone.
func (c *Conn) take(line []byte) {
	batch := batch{now: c.r.clock()}
	c.takeInto(&batch, line)
	c.r.seen.add(batch)
}

func (c *Conn) takeInto(b *batch, line []byte) {
	kind, mark := c.m.judge(c.r, c.protocol.Read(c, line))
	if kind == Other && c.r.talking() { // what is said to who enters is not worth telling
		c.r.seen.note(string(line))
	}
	c.m.take(c.r, b, kind, mark)
}

// talking says whether members do, or wait for the last that was said.
func (r *run) talking() bool {
	phase := Phase(r.phase.Load())
	return phase > Entering && phase < Leaving
}

// Write sends bytes, and returns an error if the server does not take them in time. Any goroutine.
func (c *Conn) Write(b []byte) error {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.r.giveUp))
	_, err := c.conn.Write(b)
	return err
}

func (c *Conn) say(text []byte) {
	if c.broken {
		return
	}
	c.request = c.protocol.Say(c, c.request[:0], text)
	c.broken = c.Write(c.request) != nil
}

func (c *Conn) leave(ctx context.Context) error {
	quit := c.protocol.Quit()
	if c.ended == nil || quit == "" || c.m.stopped || c.Write([]byte(quit)) != nil {
		c.close()
		return nil
	}
	select {
	case <-c.ended:
	case <-ctx.Done():
	}
	c.close()
	return nil
}

func (c *Conn) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// stop ends the reading, while the connection stays.
func (c *Conn) stop() {
	_ = c.conn.SetReadDeadline(past)
	<-c.ended
}

// wake reads on after stop, drops the input, and says whether the server has closed the connection.
// The end shows only after all that was sent before it has been read.
func (c *Conn) wake(until time.Time) (closed bool) {
	for time.Now().Before(until) {
		_ = c.conn.SetReadDeadline(time.Now().Add(c.r.quiet))
		_, err := c.conn.Read(c.lines.buffer)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false
		case err != nil:
			return !errors.Is(err, net.ErrClosed)
		}
	}
	return false
}
