// Package commands is the form in which the servers of a cluster write Commands into the log that
// they share: in frames, each with Commands of one server in their order.
//
// It knows nothing of the log, of networks, or of what a Command does.
//
// Its laws: the same frame has the same bytes, and other bytes are another frame or none. Format 1
// never changes; a later one has another first byte. Nothing in a frame makes Parse panic, or
// allocate more than a hundredfold of the frame. The Builder makes no frame that Parse refuses.
//
// A frame consists of these parts. Numbers with a fixed size have their highest byte first. A
// varint is that of encoding/binary, in its shortest form.
//
//	format    1 byte: 1
//	life      8 bytes: the run of the server that wrote the frame
//	number    8 bytes: of the frame in this life
//	node      the length of the server's name as a varint, and the name in UTF-8
//	epoch     varint
//	first     varint: the number (Origin.N) of the first Command; the others count on from it
//	count     2 bytes: how many Commands follow, 1 at least
//	commands  for each, a varint with the length of its form, and the form: see chat.AppendCommand
//	checksum  4 bytes: CRC-32C of all bytes before it
package commands

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"unicode/utf8"

	"parley/chat"
)

// Bounds of a frame. A Command alone has at most chat.CommandMaxBytes.
const (
	MaxBytes    = 256 << 10 // may grow, once all servers of a cluster can read more
	MaxCommands = math.MaxUint16
	nodeBytes   = 128
)

const (
	format       = 1
	lifeAt       = 1
	numberAt     = lifeAt + 8
	nodeAt       = numberAt + 8 // the length of the node's name
	checksumSize = crc32.Size
	// leastBytes is the length of a frame with a name of one byte and a Command of one byte.
	leastBytes = nodeAt + len("\x01n") + len("\x00\x01") + 2 + len("\x01c") + checksumSize
)

