package locale

import (
	"errors"
	"fmt"
	"strings"
)

// Error is an error that can be said in every language. As an error it reads in English.
type Error struct {
	text Text
	args []any
}

// Errorf returns an Error; args fill the verbs of text, as fmt.Errorf has it, in its order in every language. Errors among args
// are wrapped, and said in the same language.
func Errorf(text Text, args ...any) error { return &Error{text, args} }

// Error implements error.
func (e *Error) Error() string { return e.in(English) }

// Unwrap returns the errors among the arguments.
func (e *Error) Unwrap() []error {
	var wrapped []error
	for _, a := range e.args {
		if err, ok := a.(error); ok {
			wrapped = append(wrapped, err)
		}
	}
	return wrapped
}

func (e *Error) in(l Lang) string {
	args := make([]any, len(e.args))
	for i, a := range e.args {
		if err, ok := a.(error); ok {
			a = Explain(err, l)
		}
		args[i] = a
	}
	return fmt.Sprintf(e.text.In(l), args...)
}

// Explain says an error in a language, as far as it is an Error; joined ones a line each.
func Explain(err error, l Lang) string {
	var explained *Error
	switch e := err.(type) { // what wraps an Error has words of its own
	case *Error:
		return e.in(l)
	case interface{ Unwrap() []error }:
		var lines []string
		for _, one := range e.Unwrap() {
			lines = append(lines, Explain(one, l))
		}
		return strings.Join(lines, "\n")
	}
	if errors.As(err, &explained) && err.Error() == explained.Error() {
		return explained.in(l)
	}
	return err.Error()
}
