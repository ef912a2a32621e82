package hub_test

import (
	"errors"
	"fmt"
	"testing"

	"parley/chat"
)

// TestFollowShowsAnnouncementsInTheirOrder, to followers of any room, from any place.
func TestFollowShowsAnnouncementsInTheirOrder(t *testing.T) {
	const rounds = 20
	d := &door{name: "udp"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("s1", "Ann"))
	d.ask(t, d.join("s1", "attic"))
	for n := range rounds {
		d.ask(t, d.post("s1", fmt.Sprint("said ", n)))
		if err := h.Do(t.Context(), chat.Announce{By: chat.ByOperator(), Text: fmt.Sprint("told ",
			n)}); err != nil {
			t.Fatal(err)
		}
	}
	stop := errors.New("that is all")
	for _, room := range []chat.RoomID{chat.Lobby, "attic", chat.Everywhere} {
		all, err := h.Last(t.Context(), room, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var after chat.Cursor
		for from := range all {
			next := from
			err := h.Follow(t.Context(), room, after, func(messages []chat.Message) error {
				for _, m := range messages {
					if m != all[next] {
						t.Errorf("in %s %+v comes where %+v is due", room, m, all[next])
					}
					next++
				}
				if next == len(all) {
					return stop
				}
				return nil
			})
			if err != stop {
				t.Errorf("in %s after %+v: %v", room, after, err)
			}
			after = after.Past(room, all[from])
		}
		if end, err := h.End(room); err != nil || end != after {
			t.Errorf("%s ends at %+v, %v, want %+v", room, end, err, after)
		}
	}
}
