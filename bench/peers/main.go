// Command peers measures servers of lines over TCP against each other: Parley, what others run (InspIRCd, ngIRCd, NATS), and a
// floor that no such server can be below. What comes out is docs/bench/peers.md: tables, drawings, and every number as JSON.
//
// It knows nothing of how a server works, and tunes none: each runs as its package has it, with those limits open that a load
// would hit. A server that is not installed is left out, with a note.
//
// Its law: all get the same load from the same generator, in the same rounds, each server started anew for each load.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"parley/bench/trial"
)

func main() {
	size := whole
	out := flag.String("out", "docs/bench", "the directory that the results are written to")
	only := flag.String("only", "", "these servers or loads alone, such as raw,InspIRCd,W2")
	isQuick := flag.Bool("quick", false, "try everything but NATS for a moment: that it works, not what comes out")
	flag.IntVar(&size.rounds, "rounds", size.rounds, "how often everything is measured")
	flag.Parse()
	if *isQuick {
		size = quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, size, *only, *out, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// extent is how much is measured.
type extent struct {
	rounds  int
	members int // of the large room
	rooms   int // small ones, of roomSize members each
	idle    int // quiet connections
	talk    time.Duration
	warmUp  time.Duration
	quiet   time.Duration // how long quiet connections are left alone before they are weighed
	isQuick bool
}

// roomSize is how many are in a small room.
const roomSize = 20

var (
	whole = extent{rounds: 3, members: 1000, rooms: 100, idle: 10_000, talk: 4 * time.Second, warmUp: time.Second, quiet: 12 * time.Second}
	quick = extent{
		rounds: 1, members: 20, rooms: 2, idle: 40, talk: 300 * time.Millisecond, warmUp: 100 * time.Millisecond,
		quiet: 100 * time.Millisecond, isQuick: true,
	}
)

// bench is one comparison under way.
type bench struct {
	trial.Trial
	extent
	servers []*server
}

func run(ctx context.Context, size extent, only, out string, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "parley-peers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := raiseFiles(); err != nil {
		return err
	}
	b := &bench{
		Trial:  trial.Trial{Rounds: size.rounds, Talk: size.talk, WarmUp: size.warmUp, Context: ctx, Dir: dir, Progress: progress},
		extent: size,
	}
	if err := b.Build(map[string]string{"parley": "./cmd/parley", "forward": "./bench/forward"}); err != nil {
		return err
	}
	b.gather(wants(only, names(peers())))
	loads := b.loads()
	var known []string
	for _, l := range loads {
		known = append(known, l.name)
	}
	if err := b.measure(loads, wants(only, known)); err != nil {
		return err
	}
	b.judge()
	b.drawAll()
	return b.Results.Write(out, "peers.md", b.page(), "peers.json", b.numbers())
}

// wants says of which names only speaks; of all, if it speaks of none.
func wants(only string, known []string) func(name string) bool {
	wanted := map[string]bool{}
	for _, o := range strings.Split(only, ",") {
		for _, name := range known {
			if o != "" && strings.HasPrefix(name, o) {
				wanted[name] = true
			}
		}
	}
	return func(name string) bool { return len(wanted) == 0 || wanted[name] }
}
