package chat

import "testing"

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
