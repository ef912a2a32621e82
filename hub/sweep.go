package hub

import (
	"errors"
	"time"

	"parley/store"
)

// sweepEvery is how often a slice of the messages of removed rooms is deleted while others wait.
const sweepEvery = 100 * time.Millisecond

// sweeping is what the loop knows of the messages of removed rooms, which the store deletes slice
// by slice.
type sweeping struct {
	last  time.Time // when it deleted some
	pause time.Time // until then it does not try again
}

// sweep deletes a slice if no command waits, or from time to time if some do. It returns whether
// there is more to delete and nothing else to do. Loop only.
func (h *Hub) sweep() (more bool) {
	now := h.options.Now()
	busy := h.ledger.Len() > 0
	if h.refusing() || h.isClosing() || busy && now.Sub(h.sweeping.last) < sweepEvery ||
		now.Before(h.sweeping.pause) {
		return false
	}
	more, err := h.store.Sweep()
	h.sweeping.last = h.options.Now() // after it: a slow disk is left to the others for as long
	if errors.Is(err, store.ErrFull) {
		h.options.Log.Warn("the messages of a removed room are not deleted yet", "err", err)
		h.sweeping.pause = now.Add(probeEvery)
		return false
	}
	if err != nil {
		h.fail(err)
		return false
	}
	return more && h.ledger.Len() == 0
}
