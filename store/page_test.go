package store

import (
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// TestAfterReturnsPagesBoundedByBytes: however long the messages are, each page has one, and all pages together have all.
func TestAfterReturnsPagesBoundedByBytes(t *testing.T) {
	b := begun(t, t.TempDir())
	half := strings.Repeat("h", PageBytes/2)
	whole := strings.Repeat("w", PageBytes+1)
	b.must(says(half, half, "short", half, whole, whole, "end")...)
	var pages [][]chat.Message
	for after := (chat.Cursor{Seq: 1}); ; { // the first message is the arrival
		page, err := b.store.After(t.Context(), chat.Lobby, after, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		pages = append(pages, page)
		after = after.Past(chat.Lobby, page[len(page)-1])
	}
	var got []int
	seq := chat.Seq(1)
	for _, page := range pages {
		got = append(got, len(page))
		for _, m := range page {
			if seq++; m.Seq != seq {
				t.Errorf("message %d comes in the place of %d", m.Seq, seq)
			}
		}
	}
	want := []int{2, 2, 1, 1, 1} // half half, short half, whole, whole, end
	if !slices.Equal(got, want) {
		t.Errorf("pages of %v messages, want %v", got, want)
	}
}
