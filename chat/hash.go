package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"
)

// hash continues the running hash with this turn's record, refusal, messages and changes, each length-prefixed.
func (t *turn) hash(before Hash) Hash {
	e := append(make(encoding, 0, 512), before[:]...)
	e.number(uint64(t.record.Place))
	code := OK
	if t.result.Refusal != nil {
		code = t.result.Refusal.Code
	}
	e.number(uint64(code))
	for _, m := range t.result.Messages {
		e.message(m)
	}
	for _, c := range t.result.Changes {
		e.text(c.Kind)
		e.text(c.Key)
		if c.Value == nil {
			e.number(0)
			continue
		}
		e.number(1)
		c.Value.(entity).encode(&e)
	}
	return sha256.Sum256(e)
}

// Follow returns the chained digest of a room's messages up to m, as disk formats 1 and 2 have it.
// h is the digest of all messages before m; before the first message it is zero.
func (h Hash) Follow(m Message) Hash {
	e := append(make(encoding, 0, 512), h[:]...)
	e.message(m)
	return sha256.Sum256(e)
}

// Hash returns the hash of a message as it stands now. A room's digest is the sum of these hashes.
func (m Message) Hash() Hash {
	e := make(encoding, 0, 512)
	e.message(m)
	e.later(tagPlace, uint64(m.Place))
	return sha256.Sum256(e)
}

// Plus returns the sum of two hashes modulo 2^256. The order in which hashes are added does not
// matter, and Minus takes one away again. Such a sum finds faults of a disk, not forgers.
func (h Hash) Plus(other Hash) (sum Hash) {
	var carry uint64
	for i := len(h) - 8; i >= 0; i -= 8 {
		var n uint64
		n, carry = bits.Add64(binary.BigEndian.Uint64(h[i:]), binary.BigEndian.Uint64(other[i:]),
			carry)
		binary.BigEndian.PutUint64(sum[i:], n)
	}
	return sum
}

// Minus returns the difference of two hashes modulo 2^256.
func (h Hash) Minus(other Hash) (difference Hash) {
	var borrow uint64
	for i := len(h) - 8; i >= 0; i -= 8 {
		var n uint64
		n, borrow = bits.Sub64(binary.BigEndian.Uint64(h[i:]), binary.BigEndian.Uint64(other[i:]),
			borrow)
		binary.BigEndian.PutUint64(difference[i:], n)
	}
	return difference
}

// encoding is what is hashed, unambiguous: each number has eight bytes, each text its length before it.
type encoding []byte

// Tags of fields that were added to a message or an entity after data with hashes existed. They are
// never changed or used again. No length of a text is as large as a tag.
const (
	tagAuthor  = 1<<63 + 1
	tagReply   = 1<<63 + 2
	tagPlace   = 1<<63 + 3
	tagAmended = 1<<63 + 4
	tagQuiet   = 1<<63 + 5
	tagUser    = 1<<63 + 6
	tagPeer    = 1<<63 + 7
	tagLife    = 1<<63 + 8
	tagOver    = 1<<63 + 9
	tagSince   = 1<<63 + 10
	tagBegan   = 1<<63 + 11
	tagKept    = 1<<63 + 12
)

// later adds a field that has a tag, but only when its value is not zero: what has only the fields
// of an older version keeps its hash.
func (e *encoding) later(tag, value uint64) {
	if value != 0 {
		e.number(tag)
		e.number(value)
	}
}

// laterFlag is later for a flag.
func (e *encoding) laterFlag(tag uint64, value bool) {
	if value {
		e.later(tag, 1)
	}
}

func (e *encoding) number(n uint64) { *e = binary.BigEndian.AppendUint64(*e, n) }

func (e *encoding) text(s string) {
	e.number(uint64(len(s)))
	*e = append(*e, s...)
}

func (e *encoding) session(id SessionID) {
	e.text(string(id.Node))
	e.number(uint64(id.Life))
	e.number(id.N)
}

func (e *encoding) time(t time.Time) { e.number(uint64(t.UnixNano())) }

// message adds a message without its place, which the running hash has with its record.
func (e *encoding) message(m Message) {
	e.text(string(m.Room))
	e.number(uint64(m.Seq))
	e.time(m.Time)
	e.text(string(m.Kind))
	e.text(m.Nick)
	e.text(m.Text)
	e.later(tagAuthor, uint64(m.Author))
	e.later(tagReply, uint64(m.Reply))
}
