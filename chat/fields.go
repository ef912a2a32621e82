package chat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of the texts of a Command, in bytes. Servers of another version read the same log, so a
// bound may grow and never shrinks. Each is at least as large as the rules allow.
const (
	nameBytes = 128 // a node, a door, a reason, an address
	nickBytes = 96
	roomBytes = 256 // a direct room of old is named by two nicknames
	noteBytes = 400 // what is shown on one line beside a name
)

// listMax bounds the elements of a list.
const listMax = 255

// fields writes the fields of a Command, or reads them. A list of fields is written once for both
// directions: each method writes the value that it is given, or sets it to what it reads.
//
// After a fault, methods do nothing. Behind the end of what is read, they leave values as they are.
type fields struct {
	writing bool
	err     error // the first fault

	out   []byte
	begin int // where the Command begins in out
	end   int // where its last field ends in out that is not zero

	in   string // what remains to be read
	zero bool   // the field that was read last is zero
}

// write returns fields that append a Command of a kind to b.
func write(b []byte, kind byte) fields {
	return fields{writing: true, out: append(b, kind), begin: len(b), end: len(b) + 1}
}

// written returns all bytes, without the fields at the end that are zero.
func (f *fields) written() ([]byte, error) {
	if n := f.end - f.begin; n > CommandMaxBytes {
		f.fail("%d bytes, more than %d", n, CommandMaxBytes)
	}
	return f.out[:f.end], f.err
}

// read returns fields that read a copy of data.
func read(data []byte) fields { return fields{in: string(data)} }

// rest returns the first fault, or that data does not end where it must.
func (f *fields) rest() error {
	switch {
	case f.err == nil && f.in != "":
		f.fail("%d bytes after the last known field: %w", len(f.in), ErrNewer)
	case f.err == nil && f.zero:
		f.fail("it ends with a field that is zero")
	}
	return f.err
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// must fails with what holds for every Command unless it holds.
func (f *fields) must(holds bool, what string) {
	if !holds && f.err == nil {
		f.err = errors.New(what)
	}
}

// absent says whether every field was read, or an error ended the reading.
func (f *fields) absent() bool { return f.err != nil || !f.writing && f.in == "" }

// mark is called after each field, and told whether it is zero.
func (f *fields) mark(zero bool) {
	if !zero {
		f.end = len(f.out)
	}
	f.zero = zero
}

// number is a field for a number: a varint, see encoding/binary.
func (f *fields) number(n *uint64) {
	if f.absent() {
		return
	}
	if f.writing {
		f.out = binary.AppendUvarint(f.out, *n)
	} else {
		*n = f.varint()
	}
	f.mark(*n == 0)
}

// varint reads a number. There is one form for each: the shortest.
func (f *fields) varint() (n uint64) {
	for i := 0; i < len(f.in) && i < binary.MaxVarintLen64; i++ {
		b := f.in[i]
		n |= uint64(b&0x7F) << (7 * i)
		if b >= 0x80 {
			continue
		}
		if b == 0 && i > 0 || b > 1 && i == binary.MaxVarintLen64-1 {
			break
		}
		f.in = f.in[i+1:]
		return n
	}
	f.fail("invalid number")
	return 0
}

// bounded is number for a value from 0 to most.
func (f *fields) bounded(n, most uint64) uint64 {
	f.number(&n)
	if n > most {
		f.fail("the number %d is more than %d", n, most)
		return 0
	}
	return n
}

// user is a field for a UserID. The store keeps it as a signed number.
func (f *fields) user(id *UserID) { *id = UserID(f.bounded(uint64(*id), math.MaxInt64)) }

// count is a field for a number that is an int on every machine.
func (f *fields) count(n *int) { *n = int(f.bounded(uint64(*n), math.MaxInt32)) }

// duration is a field for a duration in nanoseconds, not negative.
func (f *fields) duration(d *time.Duration) {
	*d = time.Duration(f.bounded(uint64(*d), math.MaxInt64))
}

// fixed is a field for random bits: eight bytes, the highest first.
func (f *fields) fixed(n *uint64) {
	if f.absent() {
		return
	}
	switch {
	case f.writing:
		f.out = binary.BigEndian.AppendUint64(f.out, *n)
	case len(f.in) < 8:
		f.fail("%d bytes of 8", len(f.in))
		return
	default:
		*n = binary.BigEndian.Uint64([]byte(f.in[:8]))
		f.in = f.in[8:]
	}
	f.mark(*n == 0)
}

// flags is a field for up to eight bools: one byte, the first in its lowest bit.
func (f *fields) flags(bits ...*bool) {
	if f.absent() {
		return
	}
	var all byte
	if f.writing {
		for i, bit := range bits {
			if *bit {
				all |= 1 << i
			}
		}
		f.out = append(f.out, all)
	} else {
		all = f.in[0]
		if all>>len(bits) != 0 {
			f.fail("unknown flags %08b: %w", all, ErrNewer)
			return
		}
		for i, bit := range bits {
			*bit = all>>i&1 != 0
		}
		f.in = f.in[1:]
	}
	f.mark(all == 0)
}

// text is a field for a text of at most most bytes: its length as a number, and the text. It is
// UTF-8 without NUL. State is stored as JSON, which would replace other bytes.
func (f *fields) text(s *string, most int) {
	if f.absent() {
		return
	}
	if !f.writing {
		*s = f.take(most)
	}
	switch {
	case len(*s) > most:
		f.fail("a text has %d bytes, more than %d", len(*s), most)
	case !utf8.ValidString(*s) || strings.IndexByte(*s, 0) >= 0:
		f.fail("the text %s is not UTF-8, or has a NUL", Quote(*s))
	}
	if f.err != nil {
		*s = ""
		return
	}
	if f.writing {
		f.out = binary.AppendUvarint(f.out, uint64(len(*s)))
		f.out = append(f.out, *s...)
	}
	f.mark(*s == "")
}

// take reads the length of a text and the text.
func (f *fields) take(most int) (s string) {
	n := f.varint()
	switch {
	case f.err != nil:
	case n > uint64(most):
		f.fail("a text has %d bytes, more than %d", n, most)
	case n > uint64(len(f.in)):
		f.fail("%d bytes of a text of %d", len(f.in), n)
	default:
		s, f.in = f.in[:n], f.in[n:]
	}
	return s
}

// address is a field for an address with a port: the text that its String returns, or no text.
func (f *fields) address(a *netip.AddrPort) {
	var s string
	if *a != (netip.AddrPort{}) {
		s = a.String()
	}
	f.text(&s, nameBytes)
	if s == "" {
		return
	}
	parsed, err := netip.ParseAddrPort(s)
	switch {
	case err != nil || parsed.String() != s || f.writing && parsed != *a:
		f.fail("invalid address %s", Quote(s))
	default:
		*a = parsed
	}
}

// list is a field for a list of names: their number, and each as a text.
func (f *fields) list(all *[]string) {
	if f.absent() {
		return
	}
	n := f.bounded(uint64(len(*all)), listMax)
	if !f.writing && n > uint64(len(f.in)) { // each has a byte at least
		f.fail("%d bytes of a list of %d", len(f.in), n)
	}
	if f.err != nil {
		return
	}
	if !f.writing && n > 0 {
		*all = make([]string, n)
	}
	for i := range *all {
		if !f.writing && f.in == "" {
			f.fail("a list ends early")
			return
		}
		f.text(&(*all)[i], nameBytes)
	}
	f.mark(n == 0)
}
