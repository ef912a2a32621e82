package test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestConnectionsLeaveFilesToTheOperator starts a server with few files and connects more clients
// than that. Commands are answered, members talk on, and one that leaves makes room.
func TestConnectionsLeaveFilesToTheOperator(t *testing.T) {
	for files, most := range map[int]int{40: 3, 100: 42} {
		dir := t.TempDir()
		c := command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0",
			"--metrics-listen", "127.0.0.1:0", "--no-limits", "--line-history", "0",
			"--port-connections", "20000")
		p, err := tryServe(t, limited(c, fmt.Sprint("-n ", files)), dir)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.errs)
		}
		if said := fmt.Sprintf(`"connections":%d`, most); !strings.Contains(p.errs.String(), said) {
			t.Errorf("with %d files the log does not say %q:\n%s", files, said, p.errs)
		}
		ann, bob := p.callAs("ann"), p.callAs("bob")
		var crowd []*caller
		for range 2 * files {
			crowd = append(crowd, ring(t, p.addr))
		}
		run := func(args ...string) string {
			t.Helper()
			got := finish(t, command(t, append(args, "--data", dir)...))
			if got.status != 0 {
				t.Errorf("with %d files, %s exits with %d: %s", files, args[0], got.status, got.err)
			}
			return got.out
		}
		if got := run("status"); !strings.Contains(got, "storage: ok") {
			t.Errorf("the status:\n%s", got)
		}
		run("announce", "lunch")
		ann.reads("bob enters the chat room", "Administrator message: lunch")
		bob.reads("Administrator message: lunch")
		run("backup", filepath.Join(t.TempDir(), "backup.db"))
		udp := p.enter("udp")
		udp.says("datagrams as well")
		bob.reads("udp enters the chat room", "udp: datagrams as well")
		run("kick", "ann")
		ann.reads("udp enters the chat room", "udp: datagrams as well", english.Removed(""))
		for _, c := range crowd {
			c.breaks()
		}
		late := getsIn(t, p.addr, "late")
		late.types("there is room")
		bob.until(func(said string) bool { return said == "late: there is room" })
		if strings.Contains(p.errs.String(), "cannot be accepted") {
			t.Errorf("it ran out of files:\n%s", p.errs)
		}
		p.stop()
	}
}

// TestTooFewFilesAreRefusedAtTheStart says how many are needed, and leaves no data directory.
func TestTooFewFilesAreRefusedAtTheStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	got := finish(t, limited(c, "-n 39"))
	if got.status != 1 || !strings.Contains(got.err, "the limit of open files is 39, but a server needs at least 40") {
		t.Errorf("it exits with %d: %s", got.status, got.err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory: %v", err)
	}
}

// TestAServerWithoutFilesLeftGoesOnAndHeals takes files from a running server until it cannot
// accept. Members talk on, a client that waits gets in when others leave, and the log says it once.
func TestAServerWithoutFilesLeftGoesOnAndHeals(t *testing.T) {
	const files, tried = 100, "connections cannot be accepted"
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--no-limits", "--line-history", "0")
	few := unix.Rlimit{Cur: files, Max: files} // it counts on more: it looked when it started
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_NOFILE, &few, nil); err != nil {
		t.Fatal(err)
	}
	ann, bob := p.callAs("ann"), p.callAs("bob")
	udp := p.enter("udp")
	began := time.Now()
	var all []*caller
	for !strings.Contains(p.errs.String(), tried) {
		if len(all) > files || time.Since(began) > patience {
			t.Fatalf("%d connections are accepted with %d files\n%s", len(all), files, p.errs)
		}
		m := ring(t, p.addr)
		m.name = fmt.Sprint("m", len(all))
		m.types("", m.name)
		all = append(all, m)
		ann.types("there?") // what is accepted is accepted before the answer, or while the next ones come
		bob.until(func(said string) bool { return said == "ann: there?" })
	}
	late := ring(t, p.addr)
	late.types("", "late")
	for i := range 100 { // the door tries again meanwhile
		ann.types(fmt.Sprint("line ", i))
		bob.until(func(said string) bool { return said == fmt.Sprint("ann: line ", i) })
	}
	udp.says("datagrams as well")
	bob.until(func(said string) bool { return said == "udp: datagrams as well" })
	if got := strings.Count(p.errs.String(), tried); got != 1 {
		t.Errorf("the log says %d times that connections cannot be accepted", got)
	}
	for _, m := range all[:10] { // the first, so they were accepted
		m.reads(english.Prompt + "Welcome*")
		m.breaks()
	}
	late.reads(english.Prompt + "Welcome to the chat room, late.*")
	late.types("at last")
	bob.until(func(said string) bool { return said == "late: at last" })
	if !strings.Contains(p.errs.String(), "connections are accepted again") {
		t.Errorf("the log does not say that it has passed:\n%s", p.errs)
	}
	p.stop()
}
