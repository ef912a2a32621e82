package hub_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
	"parley/hub"
)

// nicks returns the nicknames in a room as Who yields them.
func nicks(h *house, room chat.RoomID) (all []string) {
	for s := range h.Who(room) {
		all = append(all, s.Nick.Name)
	}
	return all
}

// TestWhoIsOrderedHoweverMembersComeAndGo: over several pages, after joins in any order, renames and departures.
func TestWhoIsOrderedHoweverMembersComeAndGo(t *testing.T) {
	const members = 200
	line := &door{name: "line"}
	h := opens(t, plan{}, line)
	var want []string
	for i := range members {
		n := i * 77 % members // each once, in no order
		name := fmt.Sprintf("m%03d", n)
		line.ask(t, line.enter(name, name))
		line.ask(t, line.join(name, "attic"))
		want = append(want, name)
	}
	slices.Sort(want)
	same(t, "lobby", nicks(h, chat.Lobby), want)
	for i := 0; i < members; i += 3 {
		old := fmt.Sprintf("m%03d", i)
		name := fmt.Sprintf("z%03d", members-i)
		line.ask(t, chat.Rename{By: chat.By(line.id(old)), Nick: chat.Nick{Name: name, Key: name}})
		want[slices.Index(want, old)] = name
	}
	slices.Sort(want)
	same(t, "after renaming", nicks(h, "attic"), want)
	for i := 0; i < members; i += 2 {
		line.ask(t, line.leave(fmt.Sprintf("m%03d", i)))
	}
	var left []string
	for i := 1; i < members; i += 2 {
		name := fmt.Sprintf("m%03d", i)
		if i%3 == 0 {
			name = fmt.Sprintf("z%03d", members-i)
		}
		left = append(left, name)
	}
	slices.Sort(left)
	for _, room := range []chat.RoomID{chat.Lobby, "attic"} {
		same(t, "after some left", nicks(h, room), left)
		if n := h.Present(room); n != len(left) {
			t.Errorf("%d are present in %s, want %d", n, room, len(left))
		}
	}
	if n := h.Status().Members["line"]; n != len(left) {
		t.Errorf("the door has %d sessions, want %d", n, len(left))
	}
}

// TestTheLoopNeverWaitsForAReader: a reader that stops in the middle of a list holds nothing that the loop needs.
func TestTheLoopNeverWaitsForAReader(t *testing.T) {
	line := &door{name: "line"}
	h := opens(t, plan{}, line)
	for i := range 3 {
		name := fmt.Sprint("m", i)
		line.ask(t, line.enter(name, name))
		line.ask(t, line.join(name, "attic"))
	}
	for s := range h.Who(chat.Lobby) {
		line.ask(t, line.post("m0", "while "+s.Nick.Name+" is listed"))
		line.ask(t, line.join("m0", chat.RoomID("cellar-"+s.Nick.Name)))
	}
	for r := range h.Rooms() {
		line.ask(t, line.join("m1", "beside-"+r.ID)) // refused once there are ten rooms
	}
}

// TestRoomsAreListedPageByPage: each once, in order, without the direct rooms.
func TestRoomsAreListedPageByPage(t *testing.T) {
	const count = 150
	line := &door{name: "line"}
	h := opens(t, plan{}, line)
	line.ask(t, line.enter("s1", "Ann"))
	line.ask(t, line.enter("s2", "Ben"))
	line.ask(t, chat.Direct{
		By: chat.By(line.id("s1")), ToKey: "ben", Text: "psst",
		New: true,
	})
	want := []string{"lobby"}
	for i := range count {
		name := fmt.Sprintf("r%03d", i*77%count)
		line.ask(t, chat.Join{
			By: chat.By(line.id("s1")), Room: chat.RoomID(name),
			Rooms: 1000, Joined: 1000, New: true,
		})
		want = append(want, name)
	}
	slices.Sort(want)
	var got []string
	for r := range h.Rooms() {
		got = append(got, string(r.ID))
		if wantMembers := map[bool]int{true: 2, false: 1}[r.ID == chat.Lobby]; r.Members != wantMembers {
			t.Errorf("%d in %s", r.Members, r.ID)
		}
	}
	same(t, "rooms", got, want)
	if n := h.RoomCount(); n != len(want) {
		t.Errorf("%d rooms are counted, want %d", n, len(want))
	}
	for r := range h.Rooms() {
		if r == (hub.Room{}) {
			t.Error("an empty row")
		}
		break // a reader may stop
	}
}
