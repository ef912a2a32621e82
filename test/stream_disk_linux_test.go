package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/chat"
)

// TestADiskThatFillsWhilePeopleTalk: who speaks is refused and nobody is shown what is not stored, until there is room again.
func TestADiskThatFillsWhilePeopleTalk(t *testing.T) {
	dir := smallDisk(t)
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits", "--line-history", "0")
	ann, bob := p.callAs("ann"), p.callAs("bob")
	udp := p.enter("udp")
	ann.reads("bob enters the chat room", "udp enters the chat room")
	bob.reads("udp enters the chat room")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal := english.Refused(chat.Refuse(chat.StorageFull))
	text := strings.Repeat("x", 8000)
	said := 0
	for full := false; !full; {
		ann.types(text)
		got := ann.untilFence()
		if full = len(got) > 0; !full {
			bob.reads("ann: " + text)
			said++
		} else if got[0] != refusal {
			t.Fatalf("ann reads %.100q, want %q", got[0], refusal)
		}
	}
	bob.types("bob is not heard either")
	bob.reads(refusal)
	if got := bob.untilFence(); len(got) > 0 {
		t.Errorf("bob reads %.100q, which is not stored", got)
	}
	late := ring(t, p.addr)
	late.types("", "late")
	late.reads(english.Prompt + refusal)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for again := true; again; {
		ann.types("again?")
		again = len(ann.untilFence()) > 0
	}
	bob.reads("ann: again?")
	late.types("late")
	late.reads(english.Prompt + "Welcome to the chat room, late. 3 others are here.*")
	bob.reads("late enters the chat room")
	udp.collect("late enters the chat room")
	all := p.history()
	if got := all[len(all)-2]; len(all) != 3+said+2 || got.Text != "again?" {
		t.Errorf("%d are stored, want %d; the last but one is %.40q", len(all), 3+said+2, got.Text)
	}
	p.stop()
}
