//go:build unix

package test

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"parley/wire/datagram"
)

// ignoring makes a call of the program that starts with a signal ignored, as nohup starts programs.
func ignoring(t *testing.T, signal string, args ...string) *exec.Cmd {
	t.Helper()
	c := command(t, args...)
	words := []string{"-c", "trap '' " + signal + `; exec "$@"`, "sh", c.Path}
	shell := exec.Command("sh", append(words, args...)...)
	shell.Env = c.Env
	return shell
}

func TestAClosedTerminalStopsTheServerInGoodOrder(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--console")
	ann := p.enter("ann")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.reads("Every message that a member saw is stored")
	ann.hears(datagram.Stopping)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestSignalsThatWereIgnoredStayIgnored(t *testing.T) {
	for name, signal := range map[string]os.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			serve := ignoring(t, name, "serve", "--data", dir, "--listen", "127.0.0.1:0")
			p, err := tryServe(t, serve, dir)
			if err != nil {
				t.Fatalf("%v\n%s", err, p.errs)
			}
			bob := ignoring(t, name, "join", "bob@"+p.addr.String())
			join := newTalker(t, bob)
			ann := p.enter("ann")
			join.types("hello")
			ann.collect("bob: hello") // it has entered, before ann or after
			for _, of := range []*exec.Cmd{p.cmd, bob} {
				if err := of.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
			join.types("still here")
			ann.hears("bob: still here")
			join.types("quit")
			ann.hears("bob quits the chat room")
			p.stop()
		})
	}
}

func TestASignalThatComesTwiceIsOneRequest(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	join := command(t, "join", "bob@"+p.addr.String())
	newTalker(t, join)
	ann.hears("bob enters the chat room")
	for range 2 {
		if err := join.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	ann.hears("bob quits the chat room")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.stop() // which sends another
}

func TestAServerGoesOnWhenNobodyReadsItsScreen(t *testing.T) {
	c := command(t, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--console")
	screen, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	typed, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	buffer, seen := make([]byte, 4096), ""
	for !openOn.MatchString(seen) {
		n, err := screen.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		seen += string(buffer[:n])
	}
	screen.Close()
	log.Close()
	ann := dialPort(t, strings.TrimPrefix(openOn.FindStringSubmatch(seen)[1], "127.0.0.1:"))
	ann.enter("ann")
	for range 2 { // the first write may still be taken
		if _, err := io.WriteString(typed, "/who\nhello\n"); err != nil {
			t.Fatal(err)
		}
		ann.hears("Administrator message: hello")
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}
