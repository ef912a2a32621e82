package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"time"

	"parley/chat"
	"parley/fault"
	"parley/store"
)

// probeEvery is how often a full disk is tried again; in between, everything is refused at once.
const probeEvery = time.Second

// health is what the loop knows of the disk.
type health struct {
	refuse  chat.Code // OK, StorageFull, StorageFailed or StorageLost
	refused time.Time // when the disk last said so
}

// Run is the loop: it begins this life in the log, then reads, applies, commits and delivers until
// Close was called and everything taken is answered. An error means that going on would part from
// the log.
func (h *Hub) Run() error {
	defer close(h.ended)
	alive := make(chan struct{})
	var unbegun error // before alive is closed: begin's
	go func() {
		defer close(alive)
		unbegun = h.begin()
	}()
	defer func() { h.Close(); h.abandon(); <-alive }()
	for {
		h.gather()
		h.endDead()
		if h.sweep() {
			continue // if nothing waits
		}
		records, err := h.next()
		if errors.Is(err, io.EOF) {
			<-alive
			return unbegun
		}
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		h.space.raise()
		if err := h.follow(records); err != nil {
			return err
		}
	}
}

// next reads the log. From a shared one it returns after a while without anything.
func (h *Hub) next() ([]chat.Record, error) {
	if !h.ledger.Shared() {
		return h.ledger.Next(context.Background(), batchMax)
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.options.Silence/8)
	defer cancel()
	records, err := h.ledger.Next(ctx, batchMax)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, nil
	}
	return records, err
}

// follow takes a batch. A Record that other nodes read as well is never left out: while the disk is
// full it is tried again, and any other fault of the disk is an error.
func (h *Hub) follow(records []chat.Record) error {
	if !h.ledger.Shared() {
		h.take(records)
		return nil
	}
	for {
		if len(records) > 0 {
			h.take(records)
		}
		switch h.health.refuse {
		case chat.OK:
			return h.watch()
		case chat.StorageFull:
			if !h.pause(probeEvery) {
				return errors.New("the disk is full, and the log has more to store")
			}
		default:
			return fmt.Errorf("nothing can be stored: %w", chat.Refuse(h.health.refuse))
		}
	}
}

// endDead appends a Sweep if sessions are dead and none is on its way: a Record ends only some of
// them. A refused one is made up for when the next Record has been stored.
func (h *Hub) endDead() {
	if h.ending || h.health.refuse != chat.OK || !h.isFirst() {
		return
	}
	if _, there := h.state.Dead(); there {
		h.ending = h.append(chat.Sweep{}, func(Answer) { h.ending = false }) == nil
	}
}

// gather lets those speak who have just been answered, for as long as more of them do: they then share an fsync. Where nobody
// else has anything to do it takes no time.
func (h *Hub) gather() {
	for before := -1; ; {
		waiting := h.ledger.Len()
		if waiting == before || waiting >= batchMax {
			return
		}
		before = waiting
		runtime.Gosched()
	}
}

// pause waits, and returns false at once when the hub closes.
func (h *Hub) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.closing:
		return false
	}
}

// take brings a batch all the way: applied, committed, delivered.
func (h *Hub) take(records []chat.Record) {
	if h.refusing() && !h.ledger.Shared() {
		h.turnAway(records)
		return
	}
	if results, err := h.apply(records); err == nil {
		h.commit(records, results)
		return
	}
	for i := range records {
		h.takeOne(records[i : i+1])
		if h.ledger.Shared() && h.health.refuse != chat.OK {
			return // none is left out
		}
	}
}

// takeOne is take for a Record of a batch in which one cannot be applied.
func (h *Hub) takeOne(record []chat.Record) {
	if h.refusing() && !h.ledger.Shared() { // since the one before
		h.turnAway(record)
		return
	}
	h.try(record)
}

// turnAway refuses a batch that cannot be stored. But a command that frees space is tried while the
// disk is full, alone: among members that talk, it would never be the one that probes the disk.
func (h *Hub) turnAway(records []chat.Record) {
	first := -1
	if h.health.refuse == chat.StorageFull {
		first = slices.IndexFunc(records, func(r chat.Record) bool { return frees(r.Command) })
	}
	if first < 0 {
		h.refuse(records)
		return
	}
	if first > 0 {
		h.refuse(records[:first])
	}
	h.try(records[first : first+1])
	if rest := records[first+1:]; len(rest) > 0 {
		h.take(rest)
	}
}

// frees says whether a command frees space on the disk.
func frees(c chat.Command) bool {
	_, is := c.(chat.RemoveRoom)
	return is
}

// try applies and commits one Record.
func (h *Hub) try(record []chat.Record) {
	results, err := h.apply(record)
	if err != nil {
		h.options.Log.Error("a command cannot be applied and is refused",
			"place", record[0].Place, "command", fmt.Sprintf("%T", record[0].Command), "err", err)
		results = []chat.Result{chat.Reject(h.state, record[0], chat.Internal)}
	}
	h.commit(record, results)
}

