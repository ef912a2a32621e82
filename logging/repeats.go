package logging

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// window is how long a fault is watched from its first line on.
	window = time.Minute
	// passing is how many lines of one fault are written in a window.
	passing = 5
	// rowsMax bounds how many faults are watched at once. Those that do not fit are watched as one.
	rowsMax = 256
)

// fault is what makes two lines the same.
type fault struct {
	level         slog.Level
	message, door string
}

// row is a fault in its window.
type row struct {
	seen    int
	last    slog.Record  // the newest that was left out
	handler slog.Handler // its
	timer   *time.Timer  // the window's end
}

// repeats is what all handlers of a logger know of the faults of the last minute. Any goroutine.
type repeats struct {
	mu   sync.Mutex // guards rows and what is in them
	rows map[fault]*row
}

// pass counts a line and says whether it is to be written.
func (r *repeats) pass(f fault, record slog.Record, lines slog.Handler) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows[f] == nil && len(r.rows) >= rowsMax {
		f = fault{level: slog.LevelError, message: "too many different faults to tell them apart"}
		record.Message = f.message
	}
	now := r.rows[f]
	if now == nil {
		now = &row{}
		now.timer = time.AfterFunc(window, func() { r.end(f) })
		r.rows[f] = now
	}
	if now.seen++; now.seen <= passing {
		return true
	}
	now.last, now.handler = record.Clone(), lines
	return false
}

// end ends a fault's window and tells what was left out of it.
func (r *repeats) end(f fault) {
	r.mu.Lock()
	now := r.rows[f]
	delete(r.rows, f)
	r.mu.Unlock()
	if now == nil {
		return
	}
	now.timer.Stop()
	if left := now.seen - passing; left > 0 {
		now.last.AddAttrs(slog.Int("repeated", left))
		_ = now.handler.Handle(context.Background(), now.last) // as a logger has it: nobody could be told
	}
}

// flush ends every window.
func (r *repeats) flush() {
	r.mu.Lock()
	var all []fault
	for f := range r.rows {
		all = append(all, f)
	}
	r.mu.Unlock()
	for _, f := range all {
		r.end(f)
	}
}

// limiter is a slog.Handler that leaves out faults that repeat: warnings and errors with the same message from the same door.
type limiter struct {
	slog.Handler
	repeats *repeats
	door    string // of the attributes given before
	grouped bool   // a key is not what it seems any more
}

// Handle implements slog.Handler.
func (l *limiter) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelWarn {
		f := fault{level: record.Level, message: record.Message, door: l.door}
		record.Attrs(func(a slog.Attr) bool {
			f.door = l.doorOf(a, f.door)
			return true
		})
		if !l.repeats.pass(f, record, l.Handler) {
			return nil
		}
	}
	return l.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (l *limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *l
	with.Handler = l.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		with.door = l.doorOf(a, with.door)
	}
	return &with
}

// WithGroup implements slog.Handler.
func (l *limiter) WithGroup(name string) slog.Handler {
	with := *l
	with.Handler = l.Handler.WithGroup(name)
	with.grouped = l.grouped || name != ""
	return &with
}

// doorOf returns the door that an attribute names, or the one known before.
func (l *limiter) doorOf(a slog.Attr, before string) string {
	if a.Key == "door" && !l.grouped {
		return a.Value.String()
	}
	return before
}
