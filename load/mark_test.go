package load

import (
	"strings"
	"testing"
	"time"

	"parley/locale"
	"parley/wire/datagram"
)

func testReader() *reader {
	return &reader{id: "abcde", members: 12, senders: 3, size: 100}
}

// told is a message's line, as a server hands it on.
func told(r *reader, m mark) string {
	return r.id.nick(m.sender) + ": " + string(r.id.appendText(nil, m, r.size))
}

func TestLinesAreReadBack(t *testing.T) {
	r := testReader()
	m := mark{sender: 2, number: 4_000_000_000, due: 123 * time.Second}
	line := told(r, m)
	if got := len(line) - len("babcde-2: "); got != r.size {
		t.Errorf("the text has %d bytes", got)
	}
	if kind, got := r.read([]byte(line)); kind != Message || got != m {
		t.Errorf("%q is read as %v %+v", line, kind, got)
	}
	for line, want := range map[string]struct {
		kind   Kind
		sender int
	}{
		"babcde-11 enters the chat room":            {Joins, 11},
		"babcde-0 quits the chat room":              {Leaves, 0},
		"babcde-12 enters the chat room":            {Damaged, 0}, // there are 12, from 0
		"babcde-x enters the chat room":             {Damaged, 0},
		"babcde enters the chat room":               {Damaged, 0},
		"babcde-+1 enters the chat room":            {Damaged, 0},
		"bother-1 enters the chat room":             {Other, 0},
		"babcde-0: " + knock:                        {Ignored, 0},
		"Administrator message: babcde-1":           {Other, 0},
		string(datagram.In(locale.English).Lost(3)): {Other, 0},
		datagram.OK:                        {Other, 0},
		"":                                 {Other, 0},
		"babcde-":                          {Other, 0},
		"babcde-y":                         {Damaged, 0},
		"babcde-0: ":                       {Damaged, 0},
		"babcde-0: abcde 3 0 0 abc":        {Damaged, 0}, // no such sender
		"babcde-0: abcde -1 0 0 abc":       {Damaged, 0},
		"babcde-0: abcde 99999999999999 0": {Damaged, 0},
	} {
		if kind, m := r.read([]byte(line)); kind != want.kind || m.sender != want.sender {
			t.Errorf("%q is read as %v of %d, want %+v", line, kind, m.sender, want)
		}
	}
}

func TestEveryChangeIsSeen(t *testing.T) {
	r := testReader()
	line := told(r, mark{sender: 1, number: 7, due: time.Second})
	for name, changed := range map[string]string{
		"cut":                line[:len(line)-1],
		"longer":             line + "a",
		"a letter":           line[:50] + "?" + line[51:],
		"another's nickname": strings.Replace(line, "babcde-1", "babcde-2", 1),
		"a nought before":    strings.Replace(line, " 7 ", " 07 ", 1),
		"another run inside": strings.Replace(line, ": abcde", ": fghij", 1),
	} {
		if kind, _ := r.read([]byte(changed)); kind != Damaged {
			t.Errorf("%s: %q is read as %v", name, changed, kind)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("babcde-1: abcde 1 7 1000 abc"))
	f.Add([]byte("babcde-11 enters the chat room"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r := testReader()
		switch kind, m := r.read(line); kind {
		case Message:
			if told(r, m) != string(line) {
				t.Errorf("%q is read as %+v", line, m)
			}
		case Joins, Leaves:
			if m.sender < 0 || m.sender >= r.members {
				t.Errorf("%q is of member %d", line, m.sender)
			}
		}
	})
}
