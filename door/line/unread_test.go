package line

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/command"
	"parley/store"
)

// asks lets nick enter and ask for more than may be ahead of it, and read nothing of it.
func (h *house) asks(nick string) *caller {
	h.t.Helper()
	c := h.pipe()
	if _, err := io.ReadFull(c.in, make([]byte,
		len(english.Prompt))); err != nil { // no line break follows it
		h.t.Fatal(err)
	}
	c.types(nick)
	c.reads("Welcome to the chat room, " + nick + ".")
	c.types("/history --last 1000")
	return c
}

// fillHistory stores several times what may be ahead of a reader.
func (h *house) fillHistory(talker *caller) {
	h.t.Helper()
	for range 10 {
		talker.types(strings.Repeat("x", answerAhead-1<<10))
	}
	talker.types("the end of it", "/topic") // whose answer comes after all that
	talker.reads("lobby has no topic")
}

// TestAnAnswerIsDroppedThatNobodyReads: another client that does not read takes its place, and those that stay have theirs whole.
func TestAnAnswerIsDroppedThatNobodyReads(t *testing.T) {
	const most, clients = 2, 4
	h := open(t, func(c *Config) { c.Rate, c.History = 0, 0 }, func(h *house) { h.door.unread.most = most })
	ann := h.enter("ann")
	h.fillHistory(ann)
	var silent []*caller
	dropped := map[string]bool{}
	for i := range clients {
		silent = append(silent, h.asks(fmt.Sprint("s", i)))
		for want := i + 1 - most; len(dropped) < want; {
			if nick, left := strings.CutSuffix(ann.next(), " quits the chat room"); left {
				dropped[nick] = true
			}
		}
		for h.door.unread.len() < min(i+1, most) {
			ann.types("/topic")
			for ann.next() != "lobby has no topic" {
				continue
			}
		}
	}
	for i, c := range silent {
		kept := !dropped[fmt.Sprint("s", i)]
		if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		last, err := "", error(nil)
		for err == nil && !strings.HasSuffix(last, "ann: the end of it\n") { // of the history
			var l string
			if l, err = c.in.ReadString('\n'); err == nil {
				last = l
			}
		}
		if want := map[bool]string{
			true:  "ann: the end of it\n",
			false: english.Slow + "\n",
		}[kept]; !strings.HasSuffix(last, want) {
			t.Errorf("the last that s%d reads is %.60q, want %q", i, last, want)
		}
	}
}

// TestAnAnswerWaitsForItsReaderOnlySoLong: then its client is disconnected, and told why.
func TestAnAnswerWaitsForItsReaderOnlySoLong(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.History = 0, 0 }, func(h *house) { h.door.unread.patience = time.Millisecond })
	ann := h.enter("ann")
	h.fillHistory(ann)
	silent := h.asks("silent")
	ann.reads("silent enters the chat room", "silent quits the chat room")
	rest, err := io.ReadAll(silent.in)
	if err != nil || !strings.HasSuffix(string(rest), english.Slow+"\n") {
		t.Errorf("it ends with %q, %v", rest[max(0, len(rest)-100):], err)
	}
	got := h.history(chat.Lobby)
	if last := got[len(got)-1]; last != "left silent slow" {
		t.Errorf("stored is %q", last)
	}
}

// TestWhatAnEntryIsSentIsBounded: in bytes, however long the messages are, and the newest is always shown.
func TestWhatAnEntryIsSentIsBounded(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.History = 0, 1000 })
	ann := h.enter("ann")
	text := strings.Repeat("x", 600)
	for range 100 {
		ann.types(text)
	}
	ann.types("/topic")
	ann.reads("lobby has no topic")
	bob := h.enter("bob")
	bob.reads(english.Latest)
	shown := recentMax / len("2006-01-02 15:04:05  ann: "+text+"\n")
	for range shown {
		bob.readsOf("ann: " + text)
	}
	ann.reads("bob enters the chat room")
	ann.types("hello")
	bob.reads("ann: hello")
	bob.types("/quit")
	ann.reads("bob quits the chat room")
	for range 60 {
		ann.types(text)
	}
	ann.types("bye", "/topic")
	ann.reads("lobby has no topic")
	back := h.enter("bob")
	back.reads(english.Missed(61, shown+1, false)) // the last one is short
	for range shown {
		back.readsOf("ann: " + text)
	}
	back.readsOf("ann: bye")
}

