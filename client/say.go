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
// arrived. If the server sends a line back within echoPatience, Receive does not return it.
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
			c.expectEcho(nick, piece)
			l.send(c, datagram.Request{Verb: datagram.Say, Name: nick, Text: piece}.Append(nil))
		}
	}
	return nil
}

func (c *Conn) expectEcho(nick, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.echoes.add(nick, text, time.Now())
}

// leaveRepeats is how often Leave sends Q within its time to a server that tolerates repeats, or more
// often where Timings.Repeat says so.
const leaveRepeats = 6

// Leave leaves the chat room and waits for the server to confirm it, but not long: then it returns
// ErrNoAnswer, and the server finds out by itself. What others say meanwhile is kept for Receive.
// Outside, it does nothing.
func (c *Conn) Leave(ctx context.Context) error {
	c.mu.Lock()
	l, name := c.link, c.held
	if l == nil || name == "" {
		c.mu.Unlock()
		return nil
	}
	repeat := l.repeats.known
	c.mu.Unlock()
	q, err := c.ask(datagram.Request{Verb: datagram.Quit, Name: name})
	if err != nil {
		return err
	}
	err = c.leave(ctx, l, q, repeat)
	c.mu.Lock()
	c.held, c.inside = "", false
	l.repeats.left()
	c.mu.Unlock()
	c.asked(q)
	return err
}

func (c *Conn) leave(ctx context.Context, l *link, q *question, repeat bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timings.Leave, ErrNoAnswer)
	defer cancel()
	var again <-chan time.Time
	if repeat {
		ticker := time.NewTicker(min(c.timings.Leave/leaveRepeats, c.timings.Repeat[0]))
		defer ticker.Stop()
		again = ticker.C
	}
	l.send(c, q.request)
	for {
		select {
		case p := <-q.packets:
			switch {
			case p.refused:
				return ErrNoAnswer
			case isAnswer(p.text, datagram.Exit), isLeaving(p.text, q.name):
				return nil // some servers send the leaver the same line as the others
			}
			c.deliverNow(p)
		case <-again:
			l.send(c, q.request)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.done:
			return net.ErrClosed
		}
	}
}

// Close ends everything at once. A nickname that is still inside is let go without waiting for an answer. It may be called again.
func (c *Conn) Close() error {
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.endRepeat()
		c.trying = append(c.trying, c.link)
		c.closed, c.link = true, nil
		c.giveUp()
		c.held, c.inside = "", false
		close(c.done)
	}
	c.mu.Unlock()
	c.readers.Wait()
	return nil
}
