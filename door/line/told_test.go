package line

import (
	"testing"
)

func TestOthersAreToldWhySomebodyLeaves(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	for _, m := range []*caller{bob, ann} {
		m.types("/join dev")
		m.reads("[dev] you talk in this room now")
	}
	bob.reads("[dev] ann enters the room")
	ann.types("/part dev tea  is ready", "/quit back tomorrow\x1b[2J")
	ann.reads("[dev] you have left this room", english.Bye)
	ann.ends()
	bob.reads("[dev] ann leaves the room (tea  is ready)", "ann quits the chat room (back tomorrow\uFFFD[2J)")
}

func TestAMistypedCommandIsToldWithTheNearest(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/hlep", "/msgg bob hello", "/anounce x", "/zzzzz", "/msg", "/join", "/who a b")
	ann.reads(`! unknown command "hlep", did you mean /help?`,
		`! unknown command "msgg", did you mean /msg?`,
		`! unknown command "anounce", try /help`, `! unknown command "zzzzz", try /help`,
		"! /msg needs NICK: /msg NICK TEXT", "! /join needs ROOM: /join ROOM", `! "b" is one word too many: /who [ROOM]`)
}

func TestAMemberOfNoRoomIsToldWhatNow(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/join dev", "hi", "/join attic", "/part lobby", "/part", "/part", "/who dev", "/part dev", "/join lobby", "hello", "/who")
	ann.reads("[dev] you talk in this room now", "[attic] you talk in this room now",
		"[lobby] you have left this room; you talk in attic", "[attic] you have left this room; you talk in dev",
		"[dev] you have left this room. You are not in any room now: /join lobby", "nobody is here",
		"! you are not in any room: /join lobby first", "[lobby] you talk in this room now",
		"ann  (line")
}

func TestTheWelcomeTellsTheTopicOfTheLobby(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/topic tea at five")
	ann.reads("the topic of lobby: tea at five")
	bob := h.enter("bob")
	bob.reads("The topic is: tea at five")
}
