package line

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// converse gives data to a Decoder in pieces of a size, and returns its lines and what it replies.
func converse(data string, size int) (lines []string, reply string) {
	d := &Decoder{Max: 40}
	for rest := []byte(data); len(rest) > 0; {
		piece := rest[:min(size, len(rest))]
		rest = rest[len(piece):]
		lines = append(lines, decode(d, piece, size)...)
		reply += string(d.Reply())
	}
	return lines, reply
}

const (
	ctrlC = "\xff\xf4\xff\xfd\x06"
	mark  = "\xff\xfb\x06"
	offer = "\xff\xfd\x00" // DO BINARY, once
	putty = "\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03"
)

func TestTelnet(t *testing.T) {
	declined := "\xff\xfe\x1f\xff\xfe\x20\xff\xfe\x18\xff\xfe\x27" +
		"\xff\xfc\x01\xff\xfe\x03\xff\xfc\x03"
	full, endless := strings.Repeat("x", 40), strings.Repeat("x", subnegotiationMax+1)
	for _, c := range []struct{ name, typed, lines, reply string }{
		{"Ctrl-C gets its mark", ctrlC + "ann\r\n", "ann", mark},
		{"Ctrl-C drops the current line", "ann\r\nhel" + ctrlC + "hello\r\n", "ann|hello", mark},
		{"Ctrl-C again", "a" + ctrlC + "b" + ctrlC + "c\r\n", "c", mark + mark},
		{"Ctrl-C in a full line", full + ctrlC + "a\n", "a", mark},
		{"Ctrl-C in a line that is too long", full + full + ctrlC + "a\n", "a", mark},
		{"a mark in a full line", full + "\xff\xfd\x06\n", full, mark},
		{"Ctrl-O", "a\xff\xf5\xff\xfd\x06b\r\n", "ab", mark},
		{"Ctrl-Z", "a\xff\xed\xff\xfd\x06b\r\n", "ab", mark},
		{"PuTTY opens", putty + "ann\r\n", "ann", declined},
		{"each option is declined once", putty + putty + "a\r\n", "a", declined},
		{"a refusal is not answered", putty + "\xff\xfc\x05\xff\xfe\x05a\n", "a", declined},
		{"option 10", ctrlC + "\xff\xfd\x0aa\n", "a", mark + "\xff\xfc\x0a"},
		{"negotiation comes later", "ann\nhi\xff\xfd\x03!\n", "ann|hi!", "\xff\xfc\x03"},
		{"are you there", "\xff\xf6ann\r\n", "ann", StillHere + "\n"},
		{"erase character", ctrlC + "anx\xff\xf7n\r\n", "ann", mark},
		{"erase line", ctrlC + "what\xff\xf8ever\r\n", "ever", mark},
		{"end of input", ctrlC + "\xff\xec", "(EOF)", mark},
		{"a subnegotiation", ctrlC + "a\xff\xfa\x18\x00x\n\xff\xff\xff\xf0b\n", "ab", mark},
		{"a subnegotiation without an end", ctrlC + "\xff\xfa" + endless + "a\nb\n", "a|b", mark},
		{"one that is cut short", ctrlC + "\xff\xfa\x18\xff\xfd\x06a\n", "a", mark + mark},
		{"byte 255, doubled", ctrlC + "a\xff\xffb\xff\xff\n", "a\xffb\xff", mark},
		{"no command after IAC", ctrlC + "a\xff\nb\xffc\n", "a|bc", mark},
		{"CR NUL around a command", ctrlC + "a\r\xff\xf1\x00b\r\x00", "a|b", mark},
	} {
		for _, size := range []int{1, 2, 3, 5, 1 << 20} {
			lines, reply := converse(c.typed, size)
			if got := strings.Join(lines, "|"); got != c.lines || reply != offer+c.reply {
				t.Errorf("%s, in pieces of %d: %q and %q, want %q and %q",
					c.name, size, got, reply, c.lines, offer+c.reply)
			}
		}
	}
}

