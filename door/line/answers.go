package line

import (
	"math"

	"parley/chat"
	"parley/command"
	"parley/locale"
	"parley/wire/line"
)

// answerChunk is how many bytes of answers are gathered at most before they are written, but for a
// longer one.
const answerChunk = 4 << 10

// answers is what a command tells its member, as fast as it is read. It belongs to the command's goroutine.
type answers struct {
	member *member
	rows   []byte
	any    bool // something was told
}

// tell adds an answer. Before a page that is still to be read it waits until the client has read
// most of the one before: a command that waits then holds no page.
func (a *answers) tell(answer command.Answer) error {
	if answer == nil {
		if err := a.flush(); err != nil {
			return err
		}
		return a.wait(answerAhead)
	}
	a.any = true
	row := shown(answer, a.member.door.config.Language())
	if len(a.rows)+len(row) > answerChunk {
		if err := a.flush(); err != nil {
			return err
		}
	}
	if a.rows == nil {
		a.rows = row
	} else {
		a.rows = append(a.rows, row...)
	}
	return nil
}

// flush hands on what is gathered. It counts against the line rate.
func (a *answers) flush() error {
	if len(a.rows) == 0 {
		return nil
	}
	if err := a.wait(answerMost); err != nil {
		return err
	}
	m := a.member
	m.unpaid += len(a.rows)
	m.push(a.rows)
	a.rows = nil
	return nil
}

// wait returns once no more than so many bytes wait for the client, or with an error when its
// session ends.
func (a *answers) wait(most int) error {
	m := a.member
	if roomy := m.out.Below(most); roomy != nil && m.why() == "" {
		m.door.asides.stepOut(func() { m.door.unread.wait(m, roomy) })
	}
	if m.why() != "" {
		return errOver
	}
	return nil
}

// shown is an answer as it is written: whatever is in it steers no terminal.
func shown(a command.Answer, lang locale.Lang) []byte {
	text, err := chat.ParseText(a.Text(lang), math.MaxInt)
	if err != nil {
		return nil
	}
	return line.Line(text)
}
