package main

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"

	"golang.org/x/term"

	"parley/locale"
)

// output is the program's standard output. A write that fails makes the whole command fail, whether
// or not the command looks at the error.
type output struct {
	file *os.File
	fail func() // ends the command: nobody can read what is still to come

	mu  sync.Mutex
	err error // of the first write that failed
}

// Write implements io.Writer. Any goroutine.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.file.Write(b)
	if err != nil {
		o.failed(err)
	}
	return n, err
}

// Fd makes output a tui.TerminalFile.
func (o *output) Fd() uintptr { return o.file.Fd() }

func (o *output) failed(err error) {
	o.mu.Lock()
	first := o.err == nil
	if first {
		o.err = err
	}
	o.mu.Unlock()
	if first {
		o.fail()
	}
}

// close closes standard output, as a network file system may tell only then that a write failed. It
// returns what went wrong with the output; nil: it is complete. That the reader has gone, as head
// does, is an exit status without words.
func (o *output) close() error {
	if err := o.file.Close(); err != nil {
		o.failed(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var path *os.PathError
	switch {
	case o.err == nil:
		return nil
	case errors.Is(o.err, syscall.EPIPE):
		return &exitError{code: statusPipe}
	case errors.As(o.err, &path):
		return outputError(path.Err)
	}
	return outputError(o.err)
}

func outputError(err error) error {
	text := locale.Text{EN: "write to standard output: %v", ZH: "写入标准输出失败：%v"}
	return locale.Errorf(text, err)
}

// fromTerminal returns whether a person types what is read from r.
func fromTerminal(r io.Reader) bool {
	f, ok := r.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// onTerminal returns whether a person reads what is written to w as it comes.
func onTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}
