package test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"parley/chat"
	"parley/server"
)

// logged returns what is stored of the lobby, as KIND NICK TEXT.
func (r *room) logged() (all []string) {
	r.t.Helper()
	for _, m := range r.history() {
		all = append(all, strings.TrimSpace(string(m.Kind)+" "+m.Nick+" "+m.Text))
	}
	return all
}

// TestWhoTypesAByteAtATimeHoldsUpNobody lets others talk between any two bytes that one member
// types. What a finished line leads to has no promised order with what others say at that
// moment, so it is read before they go on.
func TestWhoTypesAByteAtATimeHoldsUpNobody(t *testing.T) {
	r := openRoom(t, quiet)
	bob, cid := r.callAs("bob"), r.callAs("cid")
	bob.reads("cid enters the chat room")
	slow := r.call()
	spoken := 0
	talk := func() {
		bob.types(fmt.Sprint("meanwhile ", spoken))
		cid.reads(fmt.Sprint("bob: meanwhile ", spoken))
		spoken++
	}
	typesSlowly := func(line string, follows func()) {
		for _, b := range []byte(line) {
			slow.sends(string([]byte{b}))
			talk()
		}
		slow.sends("\r\n")
		follows()
		talk()
	}
	typesSlowly("", func() {})
	typesSlowly("änn", func() {
		slow.reads(english.Prompt + "Welcome to the chat room, änn. 2 others are here.*")
		cid.reads("änn enters the chat room")
		bob.reads("änn enters the chat room")
	})
	typesSlowly("schön  langsam 好", func() {
		cid.reads("änn: schön  langsam 好")
		bob.reads("änn: schön  langsam 好")
	})
	typesSlowly("/quit", func() { cid.reads("änn quits the chat room") })
}

// TestWhoStopsTypingReadsWhatCameBefore: the end of input is a leave, after everything that was typed and all that it led to.
func TestWhoStopsTypingReadsWhatCameBefore(t *testing.T) {
	r := openRoom(t, quiet)
	bob, ann := r.callAs("bob"), r.callAs("ann")
	bob.reads("ann enters the chat room")
	ann.types("before")
	bob.reads("ann: before")
	bob.types("an answer")
	bob.readsNothing() // it is stored, and shown
	ann.sends("/who\n/dance\nlast words without an Enter")
	ann.stopsTyping()
	bob.reads("ann: last words without an Enter", "ann quits the chat room")
	ann.reads("bob: an answer", "ann  (TCP, *", "bob  (TCP, *", `! unknown command "dance"*`)
	ann.ends()
	bob.types("gone?")
	bob.readsNothing()
	r.mustBeInside("bob")
}

// TestAConnectionIsResetInTheMiddleOfALine: half a line was not said.
func TestAConnectionIsResetInTheMiddleOfALine(t *testing.T) {
	r := openRoom(t, quiet)
	bob, ann := r.callAs("bob"), r.callAs("ann")
	bob.reads("ann enters the chat room")
	ann.sends("whole\nhal")
	bob.reads("ann: whole")
	ann.breaks()
	bob.reads("ann quits the chat room")
	bob.readsNothing()
	if want := []string{"entered bob", "entered ann", "message ann whole", "left ann gone"}; !slices.Equal(r.logged(), want) {
		t.Errorf("stored %q, want %q", r.logged(), want)
	}
}

// TestAConnectionIsResetWhileItIsWrittenTo: what waited for it is forgotten, and others hear everything.
func TestAConnectionIsResetWhileItIsWrittenTo(t *testing.T) {
	r := openRoom(t, func(c *server.Config) {
		quiet(c)
		c.Line.Outbox = 64 << 20 // it does not leave as too slow
	})
	bob, cid, ann := r.callAs("bob"), r.callAs("cid"), r.callAs("ann")
	bob.reads("cid enters the chat room", "ann enters the chat room")
	cid.reads("ann enters the chat room")
	text := strings.Repeat("x", 15_000)
	waits := 0
	for i := 0; waits < 10; i++ { // the sockets have taken what they take
		if i == 5000 {
			t.Fatal("the sockets take everything")
		}
		bob.types(text)
		cid.reads("bob: " + text)
		if r.queue("line.outboxes") > 0 {
			waits++
		}
	}
	ann.breaks()
	cid.reads("ann quits the chat room")
	bob.reads("ann quits the chat room")
	bob.types("on we go")
	cid.reads("bob: on we go")
	r.until("nothing waits for who is gone", func() bool { return r.queue("line.outboxes") == 0 && r.queue("line.connections") == 2 })
	if got := r.logged(); !slices.Contains(got, "left ann gone") {
		t.Errorf("stored %.300q", got)
	}
}

