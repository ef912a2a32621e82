package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// logKeys are all the keys that a line of the log may have. Whoever adds one makes sure that nothing can stand in it that people
// said, or that could let somebody in.
var logKeys = []string{
	"time", "level", "msg", "repeated",
	"nick", "room", "seq", "session", "door", "peer", "code", "err",
	"command", "place", "reason", "records", "messages", "verb",
	"files", "wanted", "connections", "cert", "fingerprint",
}

// TestNothingThatIsSaidIsLogged lets a server at the debug level hear and refuse texts of every kind, and looks for them.
func TestNothingThatIsSaidIsLogged(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--log-level", "debug", "--console", "--message-max", "1KiB")
	said := sayEverything(p)
	p.stop()
	messages := map[string]bool{}
	log := p.errs.String()
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			if !slices.Contains(logKeys, key) {
				t.Errorf("the key %q is not one of those known: %s", key, line)
			}
		}
		if at, err := time.Parse(time.RFC3339Nano, fields["time"].(string)); err != nil || at.Location() != time.UTC {
			t.Errorf("the time of %s: %v, %v", line, at, err)
		}
		messages[fields["msg"].(string)] = true
		log += fmt.Sprintln(fields) // as it was before it became JSON
	}
	for _, text := range said {
		for _, word := range strings.Fields(text) {
			if strings.Contains(log, word) {
				t.Errorf("%q is in the log", word)
			}
		}
	}
	for _, want := range []string{
		"a member enters", "a member leaves", "a batch is stored", "a command is refused", "a request is refused", "a datagram is dropped",
	} {
		if !messages[want] {
			t.Errorf("the log never says %q", want)
		}
	}
}

// sayEverything says something in every way there is, and returns what was said. Each word of it is found nowhere else.
func sayEverything(p *program) (said []string) {
	text := func(s string) string { said = append(said, s); return s }
	ann, bob := p.enter("ann"), p.enter("小明")
	ann.hears("小明 enters the chat room")
	ann.says(text("zanzibar zucchini"))
	bob.hears("ann: zanzibar zucchini")
	bob.says(text("机密：今晚七点老地方见"))
	ann.hears("小明: 机密：今晚七点老地方见")
	ann.says(text("quixotic\nquagmire\tquokka \"quoted\" \x07quince"))
	bob.hears("ann: quixotic", "ann: quagmire\tquokka \"quoted\" \uFFFDquince")

	for request, answer := range map[string]string{ // refused
		"C ann " + text(strings.Repeat("jalopy", 172)): "the message is too long",
		"C 小明 " +
			text("jamboree"): "this nickname is in use from another address",
		"L " + text("pass\x1bword-mistyped-as-a-name"): "the nickname has invalid characters",
		"L administrator": "the nickname is reserved",
	} {
		ann.send(request)
		ann.hears(answer)
	}
	stranger := dial(p.t, p.addr)
	stranger.send("C nobody " + text("vortex"))
	stranger.hears("you are not in the chat room under that nickname: enter first")
	stranger.send("L ann")
	stranger.hears("the nickname is occupied")
	ann.hears("somebody asks for your nickname")
	for _, dropped := range []string{
		text("HELLO-is-no-verb"), "C ann \x00" + text("wyvern"), "C ann \xff" + text("wombat"), "C ann " + text(strings.Repeat("wharf", 1000)), "",
	} {
		stranger.send(dropped)
	}
	stranger.hears("send  L NAME  to enter,  C NAME TEXT  to talk,  Q NAME  to leave")
	stranger.hearsNothing()

	for _, args := range [][]string{
		{"announce", text("yodelling yeti")},
		{"announce", text(strings.Repeat("yonder", 200))},
		{"kick", "小明", text("knavish knitting")},
		{"kick", "nobody", text("kumquat")},
		{"history", text("attic-that-is-not")},
	} {
		call(p.t, append(args, "--data", p.dir)...)
	}
	ann.hears("Administrator message: yodelling yeti", "小明 quits the chat room")
	bob.hears("Administrator message: yodelling yeti", "you were removed from the chat room: knavish knitting")
	if _, err := p.in.Write([]byte(text("umbrella 雨伞") + "\n/dance " + text("udders") + "\n/kick ann " + text("ultimatum") + "\n")); err != nil {
		p.t.Fatal(err)
	}
	ann.hears("Administrator message: umbrella 雨伞", "you were removed from the chat room: ultimatum")
	bob.enter("小明")
	bob.leaves()
	return said
}
