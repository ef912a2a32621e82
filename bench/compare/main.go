// Command compare measures Parley against the plainest thing that does the same work: a forwarding loop that stores nothing, and
// SQLite alone. What comes out is docs/bench: a table, drawings, and every number as JSON.
//
// It knows nothing of how to make anything faster, and tunes nothing: servers run as anybody would start them, with the limits
// of their rates off.
//
// Its laws: whatever is compared runs in turn, round by round, in alternating order, so that what a noisy machine does hits both;
// what counts is the ratio within a round, and of the rounds the median; every number of every round is told, and how to get it
// again. The processes are measured as Linux has it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
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
	extent
	ctx      context.Context
	dir      string // of everything that is made, removed at the end
	progress io.Writer
	results  Results
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
	b := &bench{extent: size, ctx: ctx, dir: dir, progress: progress}
	for name, path := range map[string]string{"parley": "./cmd/parley", "forward": "./bench/forward"} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.program(name), path)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", path, err, output)
		}
	}
	b.results.Machine = describeMachine(ctx, dir)
	for _, p := range parts {
		if only != "" && !strings.Contains(only, p.goal) {
			continue
		}
		if err := p.measure(b); err != nil {
			return fmt.Errorf("%s: %w", p.goal, err)
		}
	}
	return b.results.write(out)
}

// program is the path of a built program.
func (b *bench) program(name string) string { return filepath.Join(b.dir, name) }

// say tells how far the comparison has come.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

// contender is one of the two that are compared.
type contender struct {
	name    string
	measure func() error
}

// inTurn has two contenders measured round by round, in alternating order.
func (b *bench) inTurn(ours, theirs contender) error {
	for round := range b.rounds {
		pair := []contender{ours, theirs}
		if round%2 == 1 {
			pair = []contender{theirs, ours}
		}
		for _, c := range pair {
			if err := c.measure(); err != nil {
				return fmt.Errorf("%s, round %d: %w", c.name, round+1, err)
			}
		}
	}
	return nil
}
