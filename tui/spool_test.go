package tui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// stoppable is a terminal that Ctrl-S stops.
type stoppable struct {
	mu    sync.Mutex // held while it is stopped
	shown strings.Builder
}

func (s *stoppable) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown.Write(b)
}

func newSpool(t *testing.T, out io.Writer) *Spool {
	plain := NewPlain(strings.NewReader(""), out, false)
	t.Cleanup(func() { _ = plain.Close() })
	return NewSpool(plain, func(n int) string { return fmt.Sprintf("%d lines not shown", n) })
}

func TestOutputNeverWaitsForAStoppedTerminal(t *testing.T) {
	out := new(stoppable)
	s := newSpool(t, out)
	out.mu.Lock()
	const printed = spoolLines + 500
	for i := range printed {
		s.Print(fmt.Sprint("line ", i))
	}
	if s.Roomy() || s.Wait(t.Context()) {
		t.Error("a stopped terminal has room")
	}
	out.mu.Unlock()
	s.Flush()
	s.Print("now")
	s.Flush()
	lines := strings.Split(strings.TrimSuffix(out.shown.String(), "\n"), "\n")
	var missing int
	if _, err := fmt.Sscanf(lines[len(lines)-2], "%d lines not shown", &missing); err != nil {
		t.Fatalf("it ends with %q", lines[len(lines)-2:])
	}
	if missing == 0 || len(lines)-2+missing != printed || lines[len(lines)-1] != "now" {
		t.Errorf("%d lines are shown and %d not, of %d; the last is %q", len(lines)-2, missing, printed, lines[len(lines)-1])
	}
	for i, line := range lines[:len(lines)-2] {
		if line != fmt.Sprint("line ", i) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}

func TestAPieceLargerThanTheSpoolIsShownWhole(t *testing.T) {
	out := new(stoppable)
	s := newSpool(t, out)
	text := strings.Repeat("x\n", 2*spoolLines) + "end"
	s.Print(text)
	s.Flush()
	if got := out.shown.String(); got != text+"\n" {
		t.Errorf("%d bytes are shown", len(got))
	}
}
