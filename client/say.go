package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"parley/wire/datagram"
)

// ErrNoAnswer is what Leave returns when the server did not confirm.
var ErrNoAnswer = errors.New("client: no answer to leaving")

// Say says a text: each line of it, and each piece of a line that is too long, is a datagram of its own. Lines without anything
// visible are left out. It waits where the server would find it too fast, until ctx ends. Nothing tells whether a datagram
// arrived.
func (c *Conn) Say(ctx context.Context, text string) error {
	c.mu.Lock()
	l, nick, inside := c.link, c.nick, c.inside
	c.mu.Unlock()
	if l == nil || !inside {
		return ErrNotEntered
	}
	// Others read `NICK: TEXT`, which is shorter than the request.
	room := datagram.MaxLine - len(datagram.Request{Verb: datagram.Say, Name: nick}.Append(nil))
	for _, line := range clean(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		for _, piece := range datagram.Cut(line, room) {
			if err := c.pace.Wait(ctx); err != nil {
				return err
			}
			l.send(c, datagram.Request{Verb: datagram.Say, Name: nick, Text: piece}.Append(nil))
		}
	}
	return nil
}

// leaveRepeats is how often Leave asks within its time, or more often where Timings.Repeat says so.
const leaveRepeats = 6

// Leave leaves the chat room and waits for the server to confirm it, but not long: then it returns ErrNoAnswer, and the server
// finds out by itself. What others say meanwhile is kept for Receive. Outside, it does nothing.
func (c *Conn) Leave(ctx context.Context) error {
	c.mu.Lock()
	l, name := c.link, c.held
	c.mu.Unlock()
	if l == nil || name == "" {
		return nil
	}
	q, err := c.ask(datagram.Request{Verb: datagram.Quit, Name: name})
	if err != nil {
		return err
	}
	err = c.leave(ctx, l, q)
	c.mu.Lock()
	c.held, c.inside = "", false
	c.mu.Unlock()
	c.asked(q)
	return err
}

func (c *Conn) leave(ctx context.Context, l *link, q *question) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timings.Leave, ErrNoAnswer)
	defer cancel()
	repeat := time.NewTicker(min(c.timings.Leave/leaveRepeats, c.timings.Repeat[0]))
	defer repeat.Stop()
	l.send(c, q.request)
	for refused := 0; refused < 2; { // one may be the answer to an earlier datagram
		select {
		case p := <-q.packets:
			switch {
			case p.text == datagram.Exit:
				return nil
			case p.refused:
				refused++
			default:
				c.deliverNow(p)
			}
		case <-repeat.C:
			l.send(c, q.request)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.done:
			return net.ErrClosed
		}
	}
	return ErrNoAnswer
}

// Close ends everything at once. A nickname that is still inside is let go without waiting for an answer. It may be called again.
func (c *Conn) Close() error {
	c.mu.Lock()
	l, name, closed := c.link, c.held, c.closed
	c.closed, c.link, c.held, c.inside = true, nil, "", false
	c.mu.Unlock()
	if closed {
		return nil
	}
	close(c.done)
	if l != nil {
		if name != "" {
			_, _ = l.socket.Write(datagram.Request{Verb: datagram.Quit, Name: name}.Append(nil))
		}
		l.close()
	}
	c.readers.Wait()
	return nil
}
