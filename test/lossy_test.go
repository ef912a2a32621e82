package test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/client"
	"parley/server"
	"parley/test/lossy"
)

// TestABadNetworkHurtsOnlyWhatItLoses lets clients enter, talk and leave through networks that lose, double and reorder. All
// of them enter and leave; the server stores what reached it, a doubled datagram as often as it came, and nothing else. Whom
// an L that was late brings in again after its Q leaves when nobody is found there.
func TestABadNetworkHurtsOnlyWhatItLoses(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	near := r.enter("near")
	const members, lines = 8, 20
	var all sync.WaitGroup
	for i := range uint64(members) {
		far := lossy.New(t, r.server.Addr(), seed+i)
		all.Go(func() {
			defer far.Close()
			enterTalkAndLeave(t, far, fmt.Sprint("far", i), lines)
		})
	}
	all.Wait()
	for len(r.inside()) > 1 {
		near.says("line for the late")
		for _, line := range near.untilExit() {
			if !strings.HasPrefix(line, "far") {
				t.Errorf("near reads %q", line)
			}
		}
	}
	r.mustBeInside("near")
	for _, m := range r.history() {
		if m.Kind == chat.KindMessage && !strings.HasPrefix(m.Text, "line ") {
			t.Errorf("stored %+v", m)
		}
	}
	if c := r.counts(); c.Dropped["malformed"]+c.Dropped["unknown"]+c.Dropped["oversized"] > 0 {
		t.Errorf("counted %+v", c)
	}
}

func enterTalkAndLeave(t *testing.T, network *lossy.Proxy, name string, lines int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := client.Dial(ctx, network.Addr().String(), client.Options{Timings: client.Timings{
		Repeat: []time.Duration{50 * time.Millisecond}, Leave: patience,
	}})
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for range 2 { // the second time shows the client that it may repeat Q
		if err := c.Enter(ctx, name); err != nil {
			t.Errorf("%s enters: %v", name, err)
		}
	}
	for i := range lines {
		if err := c.Say(ctx, fmt.Sprint("line ", i)); err != nil {
			t.Errorf("%s says: %v", name, err)
		}
	}
	if err := c.Leave(ctx); err != nil {
		t.Errorf("%s leaves: %v", name, err)
	}
}
