// Package line is what people read and type at the line door, with netcat or telnet: lines of UTF-8 text, as
// docs/protocol/line.md tells them.
//
// It knows nothing of sockets, of who is inside, or of what a command does.
//
// Its laws: bytes in, lines out, however they are cut into reads; no line is ever longer than its bound, and what is longer costs
// no memory; every line that it makes ends in one line break and holds none inside; what is said is English everywhere.
package line

import (
	"bytes"
	"errors"
)

// ErrTooLong is a line that was longer than its bound. Nothing of it is left.
var ErrTooLong = errors.New("line: longer than its bound")

// Telnet's bytes (RFC 854). None of the first two can stand in UTF-8.
const (
	telnetIAC  = 0xFF // what follows is a command
	telnetSB   = 0xFA // a subnegotiation, up to IAC SE
	telnetSE   = 0xF0
	telnetWill = 0xFB // with WONT, DO and DONT: one byte follows
	telnetDont = 0xFE
)

// Decoder makes lines of bytes. The zero value is not ready: set Max. It belongs to one goroutine.
type Decoder struct {
	Max int // bytes of a line

	partial []byte // what has come of a line that has not ended
	tooLong bool   // it is longer than Max: what comes up to its end is dropped
	skip    bool   // the line that has begun is of no interest: it is dropped
	telnet  telnet
	cr      bool // the last byte was a CR that ended a line: a LF or NUL after it belongs to it
}

// telnet is where in a command of telnet the bytes are.
type telnet byte

const (
	text      telnet = iota
	command          // after IAC
	option           // after IAC WILL, WONT, DO or DONT
	inside           // in a subnegotiation
	insideIAC        // after IAC in one
)

// Next takes bytes up to the end of a line, and returns the line, without its end and without what telnet negotiates, and the
// bytes that are left. ok is false when no line has ended: then all was taken. The line is good until the next call. A line ends
// with LF, CR LF, or CR NUL as telnet has it (RFC 854); a CR alone stays what it is.
func (d *Decoder) Next(data []byte) (line, rest []byte, ok bool, err error) {
	if len(d.partial) == 0 && d.telnet == text && !d.tooLong && !d.skip && !d.cr { // as most lines come: whole, and plain
		if i := bytes.IndexByte(data, '\n'); i >= 0 && i <= d.Max && isPlain(data[:i]) {
			return bytes.TrimSuffix(data[:i], []byte{'\r'}), data[i+1:], true, nil
		}
	}
	for i, b := range data {
		if d.isTelnet(b) {
			continue
		}
		if !d.ends(b) {
			continue
		}
		if d.skip {
			d.skip = false
			continue
		}
		line, err = d.taken()
		return line, data[i+1:], true, err
	}
	return nil, nil, false, nil
}

// isPlain says whether bytes hold no command of telnet, and no CR but at their end.
func isPlain(b []byte) bool {
	if i := bytes.IndexByte(b, '\r'); i >= 0 && i < len(b)-1 {
		return false
	}
	return bytes.IndexByte(b, telnetIAC) < 0
}

// ends takes a byte of text and says whether it ends the line.
func (d *Decoder) ends(b byte) bool {
	after := d.cr
	d.cr = b == '\r'
	switch {
	case b == '\n', after && b == 0:
		if after {
			d.partial = bytes.TrimSuffix(d.partial, []byte{'\r'})
		}
		return true
	case d.tooLong || d.skip:
	case len(d.partial) > d.Max || len(d.partial) == d.Max && b != '\r':
		d.partial, d.tooLong = nil, true
	default:
		d.partial = append(d.partial, b)
	}
	return false
}

// isTelnet follows what telnet negotiates and says whether a byte is part of it.
func (d *Decoder) isTelnet(b byte) bool {
	switch d.telnet {
	case text:
		if b != telnetIAC {
			return false
		}
		d.telnet = command
	case command:
		switch {
		case b == telnetSB:
			d.telnet = inside
		case telnetWill <= b && b <= telnetDont:
			d.telnet = option
		default: // one that stands alone, or IAC IAC: a byte 255, which is no text
			d.telnet = text
		}
	case option:
		d.telnet = text
	case inside:
		if b == telnetIAC {
			d.telnet = insideIAC
		}
	case insideIAC:
		d.telnet = inside
		if b == telnetSE {
			d.telnet = text
		}
	}
	return true
}

// taken returns the line that has ended, and begins another.
func (d *Decoder) taken() (line []byte, err error) {
	line = d.partial
	if d.tooLong {
		line, err = nil, ErrTooLong
	}
	d.partial, d.tooLong = nil, false
	return line, err
}

// Rest returns what has come of a line that will not end, as if it had. ok is false if that is nothing.
func (d *Decoder) Rest() (line []byte, ok bool, err error) {
	ok = len(d.partial) > 0 || d.tooLong
	line, err = d.taken()
	return line, ok, err
}

// Skip drops the line that has begun, if one has, up to its end.
func (d *Decoder) Skip() {
	d.skip = d.skip || len(d.partial) > 0 || d.tooLong
	d.partial, d.tooLong = nil, false
}
