package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/chat"
	"parley/wire/datagram"
)

// nickMaxBytes is what any server could take; those of ours take chat.NickMaxBytes.
const nickMaxBytes = datagram.MaxLine / 2

// Enter enters the chat room and returns when the server has said so: nil, or a *Refused. It tries the server's addresses one
// after the other and uses the first that answers. As long as none does it goes on until ctx ends; then it returns ctx's cause. What
// others say meanwhile is kept for Receive. Inside, it may be called again, with the same nickname or another one. A
// second OK for the same nickname shows that the server tolerates repeats, so that Leave may repeat Q.
func (c *Conn) Enter(ctx context.Context, nick string) error {
	if code := checkNick(nick); code != chat.OK {
		return &Refused{code.Sentence()}
	}
	q, err := c.ask(datagram.Request{Verb: datagram.Enter, Name: nick})
	if err != nil {
		return err
	}
	e := &entering{Conn: c, question: q, silence: time.NewTimer(c.timings.Patience), doubtful: time.NewTimer(time.Hour)}
	defer e.silence.Stop()
	defer e.doubtful.Stop()
	err = e.run(ctx)
	c.entered(e, err)
	return err
}

// checkNick refuses what the protocol cannot carry. All else is for the server to judge.
func checkNick(nick string) chat.Code {
	switch {
	case nick == "":
		return chat.NickEmpty
	case len(nick) > nickMaxBytes:
		return chat.NickTooLong
	case !utf8.ValidString(nick) || strings.ContainsFunc(nick, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return chat.NickCharacters
	}
	return chat.OK
}

// entered draws the conclusions of a call of Enter.
func (c *Conn) entered(e *entering, err error) {
	c.mu.Lock()
	var refused *Refused
	switch {
	case err == nil:
		c.nick, c.inside = e.name, true
		c.held = e.name
	case errors.As(err, &refused):
		c.held = ""
		if c.inside {
			c.held = c.nick
		}
	}
	if c.link == nil {
		c.giveUp()
		c.held = ""
	}
	c.mu.Unlock()
	e.settleDoubt()
	c.asked(e.question)
}

// entering is one call of Enter. A line with a colon is what a member said, or a refusal by a server of
// another make. Until that is known it is in doubt. A refusal comes again when L is repeated: it is a
// refusal if it has done so and nothing else has come for Timings.Doubt.
type entering struct {
	*Conn
	*question
	sent    int         // how often L was sent
	silence *time.Timer // until Options.Silent is called
	refused bool        // nothing listens, or no socket could be opened
	quiet   bool        // some try had no answer at all
	sending bool        // some try had a socket
	refusal *link       // where no came from, while other addresses may still say OK

	doubt      packet // without text: none
	doubtTimes int    // how often it came
	doubtSent  int    // what sent was when it first came
	doubtAgain bool   // it came again after L was repeated
	doubtful   *time.Timer
}

// errNext says that this try has come to nothing.
var errNext = errors.New("client: try again")

func (e *entering) run(ctx context.Context) error {
	for try := 0; ; try++ {
		l, err := e.connect(try)
		if err != nil {
			return err
		}
		e.send(l)
		if err := e.listen(ctx, try, l); err != errNext {
			return err
		}
	}
}

// connect returns the link to use: the one that has answered, else that of the next address; nil if this machine cannot reach it.
func (e *entering) connect(try int) (*link, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return nil, net.ErrClosed
	case e.link != nil:
		return e.link, nil
	}
	if e.trying == nil {
		e.trying = make([]*link, len(e.addresses))
	}
	next := try % len(e.addresses)
	if e.trying[next] == nil {
		l, err := e.open(e.addresses[next])
		if err != nil {
			e.refused = true
			return nil, nil
		}
		e.trying[next], e.sending = l, true
	}
	return e.trying[next], nil
}

func (e *entering) send(l *link) {
	if l != nil {
		e.mu.Lock()
		if e.link != nil {
			l = e.link
		}
		e.held = e.name
		l.refused = false
		l.repeats.ask(e.name)
		e.mu.Unlock()
		e.sent++
		l.send(e.Conn, e.request)
	}
}

