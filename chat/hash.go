package chat

import (
	"crypto/sha256"
	"encoding/binary"
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

// Follow returns the digest of a room's messages up to m; h is that of all before m, the zero Hash if there are none. Equal
// digests, equal messages.
func (h Hash) Follow(m Message) Hash {
	e := append(make(encoding, 0, 512), h[:]...)
	e.message(m)
	return sha256.Sum256(e)
}

// encoding is what is hashed, unambiguous: each number has eight bytes, each text its length before it.
type encoding []byte

func (e *encoding) number(n uint64) { *e = binary.BigEndian.AppendUint64(*e, n) }

func (e *encoding) text(s string) {
	e.number(uint64(len(s)))
	*e = append(*e, s...)
}

func (e *encoding) time(t time.Time) { e.number(uint64(t.UnixNano())) }

func (e *encoding) message(m Message) {
	e.text(string(m.Room))
	e.number(uint64(m.Seq))
	e.time(m.Time)
	e.text(string(m.Kind))
	e.text(m.Nick)
	e.text(m.Text)
}
