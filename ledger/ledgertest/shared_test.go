package ledgertest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/chat"
	"parley/ledger"
	"parley/ledger/ledgertest"
)

// TestShared: one node's end of a shared log keeps every law of a log, with any seed.
func TestShared(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			ledgertest.Run(t, func(
				_ *testing.T, progress chat.Progress, capacity int, now func() time.Time,
			) ledger.Ledger {
				return ledgertest.NewShared(seed, progress, now).Join(progress, capacity)
			})
		})
	}
}

// TestNodesReadOneLog: whatever they append and when, all read the same Records at the same places.
// What a killed node appended is there up to some command, and nothing of it twice.
func TestNodesReadOneLog(t *testing.T) {
	noon := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	for seed := range uint64(30) {
		log := ledgertest.NewShared(seed, chat.Progress{}, func() time.Time { return noon })
		const each = 200
		var nodes []*ledgertest.Node
		for id := range 3 {
			node := log.Join(chat.Progress{}, 2*each)
			nodes = append(nodes, node)
			for n := range uint64(each) {
				o := chat.Origin{Node: chat.NodeID(fmt.Sprint(id)), Epoch: 1, Life: 7, N: n + 1}
				if err := node.Append(o, chat.Alive{}); err != nil {
					t.Fatal(err)
				}
			}
		}
		nodes[2].Kill()
		if _, err := nodes[2].Next(t.Context(), 1); err != ledgertest.ErrKilled {
			t.Errorf("a killed node reads: %v", err)
		}
		var read [2]map[chat.Place]chat.Origin
		for i := range read {
			nodes[i].Close()
			read[i] = map[chat.Place]chat.Origin{}
		}
		for i := range read {
			for {
				records, err := nodes[i].Next(context.Background(), 50)
				if err != nil {
					break
				}
				for _, r := range records {
					read[i][r.Place] = r.Origin
				}
			}
		}
		for place, origin := range read[0] {
			if other, there := read[1][place]; there && other != origin {
				t.Errorf("seed %d: at %d one reads %v, the other %v", seed, place, origin, other)
			}
		}
		newest, repeated := map[chat.NodeID]uint64{}, 0
		for _, r := range log.Records() {
			switch o := r.Origin; {
			case o.N == newest[o.Node]+1:
				newest[o.Node]++
			case o.N <= newest[o.Node]:
				repeated++
			default:
				t.Fatalf("seed %d: %v follows %d", seed, o, newest[o.Node])
			}
		}
		if newest["0"] != each || newest["1"] != each || newest["2"] > each || repeated == 0 {
			t.Errorf("seed %d: in the log are %v, and %d again", seed, newest, repeated)
		}
	}
}
