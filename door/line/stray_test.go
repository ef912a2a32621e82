package line

import "testing"

// TestControlCharactersAroundALineAreNotShown: a terminal sends Ctrl-L with the line, and what
// follows it is a command, a nickname or a text as before.
func TestControlCharactersAroundALineAreNotShown(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.call()
	ann.types("\x0cann\x01")
	ann.reads(english.Prompt + "Welcome to the chat room, ann.")
	bob.reads("ann enters the chat room")
	ann.types("\x0c/topic", "\x0chello\x07", "a\tb\x05")
	ann.reads("lobby has no topic")
	if heard := []string{bob.next(), bob.next()}; heard[0] != "ann: hello" ||
		heard[1] != "ann: a\tb" {
		t.Errorf("bob reads %q", heard)
	}
}
