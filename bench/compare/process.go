package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"parley/load"
)

// process is a server that was started.
type process struct {
	command *exec.Cmd
	errs    bytes.Buffer
	address string        // where it listens
	ready   time.Duration // from starting it to its saying so
}

// openOn is what servers say when they are ready.
var openOn = regexp.MustCompile(`open on (\S+)`)

// start starts a server and waits until it is ready.
func (b *bench) start(name string, args ...string) (*process, error) {
	p := &process{command: exec.CommandContext(b.ctx, b.program(name), args...)}
	p.command.Env = plainEnviron()
	p.command.Stderr = &p.errs
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := openOn.FindStringSubmatch(lines.Text()); m != nil {
			p.address, p.ready = m[1], time.Since(began)
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s does not start: %w\n%s", name, p.command.Wait(), &p.errs)
}

// plainEnviron is the environment without settings, in English.
func plainEnviron() []string {
	var environ []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PARLEY_") {
			environ = append(environ, v)
		}
	}
	return append(environ, "LC_ALL=C")
}

// stop ends the server; how it takes that does not matter.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait()
}

// newParley starts a server of ours on new data.
func (b *bench) newParley(args ...string) (*process, error) {
	data, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return nil, err
	}
	return b.start("parley", append([]string{"serve", "--listen", "127.0.0.1:0", "--no-limits", "--data", data}, args...)...)
}

// newForward starts the plain forwarding loop.
func (b *bench) newForward() (*process, error) { return b.start("forward", "127.0.0.1:0") }

// load puts a load on a server with `parley bench`. A report of faults is one, too: they are told.
func (b *bench) load(p *process, args ...string) (*load.Report, error) {
	args = append([]string{
		"bench", "-o", "json", "--duration", b.talk.String(), "--warm-up", b.warmUp.String(), "--pid", strconv.Itoa(p.command.Process.Pid),
	}, args...)
	command := exec.CommandContext(b.ctx, b.program("parley"), append(args, p.address)...)
	command.Env = plainEnviron()
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Minute
	err := command.Run()
	var exit *exec.ExitError
	var report load.Report
	if decodeErr := json.Unmarshal(out.Bytes(), &report); decodeErr != nil {
		return nil, fmt.Errorf("parley %s: %w: %s", strings.Join(args, " "), errors.Join(err, decodeErr), &errs)
	}
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	return &report, context.Cause(b.ctx)
}
