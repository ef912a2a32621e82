package conversation

import (
	"errors"
	"fmt"
	"slices"

	"parley/chat"
)

// Member is somebody in a story. Its steps are called by one goroutine at a time.
type Member struct {
	story  *Story
	role   string
	door   Door
	driver Driver

	nick     string // of the moment
	life     *life
	heard    []Heard
	expected int // of these, so many that the story has told of
	refusal  *chat.Refusal
	refused  string // where that was; empty: the story has told of it
	recalled []Heard
	missed   int
}

// does does something. A refusal is to be told of by the next step.
func (m *Member) does(a Act, done func()) *Member {
	m.story.step(func() error {
		if m.refused != "" {
			return m.unexpected()
		}
		err := m.driver.Do(a)
		m.listen()
		var refusal *chat.Refusal
		if errors.As(err, &refusal) {
			m.refusal, m.refused = refusal, place()
			return nil
		}
		if err == nil && done != nil {
			done()
		}
		return err
	})
	return m
}

// listen takes what has come.
func (m *Member) listen() {
	m.heard = append(m.heard, m.driver.Take()...)
	recalled, missed := m.driver.Recalled()
	if recalled != nil || missed > 0 {
		m.recalled, m.missed = recalled, missed
	}
}

func (m *Member) unexpected() error {
	return fmt.Errorf("%s is refused at %s: %w", m.role, m.refused, m.refusal)
}

// Enters comes into the chat room under the name of the role.
func (m *Member) Enters() *Member { return m.EntersAs(m.role) }

// EntersAs comes into the chat room under some nickname.
func (m *Member) EntersAs(nick string) *Member {
	return m.does(Act{Verb: ToEnter, Nick: nick}, func() {
		m.nick = nick
		m.story.begin(m, nick)
	})
}

// EntersAgain does so where it is inside already.
func (m *Member) EntersAgain() *Member { return m.does(Act{Verb: ToEnterAgain, Nick: m.nick}, nil) }

// Says says something in the lobby.
func (m *Member) Says(text string) *Member { return m.SaysIn(chat.Lobby, text) }

// SaysIn says something in a room.
func (m *Member) SaysIn(room chat.RoomID, text string) *Member {
	return m.does(Act{Verb: ToSay, Room: room, Text: text}, func() { m.begins(text) })
}

// SaysLines says something of several lines in the lobby.
func (m *Member) SaysLines(text string) *Member {
	return m.does(Act{Verb: ToSayLines, Room: chat.Lobby, Text: text}, func() { m.begins(text) })
}

// begins notes what is said first.
func (m *Member) begins(text string) {
	if m.life != nil && m.life.first == "" {
		m.life.first = text
	}
}

// Does does something in a room.
func (m *Member) Does(room chat.RoomID, what string) *Member {
	return m.does(Act{Verb: ToAct, Room: room, Text: what}, nil)
}

// Tells says something to one alone.
func (m *Member) Tells(nick, text string) *Member {
	return m.does(Act{Verb: ToTell, Nick: nick, Text: text}, nil)
}

// Joins goes into another room as well.
func (m *Member) Joins(room chat.RoomID) *Member { return m.does(Act{Verb: ToJoin, Room: room}, nil) }

// Leaves leaves a room.
func (m *Member) Leaves(room chat.RoomID) *Member { return m.does(Act{Verb: ToPart, Room: room}, nil) }

// Renames takes another nickname.
func (m *Member) Renames(nick string) *Member {
	return m.does(Act{Verb: ToRename, Nick: nick}, func() { m.nick = nick })
}

// SetsTopic says what a room is about.
func (m *Member) SetsTopic(room chat.RoomID, text string) *Member {
	return m.does(Act{Verb: ToSetTopic, Room: room, Text: text}, nil)
}

// GoesAway says why it does not answer.
func (m *Member) GoesAway(why string) *Member { return m.does(Act{Verb: ToGoAway, Text: why}, nil) }

// ComesBack answers again.
func (m *Member) ComesBack() *Member { return m.does(Act{Verb: ToGoAway}, nil) }

// AsksFor asks for what was said last in a room.
func (m *Member) AsksFor(room chat.RoomID, messages int) *Member {
	return m.does(Act{Verb: ToRecall, Room: room, N: messages}, nil)
}

