package stream

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestDebtsArePaidMessageByMessage: a pause stays short however large an answer was. The rest of
// the debt counts later.
func TestDebtsArePaidMessageByMessage(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	_, p := newDoor(func(c *Config) { c.Burst, c.Rate = 400, 20 }, time.Now)
	ann := p.newTalker(near)
	const most = 40 // what 20 messages a second are in pauseMax
	ann.unpaid = 100 * messageBytes
	for _, want := range []int{100 - (most - 1), 100 - 2*(most-1), 0} {
		if err := ann.throttle(1); err != nil || ann.unpaid/messageBytes != want {
			t.Errorf("%d messages are left to pay, want %d; %v", ann.unpaid/messageBytes, want, err)
		}
	}
}

// TestAPasteArrivesAsItIs: messages above the burst come more slowly, and the client stays.
func TestAPasteArrivesAsItIs(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 150, 100 })
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("+ben")
	var sent []string
	for i := range 200 {
		sent = append(sent, fmt.Sprintf("P  line %d\tof a paste", i))
	}
	ann.sends(sent...)
	for _, m := range sent {
		ben.reads("ann:" + m[1:])
	}
	if got := h.door.counts.slowed.Load(); got == 0 {
		t.Error("nothing was slowed")
	}
}

// TestInputWithoutAnEndIsThrottledToo: by its bytes, and the message after it is read.
func TestInputWithoutAnEndIsThrottledToo(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 10, 1000 })
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("+ben")
	ben.sends("X"+strings.Repeat("x", 60<<10), "Pthat was long")
	ann.reads("ben:that was long")
	if got := h.door.counts.slowed.Load(); got == 0 {
		t.Error("60 KiB are taken as fast as they come")
	}
}
