package conversation

import (
	"testing"

	"parley/chat"
)

func TestTalkingInTwoRoomsAtOnce(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToJoin), Plays("bob", ToJoin, ToPart), Plays("cid")}, func(s *Story) {
		ann, bob, cid := s.As("ann").Enters(), s.As("bob").Enters(), s.As("cid").Enters()
		ann.Hears(bob.Entering(), cid.Entering())
		bob.Hears(cid.Entering())
		ann.Joins("dev")
		bob.Joins("Dev")
		ann.Hears(bob.Entering().In("dev"))
		ann.SaysIn("dev", "only here")
		bob.Hears(ann.Saying("only here").In("dev"))
		bob.Says("to all")
		ann.Hears(bob.Saying("to all"))
		cid.Hears(bob.Saying("to all"))
		ann.Says("to all, too").SaysIn("dev", "and here").Says("and there")
		bob.Hears(ann.Saying("to all, too"), ann.Saying("and here").In("dev"), ann.Saying("and there"))
		cid.Hears(ann.Saying("to all, too"), ann.Saying("and there"))
		bob.Leaves("dev")
		ann.Hears(bob.Leaving().In("dev"))
		ann.SaysIn("dev", "alone again")
		bob.HearsNothing()
		cid.HearsNothing()
	})
}

func TestTwoInTwoRooms(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToJoin), Plays("bob", ToJoin, ToPart)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Joins("dev").Joins("茶室")
		bob.Joins("dev").Joins("茶室")
		ann.Hears(bob.Entering().In("dev"), bob.Entering().In("茶室"))
		ann.SaysIn("dev", "code").SaysIn("茶室", "茶").Says("hello")
		bob.Hears(ann.Saying("code").In("dev"), ann.Saying("茶").In("茶室"), ann.Saying("hello"))
		bob.Leaves("茶室").Joins("a,b").IsRefused(chat.RoomName)
		bob.Leaves("nowhere").IsRefused(chat.RoomUnknown)
		bob.Leaves("茶室").IsRefused(chat.RoomNotJoined)
		ann.Hears(bob.Leaving().In("茶室"))
		bob.Quits()
		ann.Hears(bob.Leaving(), bob.Leaving().In("dev"))
	},
		"entered ann", "entered bob", "message ann: hello", "left bob: quit",
		"[dev] entered ann", "[dev] entered bob", "[dev] message ann: code", "[dev] left bob: quit",
		"[茶室] entered ann", "[茶室] entered bob", "[茶室] message ann: 茶", "[茶室] left bob: parted")
}

func TestWhatARoomIsAbout(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToSetTopic, ToJoin), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.SetsTopic(chat.Lobby, "tea")
		bob.Hears(ann.SettingTopic("tea"))
		ann.SetsTopic(chat.Lobby, "tea") // that is nothing new
		bob.HearsNothing()
		ann.SetsTopic(chat.Lobby, "").Joins("dev").SetsTopic("dev", "咖啡 at five")
		bob.Hears(ann.SettingTopic(""))
		bob.HearsNothing()
	},
		"entered ann", "entered bob", "topic ann: tea", "topic ann", "[dev] entered ann", "[dev] topic ann: 咖啡 at five")
}

func TestAnAnnouncementIsHeardOnceAndStandsInEveryRoom(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToJoin), Plays("bob"), Plays("cid", ToJoin, ToPart)}, func(s *Story) {
		ann, bob, cid := s.As("ann").Enters(), s.As("bob").Enters(), s.As("cid").Enters()
		ann.Hears(bob.Entering(), cid.Entering())
		bob.Hears(cid.Entering())
		ann.Joins("dev")
		cid.Joins("dev").Leaves(chat.Lobby)
		ann.Hears(cid.Entering().In("dev"), cid.Leaving())
		bob.Hears(cid.Leaving())
		s.Announces("fire drill\nat noon")
		for _, m := range []*Member{ann, bob, cid} {
			m.Hears(TheAdministrator("fire drill\nat noon"))
			m.HearsNothing()
		}
		ann.Says("not for cid")
		bob.Hears(ann.Saying("not for cid"))
		cid.HearsNothing()
		cid.Joins(chat.Lobby).Says("back")
		ann.Hears(cid.Entering(), cid.Saying("back"))
		bob.Hears(cid.Entering(), cid.Saying("back"))
	})
}

func TestATextNeedsARoomThatOneIsIn(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToPart, ToJoin), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Leaves(chat.Lobby)
		bob.Hears(ann.Leaving())
		ann.Says("hello?").IsRefused(chat.RoomNotJoined)
		bob.Says("unheard")
		ann.HearsNothing()
		ann.Joins(chat.Lobby).Says("hello!")
		bob.Hears(ann.Entering(), ann.Saying("hello!"))
	},
		"entered ann", "entered bob", "left ann: parted", "message bob: unheard", "entered ann", "message ann: hello!")
}

func TestAnotherNickname(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToRename, ToJoin, ToTell), Plays("bob"), Plays("cid")}, func(s *Story) {
		ann, bob, cid := s.As("ann").Enters(), s.As("bob").Enters(), s.As("cid").Enters()
		ann.Hears(bob.Entering(), cid.Entering())
		bob.Hears(cid.Entering())
		ann.Renames("BOB").IsRefused(chat.NickOccupied)
		bob.Hears(BeingWanted())
		ann.Renames("admin").IsRefused(chat.NickReserved)
		ann.Joins("dev").Renames("anna").Says("it is me")
		for _, m := range []*Member{bob, cid} {
			m.Hears(ann.Renaming("ann"), ann.Saying("it is me"))
		}
		cid.Quits()
		bob.Hears(cid.Leaving())
		ann.Hears(cid.Leaving())
		cid.EntersAs("ann").Says("the name is free")
		bob.Hears(cid.Entering(), cid.Saying("the name is free"))
		ann.Hears(cid.Entering(), cid.Saying("the name is free"))
		ann.Tells("ann", "take care of it")
		cid.Hears(ann.Telling("take care of it"))
		ann.Renames("Anna")
		cid.Hears(ann.Renaming("anna"))
		bob.Hears(ann.Renaming("anna"))
	})
}
