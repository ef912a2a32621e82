//go:build unix

package test

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/test/tmux"
	"parley/wire/datagram"
)

// terminal is a shell in a terminal of its own, with job control.
type terminal struct {
	*tmux.Terminal
	t   *testing.T
	dir string
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := "LC_ALL=C GORACE='halt_on_error=1 atexit_sleep_ms=0' parley=" + path
	return &terminal{tmux.Open(t, dir, 150, 50, env), t, dir}
}

// starts clears the screen and runs the program, whose process is process() until it ends.
func (s *terminal) starts(arguments string) {
	s.t.Helper()
	s.Clear()
	s.Enter("sh -c 'echo $$ >pid; exec $parley " + arguments + "'")
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

// reads makes a named pipe and reads what the program writes into it.
func (s *terminal) reads(name string) *lockedBuffer {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		s.t.Fatal(err)
	}
	written := new(lockedBuffer)
	go func() {
		f, err := os.Open(path) // once the program has opened it
		if err != nil {
			s.t.Error(err)
			return
		}
		defer f.Close()
		_, _ = io.Copy(written, f) // until the program ends
	}()
	return written
}

// opened waits for a server that was started, and returns where it is open.
func (s *terminal) opened() netip.AddrPort {
	s.t.Helper()
	said := s.Shows("The chat room is open on ")
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
			s.Shows("administrator:")
			s.sends(signals...)
			s.Shows("$")
			s.IsCooked()
		})
		t.Run("join "+name, func(t *testing.T) {
			s := newTerminal(t)
			p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
			s.starts("join ann@" + p.addr.String() + " 2>log")
			s.Shows("ann:")
			s.sends(signals...)
			s.Shows("$")
			s.IsCooked()
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
	s.Shows("ann:")
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil { // leaving takes its time now
		t.Fatal(err)
	}
	// The second request counts when it comes a second after the first, and what is done at that
	// moment is not seen from outside: it is repeated until it counts.
	for process := s.process(); process.Signal(syscall.SIGTERM) == nil; {
		time.Sleep(50 * time.Millisecond)
	}
	s.Shows("$")
	s.IsCooked()
}

func TestAServerInTheBackgroundServes(t *testing.T) {
	s := newTerminal(t)
	s.Clear()
	s.Enter("$parley serve --listen 127.0.0.1:0 2>log &")
	ann := dial(t, s.opened())
	s.Shows("The server runs in the background. fg brings it to the front")
	ann.enter("ann")
	s.IsCooked()
	for _, again := range []string{"hello", "hello again"} {
		s.Clear()
		s.Enter("fg")
		s.Shows("administrator:")
		s.Enter(again)
		ann.hears("Administrator message: " + again)
		s.Press("C-z")
		s.Shows("[1]")
		s.Enter("bg")
		ann.hearsNothing()
		s.IsCooked()
	}
	s.Enter("fg")
	s.Shows("administrator:")
	s.Press("C-c")
	s.Shows("1 member is inside.")
	s.Press("C-c")
	ann.hears(datagram.Stopping)
	s.Shows("The server has stopped.")
	s.IsCooked()
}

func TestTheAdministratorSeesTheLobbyAboveThePrompt(t *testing.T) {
	s := newTerminal(t)
	s.starts("serve --listen 127.0.0.1:0 2>log")
	at := s.opened()
	s.Shows("administrator:")
	sees := func(said string) {
		t.Helper()
		s.Until(said+" is shown", func() bool { return strings.Contains(s.Screen(), "  "+said+"\n") })
	}
	ann := dial(t, at)
	ann.enter("ann")
	sees("ann enters the chat room")
	s.Press("half a line")
	ann.says("hello \x1b[2J")
	sees("ann: hello \uFFFD[2J")
	s.Shows("administrator: half a line")
	s.Press("C-c") // clears the line, and no more
	s.Until("the line is empty", func() bool { return strings.HasSuffix(s.Screen(), "\nadministrator:") })
	for _, key := range []string{"C-d", "C-c"} { // neither confirms the other
		s.Press(key)
		s.Shows("1 member is inside. Press Ctrl-" + strings.ToUpper(key[2:]) + " again")
	}
	for _, word := range []string{"quit", "exit", "/quit"} {
		s.Enter(word)
		s.Shows("administrator: " + word)
	}
	s.Shows("quit was not sent. Press Ctrl-C to stop the server")
	s.Enter("lunch")
	s.Shows("announced to 1 member")
	ann.hears("Administrator message: lunch")
	ann.leaves()
	sees("ann quits the chat room")
	if strings.Contains(s.All(), "Administrator message") {
		t.Errorf("what was typed is shown again: %s", s.All())
	}
	s.Press("C-c") // nobody is inside
	s.Shows("The server has stopped.")
	s.IsCooked()
}

func TestCtrlDTwiceStopsAServerWithMembers(t *testing.T) {
	s := newTerminal(t)
	s.starts("serve --listen 127.0.0.1:0 2>log")
	ann := dial(t, s.opened())
	ann.enter("ann")
	s.Press("C-d")
	s.Shows("1 member is inside. Press Ctrl-D again")
	s.Press("C-d")
	ann.hears(datagram.Stopping)
	s.Shows("The server has stopped.")
	s.IsCooked()
}

func TestTheLobbyIsNotShownWhereItIsSwitchedOff(t *testing.T) {
	s := newTerminal(t)
	s.starts("serve --listen 127.0.0.1:0 --console-show=false 2>log")
	at := s.opened()
	s.Shows("administrator:")
	ann := dial(t, at)
	ann.enter("ann")
	s.Enter("lunch")
	s.Shows("announced to 1 member")
	if strings.Contains(s.All(), "enters the chat room") {
		t.Errorf("the lobby is shown: %s", s.All())
	}
	s.sends(syscall.SIGTERM) // a signal asks nothing
	ann.hears("Administrator message: lunch", datagram.Stopping)
	s.Shows("The server has stopped.")
}

// TestAStoppedTerminalDelaysNobody: Ctrl-S, which a dumb terminal's line discipline knows.
func TestAStoppedTerminalDelaysNobody(t *testing.T) {
	s := newTerminal(t)
	s.Enter("export TERM=dumb")
	s.starts("serve --listen 127.0.0.1:0 --no-limits --log-level debug")
	at := s.opened()
	s.Shows("administrator:")
	ann, bob := dial(t, at), dial(t, at)
	bob.enter("bob")
	ann.enter("ann")
	s.Shows("administrator:")
	s.Press("C-s")
	bob.hears("ann enters the chat room")
	long := strings.Repeat("x", 500)
	for i := range 3000 {
		ann.says(strconv.Itoa(i) + " " + long)
		bob.hears("ann: " + strconv.Itoa(i) + " " + long)
	}
	s.Press("C-q")
	s.Until("it says how much is missing", func() bool { return strings.Contains(s.All(), " lines not shown\n") })
	s.Until("it shows the last", func() bool { return strings.Contains(s.Screen(), "  ann: 2999 ") })
	s.sends(syscall.SIGTERM)
	bob.hears(datagram.Stopping)
	s.Shows("The server has stopped.")
}

func TestAServerStopsThoughItsTerminalIsStopped(t *testing.T) {
	s := newTerminal(t)
	s.Enter("export TERM=dumb")
	s.starts("serve --listen 127.0.0.1:0 2>log")
	at := s.opened()
	s.Shows("administrator:")
	ann := dial(t, at)
	ann.enter("ann")
	s.Press("C-s")
	ann.says("hello")
	process := s.process()
	s.sends(syscall.SIGTERM)
	ann.hears(datagram.Stopping)
	for process.Signal(syscall.Signal(0)) == nil { // it ends, or the test's time does
		time.Sleep(50 * time.Millisecond)
	}
	s.Press("C-q")
}

func TestJoinInTheBackgroundShowsWhatIsSaid(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	bob := p.enter("bob")
	s := newTerminal(t)
	s.Clear()
	s.Enter("$parley join ann@" + p.addr.String() + " &")
	bob.hears("ann enters the chat room")
	bob.says("hello")
	s.Shows("bob: hello")
	s.IsCooked()
	s.Clear()
	s.Enter("fg")
	s.Shows("ann:")
	s.Enter("hello bob")
	bob.hears("ann: hello bob")
	s.Enter("quit")
	bob.hears("ann quits the chat room")
	s.IsCooked()
	p.stop()
}

// TestAServerOutlivesItsTerminalWhenItIsToIgnoreThat: the prompt ends, the chat room does not.
func TestAServerOutlivesItsTerminalWhenItIsToIgnoreThat(t *testing.T) {
	s := newTerminal(t)
	s.Enter("trap '' HUP")
	log := s.reads("log")
	s.starts("serve --listen 127.0.0.1:0 2>log")
	ann := dial(t, s.opened())
	ann.enter("ann")
	s.Shows("administrator:")
	process := s.process()
	s.Run("kill-pane")
	log.await(t, "the terminal is gone", func(log string) bool {
		return strings.Contains(log, "the terminal is gone")
	})
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
	s.Shows("administrator:")
	s.Run("kill-pane")
	ann.hears(datagram.Stopping)
}

// TestTheFirstScreenHasNoLogLines: it shows the new certificate itself.
func TestTheFirstScreenHasNoLogLines(t *testing.T) {
	s := newTerminal(t)
	s.starts("serve --listen 127.0.0.1:0")
	s.Shows("administrator:")
	screen := s.All()
	if strings.Contains(screen, " INF ") || !strings.Contains(screen, "certificate (SHA-256): ") {
		t.Errorf("the screen is %s", screen)
	}
}

func TestTheAdministratorsPromptIsInTheLanguageOfTheScreen(t *testing.T) {
	s := newTerminal(t)
	s.Enter("export LC_ALL=zh_CN.UTF-8")
	s.starts("serve --listen 127.0.0.1:0 2>log")
	s.Shows("管理员：")
}

// TestARoomIsRemovedOnceItsSizeIsKnown: the question has the numbers, and a room that cannot be
// removed is refused without a question.
func TestARoomIsRemovedOnceItsSizeIsKnown(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann := p.callAs("ann")
	ann.types("/join dev", "hello", "/topic tea")
	ann.reads("[dev] you talk in this room now; the room is new", "the topic of dev: tea")
	s := newTerminal(t)
	s.starts("rooms remove attic --data " + p.dir)
	s.Shows(`parley: no room "attic"`)
	const question = "dev has 3 messages (joins and leaves included) and 1 member, and cannot be " +
		"restored after a removal. Remove it? [y/N]"
	for _, c := range []struct{ answer, shows string }{
		{"n", "parley: not confirmed: nothing was changed"}, {"y", "removed dev with 3 messages"},
	} {
		s.starts("rooms remove dev --data " + p.dir)
		s.Shows(question)
		s.Enter(c.answer)
		s.Shows(c.shows)
	}
	ann.reads("[dev] the administrator removed this room and its messages; " +
		"/join another room to talk")
}
