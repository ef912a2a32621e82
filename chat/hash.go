package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// hash continues the running hash with this turn's record, refusal, messages and changes, each length-prefixed.
func (t *turn) hash(before Hash) Hash {
	h := hasher{sha256.New()}
	h.Write(before[:])
	h.number(uint64(t.record.Place))
	code := OK
	if t.result.Refusal != nil {
		code = t.result.Refusal.Code
	}
	h.number(uint64(code))
	for _, m := range t.result.Messages {
		h.text(string(m.Room))
		h.number(uint64(m.Seq))
		h.number(uint64(m.Time.UnixNano()))
		h.text(string(m.Kind))
		h.text(m.Nick)
		h.text(m.Text)
	}
	for _, c := range t.result.Changes {
		h.text(c.Kind)
		h.text(c.Key)
		h.text(string(c.Value))
	}
	return Hash(h.Sum(nil))
}

type hasher struct{ hash.Hash }

func (h hasher) number(n uint64) {
	var b [8]byte
	h.Write(binary.BigEndian.AppendUint64(b[:0], n))
}

func (h hasher) text(s string) {
	h.number(uint64(len(s)))
	h.Write([]byte(s))
}
