package conversation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/chat"
)

// TestSeveralSpeakAtOnce: what is stored decides, and everybody hears it in that order.
func TestSeveralSpeakAtOnce(t *testing.T) {
	TellFreely(t, Cast{Plays("ann"), Plays("bob"), Plays("cid"), Plays("dan")}, func(s *Story) {
		const lines = 15
		var speaking []func()
		for _, m := range s.members[:3] {
			m.Enters()
			speaking = append(speaking, func() {
				for i := range lines {
					m.Says(fmt.Sprint(m.nick, " says ", i))
				}
			})
		}
		s.As("dan").Enters() // and listens
		speaking = append(speaking, func() {
			for i := range lines {
				s.Announces(fmt.Sprint("announcement ", i))
			}
		})
		s.Together(speaking...)
		s.Stored(4 + 4*lines)
	})
}

// TestTwoAskForANicknameAtOnce: one has it, the other is refused, and the log knows of one.
func TestTwoAskForANicknameAtOnce(t *testing.T) {
	const rounds = 50
	var log []string
	for range rounds {
		log = append(log, "entered 小明", "message 小明: mine", "left 小明: quit")
	}
	for _, doors := range [][]string{{"udp", "udp"}, {"udp", "line"}, {"line", "line"}, {"tls", "udp"}} {
		t.Run(strings.Join(doors, "+"), func(t *testing.T) {
			TellBy(t, doors, Cast{Plays("ann"), Plays("bob")}, func(s *Story) {
				ann, bob := s.As("ann"), s.As("bob")
				for range rounds {
					s.Together(func() { ann.EntersAs("小明") }, func() { bob.EntersAs("小明") })
					has := s.OneOf(ann, bob, chat.NickOccupied)
					has.Hears(BeingWanted())
					has.Says("mine").Quits()
				}
			}, log...)
		})
	}
}

// TestManyComeAndGoAtOnce under nicknames of their own, while one listens.
func TestManyComeAndGoAtOnce(t *testing.T) {
	TellFreely(t, Cast{Plays("ann"), Plays("bob"), Plays("cid"), Plays("dan")}, func(s *Story) {
		s.isCrowded = true
		s.As("dan").Enters()
		var coming []func()
		for _, m := range s.members[:3] {
			coming = append(coming, func() {
				for i := range 5 {
					m.Enters().Says(fmt.Sprint(m.nick, " is here for the time ", i)).Quits()
				}
			})
		}
		s.Together(coming...)
		s.Stored(1 + 3*5*3)
	})
}

// TestThreeByNetcatAndTwoByDatagramInTwoRooms is the issue's own scene.
func TestThreeByNetcatAndTwoByDatagramInTwoRooms(t *testing.T) {
	cast := Cast{Plays("ann", ToJoin), Plays("bob", ToJoin), Plays("cid", ToJoin), Plays("dan"), Plays("eve")}
	TellBy(t, []string{"line", "line", "tls", "udp", "udp"}, cast, func(s *Story) {
		var inside []*Member
		for _, m := range s.members {
			m.Enters()
			for _, other := range inside {
				other.Hears(m.Entering())
			}
			inside = append(inside, m)
		}
		ann, bob, cid, dan := inside[0], inside[1], inside[2], inside[3]
		ann.Joins("dev")
		cid.Joins("dev")
		ann.Hears(cid.Entering().In("dev"))
		dan.Says("大家好")
		ann.SaysIn("dev", "shh")
		bob.Says("hello dan")
		for _, m := range inside {
			switch m {
			case dan:
				m.Hears(bob.Saying("hello dan"))
			case bob:
				m.Hears(dan.Saying("大家好"))
			case cid:
				m.Hears(dan.Saying("大家好"), ann.Saying("shh").In("dev"), bob.Saying("hello dan"))
			default:
				m.Hears(dan.Saying("大家好"), bob.Saying("hello dan"))
			}
		}
		s.Announces("all of you")
		for _, m := range inside {
			m.Hears(TheAdministrator("all of you"))
			m.HearsNothing()
		}
		cid.Quits()
		ann.Hears(cid.Leaving(), cid.Leaving().In("dev"))
		dan.Hears(cid.Leaving())
	},
		"entered ann", "entered bob", "entered cid", "entered dan", "entered eve", "message dan: 大家好", "message bob: hello dan",
		"announcement: all of you", "left cid: quit",
		"[dev] entered ann", "[dev] entered cid", "[dev] message ann: shh", "[dev] announcement: all of you", "[dev] left cid: quit")
}

// OneOf expects that one of two was refused, and returns the other.
func (s *Story) OneOf(a, b *Member, code chat.Code) (other *Member) {
	other = a
	s.step(func() error {
		why, too := a.Refusal(), b.Refusal()
		if why == chat.OK {
			why, too = too, why
		} else {
			other = b
		}
		if why != code || too != chat.OK {
			return fmt.Errorf("refused are %q and %q", why.Sentence(), too.Sentence())
		}
		return nil
	})
	return other
}

// Stored expects that the history of the lobby shows so many messages.
func (s *Story) Stored(messages int) {
	s.step(func() error {
		end, err := s.stage.Desk().Hub.End(chat.Lobby)
		got := end.Beyond(chat.Cursor{})
		if err == nil && got != messages {
			err = errors.New(fmt.Sprint(got, " messages are stored, want ", messages))
		}
		return err
	})
}
