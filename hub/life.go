package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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

	// order is held while appending, which never waits: so commands are in the order of N.
	order sync.Mutex
	n     uint64 // of the newest command appended
	begun bool   // Start is in the log and was not refused: others may follow
}

// newLife returns a Life that no node had before. It is not zero, which migrated sessions have.
func newLife() chat.Life { return chat.Life(rand.Uint64() | 1) }

// is says whether something is of this life.
func (l *life) is(o chat.Origin) bool {
	self := l.self.Load()
	return o.Node == self.Node && o.Epoch == self.Epoch && o.Life == self.Life
}

// isNode says whether something is of this node, in whatever life.
func (l *life) isNode(o chat.Origin) bool { return o.Node == l.self.Load().Node }

// choose makes the life the one that follows an epoch, and returns it.
func (l *life) choose(after chat.Epoch) chat.Origin {
	l.order.Lock()
	defer l.order.Unlock()
	self := *l.self.Load()
	self.Epoch = after + 1
	l.self.Store(&self)
	l.n, l.begun = 0, false
	return self
}

// begins notes that a life has begun, unless it is over already: commands may be appended.
func (l *life) begins(self chat.Origin) {
	l.order.Lock()
	defer l.order.Unlock()
	l.begun = *l.self.Load() == self
}

// ends makes room for another life: nothing is appended until that has begun.
func (l *life) ends() {
	l.order.Lock()
	defer l.order.Unlock()
	l.self.Store(&chat.Origin{Node: l.self.Load().Node, Life: newLife()})
	l.begun = false
}

// begin tells the log that this life begins, and from then on that it lasts. When it has ended in
// the log, the next one begins. If a life cannot begin, as the disk takes nothing, the hub ends
// with that error.
func (h *Hub) begin() error {
	for first := true; ; first = false {
		self, err := h.start()
		if err != nil {
			if h.isClosing() {
				return nil
			}
			h.Close()
			return fmt.Errorf("begin: %w", err)
		}
		h.life.begins(self)
		h.space.raise()
		if first {
			close(h.ready)
		}
		if !h.lasts() {
			return nil
		}
	}
}

// lasts tells the log now and then that this life lasts. It returns true when the life has ended,
// and false when the hub closes.
func (h *Hub) lasts() bool {
	every := time.NewTicker(h.aliveEvery())
	defer every.Stop()
	for {
		select {
		case <-every.C:
			// The next one makes up for a refused one. It must not wait: the life may be over.
			_ = h.append(chat.Alive{}, nil)
		case <-h.over:
			return true
		case <-h.closing:
			return false
		}
	}
}

// aliveEvery returns how often the log is told that this life lasts.
func (h *Hub) aliveEvery() time.Duration {
	if h.ledger.Shared() {
		return h.options.Silence / 5
	}
	return max(h.options.Resume/10, time.Second)
}

// start appends Start once the log was read up to where it is now, and returns the life that has
// begun. Before that, the epoch of this node's newest life is not known. It tries again if another
// server of this node began meanwhile.
func (h *Hub) start() (chat.Origin, error) {
	ctx := context.Background()
	start := chat.Start{Within: h.options.Resume, Alone: !h.ledger.Shared()}
	for _, w := range h.doorways {
		if w.resumable {
			start.Resumable = append(start.Resumable, w.door.Name())
		}
	}
	for {
		tip, err := h.ledger.Tip(ctx)
		if err != nil {
			return chat.Origin{}, fmt.Errorf("look for the end of the log: %w", err)
		}
		epoch, err := h.reach(tip)
		if err != nil {
			return chat.Origin{}, err
		}
		self := h.life.choose(epoch)
		if err := h.Do(ctx, start); !isRefused(err, chat.NodeGone) {
			return self, err
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

// watching is what the loop knows of the other nodes of a shared log.
type watching struct {
	started bool // this life's Start was applied
	last    time.Time
	heard   map[chat.NodeID]heard
}

// heard is the newest command of a node's life, and when it was read.
type heard struct {
	origin chat.Origin
	at     time.Time
}

// watch looks after the lives in a shared log: it notices that this one has ended, and ends that of
// a node that is silent. A pause of this node's own reading is not taken for silence. An error
// means that another server has this node's name. Loop only.
func (h *Hub) watch() error {
	w := &h.watching
	living := h.state.Living()
	switch lives := slices.ContainsFunc(living, h.life.is); {
	case lives:
		w.started = true
	case w.started && slices.ContainsFunc(living, h.life.isNode):
		return fmt.Errorf("another server runs as node %s", chat.Quote(h.node()))
	case w.started:
		h.lose()
	}
	now := h.options.Now()
	paused := now.Sub(w.last) > h.options.Silence/2
	w.last = now
	before := w.heard
	w.heard = make(map[chat.NodeID]heard, len(living))
	for _, o := range living {
		was := before[o.Node]
		if paused || was.origin != o {
			was = heard{o, now}
		}
		w.heard[o.Node] = was
		if now.Sub(was.at) >= h.options.Silence && !h.life.is(o) {
			_ = h.append(chat.Gone(o), nil) // the next look makes up for a refused one
		}
	}
	return nil
}

// lose notes that this life has ended in the log: another node took it for gone. No command of it
// that is not applied yet ever will be.
func (h *Hub) lose() {
	h.options.Log.Error("this server's life in the log has ended; another begins",
		"life", h.life.self.Load().Life.String())
	h.watching.started = false
	h.life.ends()
	h.refuseWaiting(chat.NodeGone)
	h.over <- struct{}{}
}

// isFirst says whether this node does what one node must do for all: the first that lives.
func (h *Hub) isFirst() bool {
	if !h.ledger.Shared() {
		return true
	}
	living := h.state.Living()
	return len(living) > 0 && h.life.is(living[0])
}
