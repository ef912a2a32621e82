// Package outbox holds what waits to be written to members and writes it, so that nothing else ever waits for a member's
// socket: a Queue per member, bounded in bytes, and a Writer that gathers what is ready and writes it on a goroutine of its own.
//
// It knows nothing of chat, of protocols, or of what a chunk's bytes mean.
//
// Its laws: Push never blocks; chunks leave in the order in which they came; what a full Queue loses is its oldest chunks, and
// they are counted.
package outbox

import (
	"slices"
	"sync"
)

// Chunk is bytes to be written together. The bytes are shared between Queues: nobody changes them.
type Chunk struct {
	Data  []byte
	Alone bool // never joined with others in one packet, and never lost
}

// Queue is what waits for one member. Any goroutine.
type Queue struct {
	limit int // bytes
	most  int // chunks

	mu     sync.Mutex
	chunks []Chunk
	bytes  int
	lost   int
	held   bool
}

// chunkCost is what a Chunk costs a Queue beside its bytes, which others share: about its own size.
const chunkCost = 32

// NewQueue returns an empty Queue that holds at most limit bytes, and no more chunks than cost as much themselves. Chunks that
// stand alone it always takes: whoever pushes them bounds them.
func NewQueue(limit int) *Queue { return &Queue{limit: limit, most: max(keepChunks, limit/chunkCost)} }

// Push adds chunks. When the Queue is then over its limit it loses its oldest chunks. It returns true if the Queue's owner must
// be given to a Writer: it was empty before and is not held.
func (q *Queue) Push(chunks ...Chunk) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	idle := len(q.chunks) == 0
	q.append(chunks)
	return idle && !q.held && len(q.chunks) > 0
}

// PushFirst adds a chunk before all that wait, and loses none of them. It returns what Push does.
func (q *Queue) PushFirst(first Chunk) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	idle := len(q.chunks) == 0
	q.chunks = slices.Insert(q.chunks, 0, first)
	q.bytes += len(first.Data)
	return idle && !q.held
}

func (q *Queue) append(chunks []Chunk) {
	q.chunks = append(q.chunks, chunks...)
	for _, c := range chunks {
		q.bytes += len(c.Data)
	}
	if q.isOver(len(q.chunks)) {
		q.shed()
	}
}

func (q *Queue) isOver(chunks int) bool { return q.bytes > q.limit || chunks > q.most }

// shed loses the oldest chunks until the limit is kept, or only those are left that must stand.
func (q *Queue) shed() {
	kept, left := q.chunks[:0], len(q.chunks)
	for _, c := range q.chunks {
		if q.isOver(left) && !c.Alone {
			q.bytes -= len(c.Data)
			q.lost++
			left--
			continue
		}
		kept = append(kept, c)
	}
	clear(q.chunks[len(kept):])
	q.chunks = kept
}

// Hold empties the Queue and keeps what is pushed from now on until Release.
func (q *Queue) Hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chunks, q.bytes, q.lost, q.held = nil, 0, 0, true
}

// Release ends Hold, putting first before whatever came meanwhile. It returns what Push does.
func (q *Queue) Release(first ...Chunk) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	idle := q.held || len(q.chunks) == 0
	q.held = false
	later := q.chunks
	q.chunks, q.bytes = nil, 0
	q.append(append(first, later...))
	return idle && len(q.chunks) > 0
}

// Drain calls use with what waits and with how many chunks were lost since the last Drain, unless there is neither or the Queue is
// held. It takes away as many chunks, from the oldest on, as use returns, and says whether some are left. use must not keep the
// slice, nor call the Queue.
func (q *Queue) Drain(use func(chunks []Chunk, lost int) (used int)) (left bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held || len(q.chunks) == 0 && q.lost == 0 {
		return false
	}
	used := use(q.chunks, q.lost)
	for _, c := range q.chunks[:used] {
		q.bytes -= len(c.Data)
	}
	rest := copy(q.chunks, q.chunks[used:])
	clear(q.chunks[rest:])
	q.chunks = q.chunks[:rest]
	if rest == 0 && cap(q.chunks) > keepChunks {
		q.chunks = nil // a burst's memory goes back
	}
	q.lost = 0
	return rest > 0
}

// Len returns how many chunks wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.chunks)
}

// keepChunks is how large a Queue's emptied memory may be to be kept for the next chunks.
const keepChunks = 64
