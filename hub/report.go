package hub

import (
	"sync"

	"parley/chat"
)

// Report is what a door says of itself: what it counted since it opened, and what waits in it.
type Report struct {
	Name        string            `json:"name"`
	Address     string            `json:"address"`
	Received    uint64            `json:"received"`    // packets read
	Sent        uint64            `json:"sent"`        // packets the system took
	Delivered   uint64            `json:"delivered"`   // lines handed to members' outboxes
	Dropped     map[string]uint64 `json:"dropped"`     // what was not taken or not sent, by cause
	Overflowed  uint64            `json:"overflowed"`  // packets that the system dropped because the socket's buffer was full
	Unreachable uint64            `json:"unreachable"` // answers of the network that a client is not there
	Refused     map[string]uint64 `json:"refused"`     // requests answered with no, by Code
	Queues      []Queue           `json:"queues"`
}

// Queue is something in which others wait.
type Queue struct {
	Name     string `json:"name"`
	Length   int    `json:"length"`
	Capacity int    `json:"capacity"` // 0: bounded by what feeds it
}

// Refusals counts refusals by Code. The zero value is ready. Any goroutine.
type Refusals struct {
	mu     sync.Mutex
	counts map[chat.Code]uint64
}

// Add counts one.
func (r *Refusals) Add(c chat.Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[chat.Code]uint64{}
	}
	r.counts[c]++
}

// Counts returns how many there were, by the Code's name.
func (r *Refusals) Counts() map[string]uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := make(map[string]uint64, len(r.counts))
	for c, n := range r.counts {
		counts[c.String()] = n
	}
	return counts
}
