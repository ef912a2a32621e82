package commands

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"parley/chat"
)

// ErrFull says that a frame has no space for one more Command. The Command belongs in the next one.
var ErrFull = errors.New("the frame is full")

// Builder makes one frame. It belongs to one goroutine.
type Builder struct {
	head    Head
	form    []byte // of the frame, without its checksum
	countAt int    // where the count is in form
	count   int
	command []byte // the form of the newest Command, kept for its memory
}

// NewBuilder begins a frame. It fails for a head that Parse would refuse.
func NewBuilder(head Head) (*Builder, error) {
	if err := head.check(1); err != nil {
		return nil, err
	}
	b := binary.BigEndian.AppendUint64([]byte{format}, uint64(head.Life))
	b = binary.BigEndian.AppendUint64(b, head.Number)
	b = binary.AppendUvarint(b, uint64(len(head.Node)))
	b = append(b, head.Node...)
	b = binary.AppendUvarint(b, uint64(head.Epoch))
	b = binary.AppendUvarint(b, head.First)
	return &Builder{head: head, form: append(b, 0, 0), countAt: len(b)}, nil
}

// Add puts one more Command into the frame, and then its Origin is the next one of the frame. It
// returns ErrFull if the frame has MaxCommands or would have more than MaxBytes. A frame without
// Commands is never full. Any other error is that of chat.AppendCommand: no frame can have this
// Command. After an error, the frame is as it was.
func (b *Builder) Add(c chat.Command) error {
	form, err := chat.AppendCommand(b.command[:0], c)
	if err != nil {
		return err
	}
	b.command = form
	if b.count == MaxCommands || b.head.check(b.count+1) != nil {
		return ErrFull
	}
	before := len(b.form)
	b.form = binary.AppendUvarint(b.form, uint64(len(form)))
	b.form = append(b.form, form...)
	if len(b.form)+checksumSize > MaxBytes {
		b.form = b.form[:before]
		return ErrFull
	}
	b.count++
	return nil
}

// Count returns how many Commands the frame has.
func (b *Builder) Count() int { return b.count }

// Append appends the frame to dst. It fails for a frame without Commands. The Builder can go on.
func (b *Builder) Append(dst []byte) ([]byte, error) {
	if b.count == 0 {
		return dst, b.head.check(0)
	}
	binary.BigEndian.PutUint16(b.form[b.countAt:], uint16(b.count))
	dst = append(dst, b.form...)
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(b.form, castagnoli)), nil
}
