package line

import (
	"testing"

	"parley/locale"
	"parley/wire/line"
)

// TestTheNicknamePromptCanBeLeft: telnet -E has no other way out.
func TestTheNicknamePromptCanBeLeft(t *testing.T) {
	h := open(t, nil)
	for _, typed := range []string{
		"/quit", "/exit", "／退出", " QUIT ", "退出", "/bye now",
		" ／quit", "/quit\u3000bye",
	} {
		c := h.call()
		c.types("", typed)
		c.reads(english.Prompt + english.Prompt + english.Bye)
		c.ends()
	}
	for key, answer := range map[string]string{ctrlC: offer, "\x03": ""} {
		c := h.call()
		c.hears(english.Prompt)
		c.sends(key)
		c.hears(answer)
		c.ends()
	}
}

func TestACommandInPlaceOfANicknameIsToldTheWayOut(t *testing.T) {
	h := open(t, nil)
	c := h.call()
	c.types("/help", "ann", "quit")
	c.reads(english.Prompt+"! a nickname is needed first; to leave, type /quit",
		english.Prompt+"Welcome to the chat room, ann.", english.ToQuit)
	if got := line.NickFirst.In(locale.Chinese); got != "请先输入昵称；要退出请输入 /quit" {
		t.Error(got)
	}
}
