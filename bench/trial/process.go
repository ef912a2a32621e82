package trial

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Process is a server that was started.
type Process struct {
	Address string        // where it listens
	Ready   time.Duration // from starting it to its being so

	command *exec.Cmd
	said    bytes.Buffer // on standard error
}

// openOn is what servers of ours say when they are ready.
var openOn = regexp.MustCompile(`open on (\S+)`)

// Start starts a built server and waits until it says that it is ready.
func (t *Trial) Start(name string, args ...string) (*Process, error) {
	p := t.newProcess(t.Program(name), args)
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
			p.Address, p.Ready = m[1], time.Since(began)
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s does not start: %w\n%s", name, p.command.Wait(), &p.said)
}

// How long a server may take to listen, and how often that is looked at.
const (
	startMax   = 20 * time.Second
	startLooks = 20 * time.Millisecond
)

// StartOn starts any server and waits until it listens on the address that it was told, over TCP.
func (t *Trial) StartOn(address, program string, args ...string) (*Process, error) {
	p := t.newProcess(program, args)
	p.Address = address
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < startMax && t.Context.Err() == nil {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			p.Ready = time.Since(began)
			return p, conn.Close()
		}
		time.Sleep(startLooks)
	}
	p.Stop()
	return nil, fmt.Errorf("%s does not listen on %s\n%s", program, address, &p.said)
}

func (t *Trial) newProcess(program string, args []string) *Process {
	p := &Process{command: exec.CommandContext(t.Context, program, args...)}
	p.command.Env = PlainEnviron()
	p.command.Stderr = &p.said
	return p
}

// PID is the process's number.
func (p *Process) PID() int { return p.command.Process.Pid }

// PlainEnviron is the environment without settings, in English.
func PlainEnviron() []string {
	var environ []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PARLEY_") {
			environ = append(environ, v)
		}
	}
	return append(environ, "LC_ALL=C")
}

// Stop ends the server; how it takes that does not matter.
func (p *Process) Stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.command.Wait()
}
