package client

import (
	"slices"
	"time"
)

// echoPatience is how long after a line was said the server may send it back to its speaker.
const echoPatience = 5 * time.Second

// echoes are the lines that a server may send back to their sender, oldest first. The caller of Say has
// shown them already.
type echoes []echo

type echo struct {
	nick, text string
	said       time.Time
}

// add records a line that nick says now.
func (e *echoes) add(nick, text string, now time.Time) {
	e.expire(now)
	*e = append(*e, echo{nick, text, now})
}

// take reports whether a line is an echo that is still awaited, and forgets that echo.
func (e *echoes) take(line string, now time.Time) bool {
	e.expire(now)
	i := slices.IndexFunc(*e, func(e echo) bool { return isSaying(line, e.nick, e.text) })
	if i < 0 {
		return false
	}
	*e = slices.Delete(*e, i, i+1)
	return true
}

func (e *echoes) expire(now time.Time) {
	*e = slices.DeleteFunc(*e, func(e echo) bool { return now.Sub(e.said) > echoPatience })
}
