package client

import (
	"math"
	"strings"

	"parley/chat"
)

// clean makes lines that are safe to show of what a stranger sent, as chat.ParseText does of what members say: a server of
// another make hands on whatever it got. Nothing visible gives no line.
func clean(text string) []string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	text, err := chat.ParseText(text, math.MaxInt)
	if err != nil {
		return nil
	}
	return strings.Split(text, "\n")
}
