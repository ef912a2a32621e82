package tui

import (
	"strings"
	"unicode"

	"github.com/clipperhouse/displaywidth"
)

const tabStop = 8

// clean makes a line that cannot steer a terminal: control characters and line breaks of every kind become U+FFFD, tabs become
// spaces, what is not UTF-8 becomes U+FFFD.
func clean(line string) string {
	if strings.IndexFunc(line, unsafe) < 0 {
		return line
	}
	var b strings.Builder
	start := 0 // of what stands since the last tab, in b
	for _, r := range line {
		switch {
		case r == '\t':
			column := displaywidth.String(b.String()[start:])
			b.WriteString(strings.Repeat(" ", tabStop-column%tabStop))
			start = b.Len()
		case unsafe(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unsafe says that clean has to do something about r. Invalid bytes are read as U+FFFD and so are written anew.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}

// typed makes what was typed or pasted fit for a line: control characters but tabs are left out.
func typed(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && unsafe(r) {
			return -1
		}
		return r
	}, text)
}

// width returns how many columns a cleaned text takes at most, where terminals disagree.
func width(text string) int {
	n := 0
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		n += graphemeWidth(g.Value(), g.Width())
	}
	return n
}

// graphemeWidth is the wider of the two ways in which terminals count: the whole cluster, or each of its characters.
func graphemeWidth(cluster string, whole int) int {
	each := 0
	for _, r := range cluster {
		each += displaywidth.Rune(r)
	}
	return max(each, whole)
}

// head returns the longest beginning of text, in whole graphemes, that takes at most columns.
func head(text string, columns int) string {
	end := 0
	for g := displaywidth.StringGraphemes(text); g.Next(); {
		if columns -= graphemeWidth(g.Value(), g.Width()); columns < 0 {
			break
		}
		end += len(g.Value())
	}
	return text[:end]
}

// tail returns the longest end of text, in whole graphemes, that takes at most columns.
func tail(text string, columns int) string {
	over := width(text) - columns
	start := 0
	for g := displaywidth.StringGraphemes(text); over > 0 && g.Next(); {
		over -= graphemeWidth(g.Value(), g.Width())
		start += len(g.Value())
	}
	return text[start:]
}