// Quits leaves the chat room.
func (m *Member) Quits() *Member { return m.does(Act{Verb: ToQuit}, nil) }

// HangsUp ends its input.
func (m *Member) HangsUp() *Member { return m.does(Act{Verb: ToHangUp}, nil) }

// Vanishes breaks its connection.
func (m *Member) Vanishes() *Member { return m.does(Act{Verb: ToVanish}, nil) }

// IsRefused tells of why the step before was.
func (m *Member) IsRefused(code chat.Code) {
	m.story.step(func() error {
		switch got := m.Refusal(); got {
		case code:
			return nil
		case chat.OK:
			return fmt.Errorf("%s is not refused with %q", m.role, code.Sentence())
		default:
			return fmt.Errorf("%s is refused with %q, want %q", m.role, got.Sentence(), code.Sentence())
		}
	})
}

// MayBeRefused says that some doors refuse the step before, and some do it, or drop it without a word.
func (m *Member) MayBeRefused(code chat.Code) {
	m.story.step(func() error {
		if got := m.Refusal(); got != code && got != chat.OK {
			return fmt.Errorf("%s is refused with %q, want %q or nothing", m.role, got.Sentence(), code.Sentence())
		}
		return nil
	})
}

// Refusal returns why the step before was refused, for stories in which that is open.
func (m *Member) Refusal() chat.Code {
	if m.refused == "" {
		return chat.OK
	}
	m.refused = ""
	return m.refusal.Code
}

// Hears expects what comes next, as far as the door tells of it.
func (m *Member) Hears(all ...Heard) {
	m.story.step(func() error {
		want := m.door.tells(all)
		for until := m.story.until(); len(m.heard) < m.expected+len(want); m.listen() {
			if err := m.driver.Wait(until); err != nil {
				return fmt.Errorf("%s does not hear all of %v, but %v: %w", m.role, want, m.unheard(), err)
			}
		}
		got := m.heard[m.expected : m.expected+len(want)]
		m.expected += len(want)
		if wrong := differ(got, want, m.door.Gathers); wrong != "" {
			return fmt.Errorf("%s %s", m.role, wrong)
		}
		return nil
	})
}

// unheard is what came and is not told of.
func (m *Member) unheard() []Heard { return m.heard[m.expected:] }

// HearsNothing expects that nothing came that is not told of yet.
func (m *Member) HearsNothing() {
	m.story.step(func() error {
		if err := m.story.stage.settle(); err != nil {
			return err
		}
		if err := m.driver.Fence(); err != nil {
			return fmt.Errorf("%s: %w", m.role, err)
		}
		m.listen()
		if more := m.unheard(); len(more) > 0 {
			return fmt.Errorf("%s hears %v, want nothing", m.role, more)
		}
		return nil
	})
}

// Recalls expects what was told of before, on entering or where it was asked for.
func (m *Member) Recalls(all ...Heard) {
	m.story.step(func() error {
		got := m.recalled
		m.recalled = nil
		if !slices.Equal(got, all) {
			return fmt.Errorf("%s recalls %v, want %v", m.role, got, all)
		}
		return nil
	})
}

// Missed expects that so many messages were said meanwhile.
func (m *Member) Missed(messages int) {
	m.story.step(func() error {
		if m.missed != messages {
			return fmt.Errorf("%s missed %d messages, want %d", m.role, m.missed, messages)
		}
		return nil
	})
}

// ends reads the rest, up to the curtain for who is inside, and compares all that was heard with what is stored.
func (m *Member) ends(should replayed, curtain string) error {
	if m.refused != "" {
		return m.unexpected()
	}
	last := TheAdministrator(curtain)
	for until := m.story.until(); should.inside && !slices.Contains(m.heard, last); m.listen() {
		if err := m.driver.Wait(until); err != nil {
			return fmt.Errorf("does not hear the end, but %v: %w", m.unheard(), err)
		}
	}
	if err := m.driver.Fence(); err != nil {
		return err
	}
	m.listen()
	if should.inside {
		should.heard = append(should.heard, last)
	}
	for _, h := range m.unheard() {
		if !h.Kind.isStored() && !(m.story.isCrowded && h.Kind == Wanted) {
			return fmt.Errorf("hears %v, of which the story says nothing", h)
		}
	}
	return compare(m.heard, m.door.tells(should.heard), m.door.Gathers, m.door.Gathers && m.story.isCrowded)
}
