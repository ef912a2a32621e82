package line

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/command"
	"parley/store"
)

// TestWhatAnEntryIsSentIsBounded: in bytes, however long the messages are, and the newest is always
// shown.
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
	ann.types("over", "/topic")
	ann.reads("lobby has no topic")
	back := h.enter("bob")
	back.reads(english.Missed(61, shown+1, false)) // the last one is short
	for range shown {
		back.readsOf("ann: " + text)
	}
	back.readsOf("ann: over")
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
		if strings.Contains(l, "(TCP") { // others tell of arrivals
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
