package store

import (
	"fmt"
	"slices"
	"testing"

	"parley/chat"
)

// TestAnnouncementsStandBetweenTheMessagesOfARoom: of each that was there already, in order,
// however the history is paged.
func TestAnnouncementsStandBetweenTheMessagesOfARoom(t *testing.T) {
	b := begun(t, t.TempDir())
	post := func(room chat.RoomID, text string) chat.Command {
		return chat.Post{By: chat.By(s1), Room: room, Text: text}
	}
	b.must(
		chat.Announce{By: chat.ByOperator(), Text: "one"}, post(chat.Lobby, "a"),
		chat.Announce{By: chat.ByOperator(), Text: "two"},
		chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true},
		post("attic", "b"), post(chat.Lobby, "c"), chat.Announce{
			By:   chat.ByOperator(),
			Text: "three",
		},
		post("attic", "d"),
		chat.Enter{Session: s2, Door: "udp", Nick: chat.Nick{Name: "Ben", Key: "ben"}},
		chat.Direct{By: chat.By(s1), ToKey: "ben", Text: "e", New: true},
		chat.Announce{By: chat.ByOperator(), Text: "four"},
	)
	for room, want := range map[chat.RoomID][]string{
		chat.Lobby:      {"", "one", "a", "two", "c", "three", "", "four"},
		"attic":         {"", "b", "three", "d", "four"},
		"@1:10":         {"e"},
		chat.Everywhere: {"one", "two", "three", "four"},
		"cellar":        {},
	} {
		all, err := b.store.Last(t.Context(), room, 100)
		if got := texts(all); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s shows %q, %v, want %q", room, got, err, want)
		}
		var end chat.Cursor
		for _, m := range all {
			end = end.Past(room, m)
		}
		for n := range len(want) + 2 {
			last := want[max(0, len(want)-n):]
			got, err := b.store.Last(t.Context(), room, n)
			if err != nil || !slices.Equal(texts(got), last) {
				t.Errorf("the last %d of %s are %q, %v", n, room, texts(got), err)
			}
			at, err := b.store.Back(t.Context(), room, end, n)
			if err != nil || end.Beyond(at) != len(last) {
				t.Errorf("%d back in %s is %+v, %v", n, room, at, err)
			}
			got, err = b.store.After(t.Context(), room, at, 100)
			if err != nil || !slices.Equal(texts(got), last) {
				t.Errorf("after %+v %s shows %q, %v, want %q", at, room, texts(got), err, last)
			}
			if page, err := b.store.After(t.Context(), room, at, 1); err != nil ||
				fmt.Sprint(texts(page)) != fmt.Sprint(last[:min(1, len(last))]) {
				t.Errorf("after %+v %s shows first %q, %v", at, room, texts(page), err)
			}
		}
	}
	said, err := b.store.Said(t.Context(), "attic", 3)
	if got := texts(said); err != nil || !slices.Equal(got, []string{"three", "d", "four"}) {
		t.Errorf("said last in the attic is %q, %v", got, err)
	}
}
