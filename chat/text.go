package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// TextMaxBytes is the most that one message can hold unless a server is set otherwise.
const TextMaxBytes = 16 << 10

// ParseText makes a message's text out of what came through a door; any error is a *Refusal with TextEmpty, TextTooLong or
// TextEncoding. Its result is text that ParseText leaves as it is:
//   - UTF-8 without NUL.
//   - Lines end in '\n' alone: CR LF, CR, VT, FF, U+0085, U+2028 and U+2029 become one. None is left at the end.
//   - Other control characters but '\t' are U+FFFD, so that none reaches a terminal or another protocol.
//   - In each line, every bidi embedding, override and isolate is closed, and nothing closes what was not opened (UAX #9), so
//     that a text cannot turn around what follows it.
//   - Spaces are kept exactly.
//
// Replacing and closing can make text grow, three times at most; what is then longer than maxBytes is refused as well.
func ParseText(s string, maxBytes int) (string, error) {
	if len(s) > maxBytes {
		return "", Refuse(TextTooLong)
	}
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return "", Refuse(TextEncoding)
	}
	if strings.IndexFunc(s, needsCleaning) >= 0 {
		s = cleanText(s)
	}
	s = strings.TrimRight(s, "\n")
	switch {
	case strings.IndexFunc(s, visible) < 0:
		return "", Refuse(TextEmpty)
	case len(s) > maxBytes:
		return "", Refuse(TextTooLong)
	}
	return s, nil
}

// The bidi formatting characters (UAX #9 §2) that open something, and those that close it.
const (
	bidiLRE, bidiRLE, bidiPDF, bidiLRO, bidiRLO = '\u202A', '\u202B', '\u202C', '\u202D', '\u202E'
	bidiLRI, bidiRLI, bidiFSI, bidiPDI          = '\u2066', '\u2067', '\u2068', '\u2069'
)

// needsCleaning says whether cleanText has work at r. It is asked of every character: most are answered by the first lines.
func needsCleaning(r rune) bool {
	if r < 0x7F {
		return r < ' ' && r != '\n' && r != '\t'
	}
	return r <= 0x9F || '\u2028' <= r && r <= bidiRLO || bidiLRI <= r && r <= bidiPDI
}

// cleanText does to s what ParseText promises, but for the end.
func cleanText(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 16) // enough for most: a few replaced or closed
	var open bidiStack
	for i, r := range s {
		switch r {
		case '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				continue
			}
			fallthrough
		case '\n', '\v', '\f', '\u0085', '\u2028', '\u2029':
			open.closeAll(&b)
			b.WriteByte('\n')
		default:
			if r != '\t' && unicode.IsControl(r) {
				r = utf8.RuneError
			}
			if open.take(r) {
				b.WriteRune(r)
			}
		}
	}
	open.closeAll(&b)
	return b.String()
}

// bidiStack is what a line has opened and not closed.
type bidiStack struct {
	closers  []rune // for each, innermost last, the character that closes it
	isolates int    // how many of closers are bidiPDI; without it a row of unmatched closers would cost its square
}

// take follows r and says whether it stays: a closer that closes nothing does not.
func (open *bidiStack) take(r rune) bool {
	last := len(open.closers) - 1
	switch r {
	case bidiLRE, bidiRLE, bidiLRO, bidiRLO:
		open.closers = append(open.closers, bidiPDF)
	case bidiLRI, bidiRLI, bidiFSI:
		open.closers = append(open.closers, bidiPDI)
		open.isolates++
	case bidiPDF: // closes an embedding, never across the isolate around it (X7)
		if last < 0 || open.closers[last] != bidiPDF {
			return false
		}
		open.closers = open.closers[:last]
	case bidiPDI: // closes the innermost isolate with the embeddings still open in it (X6a)
		if open.isolates == 0 {
			return false
		}
		for open.closers[last] != bidiPDI {
			last--
		}
		open.closers = open.closers[:last]
		open.isolates--
	}
	return true
}

// closeAll closes what the line left open.
func (open *bidiStack) closeAll(b *strings.Builder) {
	for i := len(open.closers) - 1; i >= 0; i-- {
		b.WriteRune(open.closers[i])
	}
	open.closers, open.isolates = open.closers[:0], 0
}

// visible says whether r alone makes a text more than nothing.
func visible(r rune) bool { return !unicode.IsSpace(r) && !invisible(r) }

// blanks are characters with a shape that is empty, though their category is of a letter, a mark or a symbol: the blank
// braille pattern, a musical null notehead, the Khitan filler, Egyptian blanks.
const blanks = "\u2800\U0001D159\U00016FE4\U00013441\U00013442"

// invisible says whether r is drawn as nothing: default ignorable, a format character (but for those that enclose the digits
// after them, U+0600) or a blank. Spaces are not among them.
func invisible(r rune) bool {
	if r < 0x7F {
		return false
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		strings.ContainsRune(blanks, r)
}
