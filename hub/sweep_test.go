package hub_test

import (
	"fmt"
	"testing"
	"time"

	"parley/chat"
)

// TestTheMessagesOfARemovedRoomAreDeleted without a command that asks for it.
func TestTheMessagesOfARemovedRoomAreDeleted(t *testing.T) {
	const messages = 3500
	d := &door{name: "udp"}
	p := plan{storage: stores(t, t.TempDir())}
	ended := make(chan struct{})
	left := false
	p.storage.sweeps(func(more bool) {
		if left && !more {
			close(ended)
		}
		left = more
	})
	h := opens(t, p, d)
	d.ask(t, d.enter("s1", "Ann"))
	d.ask(t, d.join("s1", "attic"))
	for n := range messages {
		post := chat.Post{Session: d.way.SessionID("s1"), Room: "attic", Text: fmt.Sprint(n)}
		answer := d.submit(t, post, "")
		if n%100 == 99 { // else some are refused as the log is busy
			await(t, answer)
		}
	}
	if err := h.Do(t.Context(), chat.RemoveRoom{Room: "attic"}); err != nil {
		t.Fatal(err)
	}
	d.ask(t, d.post("s1", "goes on"))
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("messages are left")
	}
}
