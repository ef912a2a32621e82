package chat

import "testing"

// TestAMemberThatEntersTheLobbyAgain: messages of older formats do not tell, they have no author.
func TestAMemberThatEntersTheLobbyAgain(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want bool
	}{
		{Message{Room: Lobby, Kind: KindEntered, Author: 4, Place: 9}, true},
		{Message{Room: Lobby, Kind: KindEntered, Author: 9, Place: 9}, false},
		{Message{Room: Lobby, Kind: KindEntered, Place: 9}, false},
		{Message{Room: "dev", Kind: KindEntered, Author: 4, Place: 9}, false},
		{Message{Room: Lobby, Kind: KindLeft, Author: 4, Place: 9, Text: "parted"}, false},
	} {
		if got := c.m.IsReturn(); got != c.want {
			t.Errorf("%+v: %v", c.m, got)
		}
	}
}

func TestTheReasonOfALeaveIsReadFromItsText(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		text string
		want Reason
	}{
		{KindLeft, "parted", ReasonParted},
		{KindLeft, ReasonParted.with("tea: now"), ReasonParted},
		{KindLeft, "quit: parted", ReasonQuit},
		{KindLeft, "", ""},
		{KindMessage, "parted", ""},
		{KindEntered, "", ""},
	} {
		if got := (Message{Kind: c.kind, Text: c.text}).Reason(); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}
