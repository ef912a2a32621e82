package line

import (
	"strings"

	"parley/chat"
)

// Line makes a line of what the server says on its own. It holds no line break.
func Line(said string) []byte { return appendLine(make([]byte, 0, len(said)+1), said) }

// in names the room of a line; a line without a room is of the lobby, or of none.
func in(room chat.RoomID) string {
	if room == chat.Lobby {
		return ""
	}
	return "[" + string(room) + "] "
}

func appendLine(b []byte, line string) []byte { return append(append(b, line...), '\n') }

// appendLines puts prefix before each line of a text, so that no line of it can pass for another's.
func appendLines(b []byte, prefix, text string) []byte {
	for line := range strings.SplitSeq(text, "\n") {
		b = append(append(append(b, prefix...), line...), '\n')
	}
	return b
}
