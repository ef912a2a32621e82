// Command compare measures Parley against the plainest thing that does the same work: a forwarding loop that stores nothing, and
// SQLite alone. What comes out is docs/bench: a table, drawings, and every number as JSON.
//
// It knows nothing of how to make anything faster, and tunes nothing: servers run as anybody would start them, with the limits
// of their rates off.
//
// Its law: what a goal is about is measured as its users meet it, and everything else of a comparison is the package trial's.
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
	only := flag.String("only", "", "measure these goals alone, such as G6,G7")
	isQuick := flag.Bool("quick", false, "try everything for a moment: that it works, not what comes out")
	flag.IntVar(&size.rounds, "rounds", size.rounds, "how often everything is measured")
	flag.Parse()
	if *isQuick {
		size = quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, size, *only, *out, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// extent is how much is measured.
type extent struct {
	rounds  int
	members int           // of the large room
	talk    time.Duration // how long each load is measured
	warmUp  time.Duration // how long it lasts before that
	stored  int           // messages of the start with a history
	starts  int           // how often that is started
}

var (
	whole = extent{rounds: 3, members: 1000, talk: 6 * time.Second, warmUp: time.Second, stored: 1_000_000, starts: 5}
	quick = extent{rounds: 1, members: 20, talk: 300 * time.Millisecond, warmUp: 100 * time.Millisecond, stored: 2000, starts: 2}
)

// bench is one comparison under way.
type bench struct {
	trial.Trial
	extent
}

// part measures one or more goals.
type part struct {
	goal    string
	measure func(*bench) error
}

var parts = []part{
	{"G6", (*bench).forwarding},
	{"G7", (*bench).receipts},
	{"G8", (*bench).durable},
	{"G9", (*bench).starting},
}

func run(ctx context.Context, size extent, only, out string, progress io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{
		Trial:  trial.Trial{Rounds: size.rounds, Talk: size.talk, WarmUp: size.warmUp, Context: ctx, Dir: dir, Progress: progress},
		extent: size,
	}
	if err := b.Build(map[string]string{"parley": "./cmd/parley", "forward": "./bench/forward"}); err != nil {
		return err
	}
	for _, p := range parts {
		if only != "" && !strings.Contains(only, p.goal) {
			continue
		}
		if err := p.measure(b); err != nil {
			return fmt.Errorf("%s: %w", p.goal, err)
		}
	}
	return b.Results.Write(out, "README.md", page(&b.Results), "results.json", &b.Results)
}

// newParley starts a server of ours on new data.
func (b *bench) newParley(args ...string) (*trial.Process, error) {
	data, err := os.MkdirTemp(b.Dir, "data-")
	if err != nil {
		return nil, err
	}
	return b.Start("parley", append([]string{"serve", "--listen", "127.0.0.1:0", "--no-limits", "--data", data}, args...)...)
}

// newForward starts the plain forwarding loop.
func (b *bench) newForward() (*trial.Process, error) { return b.Start("forward", "127.0.0.1:0") }
