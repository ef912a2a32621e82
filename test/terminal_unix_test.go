//go:build unix

package test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/wire/datagram"
)

// terminal is a shell in a terminal of its own, with job control.
type terminal struct {
	t      *testing.T
	dir    string
	socket string
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	needTool(t, "tmux")
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &terminal{t, dir, filepath.Join(dir, "tmux")}
	s.tmux("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50", "-c", dir,
		"env PS1='$ ' LC_ALL=C GORACE='halt_on_error=1 atexit_sleep_ms=0' parley="+path+" sh")
	s.tmux("new-window", "-d", "cat") // tmux ends with its last terminal
	t.Cleanup(func() { s.tmux("kill-server") })
	s.shows("$")
	return s
}

func (s *terminal) tmux(args ...string) string {
	s.t.Helper()
	args = append([]string{"-u", "-S", s.socket}, args...)
	out, err := exec.Command("tmux", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// types types a line and presses Enter.
func (s *terminal) types(line string) {
	s.t.Helper()
	s.tmux("send-keys", "-l", line)
	s.tmux("send-keys", "Enter")
}

// starts clears the screen and runs the program, whose process is process() until it ends.
func (s *terminal) starts(arguments string) {
	s.t.Helper()
	s.types("clear; sh -c 'echo $$ >pid; exec $parley " + arguments + "'")
}

func (s *terminal) process() *os.Process {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, "pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		s.t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		s.t.Fatal(err)
	}
	return process
}

// sends sends signals to the program, one right after the other.
func (s *terminal) sends(signals ...syscall.Signal) {
	s.t.Helper()
	process := s.process()
	for _, signal := range signals {
		if err := process.Signal(signal); err != nil {
			s.t.Fatal(err)
		}
	}
}

// shows waits until a line on the screen begins with a text, behind the shell's prompt or without
// it, and returns the line. Spaces at its end are not there.
func (s *terminal) shows(text string) string {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		screen := s.tmux("capture-pane", "-p")
		for line := range strings.SplitSeq(screen, "\n") {
			if strings.HasPrefix(strings.TrimPrefix(line, "$ "), text) {
				return line
			}
		}
		if time.Now().After(end) {
			s.t.Fatalf("%q is not shown:\n%s", text, screen)
		}
	}
}

// logs waits until the program has logged a text.
func (s *terminal) logs(text string) {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		log, err := os.ReadFile(filepath.Join(s.dir, "log"))
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.Contains(string(log), text) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%q is not logged:\n%s", text, log)
		}
	}
}

// isTheShells checks that the terminal is as a shell wants it.
func (s *terminal) isTheShells() {
	s.t.Helper()
	s.types("clear; stty -a | grep -o '.icanon.*iexten'")
	s.shows(" icanon iexten")
}

// opened waits for a server that was started, and returns where it is open.
func (s *terminal) opened() netip.AddrPort {
	s.t.Helper()
	said := s.shows("The chat room is open on ")
	return netip.MustParseAddrPort(openOn.FindStringSubmatch(said)[1])
}

func TestTheTerminalIsRestoredHoweverTheProgramEnds(t *testing.T) {
	for name, signals := range map[string][]syscall.Signal{
		"SIGTERM":       {syscall.SIGTERM},
		"SIGTERM twice": {syscall.SIGTERM, syscall.SIGTERM},
		"SIGHUP":        {syscall.SIGHUP},
		"SIGQUIT":       {syscall.SIGQUIT},
	} {
		t.Run("serve "+name, func(t *testing.T) {
			s := newTerminal(t)
			s.starts("serve --listen 127.0.0.1:0 2>log")
			s.shows("administrator:")
			s.sends(signals...)
			s.shows("$")
			s.isTheShells()
		})
		t.Run("join "+name, func(t *testing.T) {
			s := newTerminal(t)
			p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
			s.starts("join ann@" + p.addr.String() + " 2>log")
			s.shows("ann:")
			s.sends(signals...)
			s.shows("$")
			s.isTheShells()
			p.stop()
		})
	}
}

// TestTheTerminalIsRestoredWhenSomebodyInsists: the second request, while the first is being
// carried out.
func TestTheTerminalIsRestoredWhenSomebodyInsists(t *testing.T) {
	s := newTerminal(t)
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	s.starts("join ann@" + p.addr.String() + " 2>log")
	s.shows("ann:")
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil { // leaving takes its time now
		t.Fatal(err)
	}
	for process := s.process(); process.Signal(syscall.SIGTERM) == nil; {
		time.Sleep(50 * time.Millisecond)
	}
	s.shows("$")
	s.isTheShells()
}

func TestAServerInTheBackgroundServes(t *testing.T) {
	s := newTerminal(t)
	s.types("clear; $parley serve --listen 127.0.0.1:0 2>log &")
	ann := dial(t, s.opened())
	ann.enter("ann")
	s.isTheShells()
	for _, again := range []string{"hello", "hello again"} {
		s.types("clear; fg")
		s.shows("administrator:")
		s.types(again)
		ann.hears("Administrator message: " + again)
		s.tmux("send-keys", "C-z")
		s.shows("[1]")
		s.types("bg")
		ann.hearsNothing()
		s.isTheShells()
	}
	s.types("fg")
	s.shows("administrator:")
	s.tmux("send-keys", "C-c")
	ann.hears(datagram.Stopping)
	s.shows("The server has stopped.")
	s.isTheShells()
}

func TestJoinInTheBackgroundShowsWhatIsSaid(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	bob := p.enter("bob")
	s := newTerminal(t)
	s.types("clear; $parley join ann@" + p.addr.String() + " &")
	bob.hears("ann enters the chat room")
	bob.says("hello")
	s.shows("bob: hello")
	s.isTheShells()
	s.types("clear; fg")
	s.shows("ann:")
	s.types("hello bob")
	bob.hears("ann: hello bob")
	s.types("quit")
	bob.hears("ann quits the chat room")
	s.isTheShells()
	p.stop()
}

// TestAServerOutlivesItsTerminalWhenItIsToIgnoreThat: the prompt ends, the chat room does not.
func TestAServerOutlivesItsTerminalWhenItIsToIgnoreThat(t *testing.T) {
	s := newTerminal(t)
	s.types("trap '' HUP")
	s.starts("serve --listen 127.0.0.1:0 2>log")
	ann := dial(t, s.opened())
	ann.enter("ann")
	s.shows("administrator:")
	process := s.process()
	s.tmux("kill-pane")
	s.logs("the terminal is gone")
	bob := dial(t, netip.MustParseAddrPort(ann.conn.RemoteAddr().String()))
	bob.enter("bob")
	ann.hears("bob enters the chat room")
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ann.hears(datagram.Stopping)
}

func TestAClosedTerminalWindowStopsTheServerInGoodOrder(t *testing.T) {
	s := newTerminal(t)
	s.starts("serve --listen 127.0.0.1:0 2>log")
	ann := dial(t, s.opened())
	ann.enter("ann")
	s.shows("administrator:")
	s.tmux("kill-pane")
	ann.hears(datagram.Stopping)
}
