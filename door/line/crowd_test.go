package line

import (
	"testing"
	"time"

	"parley/chat"
	"parley/gather"
	"parley/hub"
)

// TestLeavingTheLobbyIsNotQuitting: the member is still inside, alone or in a crowd.
func TestLeavingTheLobbyIsNotQuitting(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	ann.types("/part lobby tea is ready", "/join lobby", "/part", "/quit")
	ann.reads("[lobby] you have left this room")
	bob.reads("ann leaves the lobby (tea is ready)", "ann enters the lobby")
	if got := bob.next(); got != "ann leaves the lobby" {
		t.Errorf("bob reads %q", got)
	}
	var gathered gather.Crowds[*hub.Session]
	for _, nick := range []string{"1st", "2nd", "3rd", "-a", "~b", "~c", "-d", "+e", "^f"} {
		gathered.Add(gather.Move[*hub.Session]{
			Room: chat.Lobby, Nick: nick[1:], Enters: nick[0] == '+' || nick[0] == '^',
			Stays: nick[0] == '~' || nick[0] == '^',
		}, time.Time{})
	}
	const want = "e enters the chat room\nf enters the lobby\nb, c leave the lobby\n" +
		"a, d quit the chat room\n"
	if got := string(encodeBatch(english, gathered.Take(chat.Lobby))[0]); got != want {
		t.Errorf("a crowd reads %q", got)
	}
}
