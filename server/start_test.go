package server

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
)

// expiring is a context that ends at the n-th time somebody asks whether it has.
type expiring struct {
	context.Context
	end  func()
	left atomic.Int64
}

func (e *expiring) look() {
	if e.left.Add(-1) == 0 {
		e.end()
	}
}

func (e *expiring) Done() <-chan struct{} {
	e.look()
	return e.Context.Done()
}

func (e *expiring) Err() error {
	e.look()
	return e.Context.Err()
}

// TestAStartThatIsStoppedLeavesNothingOpen: wherever it is stopped, the next one finds the data
// directory free, and what is told is that it was stopped, not what failed because of that.
func TestAStartThatIsStoppedLeavesNothingOpen(t *testing.T) {
	config, err := Load(Sources{Flags: map[string]string{
		"data": t.TempDir(), "listen": "127.0.0.1:0", "metrics-listen": "127.0.0.1:0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for n, ended := int64(1), true; ended; n++ {
		inner, cancel := context.WithCancel(t.Context())
		ctx := &expiring{Context: inner, end: cancel}
		ctx.left.Store(n)
		s, err := Open(ctx, config, "test", slog.New(slog.DiscardHandler))
		switch {
		case err == nil:
			if err := s.Close(); err != nil {
				t.Errorf("stopped at step %d: closing says %v", n, err)
			}
		case !errors.Is(err, context.Canceled) || err.Error() != context.Canceled.Error():
			t.Errorf("stopped at step %d: %v", n, err)
		default:
			stopped++
		}
		ended = inner.Err() != nil
		cancel()
	}
	if stopped == 0 {
		t.Error("no start was stopped")
	}
	t.Logf("%d starts were stopped", stopped)
}
