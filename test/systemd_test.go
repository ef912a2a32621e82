//go:build unix

package test

import (
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/store"
)

// toldMax is how many things a manager is told, one each 200 ms, before a test calls what it waits for lost.
const toldMax = 50

// supervisor is what systemd is to a service: the socket on which it is told how the service is.
type supervisor struct {
	t    *testing.T
	path string
	told chan string // a datagram each; closed with the socket
}

func newSupervisor(t *testing.T) *supervisor {
	t.Helper()
	s := &supervisor{t: t, path: filepath.Join(t.TempDir(), "notify"), told: make(chan string, 1000)}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: s.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.told)
		for buffer := make([]byte, 4096); ; {
			n, err := conn.Read(buffer)
			if err != nil {
				return
			}
			s.told <- string(buffer[:n])
		}
	}()
	t.Cleanup(func() { conn.Close() })
	return s
}

// serve starts a server as the manager would.
func (s *supervisor) serve(args ...string) *program {
	s.t.Helper()
	dir := s.t.TempDir()
	c := command(s.t, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, args...)...)
	c.Env = append(c.Env, "NOTIFY_SOCKET="+s.path, "WATCHDOG_USEC=400000")
	p, err := tryServe(s.t, c, dir)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, p.errs)
	}
	return p
}

// next returns the next thing that the manager is told.
func (s *supervisor) next() string {
	s.t.Helper()
	select {
	case told := <-s.told:
		return told
	case <-time.After(patience):
		s.t.Fatal("the manager is told nothing")
		return ""
	}
}

// until waits for something that has all these parts, and returns it.
func (s *supervisor) until(parts ...string) string {
	s.t.Helper()
	for range toldMax {
		told := s.next()
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(told, part) }) {
			return told
		}
	}
	s.t.Fatalf("it is never told %q", parts)
	return ""
}

var openAt = regexp.MustCompile(`open on (\S+) `)

func TestTheServiceManagerIsTold(t *testing.T) {
	s := newSupervisor(t)
	p := s.serve()
	ready := s.next()
	at := openAt.FindStringSubmatch(ready)
	if !strings.HasPrefix(ready, "READY=1\n") || at == nil {
		t.Fatalf("the first thing it is told is %q", ready)
	}
	ann := dial(t, netip.MustParseAddrPort(at[1]))
	ann.enter("ann")
	for range 3 {
		s.until("WATCHDOG=1\n", "STATUS=1 inside", "storage: ok")
	}
	p.stop()
	s.until("STOPPING=1")
	if more := len(s.told); more > 0 {
		t.Errorf("after that it is told %d things more: %q", more, <-s.told)
	}
}

func TestTheWatchdogIsServedWhileTheDiskIsFull(t *testing.T) {
	s := newSupervisor(t)
	p := s.serve("--no-limits", "--store-max-size", "256KiB")
	ann := p.enter("ann")
	if refusal, _ := fill(t, p, ann, 4096); !strings.Contains(refusal, "full") {
		t.Fatal(refusal)
	}
	for range 5 {
		s.until("WATCHDOG=1\n", "storage: storage_full")
	}
	p.stop()
}

func TestTheWatchdogIsNotServedWhileTheLoopStandsStill(t *testing.T) {
	s := newSupervisor(t)
	p := s.serve("--ledger-queue", "1") // what waits for the loop soon finds no room
	s.until("WATCHDOG=1")
	writer, err := sqlite.OpenConn(filepath.Join(p.dir, store.FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	end, err := sqlitex.ImmediateTransaction(writer) // the loop waits for its turn to write
	if err != nil {
		t.Fatal(err)
	}
	for n, still := 0, 0; still < 4; n++ { // in a row
		if n == toldMax {
			t.Fatal("it is told that the server is alive")
		}
		if told := s.next(); strings.Contains(told, "WATCHDOG=1") {
			still = 0
		} else if strings.HasPrefix(told, "STATUS=the server does not respond") {
			still++
		}
	}
	if status := call(t, "status", "--data", p.dir); status.status != 0 { // all but the loop goes on
		t.Error(status.err)
	}
	end(&err)
	if err != nil {
		t.Fatal(err)
	}
	s.until("WATCHDOG=1", "storage: ok")
	p.stop()
	if !strings.Contains(p.errs.String(), `"msg":"the loop stands still"`) {
		t.Errorf("the log does not tell: %s", p.errs)
	}
}

func TestAnUnreachableManagerIsNoFault(t *testing.T) {
	c := command(t, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	c.Env = append(c.Env, "NOTIFY_SOCKET="+filepath.Join(t.TempDir(), "nobody"), "WATCHDOG_USEC=soon")
	p, err := tryServe(t, c, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	p.enter("ann")
	p.stop()
	for _, part := range []string{"the service manager cannot be told", "the watchdog is not understood"} {
		if !strings.Contains(p.errs.String(), part) {
			t.Errorf("the log does not tell that %s: %s", part, p.errs)
		}
	}
}
