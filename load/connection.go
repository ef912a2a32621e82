package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// connection is the door of a protocol of lines over TCP.
type connection struct {
	r       *run
	m       *member
	dialect dialect
	conn    *net.TCPConn  // nil until connect
	ended   chan struct{} // closed when reading has; nil until listen
	lines   lines         // whoever reads: enter, then the reader's goroutine

	// The talking goroutine.
	request []byte
	broken  bool // the server did not take something in time, and has half of it
}

// dialect is such a protocol, as one member speaks it.
type dialect interface {
	// greet goes as far as the server answers without letting anybody in, so that it has surely taken the connection.
	greet(s *connection) error
	// enter asks to be let into the member's room, until the server has said so.
	enter(s *connection) error
	// say appends to b what says a text.
	say(b, text []byte) []byte
	// quit is what is sent to leave; "" where one closes the connection.
	quit() string
	// read tells what a line is. Whoever reads.
	read(s *connection, line []byte) (kind, mark)
}

// dialects by their doors.
var dialects = map[string]func(*run, *member) dialect{
	Line: newLineDialect,
	IRC:  newIRCDialect,
	NATS: newNATSDialect,
	Raw:  newRawDialect,
}

// readBuffer is how much is read at once: more lines than a server should send at once, and little enough for thousands.
const readBuffer = 16 << 10

// idleBuffer is as much for those who are told hardly anything.
const idleBuffer = 512

func (s *connection) connect(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.r.plan.Target.String())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errNobody
	case err != nil:
		return err
	}
	s.conn = conn.(*net.TCPConn)
	s.lines.buffer = make([]byte, readBuffer)
	if s.r.plan.Idle != "" {
		s.lines.buffer = make([]byte, idleBuffer)
	}
	if s.r.plan.Idle == Silent {
		return nil
	}
	return s.within(ctx, s.dialect.greet)
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

func (s *connection) enter(ctx context.Context) (int, error) {
	if err := s.within(ctx, s.dialect.enter); err != nil {
		return 0, err
	}
	s.listen()
	return 0, nil
}

// within does what reads as long as a request may take.
func (s *connection) within(ctx context.Context, do func(*connection) error) error {
	_ = s.conn.SetReadDeadline(time.Now().Add(s.r.asking))
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(past) })
	err := do(s)
	if !stop() {
		return context.Cause(ctx)
	}
	_ = s.conn.SetReadDeadline(time.Time{})
	return err
}

// await reads until an answer has come, or what makes one impossible. answers is given every line, and what has come of the next
// one as not whole; lines that are no answer are taken as always.
func (s *connection) await(answers func(line string, whole bool) (bool, error)) error {
	said := ""
	for {
		for line, ok := s.lines.next(); ok; line, ok = s.lines.next() {
			said = string(line)
			if done, err := answers(said, true); done || err != nil {
				return err
			}
			s.take(line)
		}
		if done, err := answers(string(s.lines.rest()), false); done || err != nil {
			s.lines.drop()
			return err
		}
		switch err := s.lines.fill(s.conn); {
		case errors.Is(err, os.ErrDeadlineExceeded) && said == "":
			return errNoAnswer
		case err != nil && said != "":
			return refused(s.m.nick, said)
		case errors.Is(err, io.EOF):
			return errHungUp
		case err != nil:
			return err
		}
	}
}

// ask writes a request and awaits its answer among whole lines.
func (s *connection) ask(request string, answers func(line string) (bool, error)) error {
	if err := s.write([]byte(request)); err != nil {
		return err
	}
	return s.await(func(line string, whole bool) (bool, error) {
		if !whole {
			return false, nil
		}
		return answers(line)
	})
}

// is answers that something is said that begins so.
func is(beginning string) func(string) (bool, error) {
	return func(line string) (bool, error) { return strings.HasPrefix(line, beginning), nil }
}

// listen starts to read whatever comes.
func (s *connection) listen() {
	s.ended = make(chan struct{})
	s.r.readers.Go(s.receive)
}

func (s *connection) receive() {
	defer close(s.ended)
	for {
		batch := batch{now: s.r.clock()}
		for line, ok := s.lines.next(); ok; line, ok = s.lines.next() {
			s.takeInto(&batch, line)
		}
		s.r.seen.add(batch)
		if err := s.lines.fill(s.conn); err != nil {
			ours := errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
			if !ours && Phase(s.r.phase.Load()) < Leaving {
				s.r.seen.closed.Add(1)
			}
			return
		}
	}
}

// take takes one line alone.
func (s *connection) take(line []byte) {
	batch := batch{now: s.r.clock()}
	s.takeInto(&batch, line)
	s.r.seen.add(batch)
}

func (s *connection) takeInto(b *batch, line []byte) {
	kind, mark := s.dialect.read(s, line)
	if kind == other && s.r.talking() { // what is said to who enters is not worth telling
		s.r.seen.note(string(line))
	}
	s.m.take(s.r, b, kind, mark)
}

// talking says whether members do, or wait for the last that was said.
func (r *run) talking() bool {
	phase := Phase(r.phase.Load())
	return phase > Entering && phase < Leaving
}

// write sends, and gives up when the server takes nothing for too long. Any goroutine.
func (s *connection) write(b []byte) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.r.giveUp))
	_, err := s.conn.Write(b)
	return err
}

func (s *connection) say(text []byte) {
	if s.broken {
		return
	}
	s.request = s.dialect.say(s.request[:0], text)
	s.broken = s.write(s.request) != nil
}

func (s *connection) leave(ctx context.Context) error {
	quit := s.dialect.quit()
	if s.ended == nil || quit == "" || s.m.stopped || s.write([]byte(quit)) != nil {
		s.close()
		return nil
	}
	select {
	case <-s.ended:
	case <-ctx.Done():
	}
	s.close()
	return nil
}

func (s *connection) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

// stop ends the reading, while the connection stays.
func (s *connection) stop() {
	_ = s.conn.SetReadDeadline(past)
	<-s.ended
}

// wake reads on after stop, throws away what has waited, and says whether the server has closed the connection. What is sent to
// who does not read hides the end of it until all has been read.
func (s *connection) wake(until time.Time) (closed bool) {
	for time.Now().Before(until) {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.r.quiet))
		_, err := s.conn.Read(s.lines.buffer)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false
		case err != nil:
			return !errors.Is(err, net.ErrClosed)
		}
	}
	return false
}