// refusing says whether nothing is tried for now.
func (h *Hub) refusing() bool {
	switch h.health.refuse {
	case chat.OK:
		return false
	case chat.StorageFull:
		return h.options.Now().Sub(h.health.refused) < probeEvery
	default:
		return true
	}
}

// apply applies a batch. An error is a panic in the rules; nothing of the batch is applied then.
func (h *Hub) apply(records []chat.Record) ([]chat.Result, error) {
	results := make([]chat.Result, 0, len(records))
	p := fault.Guard(func() {
		for _, r := range records {
			results = append(results, chat.Apply(h.state, r))
		}
	})
	if p != nil {
		h.state.Undo()
		return nil, p
	}
	return results, nil
}

// commit stores what was applied and delivers it. If it cannot be stored, nothing of it happened:
// State is what it was before, which is all that the store has.
func (h *Hub) commit(records []chat.Record, results []chat.Result) {
	begun := time.Now()
	err := h.store.Commit(results, h.state.Progress())
	h.options.Observer.Committed(results, time.Since(begun), err)
	if err == nil {
		h.state.Commit()
		if h.health.refuse != chat.OK {
			h.options.Log.Info("storing goes on")
			h.health = health{}
		}
		h.deliver(records, results)
		return
	}
	h.state.Undo()
	h.fail(err)
	if h.ledger.Shared() {
		h.publish()
		return
	}
	if len(records) > 1 {
		h.turnAway(records)
	} else {
		h.refuse(records)
	}
}

// fail notes that the disk takes nothing.
func (h *Hub) fail(err error) {
	code := chat.StorageFailed
	switch {
	case errors.Is(err, store.ErrFull):
		code = chat.StorageFull
	case errors.Is(err, store.ErrLost):
		code = chat.StorageLost
	}
	if h.health.refuse != code {
		h.options.Log.Error("nothing can be stored", "code", code.String(), "err", err)
	}
	h.health = health{refuse: code, refused: h.options.Now()}
}

// refuse answers a batch that is not stored. Nothing of it happened.
func (h *Hub) refuse(records []chat.Record) {
	for _, r := range records {
		h.answer(r, Answer{Refusal: chat.Refuse(h.health.refuse)})
	}
	h.publish()
	h.flush()
}

// deliver tells the doors what a committed batch means for their sessions.
func (h *Hub) deliver(records []chat.Record, results []chat.Result) {
	h.log(records, results)
	for i, result := range results {
		for _, c := range result.Changes {
			if r, ok := c.Value.(chat.Room); ok {
				h.index.keep(r)
			}
		}
		for _, m := range result.Messages {
			if m.Kind.IsSaid() {
				h.index.speak(m)
			}
		}
		for _, e := range result.Events {
			h.route(e)
		}
		for _, c := range result.Changes {
			if c.IsRoom() && c.Value == nil { // after its members were told that they leave it
				h.index.remove(chat.RoomID(c.Key))
			}
		}
		if result.Repeated { // a Start that was overtaken still waits; others were answered
			h.answer(records[i], Answer{Refusal: chat.Refuse(chat.NodeGone)})
			continue
		}
		a := Answer{Refusal: result.Refusal}
		if enter, ok := records[i].Command.(chat.Enter); ok && a.Refusal == nil {
			a.Session = h.index.sessions[enter.Session]
		}
		h.answer(records[i], a)
	}
	h.publish()
	h.flush()
	h.commits.raise()
}

func (h *Hub) answer(r chat.Record, a Answer) {
	if !h.life.is(r.Origin) {
		return
	}
	if answer := h.answered(r.Origin.N); answer != nil {
		answer(a)
	}
}

// abandon answers what is still waiting when the loop ends: after an error there may be something. The log is closed, so that
// nothing is added; order keeps out whoever is on the way into it.
func (h *Hub) abandon() {
	h.life.order.Lock()
	defer h.life.order.Unlock()
	h.refuseWaiting(chat.ShuttingDown)
}

// refuseWaiting answers all that wait with a refusal.
func (h *Hub) refuseWaiting(code chat.Code) {
	h.mu.Lock()
	left := h.waiting
	h.waiting = map[uint64]func(Answer){}
	h.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(left)) {
		left[n](Answer{Refusal: chat.Refuse(code)})
	}
	h.flush()
}

// flush hands every door its part of the batch.
func (h *Hub) flush() {
	for _, w := range h.doorways {
		if len(w.batch) > 0 {
			batch := w.batch
			w.last, w.batch = len(batch), nil
			h.hand(w.door, batch)
		}
	}
}

// hand gives a door its batch. Doors deal with their own faults, session by session; should one panic all the same, the rest of its
// batch is lost to its sessions, and to nobody else.
func (h *Hub) hand(d Door, batch Batch) {
	if p := fault.Guard(func() { d.Deliver(batch) }); p != nil {
		p.Log(h.options.Log, "a door panics and loses a batch", "door", d.Name())
	}
}