// listen waits for the answer as long as a try may take: nil, a *Refused, ctx's cause, or errNext.
func (e *entering) listen(ctx context.Context, try int, l *link) error {
	over := time.NewTimer(e.wait(try))
	defer over.Stop()
	refused := l == nil
	for {
		if refused && !e.isSettled() && (try+1)%len(e.addresses) != 0 {
			return errNext // at once, but not round and round
		}
		select {
		case p := <-e.packets:
			if p.refused {
				e.refused, refused = true, refused || p.from == l
				continue
			}
			if !e.isUsed(p.from) {
				e.refusal = p.from
				over.Reset(e.timings.Doubt)
				continue
			}
			if answered, err := e.judge(p); answered {
				return err
			}
		case <-e.doubtful.C:
			if e.doubtAgain {
				return e.doubtRefuses()
			}
			e.send(l)
			e.doubtful.Reset(e.timings.Doubt)
		case <-over.C:
			e.quiet = e.quiet || !refused
			e.useRefusal()
			return errNext
		case <-e.silence.C:
			if e.options.Silent != nil {
				e.options.Silent(e.address, e.why())
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-e.done:
			return net.ErrClosed
		}
	}
}

// why returns what the tries so far say of the silence.
func (e *entering) why() Silence {
	switch {
	case e.quiet || !e.refused:
		return Unanswered
	case !e.sending && !e.isSettled():
		return NoRoute
	}
	return Closed
}

// useRefusal settles on the address that refused, if no other said OK. The next try asks it once more, as
// the nickname may have been occupied by this client itself, at another address of the same server.
func (e *entering) useRefusal() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refusal != nil {
		e.use(e.refusal)
		e.refusal = nil
	}
}

// wait returns how long a try may take.
func (e *entering) wait(try int) time.Duration {
	round := try
	if n := len(e.addresses); n > 1 && !e.isSettled() {
		if try < n {
			return e.timings.Next
		}
		round = try/n - 1
	}
	return e.timings.Repeat[min(round, len(e.timings.Repeat)-1)]
}

// judge reports whether a packet is the answer, and what it says.
func (e *entering) judge(p packet) (answered bool, err error) {
	lines := clean(p.text)
	switch {
	case isAnswer(p.text, datagram.OK):
		return true, nil
	case len(lines) == 0 || isAnswer(p.text, datagram.Exit) || datagram.RefusalCode(p.text) == chat.NotInside:
		return false, nil // late answers to Q and C
	case isBeside(p.text):
		e.settleDoubt()
		e.deliverNow(p)
		return false, nil
	case mayBeEvent(p.text):
		e.doubtAbout(p)
		return false, nil
	}
	return true, refusedWith(p.text)
}

// isBeside reports whether a datagram certainly says something else than the answer.
func isBeside(text string) bool {
	return len(clean(text)) > 1 || isEvent(text) || isBesideEnter(text)
}

// doubtAbout takes a line that is an event or the refusal.
func (e *entering) doubtAbout(p packet) {
	if p == e.doubt {
		e.doubtTimes++
		e.doubtAgain = e.doubtAgain || e.sent > e.doubtSent
		return
	}
	e.settleDoubt()
	e.doubt, e.doubtTimes, e.doubtSent, e.doubtAgain = p, 1, e.sent, false
	e.doubtful.Reset(e.timings.Doubt)
}

// settleDoubt takes the line in doubt, if there is one, for an event.
func (e *entering) settleDoubt() {
	if e.doubt.text == "" {
		return
	}
	for range e.doubtTimes {
		e.deliverNow(e.doubt)
	}
	e.doubt = packet{}
	e.doubtful.Stop()
}

// doubtRefuses takes the line in doubt for the answer.
func (e *entering) doubtRefuses() error {
	line := e.doubt.text
	e.doubt = packet{}
	return refusedWith(line)
}

func refusedWith(text string) error { return &Refused{strings.Join(clean(text), " ")} }
