package hub_test

import (
	"context"
	"slices"
	"testing"

	"parley/chat"
	"parley/hub"
)

// TestRoomsAreHeardByWhoIsInThem: through every door, and by nobody else.
func TestRoomsAreHeardByWhoIsInThem(t *testing.T) {
	udp, line := &door{name: "udp"}, &door{name: "line"}
	h := opens(t, plan{}, udp, line)
	udp.ask(t, udp.enter("s1", "Ann"))
	line.ask(t, line.enter("s2", "Ben"))
	line.ask(t, line.enter("s3", "Cid"))
	line.heard()
	udp.heard()
	line.ask(t, line.join("s2", "attic"))
	line.ask(t, line.join("s3", "attic"))
	line.ask(t, chat.Post{By: chat.By(line.id("s2")), Room: "attic", Text: "up here"})
	line.ask(t, chat.SetTopic{By: chat.By(line.id("s2")), Room: "attic", Text: "tea"})
	line.ask(t, chat.Rename{By: chat.By(line.id("s3")), Nick: chat.Nick{Name: "Zoe", Key: "zoe"}})
	line.ask(t, chat.Direct{
		By: chat.By(line.id("s2")), ToKey: "ann", Text: "psst",
		New: true,
	})
	line.ask(t, chat.Direct{By: chat.By(line.id("s2")), ToKey: "zoe", Text: "hm", New: true})
	line.ask(t, chat.SetAway{By: chat.By(line.id("s3")), Text: "lunch"})
	line.ask(t, chat.Part{By: chat.By(line.id("s2")), Room: chat.Lobby})
	same(t, "udp", udp.settled(t), []string{
		"4 Cid is now Zoe → s1",
		"1 Ben alone: psst → s1",
		"5 Ben leaves, parted → s1",
	})
	same(t, "line", withoutAnswers(line.settled(t)), []string{
		"1 Ben enters →  by s2",
		"2 Cid enters → s2 by s3",
		"3 Ben: up here → s2 s3 by s2",
		`4 Ben sets "tea" → s2 s3 by s2`,
		`changed: Zoe, "" → s3 by s3`,
		"4 Cid is now Zoe → s2 s3 by s3",
		"5 Cid is now Zoe → s2 s3 by s3",
		"1 Ben alone: psst →  by s2",
		"1 Ben alone: hm → s3 by s2",
		`changed: Zoe, "lunch" → s3 by s3`,
		"5 Ben leaves, parted → s3 by s2",
	})

	rooms := slices.Collect(h.Rooms())
	if len(rooms) != 2 || rooms[0].ID != "attic" || rooms[0].Topic != "tea" || rooms[0].Members != 2 || rooms[0].Seq != 5 ||
		rooms[1].ID != chat.Lobby || rooms[1].Members != 2 || rooms[1].Seq != 5 {
		t.Errorf("rooms are %+v", rooms)
	}
	if _, taken := h.Holder("cid"); taken {
		t.Error("cid has a holder, who is called zoe now")
	}
	ann, _ := h.Holder("ann")
	ben, _ := h.Holder("ben")
	if newest, err := h.Newest(chat.DirectRoom(ann.User, ben.User)); err != nil || newest != 1 {
		t.Errorf("what two said is at %d, %v", newest, err)
	}
	recent, err := h.Recent(t.Context(), "attic", 4)
	if err != nil {
		t.Fatal(err)
	}
	page, err := recent.Next(t.Context(), 2)
	if err != nil || len(page) != 2 || page[0].Seq != 2 || page[1].Text != "up here" ||
		!recent.More() {
		t.Errorf("the first page: %+v, %v", page, err)
	}
	page, err = recent.Next(t.Context(), 100)
	if err != nil || len(page) != 2 || page[1].Seq != 5 || recent.More() {
		t.Errorf("the last page: %+v, %v", page, err)
	}
	if _, err := h.Recent(t.Context(), "cellar", 1); codeOf(err) != chat.RoomUnknown {
		t.Errorf("of a room that there is not: %v", err)
	}
	for s := range h.Who("attic") {
		if want := map[string]string{"Ben": "", "Zoe": "lunch"}[s.Nick.Name]; s.Away != want {
			t.Errorf("%s is away: %q", s.Nick, s.Away)
		}
	}
}

// TestWhoIsInNoRoomIsStillInside: and hears of their own end.
func TestWhoIsInNoRoomIsStillInside(t *testing.T) {
	line := &door{name: "line"}
	h := opens(t, plan{}, line)
	line.ask(t, line.enter("s1", "Ann"))
	line.ask(t, chat.Part{By: chat.By(line.id("s1")), Room: chat.Lobby})
	if n := h.Status().Members["line"]; n != 1 {
		t.Errorf("%d are inside", n)
	}
	line.heard()
	line.ask(t, line.leave("s1"))
	same(t, "line", withoutAnswers(line.settled(t)), []string{"end, quit → s1 by s1"})
	if n := h.Status().Members["line"]; n != 0 {
		t.Errorf("%d are inside after the end", n)
	}
}

// TestRoomsOutliveARestart: with their topics.
func TestRoomsOutliveARestart(t *testing.T) {
	p := plan{storage: stores(t, t.TempDir())}
	line := &door{name: "line"}
	h := opens(t, p, line)
	line.ask(t, line.enter("s1", "Ann"))
	line.ask(t, line.join("s1", "attic"))
	line.ask(t, chat.SetTopic{By: chat.By(line.id("s1")), Room: "attic", Text: "tea"})
	if err := h.closes(); err != nil {
		t.Fatal(err)
	}
	again := opens(t, p, &door{name: "line"})
	want := hub.Room{Room: chat.Room{ID: "attic", Seq: 3, Topic: "tea"}}
	if rooms := slices.Collect(again.Rooms()); len(rooms) != 2 || rooms[0] != want {
		t.Errorf("rooms are %+v, want %+v first", rooms, want)
	}
}

// TestARoomInWhichNothingWasSaidGoes: with its last member, out of every list and every count, and
// its readers are told.
func TestARoomInWhichNothingWasSaidGoes(t *testing.T) {
	line := &door{name: "line"}
	h := opens(t, plan{}, line)
	line.ask(t, line.enter("s1", "Ann"))
	before := h.Status()
	line.ask(t, line.join("s1", "attic"))
	followed := make(chan error, 1)
	read := make(chan bool, 1)
	go func() {
		followed <- h.Follow(context.Background(), "attic", chat.Cursor{},
			func([]chat.Message) error {
				read <- true
				return nil
			})
	}()
	<-read
	line.heard()
	line.ask(t, chat.Part{By: chat.By(line.id("s1")), Room: "attic"})
	same(t, "line", withoutAnswers(line.heard()), []string{"2 Ann leaves, parted →  by s1"})
	if err := <-followed; codeOf(err) != chat.RoomUnknown {
		t.Errorf("a reader is told %v", err)
	}
	after := h.Status()
	if after.Rooms != before.Rooms || after.Messages != before.Messages || h.RoomCount() != 1 {
		t.Errorf("counted are %d rooms, %d messages", after.Rooms, after.Messages)
	}
	if _, err := h.Newest("attic"); codeOf(err) != chat.RoomUnknown {
		t.Errorf("the room: %v", err)
	}
	line.ask(t, line.join("s1", "attic"))
	line.ask(t, chat.Post{By: chat.By(line.id("s1")), Room: "attic", Text: "hello"})
	line.ask(t, line.leave("s1"))
	same(t, "history", historyOf(t, h.storage, "attic"), []string{
		"1 Ann entered", "2 Ann message hello", "3 Ann left quit",
	})
}
