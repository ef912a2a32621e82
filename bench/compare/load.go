package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"parley/bench/trial"
	"parley/load"
)

// load measures a server with `parley bench`, as its operator would. Faults are not an error: the
// report has them.
func (b *bench) load(p *trial.Process, args ...string) (*load.Report, error) {
	args = append([]string{
		"bench", "-o", "json", "--duration", b.Talk.String(), "--warm-up", b.WarmUp.String(),
		"--pid", strconv.Itoa(p.PID()),
	}, args...)
	command := exec.CommandContext(b.Context, b.Program("parley"), append(args, p.Address)...)
	command.Env = trial.PlainEnviron()
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Minute
	err := command.Run()
	var exit *exec.ExitError
	var report load.Report
	if decodeErr := json.Unmarshal(out.Bytes(), &report); decodeErr != nil {
		err = errors.Join(err, decodeErr)
		return nil, fmt.Errorf("parley %s: %w: %s", strings.Join(args, " "), err, &errs)
	}
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	return &report, context.Cause(b.Context)
}
