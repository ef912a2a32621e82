package hub_test

import (
	"testing"
	"time"

	"parley/chat"
)

// TestAHolderIsToldOnceInAWhileThatItIsAskedFor: nobody may have a member sent lines without end by
// asking for its nickname again and again.
func TestAHolderIsToldOnceInAWhileThatItIsAskedFor(t *testing.T) {
	d := &door{name: "line"}
	h := opens(t, plan{}, d)
	d.ask(t, d.enter("a", "ann"))
	d.ask(t, d.enter("b", "bob"))
	d.ask(t, d.enter("c", "cid"))
	d.settled(t)
	asked := func(commands ...chat.Command) {
		t.Helper()
		for _, c := range commands {
			if got := d.ask(t, c); got != chat.NickOccupied {
				t.Errorf("%+v: %v", c, got)
			}
		}
	}
	heard := func(when string, want ...string) {
		t.Helper()
		same(t, when, withoutAnswers(d.settled(t)), want)
	}
	rename := chat.Rename{By: chat.By(d.id("c")), Nick: chat.Nick{Name: "ann", Key: "ann"}}

	asked(d.enter("x", "ann"), d.enter("y", "ann"), rename, d.enter("x", "bob"))
	heard("at once", "wanted → a", "wanted → b")
	h.clock.passes(10*time.Second - 1)
	asked(d.enter("x", "ann"), rename)
	heard("too soon")
	h.clock.passes(1)
	asked(rename, d.enter("x", "ann"))
	heard("after a while", "wanted → a")
	h.clock.passes(-time.Hour)
	asked(rename, rename)
	heard("after the clock was set back", "wanted → a")

	d.ask(t, d.leave("a"))
	d.ask(t, d.enter("z", "ann"))
	d.settled(t)
	asked(d.enter("x", "ann"))
	heard("another holder", "wanted → z")
}
