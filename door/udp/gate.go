package udp

import (
	"strings"

	"parley/chat"
	"parley/wire/datagram"
)

// gateLines is about how many lines may wait for all members together: what they cost in memory is theirs in a list each, 32 bytes,
// even where the line itself is the same for all.
const gateLines = 1 << 20

// ahead returns how many bytes of requests may be on their way: half of an outbox, or what leads to gateLines.
func (d *Door) ahead() int64 {
	lines := gateLines / max(1, d.inside())
	return int64(max(1, min(d.config.OutboxBytes/2, lines*lineWeight)))
}

// lineWeight is what a line without text counts at the gate, in bytes.
const lineWeight = 128

// weight is what a command counts at the gate: bytes, and for each line of a text as if it were a command.
func weight(c chat.Command) int {
	p, ok := c.(chat.Post)
	if !ok {
		return lineWeight
	}
	lines := 1 + strings.Count(p.Text, "\n") + len(p.Text)/datagram.MaxLine
	return len(p.Text) + lines*lineWeight
}