const (
	willBinary = "\xff\xfb\x00"
	wontBinary = "\xff\xfc\x00"
	doBinary   = "\xff\xfd\x00"
	dontBinary = "\xff\xfe\x00"
	opening    = "\xff\xf1" // NOP
)

func TestBinaryIsAgreedOn(t *testing.T) {
	for _, c := range []struct{ name, typed, lines, reply string }{
		{"the client agrees", opening + willBinary + "都好\n", "都好", ""},
		{"it repeats that", opening + willBinary + willBinary + "a\n", "a", ""},
		{"it declines", opening + wontBinary + wontBinary + "a\r\n", "a", ""},
		{"it begins with it", willBinary + "都好\n", "都好", ""},
		{"it changes its mind", opening + wontBinary + willBinary + "a\n", "a", doBinary},
		{"and again", opening + willBinary + wontBinary + "a\r\n", "a", dontBinary},
		{"the other direction", doBinary + willBinary + doBinary + "a\n", "a", wontBinary},
		{"byte 255 is doubled", opening + willBinary + "a\xff\xffb\n", "a\xffb", ""},
		{"Ctrl-C", opening + willBinary + "都" + ctrlC + "a\n", "a", mark},
		{"within a character", opening + willBinary + "\xe9" + ctrlC + "a\n", "a", mark},
	} {
		for _, size := range []int{1, 2, 3, 5, 1 << 20} {
			lines, reply := converse(c.typed, size)
			if got := strings.Join(lines, "|"); got != c.lines || reply != offer+c.reply {
				t.Errorf("%s, in pieces of %d: %q and %q, want %q and %q",
					c.name, size, got, reply, c.lines, offer+c.reply)
			}
		}
	}
}

// TestNoCharacterIsTakenForAKey: a telnet client without BINARY sends a command in the place of a
// byte whose lower seven bits are those of a key.
func TestNoCharacterIsTakenForAKey(t *testing.T) {
	const (
		ip    = "\xff\xf4"
		ao    = "\xff\xf5"
		susp  = "\xff\xed"
		brk   = "\xff\xf3"
		abort = "\xff\xee"
		tm    = "\xff\xfd\x06"
	)
	for _, c := range []struct{ typed, want string }{
		{"\xe5\xb0" + ao + tm + "\xe6\x98\x8e", "小明"},
		{"\xe9" + ip + tm + "\xbd\xe5\xa5\xbd", "都好"},
		{"\xe4\xb8" + brk + tm + "\xe8\xa5\xbf", "东西"},
		{"\xe4\xb8" + abort + tm + "\xe8\xa5\xbf", "东西"},
		{"\xe9" + ip + tm + "\xbd\xe4\xbc" + susp + tm, "都会"},
		{"\xf0\x9f\x98" + ip + tm + "!", "😃!"},
		{"\xd0" + ip + tm, "\u0403"},
		{"小明" + ip + tm + "a", "a"},           // Ctrl-C
		{"\xe0" + ip + tm + "a", "a"},         // E0 83 begins no character
		{"\xe9\x83\xbd" + ip + tm + "a", "a"}, // nothing is missing
		{ip + tm + "a", "a"},
	} {
		marks := strings.Repeat(mark, strings.Count(c.typed, tm))
		for _, size := range []int{1, 2, 3, 5, 1 << 20} {
			lines, reply := converse("hi\r\n"+c.typed+"\r\n", size)
			if !equal(lines, []string{"hi", c.want}) || reply != offer+marks {
				t.Errorf("%q in pieces of %d is %q and %q", c.typed, size, lines, reply)
			}
		}
	}
}

