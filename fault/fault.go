// Package fault keeps a panic from ending the server: a step runs under Guard, and a panic in it
// comes back as a value with its stack.
//
// It knows nothing of the steps, or of what a failed one costs: a request, a session.
//
// Its laws: a Panic keeps the stack of where it happened, also when it goes on in another
// goroutine.
package fault

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Panic is a panic that was recovered, with the stack where it happened.
type Panic struct {
	value any
	stack []byte
}

// Guard takes a step and returns the panic that ended it, nil if there was none.
func Guard(step func()) (p *Panic) {
	defer func() { p = Caught(recover()) }()
	step()
	return nil
}

// Caught returns what recover returned as a Panic, nil if that was nil. Call it in the deferred
// function that recovers, while the stack of the panic is still there. A *Panic comes back as it
// is: another goroutine may have passed it on by panicking with it.
func Caught(recovered any) *Panic {
	switch r := recovered.(type) {
	case nil:
		return nil
	case *Panic:
		return r
	}
	return &Panic{recovered, debug.Stack()}
}

// Error implements error.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// Log logs the panic as an error. about are further keys and values.
func (p *Panic) Log(log *slog.Logger, message string, about ...any) {
	log.Error(message, append(about, "panic", fmt.Sprint(p.value), "stack", string(p.stack))...)
}
