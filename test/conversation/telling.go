package conversation

import "parley/chat"

// What others hear of what somebody does, under the nickname of the moment.

// Entering is that it enters the lobby.
func (m *Member) Entering() Heard { return m.makes(Entered, "") }

// Leaving is that it leaves the lobby.
func (m *Member) Leaving() Heard { return m.makes(Left, "") }

// Saying is that it says something in the lobby.
func (m *Member) Saying(text string) Heard { return m.makes(Said, text) }

// Doing is that it does something in the lobby.
func (m *Member) Doing(what string) Heard { return m.makes(Did, what) }

// Renaming is that it is called otherwise from now on: said before it is, or after, of who was called before.
func (m *Member) Renaming(before string) Heard {
	return Heard{Kind: Renamed, Room: chat.Lobby, Nick: before, Text: m.nick}
}

// SettingTopic is that it says what the lobby is about.
func (m *Member) SettingTopic(text string) Heard { return m.makes(Topic, text) }

// Telling is that it says something to one alone.
func (m *Member) Telling(text string) Heard { return m.makes(Told, text).In("") }

// BeingAway is what one is told who tells it something while it is away.
func (m *Member) BeingAway(why string) Heard { return m.makes(IsAway, why).In("") }

func (m *Member) makes(kind Kind, text string) Heard {
	return Heard{Kind: kind, Room: chat.Lobby, Nick: m.nick, Text: text}
}
