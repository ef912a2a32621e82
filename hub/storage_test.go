package hub_test

import (
	"cmp"
	"context"
	"sync"
	"testing"

	"parley/chat"
	"parley/store"
)

// storage is a Store whose Commit and Load a test can watch, hold and break. Its node has a fixed
// name: so have its sessions, and equal logs have equal hashes.
type storage struct {
	*store.Store
	name chat.NodeID // empty: here

	mu       sync.Mutex
	onCommit func([]chat.Result) error
	onLoad   func() error
	onAfter  func(found int)
	onSweep  func(more bool)

	sweepFault error
}

func stores(t *testing.T, dir string) *storage {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &storage{Store: s}
}

// Node implements hub.Storage.
func (s *storage) Node() chat.NodeID { return cmp.Or(s.name, "here") }

// Commit implements hub.Storage.
func (s *storage) Commit(results []chat.Result, progress chat.Progress) error {
	s.mu.Lock()
	watch := s.onCommit
	s.mu.Unlock()
	if watch != nil {
		if err := watch(results); err != nil {
			return err
		}
	}
	return s.Store.Commit(results, progress)
}

// Load implements hub.Storage.
func (s *storage) Load() (*chat.State, error) {
	s.mu.Lock()
	watch := s.onLoad
	s.mu.Unlock()
	if watch != nil {
		if err := watch(); err != nil {
			return nil, err
		}
	}
	return s.Store.Load()
}

// After implements hub.Storage.
func (s *storage) After(
	ctx context.Context, room chat.RoomID, after chat.Cursor, limit int,
) ([]chat.Message, error) {
	messages, err := s.Store.After(ctx, room, after, limit)
	s.mu.Lock()
	watch := s.onAfter
	s.mu.Unlock()
	if watch != nil {
		watch(len(messages))
	}
	return messages, err
}

// Sweep implements hub.Storage.
func (s *storage) Sweep() (more bool, err error) {
	s.mu.Lock()
	fault, watch := s.sweepFault, s.onSweep
	s.mu.Unlock()
	if more, err = true, fault; err == nil {
		more, err = s.Store.Sweep()
	}
	if watch != nil {
		watch(more)
	}
	return more, err
}

// sweeps sets what happens after every Sweep from now on.
func (s *storage) sweeps(do func(more bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onSweep = do
}

// failSweeps sets the error of every Sweep from now on; nil: what the Store says.
func (s *storage) failSweeps(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweepFault = err
}

// afters sets what happens after every After from now on, which is told how many messages it found.
func (s *storage) afters(do func(found int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onAfter = do
}

// commits sets what happens before every Commit from now on; nil: nothing.
func (s *storage) commits(do func([]chat.Result) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCommit = do
}

// loads sets what happens before every Load from now on; nil: nothing.
func (s *storage) loads(do func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onLoad = do
}