// TestALongMessageIsRepeatedInShort: at most 600 bytes of it, and the client is told of the rest.
func TestALongMessageIsRepeatedInShort(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate = 0 })
	ann := h.enter("ann")
	ann.types(strings.Repeat("x", 599)+"好的", strings.Repeat("y", 600), "/topic")
	ann.reads("lobby has no topic")
	bob := h.enter("bob")
	bob.reads(english.Latest)
	bob.readsOf("ann: "+strings.Repeat("x", 599)+" … (6 more bytes, see /history)",
		"ann: "+strings.Repeat("y", 600))
}

// TestListsAreBounded: a member is shown the first hundred, and how many there are beside.
func TestListsAreBounded(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.History = 0, 0 })
	ann := h.enter("ann")
	for i := range 120 {
		h.enter(fmt.Sprintf("m%03d", i))
	}
	ann.types("/who")
	var got []string
	l := ann.next()
	for ; !strings.HasPrefix(l, "and "); l = ann.next() {
		if strings.Contains(l, "(line") { // others tell of arrivals
			got = append(got, strings.Fields(l)[0])
		}
	}
	if l != "and 21 more" {
		t.Errorf("reads %q", l)
	}
	if len(got) != 100 || got[0] != "ann" || got[99] != "m098" {
		t.Errorf("%d are shown, from %q to %q", len(got), got[0], got[len(got)-1])
	}
}

// readsOf checks how the next lines go on after the time at which each was said.
func (c *caller) readsOf(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		if _, said, _ := strings.Cut(c.next(), "  "); !strings.HasPrefix(said, want) {
			c.t.Fatalf("reads %.100q, want %q", said, want)
		}
	}
}

// TestTheNetworkWithMostUnreadAnswersGoesFirst: a client of another network waits on, however long it has waited.
func TestTheNetworkWithMostUnreadAnswersGoesFirst(t *testing.T) {
	u := unread{most: 3}
	at := func(ip string) waiter { return waiter{new(member), netip.MustParsePrefix(ip + "/32")} }
	alone, first, second, third := at("192.0.2.1"), at("192.0.2.2"), at("192.0.2.2"), at("192.0.2.2")
	for _, w := range []waiter{alone, first, second} {
		if last := u.enter(w); last != nil {
			t.Fatal("a client goes though there is room")
		}
	}
	if last := u.enter(third); last != first.member {
		t.Error("it is not the one of the largest network that has waited longest")
	}
	u.leave(second.member)
	if last := u.enter(at("192.0.2.3")); last != nil {
		t.Error("a client goes though one has left")
	}
	if last := u.enter(at("192.0.2.4")); last != alone.member {
		t.Error("among equals it is not the one that has waited longest")
	}
}

// TestHistoryIsReadAPageAtATime: a command may wait for its reader before each page, so that it
// holds none while it waits.
func TestHistoryIsReadAPageAtATime(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.History = 0, 0 })
	ann := h.enter("ann")
	const messages, size = 12, store.PageBytes/4 - 100
	for range messages {
		ann.types(strings.Repeat("x", size))
	}
	ann.types("/topic")
	ann.reads("lobby has no topic")
	history, _ := command.Find("history")
	var pages []int
	count := func(a command.Answer) error {
		if a == nil {
			pages = append(pages, 0)
		} else if a.(*command.Line).Kind == chat.KindMessage {
			pages[len(pages)-1]++
		}
		return nil
	}
	err := history.Run(t.Context(), h.door.desk, nil, command.Arguments{}, count)
	if err != nil || fmt.Sprint(pages) != "[4 4 4]" {
		t.Errorf("pages of %v, %v", pages, err)
	}
}
