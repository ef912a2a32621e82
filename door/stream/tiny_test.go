package stream

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"parley/chat"
	"parley/hub"
)

// tiny is a Protocol of frames: two bytes of length, a letter for the command, and its argument. It
// shares nothing with lines.
type tiny struct {
	door *Door

	mu    sync.Mutex
	armed []string // the callbacks that panic when they are called next
	last  *talker  // the newest session
}

// arm makes callbacks panic once.
func (p *tiny) arm(callbacks ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = slices.Clone(callbacks)
}

// in is called in each callback, and panics in one that is armed.
func (p *tiny) in(callback string) {
	p.mu.Lock()
	i := slices.Index(p.armed, callback)
	if i >= 0 {
		p.armed = slices.Delete(p.armed, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		panic("a fault in " + callback)
	}
}

func frame(said string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(said))), said...)
}

func (p *tiny) NewSession() Session {
	p.in("NewSession")
	s := &talker{tiny: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = s
	return s
}

func (p *tiny) Hear(item hub.Item) {
	p.in(fmt.Sprintf("Hear %T", item.Event))
	p.in("Hear " + textOf(item))
	if e, ok := item.Event.(chat.Ended); ok && e.Reason == chat.ReasonKicked {
		p.door.Write(item.Self, frame("kicked"))
		return
	}
	p.door.Tell(item)
}

func textOf(item hub.Item) string {
	e, _ := item.Event.(chat.Posted)
	return e.Message.Text
}

func (p *tiny) Append(b []byte, item hub.Item) []byte {
	p.in("Append " + textOf(item))
	switch e := item.Event.(type) {
	case chat.Entered:
		return append(b, frame("+"+e.Message.Nick)...)
	case chat.Left:
		return append(b, frame("-"+e.Message.Nick)...)
	case chat.Posted:
		return append(b, frame(e.Message.Nick+":"+e.Message.Text)...)
	}
	return b
}

func (p *tiny) Unshown() []byte {
	p.in("Unshown")
	return frame("?")
}

func (p *tiny) Refuse(r *chat.Refusal) []byte {
	p.in("Refuse")
	return frame("!" + r.Code.String())
}

// talker is a Session of tiny.
type talker struct {
	Conn
	tiny    *tiny
	nick    string
	partial []byte
}

func (s *talker) Begin(first []byte) []byte {
	s.tiny.in("Begin")
	s.Push(frame("hi"))
	return first
}

func (s *talker) Input(data []byte) error {
	s.tiny.in("Input " + s.nick)
	s.partial = append(s.partial, data...)
	for len(s.partial) > 2 {
		n := 2 + int(binary.BigEndian.Uint16(s.partial))
		if len(s.partial) < n {
			break
		}
		if err := s.Throttle(); err != nil {
			return err
		}
		command, argument := s.partial[2], string(s.partial[3:n])
		s.partial = s.partial[n:]
		s.take(command, argument)
	}
	return nil
}

func (s *talker) take(command byte, argument string) {
	var err error
	switch command {
	case 'E': // enter, without a step aside
		err = s.enter(argument)
	case 'W':
		s.Aside(func() {
			s.tiny.in("Aside")
			err = s.enter(argument)
		})
	case 'P':
		err = s.Submit(chat.Post{By: chat.By(s.ID()), Room: chat.Lobby, Text: argument})
	case 'N': // post to a room in which it is not
		err = s.Submit(chat.Post{By: chat.By(s.ID()), Room: "nowhere", Text: argument})
	case 'S':
		s.Settled()
		s.Push(frame("settled"))
	case 'A':
		s.Aside(func() { err = s.answer(argument) })
	case 'C':
		s.Converts()
	case 'Q':
		s.Quit(argument)
	}
	if err != nil {
		s.Refuse(err)
	}
}

func (s *talker) enter(nick string) error {
	parsed, err := chat.ParseNick(nick)
	if err == nil {
		err = s.Enter(parsed)
	}
	if err == nil {
		s.nick = nick
		s.Welcome(frame("welcome"))
	}
	return err
}

// answer sends pages of 8 KiB, and then the end of the answer.
func (s *talker) answer(pages string) error {
	n, _ := strconv.Atoi(pages)
	answers := s.Answers()
	for range n {
		if err := answers.NextPage(); err != nil {
			return err
		}
		if err := answers.Add(frame(strings.Repeat("a", 8<<10))); err != nil {
			return err
		}
	}
	_ = answers.Add(frame("the end"))
	return answers.Flush()
}

func (s *talker) Rest() { s.tiny.in("Rest") }

func (s *talker) LastWords(e Ending) []byte {
	s.tiny.in("LastWords")
	return frame("end " + strconv.Itoa(int(e)))
}

// Convert is seen in each frame: letters become upper case.
func (s *talker) Convert(b []byte) []byte {
	s.tiny.in("Convert")
	return []byte(strings.ToUpper(string(b)))
}
