// Package line converts between bytes and the lines of text that people read and type at the line
// door, with netcat, telnet or a raw terminal. docs/protocol/line.md describes the protocol.
//
// It knows nothing of sockets, of members, or of what a command does.
//
// Its laws:
//   - Bytes go in, lines and replies to telnet come out, however the bytes are split into reads.
//   - A line is never longer than its bound, and a longer one costs no memory.
//   - No input mutes a connection: after any bytes, a line typed later is a line again.
//   - Every encoded line ends in one line break and has none inside.
//   - Words differ by language, structure does not: `NAME: TEXT`, `* NAME TEXT`, `[ROOM] `, `! `.
package line

import (
	"bytes"
	"errors"
	"io"
)

var (
	// ErrTooLong reports a line that was longer than its bound. Nothing of it is left.
	ErrTooLong = errors.New("line: longer than its bound")

	// ErrProxy reports a connection that begins with a PROXY header.
	ErrProxy = errors.New("line: begins with a PROXY header")
)

const (
	// proxyHeader begins a PROXY header of version 2. People never type a NUL after two empty
	// lines. A header in one piece never gets here: door/port rejects it.
	proxyHeader = "\r\n\r\n\x00"

	// byteOrderMark is written by some editors and shells before text in UTF-8. The first line of
	// a connection drops it.
	byteOrderMark = "\uFEFF"
)

// Decoder splits bytes into lines. The zero value is not ready: set Max. It belongs to one
// goroutine.
type Decoder struct {
	Max int // bytes of a line

	partial []byte  // the current line, at most slack bytes longer than Max
	telnet  *telnet // nil: the client has not negotiated
	last    uint32  // the last four bytes while telnet is nil; zeros: the connection has just begun
	opened  uint8   // how many bytes of proxyHeader came first; its length: no more is compared
	tooLong bool    // partial was dropped, and the rest of the line is dropped, too
	skip    bool    // the current line is dropped
	later   bool    // a line has ended
	cr      bool    // the last byte was a CR, which ended a line: an LF or NUL after it is dropped

	Prompts bool // a question waits for an answer: Ctrl-C at the start of a line leaves
}

// slack is how much longer than Max partial may be: the four bytes of telnet before an option are
// taken for text until the option follows.
const slack = 4

// Next takes bytes up to the end of a line. It returns the line, without its end and without
// telnet's commands, and the bytes that are left. ok is false when no line has ended: then all
// bytes were taken. The line is good until the next call.
//
// A line ends with CR, LF, CR LF, or CR NUL (RFC 854). The keys of a terminal edit it, see
// Decoder.edit. Other control characters are dropped at both ends of a line, see isStray. With ok,
// err is nil, ErrTooLong, ErrProxy, or io.EOF for a key at the start of a line by which a client
// leaves: Ctrl-D, and while Prompts is set also Ctrl-C. Call Reply after each Next.
func (d *Decoder) Next(data []byte) (line, rest []byte, ok bool, err error) {
	if line, rest, ok = d.whole(data); ok {
		return line, rest, true, nil
	}
	for i, b := range data {
		if d.isForged(b) {
			return nil, data[i+1:], true, ErrProxy
		}
		b, isText := d.withoutTelnet(b)
		switch {
		case !isText || d.completes(b):
		case d.ends(b):
			if line, ok, err = d.taken(); ok {
				return line, data[i+1:], true, err
			}
		case d.isEmpty() && (b == keyEnd || b == keyInterrupt && d.Prompts):
			return nil, data[i+1:], true, io.EOF
		case !d.skip && !d.edit(b):
			d.keep(b)
		}
	}
	return nil, nil, false, nil
}

// whole returns the first line of data if data holds all of it and it is plain text. Most lines are
// like that; for them this does the same as the loop of Next, but faster.
func (d *Decoder) whole(data []byte) (line, rest []byte, ok bool) {
	if !d.later || int(d.opened) < len(proxyHeader) || d.telnet != nil || d.cr || !d.isEmpty() {
		return nil, nil, false
	}
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return nil, nil, false
	}
	line = bytes.TrimSuffix(data[:i], []byte{'\r'})
	if len(line) > d.Max || !isPlain(line) {
		return nil, nil, false
	}
	d.last = '\n'
	return line, data[i+1:], true
}

// isPlain reports whether a line holds neither keys nor telnet's byte 255.
func isPlain(line []byte) bool {
	for _, b := range line {
		if ' ' <= b && b < keyDelete { // most bytes: one comparison
			continue
		}
		if b < ' ' && b != '\t' || b == keyDelete || b == telnetIAC {
			return false
		}
	}
	return true
}

// isEmpty reports whether no byte of the current line has come.
func (d *Decoder) isEmpty() bool { return len(d.partial) == 0 && !d.tooLong && !d.skip }

// isForged compares the first bytes of a connection with proxyHeader, and reports whether b
// completes it.
func (d *Decoder) isForged(b byte) bool {
	if int(d.opened) == len(proxyHeader) {
		return false
	}
	if b != proxyHeader[d.opened] {
		d.opened = uint8(len(proxyHeader))
		return false
	}
	d.opened++
	return int(d.opened) == len(proxyHeader)
}

// completes reports whether b only completes the line end that began with the CR before it.
func (d *Decoder) completes(b byte) bool {
	after := d.cr
	d.cr = false
	return after && (b == '\n' || b == 0)
}

// ends reports whether b ends the current line.
func (d *Decoder) ends(b byte) bool {
	d.cr = b == '\r'
	return d.cr || b == '\n'
}

// keep adds a byte of text to the current line.
func (d *Decoder) keep(b byte) {
	switch {
	case d.tooLong:
	case len(d.partial) == d.Max+slack:
		d.partial, d.tooLong = nil, true
	default:
		d.partial = append(d.partial, b)
	}
}

// taken returns the current line and begins another. ok is false if the line is dropped by Skip.
func (d *Decoder) taken() (line []byte, ok bool, err error) {
	line, ok = d.partial, !d.skip
	if !d.later {
		line = bytes.TrimPrefix(line, []byte(byteOrderMark))
	}
	line = bytes.TrimFunc(line, isStray)
	if d.tooLong || len(line) > d.Max {
		line, err = nil, ErrTooLong
	}
	d.partial, d.tooLong, d.skip, d.later = nil, false, false, true
	return line, ok, err
}

// isStray reports whether a character is a control character that a terminal sends with a line,
// such as Ctrl-L, and that is not text. NUL is not one of them: it shows that a text is UTF-16.
// Neither is ESC, which begins a sequence whose other bytes would stay.
func isStray(r rune) bool {
	return r < ' ' && r != 0 && r != '\t' && r != keyEscape
}

// Rest returns the current line at the end of the input. ok is false if it is empty.
func (d *Decoder) Rest() (line []byte, ok bool, err error) {
	if d.isEmpty() {
		return nil, false, nil
	}
	return d.taken()
}

// Skip drops the current line up to its end, unless it is empty.
func (d *Decoder) Skip() {
	d.skip = !d.isEmpty()
	d.partial, d.tooLong = nil, false
}
