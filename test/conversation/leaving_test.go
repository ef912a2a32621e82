package conversation

import (
	"testing"

	"parley/chat"
)

func TestLeavingAndComingBack(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		bob.Says("bye").Quits()
		ann.Hears(bob.Saying("bye"), bob.Leaving())
		ann.Says("alone")
		bob.Enters()
		ann.Hears(bob.Entering())
		bob.HearsNothing()
		ann.Says("not any more")
		bob.Hears(ann.Saying("not any more"))
	},
		"entered ann", "entered bob", "message bob: bye", "left bob: quit", "message ann: alone", "entered bob",
		"message ann: not any more")
}

func TestTheNameOfWhoLeftIsFree(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Says("it is yours").Quits()
		bob.Hears(ann.Saying("it is yours"), ann.Leaving())
		ann.EntersAs("bob").IsRefused(chat.NickOccupied)
		bob.Hears(BeingWanted())
		bob.Quits()
		ann.EntersAs("bob").Says("thanks")
		bob.EntersAs("ann").Says("likewise")
		ann.Hears(bob.Entering(), bob.Saying("likewise"))
	},
		"entered ann", "entered bob", "message ann: it is yours", "left ann: quit", "left bob: quit", "entered bob",
		"message bob: thanks", "entered ann", "message ann: likewise")
}

func TestKickedAndBackAgain(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		bob.Says("LOUD")
		ann.Hears(bob.Saying("LOUD"))
		s.Kicks("BOB", "too loud")
		bob.Hears(Removal("too loud"))
		ann.Hears(bob.Leaving())
		ann.Says("silence")
		bob.HearsNothing()
		bob.Enters().Says("sorry")
		ann.Hears(bob.Entering(), bob.Saying("sorry"))
		s.Kicks("bob", "")
		bob.Hears(Removal(""))
		ann.Hears(bob.Leaving())
	},
		"entered ann", "entered bob", "message bob: LOUD", "left bob: kicked: too loud", "message ann: silence", "entered bob",
		"message bob: sorry", "left bob: kicked")
}

func TestKickedOutOfEveryRoom(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToJoin), Plays("bob", ToJoin)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Joins("dev")
		bob.Joins("dev")
		ann.Hears(bob.Entering().In("dev"))
		s.Kicks("bob", "out")
		bob.Hears(Removal("out"))
		ann.Hears(bob.Leaving(), bob.Leaving().In("dev"))
		bob.Enters()
		ann.Hears(bob.Entering())
		ann.SaysIn("dev", "bob is not here")
		bob.HearsNothing()
	})
}

func TestTheEndOfInputComesAfterWhatWasSaid(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToHangUp), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Says("one").Says("two").HangsUp()
		bob.Hears(ann.Saying("one"), ann.Saying("two"), ann.Leaving())
	},
		"entered ann", "entered bob", "message ann: one", "message ann: two", "left ann: quit")
}

func TestAConnectionThatBreaks(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToVanish), Plays("bob")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		ann.Says("oh").Vanishes()
		bob.Hears(ann.Saying("oh"), ann.Leaving())
		bob.Says("ann?")
		ann.Enters().Says("here I am")
		bob.Hears(ann.Entering(), ann.Saying("here I am"))
	},
		"entered ann", "entered bob", "message ann: oh", "left ann: gone", "message bob: ann?", "entered ann", "message ann: here I am")
}

func TestWhatWasMissedIsTold(t *testing.T) {
	Tell(t, Cast{Plays("ann"), Plays("bob", ToMiss, ToRecall)}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
		ann.Hears(bob.Entering())
		bob.Missed(0)
		ann.Says("before")
		bob.Hears(ann.Saying("before"))
		bob.Quits()
		ann.Hears(bob.Leaving())
		ann.Says("one").Says("二  two")
		s.Announces("three")
		bob.Enters()
		bob.Missed(3)
		bob.Recalls(ann.Saying("one"), ann.Saying("二  two"), TheAdministrator("three"))
		bob.HearsNothing()
		bob.AsksFor(chat.Lobby, 2)
		bob.Recalls(TheAdministrator("three"), bob.Entering())
		bob.AsksFor("nowhere", 2).IsRefused(chat.RoomUnknown)
	})
}

func TestWhatTwoSayAloneIsToldNobodyElse(t *testing.T) {
	Tell(t, Cast{Plays("ann", ToTell), Plays("bob"), Plays("mallory", ToRecall)}, func(s *Story) {
		ann, bob, mallory := s.As("ann").Enters(), s.As("bob").Enters(), s.As("mallory").Enters()
		ann.Hears(bob.Entering(), mallory.Entering())
		bob.Hears(mallory.Entering())
		ann.Tells("bob", "a secret")
		bob.Hears(ann.Telling("a secret"))
		mallory.AsksFor("@bob", 10).IsRefused(chat.RoomUnknown)
		mallory.AsksFor("@ann+bob", 10).IsRefused(chat.NickCharacters)
		mallory.AsksFor(chat.Lobby, 10)
		mallory.Recalls(ann.Entering(), bob.Entering(), mallory.Entering())
		mallory.HearsNothing()
	})
}
