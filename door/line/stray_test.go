package line

import (
	"testing"

	"parley/locale"
	"parley/wire/line"
)

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

// TestALineThatIsNotUTF8IsNeitherANicknameNorACommand: a telnet client has dropped a byte of 六, 先
// and 入, and the user is told so, in place of what the rest of the line seems to be.
func TestALineThatIsNotUTF8IsNeitherANicknameNorACommand(t *testing.T) {
	for _, lang := range []locale.Lang{locale.English, locale.Chinese} {
		asked := line.In(lang).Prompt
		h := open(t, func(c *Config) { c.Lang = lang })
		ann := h.call()
		ann.types("\xe8\xb5\xb5\xe5\xad", "赵六")
		ann.reads(asked+"! "+line.NickNotUTF8.In(lang), asked)
		ann.types("\xe5\x88\xe8\xb5\xb0", "/\xe5\x8a\xa0\xe5\xa5 x", "/msg 赵六 \xe5\x88")
		for range 3 {
			ann.reads("! " + line.TextNotUTF8.In(lang))
		}
		if got := h.history("lobby"); len(got) != 1 {
			t.Errorf("stored %q", got)
		}
	}
}
