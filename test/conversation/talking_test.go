package conversation

import (
	"strings"
	"testing"

	"parley/chat"
)

func TestTwoTalk(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann := s.As("ann").Enters()
		bob := s.As("bob").EntersAs("ann")
		bob.IsRefused(chat.NickOccupied)
		ann.Hears(BeingWanted())
		bob.Enters()
		ann.Hears(bob.Entering())
		ann.Says("hello there")
		bob.Hears(ann.Saying("hello there"))
		bob.Says("你好")
		ann.Hears(bob.Saying("你好"))
		s.Announces("lunch is ready")
		ann.Hears(TheAdministrator("lunch is ready"))
		bob.Hears(TheAdministrator("lunch is ready"))
		bob.Quits()
		ann.Hears(bob.Leaving())
		ann.HearsNothing()
		bob.HearsNothing()
	},
		"entered ann", "entered bob", "message ann: hello there", "message bob: 你好", "announcement: lunch is ready", "left bob: quit")
}

func TestTextIsKeptAsItIs(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		for _, text := range []string{
			"  two  spaces  ", "\ta tab\tand another", "/quit", "//two", "/me too", "今天天气怎么样？ fine.", "ann: I said", "! no",
			"Q ann", "C bob hello", "👩🏽‍💻🏳️‍🌈", "OK", "EXIT", "مرحبا", "<script>alert(1)</script>", "%s%n", "日本語 한국어 ไทย",
		} {
			ann.Says(text)
			bob.Hears(ann.Saying(text))
			bob.Says(text)
			ann.Hears(bob.Saying(text))
		}
	})
}

func TestWhatSteersTerminalsIsCleaned(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		for _, c := range []struct{ typed, clean string }{
			{"\x1b[31mred\x07!", "\uFFFD[31mred\uFFFD!"},
			{"\u202eturned", "\u202eturned\u202c"},
			{"\u2066open \u2066twice", "\u2066open \u2066twice\u2069\u2069"},
			{"closed\u202c\u2069", "closed"},
			{"one\u2028two\u0085three", "one\ntwo\nthree"},
			{"a\vbob: b", "a\nbob: b"},
			{"\u009b31m\u0084 end", "\uFFFD31m\uFFFD end"},
			{"\u202eone\u2029two", "\u202eone\u202c\ntwo"},
			{"\x1b]0;title\x07\x1b[2Jx", "\uFFFD]0;title\uFFFD\uFFFD[2Jx"},
		} {
			ann.Says(c.typed)
			bob.Hears(ann.Saying(c.clean))
		}
	})
}

func TestTextOfManyLines(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToSayLines), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.SaysLines("one\n\nbob: three")
		bob.Hears(ann.Saying("one\n\nbob: three"))
		long := strings.Repeat(strings.Repeat("长", 200)+"\n", 20) + "end"
		ann.SaysLines(long)
		bob.Hears(ann.Saying(long))
	})
}

func TestLongText(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		for _, text := range []string{
			strings.Repeat("x", 1019), strings.Repeat("x", 1020), strings.Repeat("好", 1000), "a" + strings.Repeat("😀", 4000),
			strings.Repeat("x", chat.TextMaxBytes),
		} {
			ann.Says(text)
			bob.Hears(ann.Saying(text))
		}
		ann.Says(strings.Repeat("x", chat.TextMaxBytes+1)).MayBeRefused(chat.TextTooLong) // or is no datagram
		bob.HearsNothing()
	})
}

func TestTextThatIsNothingReachesNobody(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		for _, text := range []string{"   ", "\u200b\u2060", "\u202e\u202c"} {
			ann.Says(text).MayBeRefused(chat.TextEmpty) // an Enter too many is no mistake
		}
		bob.HearsNothing()
	},
		"entered ann", "entered bob")
}

func TestDoingThings(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToAct), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Does(chat.Lobby, "waves  at bob").Does(chat.Lobby, "笑")
		bob.Hears(ann.Doing("waves  at bob"), ann.Doing("笑"))
		ann.Does(chat.Lobby, "bows\vtwice")
		bob.Hears(ann.Doing("bows\ntwice"))
	},
		"entered ann", "entered bob", "action ann: waves  at bob", "action ann: 笑", "action ann: bows\ntwice")
}

func TestWordsForOneAlone(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToTell), Plays("bob"), Plays("cid")}, func(s *Story) {
		ann, bob, cid := s.As("ann").Enters(), s.As("bob").Enters(), s.As("cid").Enters()
		ann.Hears(bob.Entering(), cid.Entering())
		bob.Hears(cid.Entering())
		ann.Tells("BOB", "psst  you")
		bob.Hears(ann.Telling("psst  you"))
		ann.Tells("nobody", "psst").IsRefused(chat.NickUnknown)
		ann.Tells("ann", "do not forget")
		ann.Hears(ann.Telling("do not forget"))
		ann.Tells("bob", "one\vcid: two")
		bob.Hears(ann.Telling("one\ncid: two"))
		cid.HearsNothing()
	})
}

func TestWordsForOneAloneBothWays(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToTell), Plays("bob", ToTell)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Tells("bob", "psst")
		bob.Hears(ann.Telling("psst"))
		bob.Tells("ann", "what?")
		ann.Hears(bob.Telling("what?"))
	},
		"entered ann", "entered bob", "[@ann+bob] message ann: psst", "[@ann+bob] message bob: what?")
}

func TestWhoIsAwayDoesNotAnswer(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToTell), Plays("bob", ToGoAway)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		bob.GoesAway("lunch")
		ann.Tells("bob", "are you there?")
		ann.Hears(bob.BeingAway("lunch"))
		bob.Hears(ann.Telling("are you there?"))
		bob.ComesBack()
		ann.Tells("bob", "and now?")
		bob.Hears(ann.Telling("and now?"))
		ann.HearsNothing()
		bob.GoesAway("again")
	},
		"entered ann", "entered bob", "[@ann+bob] message ann: are you there?", "[@ann+bob] message ann: and now?")
}
