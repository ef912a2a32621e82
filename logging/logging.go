// Package logging makes the program's log: text for people at a terminal, JSON for programs, and faults that repeat counted
// instead of written again and again.
//
// It knows nothing of chat, of terminals, or of what is worth logging.
//
// Its laws: a line of JSON is one object, its time RFC 3339 in UTC; no value of an attribute can steer a terminal; nothing below
// a warning is ever left out, and what is left out is told as a number; what is remembered is bounded.
//
// Who logs keeps to fixed keys: nick, room, seq, session, door, peer, code, err and their like. What people say, and what could
// let somebody in, is never logged.
package logging

import (
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/lmittmann/tint"
)

// Options says for whom the log is.
type Options struct {
	Level    slog.Leveler // nil: slog.LevelInfo
	Terminal bool         // people read it: a line of text each, with the time of day; else JSON
	Color    bool         // with Terminal: in colors
}

// New returns a logger that writes to w, a line in one Write. flush tells what was left out until then; call it before the end.
func New(w io.Writer, o Options) (logger *slog.Logger, flush func()) {
	var lines slog.Handler
	if o.Terminal {
		lines = tint.NewTextHandler(w, &tint.Options{Level: o.Level, TimeFormat: time.TimeOnly, NoColor: !o.Color, ReplaceAttr: harmless})
	} else {
		lines = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: o.Level, ReplaceAttr: universal})
	}
	r := &repeats{rows: map[fault]*row{}}
	return slog.New(&limiter{Handler: lines, repeats: r}), r.flush
}

// universal puts the time in UTC, all of its nanoseconds written, so that lines sort as they are.
func universal(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime {
		a.Value = slog.StringValue(a.Value.Time().UTC().Format("2006-01-02T15:04:05.000000000Z"))
	}
	return a
}

// harmless replaces control characters, which tint would let through for the sake of colors.
func harmless(_ []string, a slog.Attr) slog.Attr {
	if kind := a.Value.Kind(); kind != slog.KindString && kind != slog.KindAny {
		return a
	}
	if _, is := a.Value.Any().(slog.Level); is {
		return a
	}
	a.Value = slog.StringValue(Harmless(a.Value.String()))
	return a
}

// Harmless makes a text that cannot steer a terminal: control characters, but for line breaks and tabs, and what is not UTF-8
// become U+FFFD.
func Harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
