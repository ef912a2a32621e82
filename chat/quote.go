package chat

import (
	"strconv"
	"unicode/utf8"
)

// quoteMax is how many bytes of a text Quote repeats at most.
const quoteMax = 80

// Quote returns a text as an error repeats it, whatever a client or a file put into it: in double
// quotes, cut after quoteMax bytes, with everything escaped that a terminal does not print.
func Quote[S ~string](text S) string {
	if len(text) <= quoteMax {
		return strconv.Quote(string(text))
	}
	end := quoteMax
	for end > quoteMax-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return strconv.Quote(string(text[:end])) + "…"
}
