// Package locale chooses between the languages in which the program speaks on screen: English and Chinese. A sentence stands
// in both where it is used, as a Text.
//
// It knows nothing of what is said. Its law: what travels in protocols never follows the language of a screen.
package locale

import (
	"fmt"
	"strings"
)

// Lang is a language of the screen.
type Lang int

const (
	English Lang = iota
	Chinese
)

// Text is one sentence in every language; both may hold fmt verbs, in the same order.
type Text struct{ EN, ZH string }

// In returns the sentence in a language.
func (t Text) In(l Lang) string {
	if l == Chinese && t.ZH != "" {
		return t.ZH
	}
	return t.EN
}

// List is some things that are named one after the other, as an argument of Errorf or Fill.
type List []string

// In returns the list as one text, with the comma of the language.
func (list List) In(l Lang) string {
	return strings.Join(list, Text{EN: ", ", ZH: "、"}.In(l))
}

// Counted returns a number of things in English, such as "1 room" or "2 rooms".
func Counted[N ~int | ~uint64](n N, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Members returns count members as the subject of a sentence, with the space before its verb: "ann,
// bob and 3 others " or "ann、bob 等 5 人". The first of them are named.
func Members(l Lang, count int, named ...string) string {
	first, more := List(named).In(l), count-len(named)
	switch {
	case more == 0:
		return first + " "
	case l == Chinese:
		return fmt.Sprintf("%s 等 %d 人", first, count)
	case more == 1:
		return first + " and 1 other "
	}
	return fmt.Sprintf("%s and %d others ", first, more)
}

// Format returns the sentence in a language with its verbs filled in.
func (t Text) Format(l Lang, args ...any) string { return fmt.Sprintf(t.In(l), args...) }

// Fill returns the sentence with its verbs filled in, in every language. Errors, lists and texts
// among args are said in the same language.
func (t Text) Fill(args ...any) Text {
	e := Error{t, args}
	return Text{EN: e.in(English), ZH: e.in(Chinese)}
}

// FromEnv returns the language that LC_ALL, LC_MESSAGES or LANG asks for, the first of them that is set, as POSIX has it.
func FromEnv(getenv func(string) string) Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return Chinese
			}
			return English
		}
	}
	return English
}
