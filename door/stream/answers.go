package stream

const (
	// AnswerAhead is how many bytes may wait for a client before another page is read for it.
	AnswerAhead = 16 << 10
	// answerMost is how many bytes may wait before an answer waits within a page. A page fits on
	// top of AnswerAhead, and the smallest outbox is larger than both.
	answerMost = 48 << 10

	// answerChunk is how many bytes of answers are gathered before they are written. A longer part
	// is written alone.
	answerChunk = 4 << 10
)

// Answers is the answer to a request, sent as fast as the client reads it. It belongs to the
// goroutine that answers. Its methods return ErrOver when the session ends.
type Answers struct {
	conn  *Conn
	parts []byte
}

// Answers returns an answer that is empty yet.
func (c *Conn) Answers() Answers { return Answers{conn: c} }

// Add adds a part of the answer.
func (a *Answers) Add(part []byte) error {
	if len(a.parts)+len(part) > answerChunk {
		if err := a.Flush(); err != nil {
			return err
		}
	}
	if a.parts == nil {
		a.parts = part
	} else {
		a.parts = append(a.parts, part...)
	}
	return nil
}

// NextPage returns once the client has read so much that another page may be read for it. A step
// that waits here holds no page.
func (a *Answers) NextPage() error {
	if err := a.Flush(); err != nil {
		return err
	}
	return a.conn.roomy(AnswerAhead)
}

// Flush sends what was added, once the client has read most of what was sent before. It counts
// against the rate.
func (a *Answers) Flush() error {
	if len(a.parts) == 0 {
		return nil
	}
	if err := a.conn.roomy(answerMost); err != nil {
		return err
	}
	a.conn.unpaid += len(a.parts)
	a.conn.Push(a.parts)
	a.parts = nil
	return nil
}

// roomy returns once no more than so many bytes wait for the client, or with ErrOver.
func (c *Conn) roomy(most int) error {
	if roomy := c.out.Below(most); roomy != nil && c.why() == "" {
		c.stepOut(func() { c.door.unread.wait(c, roomy) })
	}
	if c.why() != "" {
		return ErrOver
	}
	return nil
}
