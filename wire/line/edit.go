package line

import (
	"unicode"
	"unicode/utf8"
)

// The keys by which a terminal in cooked mode edits a line. A client in character mode, such as
// telnet on Windows or a raw terminal, sends each as it is pressed.
const (
	keyInterrupt = 0x03 // Ctrl-C
	keyEnd       = 0x04 // Ctrl-D: at the start of a line, the end of the input
	keyBackspace = 0x08 // Ctrl-H
	keyDiscard   = 0x0F // Ctrl-O
	keyStart     = 0x11 // Ctrl-Q
	keyReprint   = 0x12 // Ctrl-R
	keyStop      = 0x13 // Ctrl-S
	keyKill      = 0x15 // Ctrl-U
	keyLiteral   = 0x16 // Ctrl-V
	keyWord      = 0x17 // Ctrl-W
	keySuspend   = 0x1A // Ctrl-Z
	keyEscape    = 0x1B // begins the sequence of a cursor key, or of a terminal's command
	keyQuit      = 0x1C // Ctrl-\
	keyDelete    = 0x7F
)

// edit applies a key to the current line, and reports whether b is a key. Earlier lines cannot be
// changed. Keys that control a terminal are dropped.
func (d *Decoder) edit(b byte) bool {
	switch b {
	case keyBackspace, keyDelete:
		d.partial = withoutCharacter(d.partial)
	case keyWord:
		d.partial = withoutWord(d.partial)
	case keyKill, keyInterrupt, keyQuit:
		d.partial, d.tooLong = nil, false
	case keyEnd, keyDiscard, keyStart, keyReprint, keyStop, keyLiteral, keySuspend:
	default:
		return false
	}
	return true
}

// The characters that make one emoji of several: a joiner between two, a skin tone after one.
const (
	joiner    = '\u200D'
	firstTone = '\U0001F3FB'
	lastTone  = '\U0001F3FF'
)

// withoutCharacter returns a line without its last character as a reader sees it, including its
// combining marks and the emoji joined to it. Each byte is looked at once, however the line is
// erased.
func withoutCharacter(line []byte) []byte {
	for joined := true; joined && len(line) > 0; {
		r, size := utf8.DecodeLastRune(line)
		line = line[:len(line)-size]
		before, _ := utf8.DecodeLastRune(line)
		joined = isMark(r) || before == joiner
	}
	return line
}

// isMark reports whether a character is drawn as a part of the one before it.
func isMark(r rune) bool {
	return r == joiner || firstTone <= r && r <= lastTone || r >= 0x300 && unicode.Is(unicode.M, r)
}

// withoutWord returns a line without its last word and the spaces after it.
func withoutWord(line []byte) []byte {
	for len(line) > 0 && isSpace(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	for len(line) > 0 && !isSpace(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return line
}

func isSpace(b byte) bool { return b == ' ' || b == '\t' }
