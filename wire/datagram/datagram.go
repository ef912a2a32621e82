// Package datagram is the plain UDP text that clients and servers of the simplest chat room send each other: one message per
// datagram, UTF-8, as docs/protocol/datagram.md tells it.
//
// It knows nothing of sockets, addresses, or who is inside.
//
// Its laws: it must keep reading every client ever written for the protocol; every line it makes fits MaxLine bytes and holds
// no line break; bytes in, values out, the same bytes the same values.
package datagram

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Port is where servers of the protocol listen.
const Port = 8888

// MaxLine is the most bytes in one line and so in one datagram to a client: clients read no more.
const MaxLine = 1024

// What the server answers. Clients compare them byte for byte.
const (
	OK   = "OK"   // to L: you are inside
	Exit = "EXIT" // to Q: you are not inside any more
)

// What the server says on its own, in English; Words have it in every language.
const (
	Help     = "send  L NAME  to enter,  C NAME TEXT  to talk,  Q NAME  to leave"
	Asked    = "somebody asks for your nickname"
	Idle     = "say something to stay in the chat room"
	Stopping = "the server is shutting down"
	Removed  = "you were removed from the chat room" // may go on with ": REASON"
)

// Verb is the first letter of a request.
type Verb byte

const (
	Enter Verb = 'L' // L NAME
	Say   Verb = 'C' // C NAME TEXT
	Quit  Verb = 'Q' // Q NAME
)

// Request is what a client sends. Name and Text are as they came: valid UTF-8 without NUL, nothing else is sure.
type Request struct {
	Verb Verb
	Name string
	Text string // of Say; spaces kept exactly
}

// Why a datagram is no Request.
var (
	ErrEmpty    = errors.New("datagram: empty")
	ErrEncoding = errors.New("datagram: not UTF-8, or with a NUL")
	ErrUnknown  = errors.New("datagram: none of L, C, Q")
)

// Parse reads a client's datagram. One line break at the end is forgiven: people type the protocol by hand.
func Parse(b []byte) (Request, error) {
	s := string(b)
	s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	switch {
	case s == "":
		return Request{}, ErrEmpty
	case !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0:
		return Request{}, ErrEncoding
	}
	verb, rest, spaced := strings.Cut(s, " ")
	if len(verb) != 1 {
		return Request{}, ErrUnknown
	}
	r := Request{Verb: Verb(verb[0]), Name: rest}
	switch r.Verb {
	case Enter, Quit:
		return r, nil
	case Say:
		if spaced {
			r.Name, r.Text, _ = strings.Cut(rest, " ")
		}
		return r, nil
	}
	return Request{}, ErrUnknown
}

// Append encodes the request behind b. Whoever sends keeps Text short enough with Cut.
func (r Request) Append(b []byte) []byte {
	b = append(b, byte(r.Verb), ' ')
	b = append(b, r.Name...)
	if r.Verb == Say {
		b = append(b, ' ')
		b = append(b, r.Text...)
	}
	return b
}

// said stands between a member and its text, in every language.
const said = ": "

// prefixed puts prefix before each line of text, and before each piece of a line that is too long for one.
func prefixed(prefix, text string) [][]byte {
	var lines [][]byte
	for line := range strings.SplitSeq(text, "\n") {
		for _, piece := range Cut(line, MaxLine-len(prefix)) {
			lines = append(lines, append([]byte(prefix), piece...))
		}
	}
	return lines
}

// Cut divides text into pieces of at most size bytes, never inside a character. Text without a character gives one empty piece.
func Cut(text string, size int) []string {
	size = max(size, utf8.UTFMax)
	var pieces []string
	for len(text) > size {
		end := size
		for end > size-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		pieces = append(pieces, text[:end])
		text = text[end:]
	}
	return append(pieces, text)
}