// Why bytes are not a frame of format 1. A frame of a later format, or with a Command of a later
// version, leads to chat.ErrNewer.
var (
	ErrTorn    = errors.New("the frame is cut off")
	ErrChanged = errors.New("the checksum of the frame is wrong")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Head is what all Commands of a frame have in common.
type Head struct {
	Node   chat.NodeID
	Epoch  chat.Epoch
	Life   chat.Life
	Number uint64 // of the frame in this life
	First  uint64 // Origin.N of the first Command
}

// Frame is a frame as Parse returns it.
type Frame struct {
	Head
	Commands []chat.Command
}

// Origin returns the Origin of the Command with an index in Commands.
func (h Head) Origin(index int) chat.Origin {
	return chat.Origin{Node: h.Node, Epoch: h.Epoch, Life: h.Life, N: h.First + uint64(index)}
}

// Parse returns the frame whose form data is, all of it. It keeps no part of data.
//
// The error contains ErrTorn, ErrChanged or chat.ErrNewer if the fault is known to be one of these.
func Parse(data []byte) (Frame, error) {
	switch {
	case len(data) > 0 && data[0] > format:
		return Frame{}, fmt.Errorf("frame of format %d: %w", data[0], chat.ErrNewer)
	case len(data) > 0 && data[0] != format:
		return Frame{}, fmt.Errorf("invalid frame: its first byte is %d", data[0])
	case len(data) < leastBytes:
		return Frame{}, fmt.Errorf("%w: %d bytes", ErrTorn, len(data))
	case len(data) > MaxBytes:
		return Frame{}, fmt.Errorf("invalid frame: %d bytes, more than %d", len(data), MaxBytes)
	}
	body, sum := data[:len(data)-checksumSize], data[len(data)-checksumSize:]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(sum) {
		o, err := outlineOf(data)
		if errors.Is(err, ErrTorn) || err == nil && len(o.rest) < checksumSize {
			return Frame{}, fmt.Errorf("%w: %d bytes", ErrTorn, len(data))
		}
		return Frame{}, ErrChanged
	}
	o, err := outlineOf(body)
	switch {
	case err != nil:
		return Frame{}, err
	case len(o.rest) > 0:
		return Frame{}, fmt.Errorf("invalid frame: %d bytes after its last command", len(o.rest))
	}
	if err := o.head.check(o.count); err != nil {
		return Frame{}, err
	}
	return o.decode()
}

// outline is a frame with its Commands as they are written.
type outline struct {
	head     Head
	count    int
	commands reader
	rest     []byte // what follows the Commands
}

// outlineOf finds the parts of a frame, and allocates nothing but the node's name.
func outlineOf(data []byte) (o outline, err error) {
	o.head.Life = chat.Life(binary.BigEndian.Uint64(data[lifeAt:]))
	o.head.Number = binary.BigEndian.Uint64(data[numberAt:])
	r := reader{data[nodeAt:]}
	node, err := r.sized(nodeBytes)
	if err != nil {
		return o, err
	}
	o.head.Node = chat.NodeID(node)
	epoch, err := r.varint()
	if err != nil {
		return o, err
	}
	o.head.Epoch = chat.Epoch(epoch)
	if o.head.First, err = r.varint(); err != nil {
		return o, err
	}
	count, err := r.bytes(2)
	if err != nil {
		return o, err
	}
	o.count, o.commands = int(binary.BigEndian.Uint16(count)), r
	for range o.count {
		if _, err := r.sized(chat.CommandMaxBytes); err != nil {
			return o, err
		}
	}
	o.rest = r.rest
	return o, nil
}

// decode reads the Commands.
func (o outline) decode() (Frame, error) {
	all := make([]chat.Command, o.count)
	for i := range all {
		form, err := o.commands.sized(chat.CommandMaxBytes)
		if err != nil {
			return Frame{}, err
		}
		if all[i], err = chat.DecodeCommand(form); err != nil {
			return Frame{}, fmt.Errorf("command %d of the node %s: %w", o.head.Origin(i).N,
				chat.Quote(o.head.Node), err)
		}
	}
	return Frame{Head: o.head, Commands: all}, nil
}

// check says whether a frame can have this head and so many Commands.
func (h Head) check(count int) error {
	switch {
	case h.Node == "" || len(h.Node) > nodeBytes || !utf8.ValidString(string(h.Node)) ||
		strings.Contains(string(h.Node), "\x00"):
		return fmt.Errorf("invalid frame: the node %s is not 1 to %d bytes of UTF-8 without NUL",
			chat.Quote(h.Node), nodeBytes)
	case h.First == 0:
		return errors.New("invalid frame: its commands are numbered from 0")
	case count == 0:
		return errors.New("invalid frame: it has no commands")
	case uint64(count-1) > math.MaxUint64-h.First:
		return fmt.Errorf("invalid frame: %d commands from number %d on", count, h.First)
	}
	return nil
}

// reader reads a frame from its node on.
type reader struct{ rest []byte }

// sized reads a length and as many bytes.
func (r *reader) sized(most uint64) ([]byte, error) {
	n, err := r.varint()
	switch {
	case err != nil:
		return nil, err
	case n > most:
		return nil, fmt.Errorf("invalid frame: a part has %d bytes, more than %d", n, most)
	}
	return r.bytes(int(n))
}

func (r *reader) bytes(n int) (part []byte, err error) {
	if n > len(r.rest) {
		return nil, ErrTorn
	}
	part, r.rest = r.rest[:n], r.rest[n:]
	return part, nil
}

// varint reads a number in its shortest form.
func (r *reader) varint() (uint64, error) {
	n, size := binary.Uvarint(r.rest)
	switch {
	case size == 0:
		return 0, ErrTorn
	case size < 0 || size > 1 && r.rest[size-1] == 0:
		return 0, errors.New("invalid frame: a number has an invalid form")
	}
	r.rest = r.rest[size:]
	return n, nil
}
