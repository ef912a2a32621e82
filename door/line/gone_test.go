package line

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestAClientThatGoesAwayDuringItsAnswerIsRefusedNothing: the answer ends, and that is not a fault.
func TestAClientThatGoesAwayDuringItsAnswerIsRefusedNothing(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.Outbox, c.History = 0, 64<<10, 0 })
	ann := h.enter("ann")
	for i := range 500 {
		ann.types(fmt.Sprint(i, strings.Repeat("x", 15_000)))
	}
	ann.types("/who")
	ann.reads("ann ") // all before is stored
	bob := h.enter("bob")
	ann.reads("bob enters the chat room")
	bob.types("/history --last 1000") // far more than the system's buffers take
	bob.reads("")                     // the answer has begun
	if err := bob.conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	bob.conn.Close()
	ann.reads("bob quits the chat room")
	if counts := h.door.Report().Refused; len(counts) > 0 {
		t.Errorf("refused %v", counts)
	}
}
