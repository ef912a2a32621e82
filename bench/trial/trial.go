// Package trial is the common part of comparisons of servers: programs are started and measured in
// turn, and a page, drawings and numbers are made of the results.
//
// It knows nothing of what is compared, or why.
//
// Its laws: whatever is compared runs in turn, round by round, in alternating order, so that what a noisy machine does hits all;
// what counts is the ratio within a round, and of the rounds the median; every number of every round is told, and how to get it
// again. The processes are measured as Linux has it.
package trial

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// Trial is one comparison under way.
type Trial struct {
	Rounds   int           // how often everything is measured
	Talk     time.Duration // how long each load is
	WarmUp   time.Duration // how long it lasts before that
	Context  context.Context
	Dir      string // of everything that is made; whoever made it removes it
	Progress io.Writer
	Results  Results
}

// Build builds commands of ours, by name, that Start can start, and describes the machine.
func (t *Trial) Build(commands map[string]string) error {
	for name, path := range commands {
		build := exec.CommandContext(t.Context, "go", "build", "-trimpath", "-o", t.Program(name), path)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", path, err, output)
		}
	}
	t.Results.Machine = describeMachine(t.Context, t.Dir)
	return nil
}

// Program is the path of a built program.
func (t *Trial) Program(name string) string { return filepath.Join(t.Dir, name) }

// Say tells how far the comparison has come.
func (t *Trial) Say(format string, args ...any) { fmt.Fprintf(t.Progress, format+"\n", args...) }

// Contender is one of those that are compared.
type Contender struct {
	Name    string
	Measure func() error
}

// InTurn has contenders measured round by round, in alternating order.
func (t *Trial) InTurn(contenders ...Contender) error {
	for round := range t.Rounds {
		if err := t.Round(round, contenders...); err != nil {
			return err
		}
	}
	return nil
}

// Round has each measured once.
func (t *Trial) Round(round int, contenders ...Contender) error {
	order := slices.Clone(contenders)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	for _, c := range order {
		if err := c.Measure(); err != nil {
			return fmt.Errorf("%s, round %d: %w", c.Name, round+1, err)
		}
	}
	return nil
}
