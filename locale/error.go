package locale

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
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
		switch said := a.(type) {
		case error:
			a = Explain(said, l)
		case List:
			a = said.In(l)
		case Text:
			a = said.In(l)
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
	case *fs.PathError:
		if l == Chinese {
			return e.Path + "：" + systemProblem(e.Err)
		}
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

// systemProblem words in Chinese what an operator meets most when a file cannot be used.
func systemProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "文件或目录不存在"
	case errors.Is(err, fs.ErrPermission):
		return "没有权限"
	case errors.Is(err, fs.ErrExist):
		return "已存在"
	case errors.Is(err, syscall.ENOSPC):
		return "磁盘已满"
	case errors.Is(err, syscall.EROFS):
		return "文件系统只读"
	case errors.Is(err, syscall.EISDIR):
		return "这是目录，不是文件"
	case errors.Is(err, syscall.ENOTDIR):
		return "路径中有一段不是目录"
	}
	return err.Error()
}
