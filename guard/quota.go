package guard

import (
	"sync"
	"time"
)

// Quota bounds how many of something each network, or member, may have within an hour. The hour
// begins with the first one. Any goroutine.
type Quota[K comparable] struct {
	most int
	now  func() time.Time

	mu    sync.Mutex // guards the rest
	spent map[K]spent
	swept time.Time // when spent was last looked through
}

// spent is how many were taken since when.
type spent struct {
	since time.Time
	n     int
}

// quotaHour is how long what was taken counts.
const quotaHour = time.Hour

// NewQuota makes a quota of so many an hour; 0: no limit.
func NewQuota[K comparable](most int, now func() time.Time) *Quota[K] {
	return &Quota[K]{most: most, now: now, spent: map[K]spent{}}
}

// Take takes one, and says whether it was within the quota.
func (q *Quota[K]) Take(key K) bool {
	if q.most == 0 {
		return true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	q.forget(now)
	key = q.shared(key)
	s := q.spent[key]
	if now.Sub(s.since) >= quotaHour {
		s = spent{since: now}
	}
	if s.n >= q.most {
		return false
	}
	s.n++
	q.spent[key] = s
	return true
}

// Return gives one back that was taken and not used.
func (q *Quota[K]) Return(key K) {
	if q.most == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	key = q.shared(key)
	s, ok := q.spent[key]
	if !ok {
		return // the hour is over
	}
	if s.n--; s.n > 0 {
		q.spent[key] = s
		return
	}
	delete(q.spent, key)
}

// shared returns the key that stands for key: itself, or the zero one if too many are remembered.
// mu is held.
func (q *Quota[K]) shared(key K) K {
	if _, known := q.spent[key]; !known && len(q.spent) >= remembered {
		var others K
		return others
	}
	return key
}

// forget drops what does not count any more, once an hour. mu is held.
func (q *Quota[K]) forget(now time.Time) {
	if now.Sub(q.swept) < quotaHour {
		return
	}
	q.swept = now
	for key, s := range q.spent {
		if now.Sub(s.since) >= quotaHour {
			delete(q.spent, key)
		}
	}
}
