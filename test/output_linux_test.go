package test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWhatCannotBeWrittenMakesACommandFail: a script must not take half an answer for a whole one.
func TestWhatCannotBeWrittenMakesACommandFail(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	p.enter("ann")
	at := p.addr.String()
	data, backup := " --data "+p.dir, filepath.Join(t.TempDir(), "backup.db")
	for _, line := range []string{
		"", "--help", "--version", "help", "help who", "serve --help", "version", "version -o json",
		"completion", "completion bash", "completion zsh", "__complete se", "config",
		"announce hi" + data, "who" + data, "who -o json" + data, "rooms" + data,
		"history" + data, "history -o json" + data, "history --follow" + data,
		"status" + data, "status --watch" + data, "doctor" + data, "doctor -o json" + data,
		"backup " + backup + data, "verify" + data, "export" + data,
		"restore " + backup + " --data " + t.TempDir(),
		"bench --members 2 --duration 100ms --warm-up 0s --rate 10 " + at + data,
		"bench --members 2 --duration 100ms --warm-up 0s --rate 10 -o json " + at + data,
		"kick ann" + data,
	} {
		c := command(t, strings.Fields(line)...)
		var errs strings.Builder
		c.Stdout, c.Stderr = full, &errs
		_ = c.Run() // the status says it
		reason := "parley: write to standard output: " + syscall.ENOSPC.Error() + "\n"
		if c.ProcessState.ExitCode() != 1 || !strings.HasSuffix(errs.String(), reason) {
			t.Errorf("%q: status %d, %q", line, c.ProcessState.ExitCode(), errs.String())
		}
	}
	p.stop()
}

// TestJoinLeavesWhenWhatIsSaidCannotBeShown: its nickname does not stay behind.
func TestJoinLeavesWhenWhatIsSaidCannotBeShown(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	reason := "parley: write to standard output: " + syscall.ENOSPC.Error() + "\n"
	for _, c := range []struct {
		out    *os.File
		status int
		err    string
	}{{full, 1, reason}, {unread(t), 141, ""}} {
		join := command(t, "join", "bob@"+p.addr.String())
		var errs strings.Builder
		join.Stdout, join.Stderr = c.out, &errs
		if _, err := join.StdinPipe(); err != nil { // nobody types
			t.Fatal(err)
		}
		if err := join.Start(); err != nil {
			t.Fatal(err)
		}
		ann.hears("bob enters the chat room")
		ann.says("hello")
		ann.hears("bob quits the chat room")
		_ = join.Wait() // the status says it
		if got := join.ProcessState.ExitCode(); got != c.status || errs.String() != c.err {
			t.Errorf("status %d, %q; want %d, %q", got, errs.String(), c.status, c.err)
		}
	}
	p.stop()
}

// unread is a pipe whose reader has gone.
func unread(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

func TestAReaderThatHasEnoughEndsACommandWithoutAWord(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	p.enter("ann")
	for _, args := range [][]string{
		{"--help"},
		{"config"},
		{"history", "--data", p.dir},
		{"export", "--data", p.dir},
		{"history", "--follow", "--data", p.dir},
	} {
		c := command(t, args...)
		var errs strings.Builder
		c.Stdout, c.Stderr = unread(t), &errs
		_ = c.Run() // the status says it
		status := c.ProcessState.Sys().(syscall.WaitStatus)
		if !status.Signaled() || status.Signal() != syscall.SIGPIPE || errs.Len() > 0 {
			t.Errorf("%q ends with %v, %q", args, c.ProcessState, errs.String())
		}
	}
	p.stop()
}
