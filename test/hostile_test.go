package test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/hub"
	"parley/server"
	"parley/wire/datagram"
)

// hostileNames cannot be had by anybody, with the code that says so.
var hostileNames = map[string]string{
	"a space":               "ann lee",
	"a space behind":        "ann ",
	"a wide space":          "ann　lee",
	"a control character":   "an\x07n",
	"an escape sequence":    "\x1b[31mann",
	"a zero-width space":    "an\u200bn",
	"a zero-width joiner":   "an\u200dn",
	"a right-to-left mark":  "ann\u202e",
	"an isolate":            "\u2066ann",
	"a byte order mark":     "\ufeffann",
	"a colon":               "ann:",
	"a fullwidth colon":     "ann：",
	"a line break":          "ann\nbob",
	"Latin with Cyrillic":   "аnn",
	"Latin with Greek":      "αnn",
	"97 bytes":              strings.Repeat("x", 97),
	"33 characters":         strings.Repeat("好", 33),
	"what folds to 660":     strings.Repeat("\ufdfa", 20),
	"a tower of marks":      "a" + strings.Repeat("\u0301", 20),
	"only marks":            "\u0301\u0302",
	"blank braille":         "\u2800",
	"a Hangul filler":       "\u3164",
	"nothing":               "",
	"only a variation mark": "\ufe0f",
	"a tab":                 "a\tb",
}

func TestHostileNamesAreRefusedInALine(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	for what, name := range hostileNames {
		p := r.peer()
		p.name = what
		p.send("L " + name)
		got, err := p.next()
		if err != nil || !strings.Contains(got, "nickname") || strings.ContainsAny(got, "\n\x1b") {
			t.Errorf("%s: answered %q, %v", what, got, err)
		}
	}
	p := r.peer()
	p.send("L")
	p.hears("the nickname is empty")
	r.mustBeInside()
}

func TestLookAlikesOfSomebodyInsideAreRefused(t *testing.T) {
	r := openRoom(t, nil)
	r.enter("coco")
	for _, name := range []string{"COCO", "ＣＯＣＯ", "сосо", "ϲoϲo"} {
		p := r.peer()
		p.send("L " + name)
		if got, err := p.next(); err != nil || got == datagram.OK {
			t.Errorf("%q enters beside coco: %q, %v", name, got, err)
		}
	}
	r.mustBeInside("coco")
}

func TestNobodyActsThroughAnotherAddress(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	mallory := r.peer()
	for request, answer := range map[string]string{
		"C ann I am ann": "this nickname is in use from another address",
		"Q ann":          "this nickname is in use from another address",
		"C eve hello":    "you are not in the chat room under that nickname: enter first",
		"Q eve":          "EXIT",
		"C ann":          "the message is empty",
		"C":              "the nickname is empty",
		"Q":              "EXIT",
	} {
		mallory.send(request)
		mallory.hears(answer)
	}
	bob.send("C ann as ann, from inside")
	bob.hears("this nickname is in use from another address")
	bob.send("Q ann")
	bob.hears("this nickname is in use from another address")
	ann.hearsNothing()
	bob.hearsNothing()
	r.mustBeInside("ann", "bob")
}

func TestMalformedDatagramsAreCountedAndDropped(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	for _, d := range []string{"", "\n", "C bob a\x00b", "C bob \xff\xfe", "L \xc0\xaf", "C bob " + strings.Repeat("x", 60_000)} {
		bob.send(d)
	}
	large, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.server.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	if _, err := large.Write(bytes.Repeat([]byte("C"), 65_507)); err != nil {
		t.Fatal(err)
	}
	for _, told := range bob.untilExit() { // how often, depends on how long it took
		if told != chat.TextEncoding.Sentence() && told != chat.TextTooLong.Sentence() {
			t.Errorf("bob hears %q", told)
		}
	}
	ann.hearsNothing()
	if got := r.said("bob"); len(got) != 0 {
		t.Errorf("stored %q", got)
	}
	counts := r.counts()
	if counts.Dropped["malformed"] != 5 || counts.Dropped["oversized"] != 2 {
		t.Errorf("counted %+v", counts)
	}
}

// counts are the datagram door's.
func (r *room) counts() hub.Report { return r.server.Desk().Doors()[0] }

func TestUnknownVerbsAreHelpedOnceAMinute(t *testing.T) {
	r := openRoom(t, nil)
	p := r.peer()
	for range 5 {
		p.send("hello?")
	}
	p.hears(datagram.Help)
	p.hearsNothing()
}

func TestJoinedEntersLeaveOneMembership(t *testing.T) {
	r := openRoom(t, nil)
	p := r.peer()
	for _, name := range []string{"a1", "a2", "a3", "a2"} {
		p.send("L " + name)
	}
	p.hears("OK", "OK", "OK", "OK")
	r.mustBeInside("a2")
}

