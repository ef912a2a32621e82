package load

import (
	"math/bits"
	"time"
)

// member is one client: its way in, and account of what came through it.
type member struct {
	index   int
	room    int
	nick    string
	link    link
	stopped bool // reads no more once the talking begins
	asked   bool // to enter: then the server may hold it, even if nobody heard so
	inside  bool // has entered
	gone    bool // and vanished

	// The reader's goroutine alone, until it has ended.
	account *Account
	entered bitset // whom it was told enters
	again   uint64 // how often it was told so again
	reader  reader
}

// newMember makes a member who has not been heard of yet.
func (r *run) newMember(i int) *member {
	p := r.plan
	m := &member{index: i, room: r.roomOf(i), nick: r.id.nick(i), stopped: i >= p.readers(), entered: newBitset(p.Members)}
	m.reader = reader{id: r.id, members: p.Members, senders: p.Senders, size: p.Size}
	self := -1
	if !p.Echo && i < p.Senders {
		self = r.placeOf(i)
	}
	m.account = NewAccount(len(r.sentIn(m.room)), self)
	m.link = r.newLink(m)
	return m
}

// roomOf is the room of a member: they are dealt out like cards.
func (r *run) roomOf(i int) int { return i % r.plan.rooms() }

// placeOf is a member's number among those of its room.
func (r *run) placeOf(i int) int { return i / r.plan.rooms() }

// sentIn is how many messages each sender of a room has sent.
func (r *run) sentIn(room int) (sent []uint32) {
	for i := room; i < r.plan.Senders; i += r.plan.rooms() {
		sent = append(sent, r.count[i])
	}
	return sent
}

// batch is what came at once.
type batch struct {
	now                      time.Duration
	messages, fresh, missing int
}

// take enters a line that came.
func (m *member) take(r *run, b *batch, kind Kind, k mark) {
	switch kind {
	case Message:
		b.messages++
		if r.roomOf(k.sender) != m.room {
			m.account.Misdirected()
			return
		}
		v, more := m.account.Take(r.placeOf(k.sender), k.number)
		b.missing += more
		if v == Fresh || v == Late {
			b.fresh++
			r.seen.arrived(b.now, k.due)
		}
		r.came(m, k)
	case Damaged:
		m.account.Damaged()
	case Joins:
		if !m.entered.add(k.sender) {
			m.again++
		}
		r.seen.notices.Add(1)
	case GroupJoins:
		r.seen.notices.Add(uint64(k.number))
	case Leaves, GroupLeaves:
		if m.index == 0 {
			r.seen.quits.Add(uint64(max(1, k.number)))
		}
	}
}

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

// add says whether i was not in it.
func (b bitset) add(i int) bool {
	fresh := !b.has(i)
	b[i/64] |= 1 << (i % 64)
	return fresh
}

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) len() uint64 {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return uint64(n)
}
