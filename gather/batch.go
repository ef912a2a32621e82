package gather

import (
	"iter"

	"parley/chat"
)

// Batch is moves in one room that are shown together.
type Batch[L comparable] struct {
	Room chat.RoomID
	To   []L // the listeners when the last move was added

	moves   []move
	entered map[L]int // how many moves a listener in To that entered meanwhile is not told of
}

type move struct {
	nick   string
	enters bool
	stays  bool
}

func (b *Batch[L]) add(m Move[L]) {
	b.To = m.To
	b.moves = append(b.moves, move{m.Nick, m.Enters, m.Stays})
	if nobody := *new(L); m.Enters && m.Self != nobody {
		b.entered[m.Self] = len(b.moves)
	}
}

// Len returns the number of moves.
func (b *Batch[L]) Len() int { return len(b.moves) }

// Skipped returns how many of the moves a listener is not told of, because it entered after them.
// It is 0 for a listener that was in the room before, and Len for the last one that entered.
func (b *Batch[L]) Skipped(l L) int { return b.entered[l] }

// Notice returns the notice about all moves.
func (b *Batch[L]) Notice() (all Notice) {
	for _, all = range b.Notices() {
	}
	return all
}

// Notices returns each n from Len down to 0 with the notice that leaves out the first n moves.
func (b *Batch[L]) Notices() iter.Seq2[int, Notice] {
	return func(yield func(int, Notice) bool) {
		var n Notice
		for i := len(b.moves); yield(i, n) && i > 0; i-- {
			switch m := b.moves[i-1]; {
			case m.enters && m.stays:
				n.Returned.prepend(m.nick)
			case m.enters:
				n.Entered.prepend(m.nick)
			case m.stays:
				n.Parted.prepend(m.nick)
			default:
				n.Left.prepend(m.nick)
			}
		}
	}
}

// Notice is what a listener is told of a batch: which members entered, then which ones entered that
// were inside already, then which ones left and stay inside, and then which ones left altogether.
type Notice struct{ Entered, Returned, Parted, Left Group }

// Group is members that did the same.
type Group struct {
	Count int

	named [namedMax]string
}

// Named returns the nicknames of the first members, at most two.
func (g *Group) Named() []string { return g.named[:min(g.Count, namedMax)] }

// prepend adds a member that did it before the others.
func (g *Group) prepend(nick string) {
	copy(g.named[1:], g.named[:])
	g.named[0] = nick
	g.Count++
}