// TestEveryRequestOnTheWayIsAnswered: the member that a request finds when it comes need not be the one that its answer goes to.
func TestEveryRequestOnTheWayIsAnswered(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	p := r.peer()
	for range 300 {
		for _, d := range []string{"L first", "L second", "Q second", "L third", "Q third"} {
			p.send(d)
		}
		p.drain(datagram.Exit)
		p.drain(datagram.Exit)
		p.hearsNothing()
	}
	r.mustBeInside()
}

func TestControlCharactersNeverReachOthers(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	bob.says("\x1b]0;owned\x07\x1b[2Jhi\u009b31m")
	ann.hears("bob: \ufffd]0;owned\ufffd\ufffd[2Jhi\ufffd31m")
}

func TestAHundredThousandRandomDatagramsChangeNothing(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	ann := r.enter("ann")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	mallory := r.peer()
	for i := range 100_000 {
		mallory.send(randomDatagram(random))
		if i%500 == 0 { // the socket's buffer is finite, and what is dropped there tries nothing
			mallory.send("Q nobody-of-that-name")
			mallory.drain(datagram.Exit)
			ann.untilExit()
		}
	}
	mallory.send("Q nobody-of-that-name")
	mallory.drain(datagram.Exit)
	ann.says("still here")
	ann.untilExit()
	if got := r.said("ann"); !slices.Equal(got, []string{"still here"}) {
		t.Errorf("ann said %q", got)
	}
	if !slices.Contains(r.inside(), "ann") {
		t.Errorf("ann is not inside any more: %q", r.inside())
	}
	for _, m := range r.history() {
		if m.Nick == "ann" && m.Kind == "left" {
			t.Error("ann was made to leave")
		}
	}
}

// drain reads until a datagram comes that is line.
func (p *peer) drain(line string) {
	p.t.Helper()
	for {
		got, err := p.next()
		if err != nil {
			p.t.Fatalf("waiting for %q: %v", line, err)
		}
		if got == line {
			return
		}
	}
}

// randomDatagram makes bytes of every kind, often nearly right ones.
func randomDatagram(random *rand.Rand) string {
	names := []string{"ann", "bob", "", " ", "\x00", "好", "ＡＮＮ", "ann\u200b", fmt.Sprint("m", random.IntN(50))}
	name := names[random.IntN(len(names))]
	junk := make([]byte, random.IntN(40))
	for i := range junk {
		junk[i] = byte(random.IntN(256))
	}
	switch random.IntN(5) {
	case 0:
		return string(junk)
	case 1:
		return "L " + name
	case 2:
		return "C " + name + " " + string(junk)
	case 3:
		if name == "" {
			name = "x"
		}
		return "Q " + name + string(junk)
	default:
		return string([]byte{"LCQX "[random.IntN(5)], " \x00\n"[random.IntN(3)]}) + name
	}
}

// FuzzServer sends a datagram in each state that a client can be in, and then looks whether a bystander was touched.
func FuzzServer(f *testing.F) {
	for _, d := range []string{"L mallory", "C mallory hi", "Q mallory", "L ann", "C ann hi", "Q ann", "", "\x00", "C\x00", "L \u202e", "hello"} {
		for state := range 3 {
			f.Add([]byte(d), uint8(state))
		}
	}
	config := defaults(f, f.TempDir())
	config.NoLimits = true
	s, err := openServer(f, config)
	if err != nil {
		f.Fatal(err)
	}
	ann := dial(f, s.Addr())
	ann.enter("ann")
	f.Fuzz(func(t *testing.T, d []byte, state uint8) {
		p := dial(t, s.Addr())
		p.name = "mallory-of-the-fuzzer"
		switch state % 3 {
		case 1: // inside
			p.send("L " + p.name)
			p.drain(datagram.OK)
		case 2: // gone again
			p.send("L " + p.name)
			p.drain(datagram.OK)
			p.send("Q " + p.name)
			p.drain(datagram.Exit)
		}
		if len(d) <= 60_000 {
			p.send(string(d))
		}
		for _, name := range []string{p.name, "nobody"} { // whoever it is now, it leaves
			p.send("L " + p.name)
			p.drain(datagram.OK)
			p.send("Q " + name)
			p.drain(datagram.Exit)
		}
		p.send("Q " + p.name)
		p.drain(datagram.Exit)
		ann.t = t
		for _, line := range ann.untilExit() {
			if strings.HasPrefix(line, "ann: ") || strings.HasPrefix(line, "ann ") {
				t.Fatalf("ann reads %q of herself", line)
			}
		}
		if who := slices.Collect(s.Desk().Hub.Who("lobby")); len(who) != 1 || who[0].Nick.Name != "ann" {
			t.Fatalf("inside are %v", who)
		}
	})
}

// untilExit proves what the client was sent up to now.
func (p *peer) untilExit() []string {
	p.t.Helper()
	p.send("Q nobody-of-that-name")
	return p.collect(datagram.Exit)
}