// TestAConnectionThatDiesBeforeTheNicknameWasNobody, however far it had come.
func TestAConnectionThatDiesBeforeTheNicknameWasNobody(t *testing.T) {
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	for _, sent := range []string{"", "\n", "\nan", "\nadmin\n", "\nbob\n", "\n\n\n"} {
		for what, end := range map[string]func(*caller){
			"stops typing": (*caller).stopsTyping,
			"is reset":     (*caller).breaks,
			"is closed": func(c *caller) {
				if err := c.conn.(*net.TCPConn).SetLinger(-1); err != nil {
					t.Fatal(err)
				}
				c.conn.Close()
			},
		} {
			c := r.call()
			c.name = fmt.Sprintf("after %q it %s", sent, what)
			c.sends(sent)
			if strings.HasPrefix(sent, "\n") {
				prompt := make([]byte, len(english.Prompt))
				if _, err := c.in.Read(prompt); err != nil || string(prompt) != english.Prompt {
					t.Fatalf("%s: %q, %v", c.name, prompt, err)
				}
			}
			end(c)
			c.isGone()
		}
	}
	r.until("one is connected", func() bool { return r.queue("port.connections") == 1 && r.queue("line.connections") == 1 })
	for _, got := range bob.untilFence() {
		// half a nickname, and then the end of input
		if got != english.Asked && got != "an enters the chat room" && got != "an quits the chat room" {
			t.Errorf("bob reads %q", got)
		}
	}
	r.mustBeInside("bob")
}

// TestWhatIsHostileReachesOthersClean: nothing that steers a terminal or turns text around gets through, or into the history.
func TestWhatIsHostileReachesOthersClean(t *testing.T) {
	r := openRoom(t, quiet)
	bob := r.enter("bob")
	cid := r.callAs("cid")
	bob.hears("cid enters the chat room")
	ann := r.callAs("ann")
	bob.hears("ann enters the chat room")
	cid.reads("ann enters the chat room")
	for typed, want := range map[string][]string{
		"\x1b]0;owned\x07\x1b[2Jhi\u009b31m":  {"\ufffd]0;owned\ufffd\ufffd[2Jhi\ufffd31m"},
		"a\tbxx\x7f\x08c":                     {"a\tbc"},
		"\u202eevil \u2066x":                  {"\u202eevil \u2066x\u2069\u202c"},
		"\u2069\u202cclosed":                  {"closed"},
		"one\rbob: two\u2028three\u0085\x0cx": {"one", "bob: two", "three", "", "x"},
	} {
		ann.types(typed)
		for _, l := range want {
			bob.hears("ann: " + l)
			cid.reads("ann: " + l)
		}
	}
	for _, typed := range []string{"a\x00b", "\xc3\x28", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"} {
		ann.types(typed)
		ann.reads("! the message is not UTF-8 text*")
	}
	for _, typed := range []string{"\x1b[31m", "\x00", "/\x1b]0;x\x07", "/me \x1b[2J\u202e", "/topic \x1b[31mred\u009b"} {
		ann.types(typed)
		for _, got := range append(ann.untilFence(), cid.untilFence()...) {
			mustBeClean(t, got)
		}
	}
	for _, l := range bob.untilExit() {
		mustBeClean(t, l)
	}
	for _, m := range r.history() {
		mustBeClean(t, strings.ReplaceAll(m.Text, "\n", ""))
	}
}

// mustBeClean looks for what may not reach a terminal.
func mustBeClean(t testing.TB, said string) {
	t.Helper()
	if clean, err := chat.ParseText(said, 1<<20); said != "" && (err != nil || clean != said) || strings.ContainsAny(said, "\n\r\x1b\u009b\x00\x07") {
		t.Errorf("this reaches somebody: %q", said)
	}
}

func TestHostileNamesAreRefusedAtTheLineDoor(t *testing.T) {
	r := openRoom(t, quiet)
	bob, mallory := r.callAs("bob"), r.call()
	mallory.types("")
	for what, name := range hostileNames {
		if name == "" || strings.ContainsAny(name, "\n") || strings.HasSuffix(name, " ") {
			continue // typed, these are something else
		}
		mallory.types(name)
		got, err := mallory.next()
		if err != nil || !strings.HasPrefix(got, english.Prompt+"! ") || !strings.Contains(got,
			"nickname ") {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	bob.readsNothing()
	r.mustBeInside("bob")
}

// TestAMegabyteWithoutAnEnterIsOneRefusal, also in place of the nickname.
func TestAMegabyteWithoutAnEnterIsOneRefusal(t *testing.T) {
	r := openRoom(t, quiet)
	bob, ann := r.callAs("bob"), r.call()
	ann.types("", strings.Repeat("好", 1<<20/3), "ann")
	ann.reads(english.Prompt+"! the message is too long", "Welcome to the chat room, ann.*")
	bob.reads("ann enters the chat room")
	ann.types(strings.Repeat("x", 1<<20), "short again")
	ann.reads("! the message is too long")
	bob.reads("ann: short again")
	bob.readsNothing()
}
