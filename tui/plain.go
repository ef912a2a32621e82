package tui

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// Plain is a Console without any skill: lines in, lines out. It is for pipes, and for terminals that cannot move their cursor;
// at one of these it shows the prompt before each line that is asked for.
type Plain struct {
	terminal bool
	in       *os.File      // what is read, if it may be a terminal
	asked    chan struct{} // has something when ReadLine wants a line
	lines    chan entry
	closed   chan struct{}
	close    sync.Once

	waiting bool  // ReadLine's goroutine only: a line was asked for and has not come
	over    error // ReadLine's goroutine only: what ended the input

	mu     sync.Mutex // guards all below, and every write to out
	out    io.Writer
	prompt string
}

// entry is a line read, or why there is none.
type entry struct {
	line string
	err  error
}

var _ Console = (*Plain)(nil)

// NewPlain returns a Plain; terminal says that somebody sits there. Its one goroutine ends with the input or after Close, but
// never while a read is under way.
func NewPlain(in io.Reader, out io.Writer, terminal bool) *Plain {
	p := &Plain{terminal: terminal, asked: make(chan struct{}, 1), lines: make(chan entry, 1), closed: make(chan struct{}), out: out}
	p.in, _ = in.(*os.File)
	go p.read(bufio.NewReader(in))
	return p
}

// read reads a line each time that one is asked for.
func (p *Plain) read(in *bufio.Reader) {
	for {
		select {
		case <-p.asked:
		case <-p.closed:
			return
		}
		e, ok := p.next(in)
		if !ok {
			return
		}
		p.lines <- e // never more than were asked for
		if e.err != nil {
			return
		}
	}
}

// next reads a line, or why there is none; in the background of a terminal it waits until the
// program is in front. ok is false after Close.
func (p *Plain) next(in *bufio.Reader) (e entry, ok bool) {
	for {
		for p.in != nil && !inFront(p.in) {
			select {
			case <-p.closed:
				return entry{}, false
			case <-time.After(frontEvery):
			}
		}
		p.showPrompt()
		line, err := in.ReadString('\n')
		switch {
		case err == nil, errors.Is(err, io.EOF) && line != "": // the last line has no end
			return entry{strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil}, true
		case p.terminal && !isAlive(p.in):
			return entry{err: ErrGone}, true
		case p.in == nil || inFront(p.in):
			return entry{err: err}, true
		}
	}
}

func (p *Plain) showPrompt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		_, _ = io.WriteString(p.out, p.prompt)
	}
}

// ReadLine implements Console.
func (p *Plain) ReadLine(ctx context.Context) (string, error) {
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case p.over != nil:
		return "", p.over
	case !p.waiting:
		p.waiting = true
		p.asked <- struct{}{}
	}
	select {
	case e := <-p.lines:
		p.waiting, p.over = false, e.err
		return e.line, e.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Print implements Console.
func (p *Plain) Print(text string) { p.show(text, clean) }

// PrintColored implements Console, without colors.
func (p *Plain) PrintColored(text string) {
	p.show(text, func(line string) string { return cleanColored(line, false) })
}

func (p *Plain) show(text string, dress func(line string) string) {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(dress(line) + "\n")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = io.WriteString(p.out, b.String()) // whoever gave out to us sees what it could not write
}

// Echo implements Console.
func (p *Plain) Echo(string) {}

// SetPrompt implements Console.
func (p *Plain) SetPrompt(prompt string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prompt = clean(prompt)
}

// Interrupted implements Console.
func (p *Plain) Interrupted() <-chan struct{} { return nil }

// AskFirst implements Console: here Ctrl-C is a signal, about which nobody is asked.
func (p *Plain) AskFirst(func(string) string) {}

// Interactive implements Console.
func (p *Plain) Interactive() bool { return p.terminal }

// Close implements Console.
func (p *Plain) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}
