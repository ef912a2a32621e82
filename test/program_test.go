package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/chat"
)

// binary builds the program once for all tests, and returns its path. It has the race detector
// if there is a C compiler.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programDir, "parley")
	args := []string{"build", "-o", path}
	cgo, _ := exec.Command("go", "env", "CGO_ENABLED").Output()
	if string(bytes.TrimSpace(cgo)) == "1" {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "./cmd/parley")...)
	build.Dir = house
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return path, nil
})

var programDir string

func TestMain(m *testing.M) {
	heedSignals()
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		panic(err)
	}
	programDir = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// heedSignals makes the programs that tests start heed signals that this one was told to ignore, by
// nohup or a shell's &: a child inherits that a signal is ignored, but not that it is handled.
func heedSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// command makes a call of the program, in English and with nothing of this environment's settings.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	c := exec.Command(path, args...)
	c.Env = append(os.Environ(), "LANG=C", "LC_ALL=", "LC_MESSAGES=", "GORACE=halt_on_error=1 atexit_sleep_ms=0")
	return c
}

// limited sets a limit for a command, such as "-n 40": see ulimit in sh(1).
func limited(c *exec.Cmd, limit string) *exec.Cmd {
	script := "ulimit " + limit + ` && exec "$0" "$@"`
	c.Args = append([]string{"sh", "-c", script, c.Path}, c.Args[1:]...)
	c.Path = "/bin/sh"
	return c
}

// outcome is what a call of the program led to.
type outcome struct {
	out, err string
	status   int
}

// call runs the program to its end.
func call(t testing.TB, args ...string) outcome {
	t.Helper()
	return finish(t, command(t, args...))
}

func finish(t testing.TB, c *exec.Cmd) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// program is `parley serve` as a process of its own.
type program struct {
	t    testing.TB
	dir  string
	addr netip.AddrPort
	cmd  *exec.Cmd
	errs *lockedBuffer
	in   io.WriteCloser
	out  *bufio.Reader
}

var openOn = regexp.MustCompile(`open on (\S+) `)

// serve starts a server and waits until it says that it is open.
func serve(t testing.TB, dir string, args ...string) *program {
	t.Helper()
	p, err := tryServe(t, command(t, append([]string{"serve", "--data", dir}, args...)...), dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	return p
}

func tryServe(t testing.TB, c *exec.Cmd, dir string) (*program, error) {
	t.Helper()
	p := &program{t: t, dir: dir, cmd: c, errs: new(lockedBuffer)}
	c.Stderr = p.errs
	var err error
	if p.in, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	p.out = bufio.NewReader(out)
	for {
		line, err := p.out.ReadString('\n')
		if m := openOn.FindStringSubmatch(line); m != nil {
			p.addr = netip.MustParseAddrPort(m[1])
			return p, nil
		}
		if err != nil {
			return p, errors.Join(err, c.Wait())
		}
	}
}

// reads reads what the server prints until a line holds a text, and returns all of it.
func (p *program) reads(text string) (lines []string) {
	p.t.Helper()
	impatient := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer impatient.Stop()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("waiting for %q after %q: %v", text, lines, err)
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
		if strings.Contains(line, text) {
			return lines
		}
	}
}

// kill ends the server as a power cut would, and waits until it is gone.
func (p *program) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill() // it may have ended by itself
		_ = p.cmd.Wait()
	}
	if strings.Contains(p.errs.String(), "DATA RACE") {
		p.t.Errorf("a data race in the server:\n%s", p.errs)
	}
}

// stop asks the server to end and checks that it does so in good order.
func (p *program) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			p.t.Errorf("the server ended with %v\n%s", err, p.errs)
		}
	case <-time.After(patience):
		p.t.Errorf("the server does not end\n%s", p.errs)
		_ = p.cmd.Process.Kill()
		<-ended
	}
}

// history returns what `parley history -o json` tells, checked to be dense.
func (p *program) history() []chat.Message {
	p.t.Helper()
	got := call(p.t, "history", "--data", p.dir, "-o", "json", "--last", "100000")
	if got.status != 0 {
		p.t.Fatalf("history: %+v\n%s", got.err, p.errs)
	}
	var all []chat.Message
	for decoder := json.NewDecoder(strings.NewReader(got.out)); ; {
		var m chat.Message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			checkDense(p.t, all)
			return all
		} else if err != nil {
			p.t.Fatal(err)
		}
		all = append(all, m)
	}
}

// enter opens a client of the server and brings it into the room.
func (p *program) enter(name string) *peer {
	p.t.Helper()
	c := dial(p.t, p.addr)
	c.enter(name)
	return c
}

// logs waits until the server has logged a text.
func (p *program) logs(text string) {
	p.t.Helper()
	p.errs.await(p.t, text, func(log string) bool { return strings.Contains(log, text) })
}

// lockedBuffer takes what a process prints while a test reads it.
type lockedBuffer struct {
	mu    sync.Mutex
	b     bytes.Buffer
	grown chan struct{} // if a test waits: closed when more is printed
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// read returns what was printed, and a channel that is closed when there is more.
func (l *lockedBuffer) read() (printed string, grown <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown == nil {
		l.grown = make(chan struct{})
	}
	return l.b.String(), l.grown
}

// await waits until what was printed is as it must be.
func (l *lockedBuffer) await(t testing.TB, what string, is func(printed string) bool) {
	t.Helper()
	impatient := time.After(patience)
	for {
		printed, grown := l.read()
		if is(printed) {
			return
		}
		select {
		case <-grown:
		case <-impatient:
			t.Fatalf("%q is not printed, but\n%s", what, printed)
		}
	}
}
