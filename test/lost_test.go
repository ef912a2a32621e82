//go:build unix

package test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/chat"
	"parley/server"
	"parley/store"
)

// database are the files of a database in use.
var database = []string{store.FileName, store.FileName + "-wal", store.FileName + "-shm"}

// each does something to files of a directory.
func each(names []string, do func(path string) error) func(dir string) error {
	return func(dir string) error {
		var errs []error
		for _, name := range names {
			errs = append(errs, do(filepath.Join(dir, name)))
		}
		return errors.Join(errs...)
	}
}

// replace puts another file in the place of one.
func replace(path string) error {
	return errors.Join(os.WriteFile(path+".other", []byte("another"), 0o600), os.Rename(path+".other", path))
}

// ends asks the server to end, and returns its exit status and what it wrote to standard error.
func (p *program) ends() (status int, said string) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	impatient := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer impatient.Stop()
	_ = p.cmd.Wait() // the status says it
	return p.cmd.ProcessState.ExitCode(), p.errs.String()
}

var rescued = regexp.MustCompile(`parley restore --data NEW (\S+\.db)`)

// TestALostDatabaseIsNoticedAndRescued: nothing is taken that nobody would find, all who ask are
// told, and what the server still has is saved when it stops.
func TestALostDatabaseIsNoticedAndRescued(t *testing.T) {
	for what, lose := range map[string]func(dir string) error{
		"removed":                 each(database, os.Remove),
		"moved":                   each(database, func(path string) error { return os.Rename(path, path+".old") }),
		"replaced":                each(database[:1], replace),
		"without its WAL":         each(database[1:2], os.Remove),
		"without its WAL's index": each(database[2:], os.Remove),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := serve(t, dir, "--listen", "127.0.0.1:0")
			ann := p.enter("ann")
			ann.says("remember this")
			ann.hearsNothing()
			if err := lose(dir); err != nil {
				t.Fatal(err)
			}
			p.logs("nothing can be stored")
			ann.says("is anybody writing this down?")
			ann.hears(chat.StorageLost.Sentence())
			if got := call(t, "status", "--data", dir); !strings.Contains(got.out, "storage: storage_lost") {
				t.Errorf("the status is %+v", got)
			}
			announced := call(t, "announce", "hello", "--data", dir)
			if announced.status != 1 || !strings.Contains(announced.err, "stop it with Ctrl-C or SIGTERM") {
				t.Errorf("announce: %d, %s", announced.status, announced.err)
			}
			if status, body := askSocket(t, filepath.Join(dir, "parley.sock"), "/healthz"); status != 503 || !strings.HasPrefix(body, "storage_lost") {
				t.Errorf("/healthz answers %d, %q", status, body)
			}
			found := examine(t, command(t, "doctor", "--data", dir, "--listen", p.addr.String()))
			found.has(t, "server", "fail", "the database was removed, replaced or overwritten")
			found.has(t, "database", "fail", "first do what the check of the server says")
			found.has(t, "backup", "warn", "not checked")
			status, said := p.ends()
			saved := rescued.FindStringSubmatch(said)
			if status != 1 || !strings.Contains(said, "some messages that members saw are not stored in "+dir+": "+dir+"/parley.db") || saved == nil {
				t.Fatalf("status %d, %s", status, said)
			}
			if what == "removed" {
				refused(t, "parley restore --data NEW "+saved[1], "serve", "--data", dir, "--listen", "127.0.0.1:0")
				remedy := examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")).has(t, "database", "fail")
				if want := "parley restore --data " + dir + " " + dir + ".broken/" + filepath.Base(saved[1]); !strings.Contains(remedy, want) {
					t.Errorf("doctor says %q, want %q", remedy, want)
				}
			}
			again := filepath.Join(t.TempDir(), "again")
			done(t, "restore", "--data", again, saved[1])
			if got := done(t, "export", "--data", again); !strings.Contains(got, `"text":"remember this"`) {
				t.Errorf("it saved %s", got)
			}
		})
	}
}

// TestALostDirectoryIsNoticedAndItsHistorySaved beside it.
func TestALostDirectoryIsNoticedAndItsHistorySaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	ann.says("remember this")
	ann.hearsNothing()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	p.logs("nothing can be stored")
	ann.says("hello?")
	ann.hears(chat.StorageLost.Sentence())
	status, said := p.ends()
	saved := rescued.FindStringSubmatch(said)
	if status != 1 || !strings.Contains(said, "some messages that members saw are not stored in "+dir+": "+dir+"/parley.db") || saved == nil {
		t.Fatalf("status %d, %s", status, said)
	}
	again := filepath.Join(t.TempDir(), "again")
	done(t, "restore", "--data", again, saved[1])
	if got := done(t, "export", "--data", again); !strings.Contains(got, `"text":"remember this"`) {
		t.Errorf("it saved %s", got)
	}
}

