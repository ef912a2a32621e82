package main

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startFloor starts the forwarder of lines as a program, and returns where it listens.
func startFloor(t *testing.T, how string) string {
	program := filepath.Join(t.TempDir(), "forward")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	command := exec.Command(program, "--tcp", how, "127.0.0.1:0")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(said, "open on "))
}

// guest is one connection in a room.
type guest struct {
	net.Conn
	lines *bufio.Reader
}

func enter(t *testing.T, address, room string) guest {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	g := guest{conn, bufio.NewReader(conn)}
	g.say(t, room+"\n")
	g.hears(t, "OK")
	return g
}

func (g guest) say(t *testing.T, text string) {
	t.Helper()
	if _, err := g.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func (g guest) hears(t *testing.T, want string) {
	t.Helper()
	if line, err := g.lines.ReadString('\n'); line != want+"\n" {
		t.Fatalf("heard %q %v, not %q", line, err, want)
	}
}

// Everybody else in the room hears every line whole and in order, also who did not read for a long time.
func TestLinesAreForwarded(t *testing.T) {
	const count, size = 50_000, 200 // more than two sockets hold, and less than is kept
	for _, how := range []string{"message", "round"} {
		t.Run(how, func(t *testing.T) {
			address := startFloor(t, how)
			ann, bob, slow, other := enter(t, address, "a"), enter(t, address, "a"), enter(t, address, "a"), enter(t, address, "b")
			ann.say(t, "one\ntwo\nthr")
			bob.hears(t, "one")
			bob.hears(t, "two")
			bob.say(t, "hello\n")
			ann.hears(t, "hello")
			ann.say(t, "ee\n")
			bob.hears(t, "three")
			filling := strings.Repeat("x", size)
			go func() {
				for i := range count {
					if _, err := fmt.Fprintf(ann, "%d %s\n", i, filling); err != nil {
						return // the test sees what is missing
					}
				}
			}()
			for i := range count {
				bob.hears(t, fmt.Sprintf("%d %s", i, filling))
			}
			for _, want := range []string{"one", "two", "hello", "three"} {
				slow.hears(t, want)
			}
			for i := range count {
				slow.hears(t, fmt.Sprintf("%d %s", i, filling))
			}
			_ = slow.Close()
			other.say(t, "nobody is here\n")
			ann.say(t, "good bye\n")
			bob.hears(t, "good bye")
		})
	}
}
