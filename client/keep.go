package client

import (
	"slices"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// keeping keeps the NAT mapping of a silent client open, by L with the nickname that it has. A NAT
// that forgets the mapping makes the client deaf without notice. Servers of ours answer OK. A
// simple server knows no repeats and refuses; then it is never sent another. Conn.mu guards it.
//
// A line that comes after a repeat is an event or the refusal. Those that could be either are held
// until OK comes. If it does not, L is sent once more: a refusal comes again.
type keeping struct {
	sent time.Time // when the client last sent anything
	off  bool      // the server has refused a repeat
	mute int       // how many the server has left without an answer, in a row

	asked int       // Ls sent that are not answered
	at    time.Time // when the last of them was
	held  []packet  // what came since the first line that could be the refusal
	again int       // how many of held had come when L was sent once more
}

// muteMax is how many repeats in a row a server leaves without an answer, by loss or by design,
// until nothing is held for them any more.
const muteMax = 3

// keepMapping repeats L when the client has sent nothing for Timings.Keep, until the Conn is
// closed.
func (c *Conn) keepMapping() {
	timer := time.NewTimer(c.timings.Keep)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-c.done:
			return
		}
		l, request, wait := c.nextRepeat(time.Now())
		if l != nil {
			l.send(c, request)
		}
		timer.Reset(wait)
	}
}

// nextRepeat returns what to send now, nil if there is nothing, and when to ask again.
func (c *Conn) nextRepeat(now time.Time) (l *link, request []byte, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &c.keeping
	if c.link == nil || !c.inside || c.asking != nil || k.off {
		c.endRepeat()
		return nil, nil, c.timings.Keep
	}
	if left := k.sent.Add(c.timings.Keep).Sub(now); k.asked == 0 && left > 0 {
		return nil, nil, left
	}
	if left := k.at.Add(c.timings.Doubt).Sub(now); k.asked > 0 && left > 0 {
		return nil, nil, left
	}
	if k.asked > 1 || k.asked == 1 && len(k.held) == 0 {
		c.judgeRepeat()
		return nil, nil, c.timings.Keep
	}
	k.asked++
	k.at, k.again = now, len(k.held)
	c.link.repeats.ask(c.nick)
	return c.link, datagram.Request{Verb: datagram.Enter, Name: c.nick}.Append(nil), c.timings.Doubt
}

// judgeRepeat decides about what was held while no OK came. mu is held.
func (c *Conn) judgeRepeat() {
	k := &c.keeping
	first, second := k.held[:k.again], k.held[k.again:]
	for _, p := range first {
		if couldRefuse(p.text) && slices.Contains(second, p) {
			k.off = true
			k.held = slices.DeleteFunc(k.held, func(other packet) bool { return other == p })
			break
		}
	}
	k.mute++
	c.endRepeat()
}

// endRepeat awaits no answer to a repeat any more, and delivers what was held. mu is held.
func (c *Conn) endRepeat() {
	held := c.keeping.held
	c.keeping.asked, c.keeping.held, c.keeping.again = 0, nil, 0
	for _, p := range held {
		c.deliver(p)
	}
}

// takeRepeat takes a packet that may answer a repeat, or has to wait behind one that may. It
// reports whether it did. mu is held.
func (c *Conn) takeRepeat(p packet) bool {
	k := &c.keeping
	if k.asked == 0 || p.from != c.link {
		return false
	}
	code := datagram.RefusalCode(p.text)
	switch {
	case p.refused:
		c.endRepeat()
		return false
	case isAnswer(p.text, datagram.OK):
		k.mute = 0
		c.endRepeat()
		return true
	case code == chat.NickOccupied || code == chat.RoomFull || code == chat.AddressFull:
		known := c.link.repeats.known
		c.endRepeat()
		if known { // the server tolerates repeats: it is our address that has changed
			c.outside(Moved, p.text)
		} else {
			k.off = true
		}
		return true
	case code == chat.Busy:
		c.endRepeat()
		return true
	case isOwnComing(p.text, c.nick): // every repeat would be told to everyone
		k.off = true
		c.endRepeat()
		return true
	case len(k.held) == 0 && (code != chat.OK || !couldRefuse(p.text) || !c.doubtsRepeats()):
		return false
	}
	k.held = append(k.held, p)
	if len(k.held) >= questionMax { // a flood
		c.judgeRepeat()
	}
	return true
}

// doubtsRepeats reports whether it has to be found out how the server answers repeats, if it does.
// mu is held.
func (c *Conn) doubtsRepeats() bool { return !c.link.repeats.known && c.keeping.mute < muteMax }

// couldRefuse reports whether a datagram may be a refusal of L by a server of another make.
func couldRefuse(text string) bool {
	return len(clean(text)) == 1 && !isBeside(text) && !isAnswer(text, datagram.Exit)
}

// isOwnComing reports whether a line says that nick enters the chat room.
func isOwnComing(line, nick string) bool {
	who, enters, _ := datagram.Coming(line)
	return enters && who == nick
}
