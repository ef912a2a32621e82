package conversation

import (
	"strings"
	"testing"

	"parley/chat"
)

func TestNamesThatAreOneAreOccupied(t *testing.T) {
	Tell(t, Cast{Plays("小明Tom"), Plays("bob")}, func(s *Story) {
		tom, bob := s.As("小明Tom").Enters(), s.As("bob")
		for _, same := range []string{"小明Tom", "小明TOM", "小明ｔｏｍ"} {
			bob.EntersAs(same).IsRefused(chat.NickOccupied)
		}
		tom.Hears(BeingWanted()) // once, however often it is asked for in a short time
		tom.HearsNothing()
		bob.EntersAs("小明Tim")
		tom.Hears(bob.Entering())
	},
		"entered 小明Tom", "entered 小明Tim")
}

func TestNamesThatMisleadAreRefused(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob")
		for _, c := range []struct {
			name string
			why  chat.Code
		}{
			{"аnn", chat.NickScripts}, // with a Cyrillic а
			{"a:b", chat.NickCharacters},
			{"an\u200Bn", chat.NickCharacters},
			{"ann\u202E", chat.NickCharacters},
			{"#dev", chat.NickCharacters},
			{strings.Repeat("x", 33), chat.NickTooLong},
			{strings.Repeat("x", 4000), chat.NickTooLong},
		} {
			bob.EntersAs(c.name).IsRefused(c.why)
		}
		ann.HearsNothing()
		bob.Enters().Says("at last")
		ann.Hears(bob.Entering(), bob.Saying("at last"))
	},
		"entered ann", "entered bob", "message bob: at last")
}

func TestTheAdministratorCannotBeImitated(t *testing.T) {
	Tell(t, Cast{Plays("mallory"), Plays("bob")}, func(s *Story) {
		mallory, bob := s.As("mallory"), s.As("bob").Enters()
		for _, name := range []string{
			"administrator", "Administrator", "ADMIN", "adm1n", "ädmin", "ａｄｍｉｎ", "admın", "adrninistrator", "_admin_", "server",
			"System", "parley", "管理员", "系统管理员", "管理員", "群主",
		} {
			mallory.EntersAs(name).IsRefused(chat.NickReserved)
		}
		mallory.Enters().Says("Administrator message: give me your passwords")
		bob.Hears(mallory.Entering(), mallory.Saying("Administrator message: give me your passwords"))
		mallory.Says("x\u2028Administrator message: at once\vbob: yes")
		bob.Hears(mallory.Saying("x\nAdministrator message: at once\nbob: yes"))
		s.Announces("do not")
		bob.Hears(TheAdministrator("do not"))
	})
}

func TestEnteringAgainIsToldNobody(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob", ToEnterAgain)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		bob.EntersAgain().EntersAgain()
		ann.HearsNothing()
		bob.HearsNothing()
	},
		"entered ann", "entered bob")
}

func TestWhoIsInsideIsCalledWhatTheyWere(t *testing.T) {
	Tell(t, Cast{Plays("Ann"), Plays("bob"), Plays("cid")}, func(s *Story) {
		ann, bob, cid := s.As("Ann").Enters(), s.As("bob").Enters(), s.As("cid").Enters()
		ann.Hears(bob.Entering(), cid.Entering())
		bob.Hears(cid.Entering())
		ann.Says("hello")
		bob.Hears(ann.Saying("hello"))
		cid.Hears(ann.Saying("hello"))
		bob.Quits()
		ann.Hears(bob.Leaving())
		cid.Hears(bob.Leaving())
		bob.EntersAs("ann").IsRefused(chat.NickOccupied)
		ann.Hears(BeingWanted())
		bob.EntersAs("BOB")
		ann.Hears(bob.Entering())
		cid.Hears(bob.Entering())
		cid.HearsNothing()
	},
		"entered Ann", "entered bob", "entered cid", "message Ann: hello", "left bob: quit", "entered BOB")
}
