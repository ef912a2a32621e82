package line

import (
	"math"

	"parley/chat"
	"parley/command"
	"parley/locale"
	"parley/wire/line"
)

// answerChunk is how many bytes of answers are gathered before they are written.
const answerChunk = 4 << 10

// answers is what a command tells its member, as fast as it is read. It belongs to the command's goroutine.
type answers struct {
	member *member
	rows   []byte
}

// tell adds an answer.
func (a *answers) tell(answer command.Answer) error {
	a.rows = append(a.rows, shown(answer)...)
	if len(a.rows) < answerChunk {
		return nil
	}
	return a.flush()
}

// flush hands on what is gathered, once the client has read most of what came before. It counts against the line rate.
func (a *answers) flush() error {
	if len(a.rows) == 0 {
		return nil
	}
	m := a.member
	if roomy := m.out.Below(answerAhead); roomy != nil && m.why() == "" {
		m.door.asides.stepOut(func() { m.door.unread.wait(m, roomy) })
	}
	if m.why() != "" {
		return errOver
	}
	m.unpaid += len(a.rows)
	m.push(a.rows)
	a.rows = nil
	return nil
}

// shown is an answer as it is written: whatever is in it steers no terminal.
func shown(a command.Answer) []byte {
	text, err := chat.ParseText(a.Text(locale.English), math.MaxInt)
	if err != nil {
		return nil
	}
	return line.Line(text)
}
