//go:build unix

package test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/chat"
)

// TestTerminationWhilePeopleTalk: what anybody read is stored, in that order, everybody reads that the server stops, and connections
// end in good order.
func TestTerminationWhilePeopleTalk(t *testing.T) {
	const talkers, listeners, enough = 4, 20, 300
	refusal := english.Refused(chat.Refuse(chat.ShuttingDown))
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits", "--line-history", "0")
	var all []*caller
	var saw []*notebook
	for i := range talkers + listeners {
		all = append(all, p.callAs(fmt.Sprint("m", i)))
		saw = append(saw, newNotebook(t, all[i].name))
	}
	var reading, talking sync.WaitGroup
	heard := make(chan struct{})
	for i, c := range all {
		reading.Go(func() {
			c.until(func(said string) bool {
				switch {
				case said == english.Stopping:
					return true
				case i < talkers && said == refusal: // of what was typed too late
				default:
					saw[i].note(said)
				}
				if i == talkers && said == fmt.Sprint("m0: line ", enough) {
					close(heard)
				}
				return false
			})
			if i >= talkers {
				c.ends()
			} else if rest := c.isGone(); strings.ReplaceAll(rest, refusal+"\n", "") != "" {
				t.Errorf("%s reads %.100q after the end", c.name, rest)
			}
		})
	}
	for _, c := range all[:talkers] {
		talking.Go(func() {
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(c.conn, "line %d\n", i); err != nil {
					return // the server has gone
				}
			}
		})
	}
	<-heard
	p.stop()
	reading.Wait()
	talking.Wait()
	p = serve(t, dir, "--listen", "127.0.0.1:0")
	stored := p.history()
	var of tally
	for _, n := range saw {
		of.add(n.check(t, stored))
	}
	of.stored = len(stored)
	of.twice += doubled(t, stored)
	t.Log(of)
	p.stop()
}
