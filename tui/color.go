package tui

import (
	"regexp"
	"strings"
)

// colorSequence is what sets the color or weight of what follows (SGR, ECMA-48 8.3.117). It cannot do more than that.
var colorSequence = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// cleanColored is clean for a line in colors. They stay where allowed, and end with the line; else they are left out.
func cleanColored(line string, allowed bool) string {
	at := colorSequence.FindAllStringIndex(line, -1)
	if len(at) == 0 {
		return clean(line)
	}
	var b strings.Builder
	start := 0
	for _, span := range at {
		b.WriteString(clean(line[start:span[0]]))
		if allowed {
			b.WriteString(line[span[0]:span[1]])
		}
		start = span[1]
	}
	b.WriteString(clean(line[start:]))
	if allowed {
		b.WriteString(plain)
	}
	return b.String()
}
