package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
)

// life is this server's life in the log, see chat.Life: it names and counts its commands. Other
// goroutines read self; order guards the rest.
type life struct {
	self     atomic.Pointer[chat.Origin] // without N
	sessions atomic.Uint64               // that doors took an ID for

	order sync.Mutex // held while appending, which never waits: order of N and order of Append are the same
	n     uint64     // of the newest command appended
	begun bool       // Start is in the log and was not refused: others may follow
}

// newLife returns a Life that no node had before. It is not zero, which migrated sessions have.
func newLife() chat.Life { return chat.Life(rand.Uint64() | 1) }

// is says whether a Record is of this life.
func (l *life) is(o chat.Origin) bool {
	self := l.self.Load()
	return o.Node == self.Node && o.Epoch == self.Epoch && o.Life == self.Life
}

// choose makes the life the one that follows an epoch.
func (l *life) choose(after chat.Epoch) {
	l.order.Lock()
	defer l.order.Unlock()
	self := *l.self.Load()
	self.Epoch = after + 1
	l.self.Store(&self)
	l.n, l.begun = 0, false
}

// begins notes that the life has begun: commands may be appended.
func (l *life) begins() {
	l.order.Lock()
	defer l.order.Unlock()
	l.begun = true
}

// begin tells the log that this life begins, and from then on that it lasts. A life that cannot
// begin, because the disk takes nothing, is none: the hub ends with that error.
func (h *Hub) begin() error {
	if err := h.start(); err != nil {
		if h.isClosing() {
			return nil
		}
		h.Close()
		return fmt.Errorf("begin: %w", err)
	}
	h.life.begins()
	h.space.raise()
	close(h.ready)
	for h.pause(max(h.options.Resume/10, time.Second)) {
		_ = h.submit(context.Background(), chat.Alive{}, nil) // the next one makes up for a refused one
	}
	return nil
}

// start appends Start once the log was read up to where it is now. Before that, the epoch of this
// node's newest life is not known. It tries again if another server of this node began meanwhile.
func (h *Hub) start() error {
	ctx := context.Background()
	start := chat.Start{Within: h.options.Resume}
	for _, w := range h.doorways {
		if w.resumable {
			start.Resumable = append(start.Resumable, w.door.Name())
		}
	}
	for {
		tip, err := h.ledger.Tip(ctx)
		if err != nil {
			return fmt.Errorf("look for the end of the log: %w", err)
		}
		epoch, err := h.reach(tip)
		if err != nil {
			return err
		}
		h.life.choose(epoch)
		if err := h.Do(ctx, start); !isRefused(err, chat.NodeGone) {
			return err
		}
	}
}

// reach waits until the loop has come to a place, and returns the epoch of this node's newest life.
func (h *Hub) reach(tip chat.Place) (chat.Epoch, error) {
	for {
		commits := h.commits.next()
		if p := h.progress.Load(); p.Place >= tip {
			return p.epoch, nil
		}
		select {
		case <-commits:
		case <-h.closing:
			return 0, chat.Refuse(chat.ShuttingDown)
		}
	}
}
