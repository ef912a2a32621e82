package test

import (
	"strings"
	"testing"

	"parley/chat"
	"parley/server"
)

func TestWhoSendsWhatCannotBeShownIsTold(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.MessageMax = 1024 })
	ann, bob, stranger := r.enter("ann"), r.enter("bob"), r.peer()
	ann.hears("bob enters the chat room")
	ann.says("caf\xe9")
	ann.hears(chat.TextEncoding.Sentence())
	bob.says(strings.Repeat("x", 8<<10))
	bob.hears(chat.TextTooLong.Sentence())
	stranger.send("C ann caf\xe9")
	stranger.send("C ann " + strings.Repeat("x", 8<<10))
	stranger.hearsNothing()
	ann.says("café")
	bob.hears("ann: café")
	bob.hearsNothing()
	ann.hearsNothing()
}

func TestAskingForANicknameAgainAndAgainIsToldOnce(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.EnterRate = 0 })
	ann, eve := r.enter("ann"), r.peer()
	for range 20 {
		eve.send("L ann")
		eve.hears(chat.NickOccupied.Sentence())
	}
	ann.hears("somebody asks for your nickname")
	ann.hearsNothing()
}