// TestByte255IsTextUntilTelnetIsNegotiated: text in other encodings swallows nothing that follows
// it, and causes no reply.
func TestByte255IsTextUntilTelnetIsNegotiated(t *testing.T) {
	for _, said := range []string{
		"\xff\xfe", "\xfe\xff", "\xff\xff", "\xff", "\xff\xfa",
		"a\xff\xf0", "\xff\xf4\xff", "\xff\xf4\xff\xfd", "\xff\xfd \xff\xfd\x1b",
		"\xff\xfa\xff\xfb", "\xff\xfe\xeb\xff", "b\xfct\xff\xf6", "\xff\xfc\xff",
	} {
		for _, first := range []string{"hi", "\xff\xfe", "\xffa"} {
			for _, end := range []string{"\n", "\r\n", "\r\x00", "\r"} {
				typed := first + end + said + end + "next" + end
				for _, size := range []int{1, 2, 3, 1 << 20} {
					lines, reply := converse(typed, size)
					if want := []string{first, said, "next"}; !equal(lines, want) || reply != "" {
						t.Errorf("%q in pieces of %d is %q and %q", typed, size, lines, reply)
					}
				}
			}
		}
	}
}

func TestATelnetClientReadsCRLF(t *testing.T) {
	for said, want := range map[string]string{
		"":                                      "",
		english.Prompt:                          english.Prompt,
		"ann: hello\nbob: 你好\n":                 "ann: hello\r\nbob: 你好\r\n",
		"\n\n":                                  "\r\n\r\n",
		"a\n\xff\xfc\x0a\xff\xfe\x0a" + "b\n\n": "a\r\n\xff\xfc\x0a\xff\xfe\x0ab\r\n\r\n",
	} {
		if got := string(NVT([]byte(said))); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

// FuzzDecoder: however bytes are cut, lines and replies are the same; no line is longer than its
// bound or holds a line break; and whatever came, a line that is typed later is heard.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("ann\r\nhello\n"), 3, 10)
	f.Add([]byte("\xff\xfb\x01a\xff\xfa\xff\xf0b\r\x00"), 1, 10)
	f.Add([]byte("an\x08\x7fb\x15c d\x17\x04\x03"+ctrlC), 1, 10)
	f.Add([]byte("\r\n\r\n\x00\r\nQUIT\n"), 2, 10)
	f.Add([]byte("\uFEFFann\n\xff\xfe\n"), 2, 10)
	f.Add(bytes.Repeat([]byte("x\r"), 50), 7, 10)
	f.Fuzz(func(t *testing.T, data []byte, size, most int) {
		most, size = min(max(most, 1), 1000), min(max(size, 1), 1000)
		whole, pieces := &Decoder{Max: most}, &Decoder{Max: most}
		a, b := decode(whole, data, 1<<20), decode(pieces, data, size)
		if !equal(a, b) {
			t.Fatalf("whole %q, in pieces %q", a, b)
		}
		if a, b := whole.Reply(), pieces.Reply(); !bytes.Equal(a, b) {
			t.Fatalf("the reply is %q, to pieces %q", a, b)
		}
		for _, line := range a {
			if strings.ContainsAny(line, "\r\n") || len(line) > max(most, len(ErrProxy.Error())+2) {
				t.Fatalf("a line of %d bytes: %q", len(line), line)
			}
		}
		if len(pieces.partial) > most+slack {
			t.Fatalf("%d bytes are kept of a line of at most %d", len(pieces.partial), most)
		}
		later := strings.Repeat("x", subnegotiationMax+3) + "\nh\n"
		heard := decode(pieces, []byte(later), size)
		if len(heard) == 0 || heard[len(heard)-1] != "h" {
			t.Fatalf("a line typed later is heard as %q", heard)
		}
	})
}

// FuzzEdit: what is erased is text of the line under way, in whole characters.
func FuzzEdit(f *testing.F) {
	f.Add("héllo wörld")
	f.Add("👩‍👩‍👧 e\u0301")
	f.Fuzz(func(t *testing.T, text string) {
		line := []byte(text)
		for len(line) > 0 {
			less := withoutCharacter(line)
			if len(less) >= len(line) || !bytes.HasPrefix(line, less) {
				t.Fatalf("%q without a character is %q", line, less)
			}
			line = less
		}
		word := string(withoutWord([]byte(text)))
		if !strings.HasPrefix(text, word) || text != "" && word == text {
			t.Fatalf("%q without a word is %q", text, word)
		}
	})
}

func TestKeysEditTheLineUnderWay(t *testing.T) {
	for typed, want := range map[string]string{
		"helx\x7flo":                       "hello",
		"helxy\b\blo":                      "hello",
		"\b\b\x7fhi":                       "hi",
		"小明天\x7f\x7f好":                     "小好",
		"e\u0301\u0302\x7fa":               "a",
		"👩‍👩‍👧\x7f!":                       "!",
		"👍🏽❤️\b\bok":                       "ok",
		"\xe9t\xe9\b\be":                   "\xe9e", // Latin-1
		"one two \x17three":                "one three",
		"one\x17\x17two":                   "two",
		"no\x15yes":                        "yes",
		"no\x03yes":                        "yes",
		"no\x1cyes":                        "yes",
		"a\x04b\x0f\x11\x12\x13\x16\x1ac":  "abc",
		"tab\tstays":                       "tab\tstays",
		"\x1b[31mred\x07!":                 "\x1b[31mred\x07!",
		strings.Repeat("x", 90) + "\x15a":  "a",
		strings.Repeat("x", 42) + "\b\b":   strings.Repeat("x", 40),
		strings.Repeat("x", 90) + "\b\x17": "(" + ErrTooLong.Error() + ")",
	} {
		for _, size := range []int{1, 1 << 20} {
			lines, reply := converse("before\n"+typed+"\n", size)
			if !equal(lines, []string{"before", want}) || reply != "" {
				t.Errorf("%q in pieces of %d is %q and %q, want %q",
					typed, size, lines, reply, want)
			}
		}
	}
}

func TestCtrlDAtTheStartOfALineIsTheEnd(t *testing.T) {
	for typed, want := range map[string][]string{
		"\x04": {"(EOF)"}, "ann\n\x04": {"ann", "(EOF)"}, "ann\r\x04": {"ann", "(EOF)"},
		"a\x7f\x04": {"(EOF)"}, "a\x04\n": {"a"},
	} {
		if lines, _ := converse(typed, 1); !equal(lines, want) {
			t.Errorf("%q is %q, want %q", typed, lines, want)
		}
	}
}

func TestAByteOrderMarkIsDroppedWhereAConnectionBegins(t *testing.T) {
	for typed, want := range map[string][]string{
		"\uFEFFann\n": {"ann"}, "\uFEFF\r\nann\r\n": {"", "ann"}, "\uFEFFann\r": {"ann"},
		"a\uFEFFb\n\uFEFFc\n": {"a\uFEFFb", "\uFEFFc"},
	} {
		for _, size := range []int{1, 2, 1 << 20} {
			if lines, _ := converse(typed, size); !equal(lines, want) {
				t.Errorf("%q in pieces of %d is %q, want %q", typed, size, lines, want)
			}
		}
	}
}

func TestAProxyHeaderIsNoLine(t *testing.T) {
	header := "(" + ErrProxy.Error() + ")"
	for size := 1; size < 20; size++ {
		lines, _ := converse("\r\n\r\n\x00\r\nQUIT\n\x21\x11", size)
		if !equal(lines[:3], []string{"", "", header}) {
			t.Errorf("in pieces of %d: %q", size, lines)
		}
	}
	for typed, want := range map[string][]string{
		"\r\n\r\n\r\n\x00": {"", "", ""}, "\r\n\r\na\n": {"", "", "a"},
		"\r\n\n\x00\n": {"", "", "\x00"}, "a\r\n\r\n\x00\n": {"a", "", "\x00"},
	} {
		if lines, _ := converse(typed, 1); !equal(lines, want) {
			t.Errorf("%q is %q, want %q", typed, lines, want)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, length := range []int{20, 200} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			d := &Decoder{Max: 1000}
			data := []byte(strings.Repeat("x", length) + "\n")
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, _, ok, err := d.Next(data); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}
