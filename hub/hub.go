package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/ledger"
	"parley/store"
)

// silence is how long a node of a shared log may be silent before it counts as gone. One whose NATS
// server is frozen is silent for 3.5 s.
const silence = 8 * time.Second

// batchMax bounds how many Records one transaction holds.
const batchMax = 2048

// Storage is what the hub needs of package store. New calls Load, the loop alone calls Commit, and
// any goroutine calls the queries.
type Storage interface {
	Node() chat.NodeID
	Load() (*chat.State, error)
	Commit([]chat.Result, chat.Progress) error
	Sweep() (more bool, err error)
	Last(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error)
	Said(ctx context.Context, room chat.RoomID, limit int) ([]chat.Message, error)
	After(ctx context.Context, room chat.RoomID, after chat.Cursor, limit int) (
		[]chat.Message, error)
	Back(ctx context.Context, room chat.RoomID, before chat.Cursor, messages int) (
		chat.Cursor, error)
}

var _ Storage = (*store.Store)(nil)

// Options tunes a Hub.
type Options struct {
	Resume   time.Duration    // sessions of resumable doors outlive a server that was down for at most this long
	Now      func() time.Time // the clock for pauses; nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged
	Observer Observer         // nil: nobody observes
	Silence  time.Duration    // a node of a shared log that is silent for so long is gone; 0: 8 s
	Life     chat.Life        // 0: a random one; tests compare hashes, which depend on it
}

// Observer is told what the disk did with each batch. It is called by the loop only, so it must be quick.
type Observer interface {
	// Committed tells of a batch that took so long to store. err is Commit's; nothing of the batch happened then.
	Committed(results []chat.Result, took time.Duration, err error)
}

type nobody struct{}

func (nobody) Committed([]chat.Result, time.Duration, error) {}

// Hub is the middle of a running server.
type Hub struct {
	store   Storage
	ledger  ledger.Ledger
	options Options
	life    life
	ready   chan struct{} // closed once this life has begun in the log
	ended   chan struct{} // closed when the loop has ended
	closing chan struct{} // closed when nothing new is taken
	over    chan struct{} // receives when this life has ended in the log
	once    sync.Once

	state    *chat.State // loop only
	health   health      // loop only
	sweeping sweeping    // loop only
	ending   bool        // loop only: a Sweep is on its way
	watching watching    // loop only
	doorways []*Doorway  // fixed before Run
	index    *index
	progress atomic.Pointer[Progress]
	commits  signal

	space signal // raised when what was refused with Busy may pass now

	mu      sync.Mutex // guards waiting
	waiting map[uint64]func(Answer)
}

// New loads the State from storage and makes a hub that goes on with it. It starts nothing: doors attach, then Run.
func New(storage Storage, ledger ledger.Ledger, options Options) (*Hub, error) {
	state, err := storage.Load()
	if err != nil {
		return nil, fmt.Errorf("load the state: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Silence == 0 {
		options.Silence = silence
	}
	if options.Life == 0 {
		options.Life = newLife()
	}
	if options.Observer == nil {
		options.Observer = nobody{}
	}
	h := &Hub{
		store: storage, ledger: ledger, options: options,
		ready: make(chan struct{}), ended: make(chan struct{}), closing: make(chan struct{}),
		over:  make(chan struct{}, 1),
		state: state, index: newIndex(state.Rooms()),
		waiting: map[uint64]func(Answer){},
	}
	for _, s := range state.Sessions() {
		h.index.add(&Session{ID: s.ID, state: s})
	}
	h.life.self.Store(&chat.Origin{Node: storage.Node(), Life: options.Life})
	h.publish()
	h.life.choose(h.progress.Load().epoch)
	return h, nil
}

// Attach adds a door, before Run. Sessions of a resumable door outlive a short restart of the server.
func (h *Hub) Attach(d Door, resumable bool) *Doorway {
	w := &Doorway{hub: h, door: d, resumable: resumable}
	h.doorways = append(h.doorways, w)
	for _, s := range h.state.Sessions() {
		if !resumable || s.ID.Node != h.node() || s.Door != d.Name() {
			continue // what another door had before is over: Start ends it, and the door knows nothing of it
		}
		h.index.attach(s.ID, w)
	}
	return w
}

// Do appends a command and waits for what becomes of it. Errors are *chat.Refusal, or ctx's: then what became of it is not
// known. Any goroutine.
func (h *Hub) Do(ctx context.Context, command chat.Command) error {
	answers := make(chan Answer, 1)
	if err := h.submit(ctx, command, func(a Answer) { answers <- a }); err != nil {
		return err
	}
	select {
	case a := <-answers:
		if a.Refusal != nil {
			return a.Refusal
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// submit appends a command, waiting for space in the log, and for this life to begin there, until ctx is done. answer, if given,
// is called by the loop once the command is committed or refused, if submit returns nil.
func (h *Hub) submit(ctx context.Context, command chat.Command, answer func(Answer)) error {
	err := h.append(command, answer)
	for isBusy(err) && ctx.Err() == nil {
		space := h.space.next()
		if err = h.append(command, answer); !isBusy(err) {
			break
		}
		select {
		case <-space:
		case <-ctx.Done():
		}
	}
	return err
}

func isBusy(err error) bool { return isRefused(err, chat.Busy) }

// isRefused says whether an error is a refusal with a Code.
func isRefused(err error, with chat.Code) bool {
	var refusal *chat.Refusal
	return errors.As(err, &refusal) && refusal.Code == with
}

// node returns the name of this server in the log.
func (h *Hub) node() chat.NodeID { return h.life.self.Load().Node }

func (h *Hub) append(command chat.Command, answer func(Answer)) error {
	l := &h.life
	l.order.Lock()
	defer l.order.Unlock()
	if _, isStart := command.(chat.Start); !isStart && !l.begun && !h.isClosing() {
		return chat.Refuse(chat.Busy) // anything before Start would hide from it how long this node was away
	}
	if storage := h.progress.Load().Storage; storage != chat.OK && h.ledger.Shared() {
		return chat.Refuse(storage) // the records in the log wait for the disk, too
	}
	origin := *l.self.Load()
	origin.N = l.n + 1
	h.wait(origin.N, answer)
	if err := h.ledger.Append(origin, command); err != nil {
		h.answered(origin.N)
		return err
	}
	l.n = origin.N
	return nil
}

func (h *Hub) wait(n uint64, answer func(Answer)) {
	if answer == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting[n] = answer
}

// answered returns and forgets whoever waits for command n.
func (h *Hub) answered(n uint64) func(Answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := h.waiting[n]
	delete(h.waiting, n)
	return answer
}

func (h *Hub) isClosing() bool {
	select {
	case <-h.closing:
		return true
	default:
		return false
	}
}

// Ready is closed once this life has begun in the log: everything submitted from then on comes after.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// Ended is closed once the loop has ended.
func (h *Hub) Ended() <-chan struct{} { return h.ended }

// Close takes nothing new from now on: Submit refuses with ShuttingDown. What was taken is applied, committed and answered, and
// then Run returns. Close does not wait for it. Any goroutine.
func (h *Hub) Close() {
	h.once.Do(func() {
		close(h.closing)
		h.ledger.Close()
		h.space.raise() // who waits for it is refused by the log now
	})
}
