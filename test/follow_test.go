package test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func TestHistoryFollowsWithoutGap(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--no-limits")
	ann := p.enter("ann")
	ann.says("before")
	ann.hearsNothing()
	follow := command(t, "history", "--data", p.dir, "--follow", "--last", "1", "-o", "json")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follow.Process.Kill(); _ = follow.Wait() })
	lines := bufio.NewScanner(out)
	next := func() (m struct {
		Seq  int
		Text string
	},
	) {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the following ended: %v", lines.Err())
		}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := next(); m.Seq != 2 || m.Text != "before" {
		t.Fatalf("follows from %+v", m)
	}
	for i := range 200 {
		ann.says(strings.Repeat("x", i+1))
	}
	for i := range 200 {
		if m := next(); m.Seq != i+3 || len(m.Text) != i+1 {
			t.Fatalf("message %d is %+v", i+3, m)
		}
	}
	p.stop()
	if lines.Scan() {
		t.Errorf("something follows the server's end: %s", lines.Bytes())
	}
	if err := follow.Wait(); err != nil {
		t.Errorf("the following ends with %v", err)
	}
}

func TestTheEndOfARoomIsToldToItsFollowers(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann := p.callAs("ann")
	ann.types("/join dev", "hello")
	ann.reads("[dev] you talk in this room now*")
	follow := command(t, "history", "dev", "--data", p.dir, "--follow")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problem strings.Builder
	follow.Stderr = &problem
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follow.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasSuffix(lines.Text(), "ann: hello") {
	}
	done(t, "rooms", "remove", "dev", "--yes", "--data", p.dir)
	for lines.Scan() {
		t.Errorf("something follows: %s", lines.Text())
	}
	var exit *exec.ExitError
	if err := follow.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 ||
		problem.String() != "parley: the room dev was removed\n" {
		t.Errorf("%v, %q", err, problem.String())
	}
	p.stop()
}

func TestTheEndOfTheServerIsToldToItsFollowers(t *testing.T) {
	for how, c := range map[string]struct {
		end    func(*program)
		status int
		said   string
	}{
		"in good order": {(*program).stop, 0, "* the server has shut down\n"},
		"killed":        {(*program).kill, 1, "was killed or crashed"},
	} {
		for _, args := range [][]string{{"history", "--follow"}, {"status", "--watch"}} {
			p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
			p.enter("ann")
			follower := command(t, append(args, "--data", p.dir)...)
			out, err := follower.StdoutPipe()
			var errs strings.Builder
			follower.Stderr = &errs
			if err := errors.Join(err, follower.Start()); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			if _, err := lines.ReadString('\n'); err != nil { // it follows
				t.Fatal(err)
			}
			c.end(p)
			_, _ = io.Copy(io.Discard, lines)
			_ = follower.Wait()
			got := follower.ProcessState.ExitCode()
			if got != c.status || !strings.Contains(errs.String(), c.said) {
				t.Errorf("%s, %q: status %d, %q", how, args, got, errs.String())
			}
		}
	}
}
