package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
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

// TestAStartThatFailsLeavesNoDataDirectory: backup and status would take an empty one for the
// server's. One that was there before stays.
func TestAStartThatFailsLeavesNoDataDirectory(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	was := t.TempDir()
	for what, flags := range map[string]map[string]string{
		"the port is taken": {"listen": taken.Addr().String()},
		"the metrics' port is taken": {
			"listen": "127.0.0.1:0", "metrics-listen": taken.Addr().String(),
		},
		"a certificate without its key": {"listen": "127.0.0.1:0", "tls-cert": "cert.pem"},
	} {
		for _, dir := range []string{filepath.Join(was, "deep", "er"), was} {
			flags["data"] = dir
			config, err := Load(Sources{Flags: flags})
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
			if err == nil {
				t.Errorf("%s: it starts (%v)", what, s.Close())
			}
			_, gone := os.Stat(filepath.Join(was, "deep"))
			_, stays := os.Stat(was)
			if !errors.Is(gone, fs.ErrNotExist) || stays != nil {
				t.Errorf("%s: in %s: a new directory %v, the former %v", what, dir, gone, stays)
			}
		}
	}
}

// TestAStartThatFailsKeepsWhatIsStored: also if the directory was empty when the start began.
func TestAStartThatFailsKeepsWhatIsStored(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if made := absent(dir); len(made) != 1 {
		t.Fatalf("to make: %q", made)
	}
	d, err := openDataDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	history := filepath.Join(dir, "parley.db")
	if err := os.WriteFile(history, []byte("stored"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.adopt([]string{dir})
	if err := d.undo(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(history); err != nil {
		t.Error(err)
	}
}
