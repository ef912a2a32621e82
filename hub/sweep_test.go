package hub_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/ledger"
	"parley/ledger/local"
	"parley/store"
)

// swept is a hub whose storage tells of each Sweep whether there is more to delete.
type swept struct {
	*house
	door *door
	more chan bool
}

// sweepsRooms opens a hub with a member in the lobby and a room with so many messages.
func sweepsRooms(t *testing.T, p plan, messages int) swept {
	t.Helper()
	s := swept{door: &door{name: "udp"}, more: make(chan bool, 10_000)}
	p.storage = stores(t, t.TempDir())
	s.house = opens(t, p, s.door)
	s.door.ask(t, s.door.enter("s1", "Ann"))
	s.door.ask(t, s.door.join("s1", "attic"))
	for n := range messages {
		post := chat.Post{
			By: chat.By(s.door.id("s1")), Room: "attic", Text: fmt.Sprint(n),
		}
		answer := s.door.submit(t, post, "")
		if n%100 == 99 { // else some are refused as the log is busy
			await(t, answer)
		}
	}
	p.storage.sweeps(func(more bool) { s.more <- more })
	return s
}

func (s swept) removes(t *testing.T) {
	t.Helper()
	if err := s.Do(t.Context(), chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"}); err != nil {
		t.Fatal(err)
	}
}

// next waits for a Sweep that finds something, and returns whether there is more.
func (s swept) next(t *testing.T) (more bool) {
	t.Helper()
	select {
	case more = <-s.more:
		return more
	case <-time.After(patience):
		t.Fatal("nothing is swept")
		return false
	}
}

// TestTheMessagesOfARemovedRoomAreDeleted without a command that asks for it.
func TestTheMessagesOfARemovedRoomAreDeleted(t *testing.T) {
	s := sweepsRooms(t, plan{}, 3500)
	s.removes(t)
	for !s.next(t) {
	}
	for s.next(t) {
	}
	s.door.ask(t, s.door.post("s1", "goes on"))
}

// busy is a log in which commands always wait, as far as the hub can see.
type busy struct{ ledger.Ledger }

func (busy) Len() int { return 1 }

// TestSweepingGoesOnWhileCommandsWait, a slice at a time, and not with every batch.
func TestSweepingGoesOnWhileCommandsWait(t *testing.T) {
	s := sweepsRooms(t, plan{ledger: func(
		after chat.Progress, capacity int, now func() time.Time,
	) ledger.Ledger {
		return busy{local.New(after, capacity, now)}
	}}, 3500)
	s.removes(t)
	for range 20 {
		s.door.ask(t, s.door.post("s1", "meanwhile"))
	}
	if n := len(s.more); n > 1 {
		t.Errorf("%d slices while no time passes", n)
	}
	for more, slices := true, 0; more; slices++ {
		if slices > 10 {
			t.Fatal("it never ends")
		}
		s.door.ask(t, s.door.post("s1", "fence")) // the loop has noted when it swept last
		s.clock.passes(100 * time.Millisecond)
		s.door.ask(t, s.door.post("s1", "meanwhile")) // and then it looks
		more = s.next(t)
	}
}

// TestAFullDiskPausesSweeping for a second: it is not tried with every batch.
func TestAFullDiskPausesSweeping(t *testing.T) {
	s := sweepsRooms(t, plan{}, 1500)
	s.storage.failSweeps(store.ErrFull)
	s.removes(t)
	for range 9 {
		s.clock.passes(100 * time.Millisecond)
		s.door.ask(t, s.door.post("s1", "goes on"))
	}
	if n := len(s.more); n > 1 {
		t.Errorf("it is tried %d times within a second", n)
	}
	s.storage.failSweeps(nil)
	for len(s.more) > 0 {
		<-s.more
	}
	s.clock.passes(time.Second)
	s.door.ask(t, s.door.post("s1", "goes on"))
	for s.next(t) {
	}
}

// TestARoomThatIsMadeAgainIsNotReadOn: a reader of the removed one is told.
func TestARoomThatIsMadeAgainIsNotReadOn(t *testing.T) {
	s := sweepsRooms(t, plan{}, 300)
	recent, err := s.Recent(t.Context(), "attic", 200)
	if err != nil {
		t.Fatal(err)
	}
	if page, err := recent.Next(t.Context(), 10); err != nil || len(page) != 10 {
		t.Fatal(len(page), err)
	}
	s.removes(t)
	s.door.ask(t, s.door.join("s1", "attic"))
	for range 200 {
		s.door.ask(t, chat.Post{
			By: chat.By(s.door.id("s1")), Room: "attic", Text: "new",
		})
	}
	if page, err := recent.Next(t.Context(), 10); codeOf(err) != chat.RoomUnknown {
		t.Errorf("%d messages, %v", len(page), err)
	}
}

// TestARoomIsRemovedFromAFullDisk though members that talk are refused, also together with them.
func TestARoomIsRemovedFromAFullDisk(t *testing.T) {
	s := sweepsRooms(t, plan{}, 3)
	full := func(results []chat.Result) error {
		for _, r := range results {
			if len(r.Messages) > 0 {
				return store.ErrFull
			}
		}
		return nil
	}
	s.storage.commits(full)
	if got := s.door.ask(t, s.door.post("s1", "no room")); got != chat.StorageFull {
		t.Fatal(got)
	}
	s.removes(t) // at once, while nothing is tried
	s.storage.commits(nil)
	s.door.ask(t, s.door.join("s1", "attic"))
	standing, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.storage.commits(func(results []chat.Result) error {
		once.Do(func() { close(standing); <-goOn })
		return full(results)
	})
	var answers []<-chan hub.Answer
	for _, c := range []chat.Command{
		chat.Alive{}, // a batch of its own
		s.door.post("s1", "before"),
		chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"},
		s.door.post("s1", "behind"),
	} {
		answers = append(answers, s.door.submit(t, c, ""))
		<-standing
	}
	close(goOn)
	var got []chat.Code
	for _, a := range answers {
		got = append(got, code(await(t, a).Refusal))
	}
	want := []chat.Code{chat.OK, chat.StorageFull, chat.OK, chat.StorageFull}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