// TestNoEmptyHistoryInThePlaceOfALostOne: the next start says what is missing, and changes nothing.
func TestNoEmptyHistoryInThePlaceOfALostOne(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.stop()
	if err := os.Remove(filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	before := namesIn(t, dir)
	for range 2 { // a refused start is none: the second is refused, too
		refused(t, "parley.db is missing from the data directory "+dir, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	}
	if after := namesIn(t, dir); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("there was %q, now there is %q", before, after)
	}
	examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0")).has(t, "database", "fail", "missing")
	if err := os.Remove(filepath.Join(dir, "parley.lock")); err != nil {
		t.Fatal(err)
	}
	p = serve(t, dir, "--listen", "127.0.0.1:0") // as it was told
	p.stop()
}

// TestEveryCommandSaysWhyADatabaseIsMissing, and none that another directory should be named.
func TestEveryCommandSaysWhyADatabaseIsMissing(t *testing.T) {
	cut := t.TempDir()
	claim, err := server.ClaimEmpty(cut)
	if err != nil {
		t.Fatal(err)
	}
	everyCommandRefuses(t, cut, "is filling the data directory "+cut)
	if err := claim.Abandon(); err != nil {
		t.Fatal(err)
	}
	signed := []byte(`{"pid":1,"socket":"","filling":true}`) // as one that was killed leaves it
	if err := os.WriteFile(filepath.Join(cut, "parley.lock"), signed, 0o600); err != nil {
		t.Fatal(err)
	}
	everyCommandRefuses(t, cut, "was interrupted")

	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	if err := os.Remove(filepath.Join(dir, store.FileName)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify"}, {"export"}, {"backup", filepath.Join(t.TempDir(), "b.db")}} {
		refused(t, "lost its database: stop it with kill", append(args, "--data", dir)...)
	}
	p.ends()
	everyCommandRefuses(t, dir, "parley restore --data NEW "+dir+"/parley-rescued-")
}

func everyCommandRefuses(t *testing.T, dir, why string) {
	t.Helper()
	backup := filepath.Join(t.TempDir(), "b.db")
	for _, args := range [][]string{{"verify"}, {"export"}, {"backup", backup}, {"status"}, {"history"}} {
		refused(t, why, append(args, "--data", dir)...)
	}
}

// TestTheLockFileAndTheControlSocketComeBack, whatever became of them.
func TestTheLockFileAndTheControlSocketComeBack(t *testing.T) {
	logged := map[string]string{"parley.lock": "the lock file", "parley.sock": "the control socket"}
	link := func(path string) error { return errors.Join(os.Remove(path), os.Symlink("nowhere", path)) }
	listen := func(path string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		other, err := net.Listen("unix", path)
		if err == nil {
			t.Cleanup(func() { other.Close() })
		}
		return err
	}
	for what, c := range map[string]struct {
		names []string
		lose  func(path string) error
	}{
		"no lock":          {[]string{"parley.lock"}, os.Remove},
		"another lock":     {[]string{"parley.lock"}, replace},
		"no socket":        {[]string{"parley.sock"}, os.Remove},
		"another's socket": {[]string{"parley.sock"}, listen},
		"neither":          {[]string{"parley.lock", "parley.sock"}, os.Remove},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := serve(t, dir, "--listen", "127.0.0.1:0")
			before, err := server.FindHolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := each(c.names, c.lose)(dir); err != nil {
				t.Fatal(err)
			}
			for _, name := range c.names {
				p.logs(logged[name] + " was removed or replaced, and was created again")
			}
			done(t, "status", "--data", dir)
			if after, err := server.FindHolder(dir); err != nil || after != before {
				t.Errorf("%+v, %v", after, err)
			}
			refused(t, "another server (process", "serve", "--data", dir, "--listen", "127.0.0.1:0")
			p.stop()
			if got := namesIn(t, dir); strings.Contains(strings.Join(got, " "), "parley.sock") {
				t.Errorf("left is %q", got)
			}
		})
	}
	for name, why := range map[string]string{"parley.lock": "move it away", "parley.sock": "another server"} {
		t.Run("a link for "+name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := serve(t, dir, "--listen", "127.0.0.1:0")
			if err := each([]string{name}, link)(dir); err != nil {
				t.Fatal(err)
			}
			p.logs("cannot be created again")
			refused(t, why, "serve", "--data", dir, "--listen", "127.0.0.1:0")
			p.stop()
			if target, err := os.Readlink(filepath.Join(dir, name)); err != nil || target != "nowhere" {
				t.Errorf("%q, %v", target, err)
			}
		})
	}
}

// TestASecondServerInTheSameDirectoryEndsTheWriting: it came while the lock file was away.
func TestASecondServerInTheSameDirectoryEndsTheWriting(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	second := holdLock(t, filepath.Join(dir, "parley.lock"))
	defer second.Close()
	p.logs("nothing can be stored")
	ann.says("hello?")
	ann.hears(chat.StorageLost.Sentence())
	if status, said := p.ends(); status != 1 || !strings.Contains(said, "another server (process 1)") {
		t.Errorf("status %d, %s", status, said)
	}
}

// holdLock puts a lock file that somebody else holds in the place of a server's.
func holdLock(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path+".other", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(`{"pid":1,"socket":""}`)
	if err := errors.Join(err, syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), os.Rename(f.Name(), path)); err != nil {
		t.Fatal(err)
	}
	return f
}
