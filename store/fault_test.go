//go:build linux

package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/chat"
)

// fills posts until the Store says that it is full, and checks that nothing of the refused batch stands.
func (b *book) fills() {
	b.t.Helper()
	for range 1000 {
		before := b.state
		b.state = load(b.t, b.store)
		stored := len(history(b.t, b.store))
		err := b.try(says(long, "short")...)
		if err == nil {
			continue
		}
		if !errors.Is(err, ErrFull) {
			b.t.Fatalf("not full but: %v", err)
		}
		sameState(b.t, b.state, before)
		if n := len(history(b.t, b.store)); n != stored {
			b.t.Errorf("%d messages stand, there were %d", n, stored)
		}
		return
	}
	b.t.Fatal("it never was full")
}

func TestFullByLimit(t *testing.T) {
	dir := t.TempDir()
	b := writes(t, open(t, dir, Options{MaxBytes: 1 << 20}))
	b.must(chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}})
	for range 3 { // it stays so, and is no failure
		b.fills()
	}
	if err := b.store.limit(2 << 20); err != nil {
		t.Fatal(err)
	}
	b.must(says("room again", long)...)
	b.fills()

	wider := writes(t, open(t, dir, Options{MaxBytes: 3 << 20}))
	wider.must(says("and again", long)...)
	checkIntegrity(t, wider.store)
}

// TestFullDisk fills a real file system.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("no right to mount: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	b := begun(t, dir)
	for round := range 3 {
		release := fillDisk(t, dir, round*1500) // another place in the page each time
		b.fills()
		b.fills()
		release()
		b.must(says(fmt.Sprint("round ", round))...)
		checkIntegrity(t, b.store)
	}
	sameState(t, load(t, open(t, dir, Options{})), b.state)
}

// fillDisk takes all room but some bytes, and returns what gives it back.
func fillDisk(t *testing.T, dir string, but int) (release func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if info, err := f.Stat(); err != nil || f.Truncate(max(0, info.Size()-int64(but))) != nil {
		t.Fatal("cannot make room: ", err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// crash is the files of a Store as a power cut leaves them: the database, and a log (WAL) of batches that no checkpoint has
// moved yet.
type crash struct {
	t        *testing.T
	db, wal  []byte
	starts   []int                        // where each batch starts in the log
	progress []chat.Progress              // after each batch
	messages map[chat.Progress]int        // how many there are then
	states   map[chat.Progress]chat.State // what is known then
}

func crashed(t *testing.T, batches int) *crash {
	dir := t.TempDir()
	b := begun(t, dir)
	c := &crash{t: t, messages: map[chat.Progress]int{}, states: map[chat.Progress]chat.State{}}
	wal := filepath.Join(dir, FileName+"-wal")
	for i := range batches {
		c.starts = append(c.starts, len(contents(t, wal)))
		b.must(says(fmt.Sprint("one of ", i), fmt.Sprint("two of ", i), long[:3000*i])...)
		c.progress = append(c.progress, b.state.Progress())
		c.messages[b.state.Progress()] = len(history(t, b.store))
		c.states[b.state.Progress()] = *load(t, b.store)
	}
	c.db, c.wal = []byte(contents(t, filepath.Join(dir, FileName))), []byte(contents(t, wal))
	return c
}

// survives opens the files with another log, and returns how many batches are there. They must be whole.
func (c *crash) survives(wal []byte) int {
	c.t.Helper()
	dir := c.t.TempDir()
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, FileName), c.db, 0o600),
		os.WriteFile(filepath.Join(dir, FileName+"-wal"), wal, 0o600))
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := Open(dir, Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	checkIntegrity(c.t, s)
	b := writes(c.t, s)
	for i, p := range c.progress {
		if b.state.Progress() != p {
			continue
		}
		want := c.states[p]
		sameState(c.t, b.state, &want)
		if n := len(history(c.t, s)); n != c.messages[p] {
			c.t.Errorf("%d messages after %d batches, want %d", n, i+1, c.messages[p])
		}
		b.must(says("on we go")...)
		return i + 1
	}
	if len(history(c.t, s)) > 1 {
		c.t.Errorf("messages, and progress %v", b.state.Progress())
	}
	return 0
}

func (c *crash) want(what string, got, want int) {
	c.t.Helper()
	if got != want {
		c.t.Errorf("%s: %d batches survive, want %d", what, got, want)
	}
}

func TestTornLog(t *testing.T) {
	const batches = 6
	c := crashed(t, batches)
	last := c.starts[batches-1]
	c.want("whole", c.survives(c.wal), batches)

	for cut := len(c.wal) - 1; cut > last; cut -= 1 + (len(c.wal)-last)/25 {
		c.want(fmt.Sprintf("cut at %d of %d", cut, len(c.wal)), c.survives(c.wal[:cut]), batches-1)
	}
	for at := last; at < len(c.wal); at += 1 + (len(c.wal)-last)/25 {
		flipped := bytes.Clone(c.wal)
		flipped[at] ^= 0x10
		got := c.survives(flipped)
		if got == batches && at%frame(c.wal) >= 32 { // the frame's header has bytes that say nothing
			t.Errorf("a bit flipped at %d went unseen", at)
		} else if got != batches {
			c.want(fmt.Sprintf("flipped at %d", at), got, batches-1)
		}
	}
	for i, start := range c.starts {
		c.want(fmt.Sprintf("cut where batch %d starts", i), c.survives(c.wal[:start]), i)
		c.want(fmt.Sprintf("cut in batch %d", i), c.survives(c.wal[:start+100]), i)
	}
	c.want("garbage after it", c.survives(append(bytes.Clone(c.wal), long[:9000]...)), batches)
	c.want("zeros after it", c.survives(append(bytes.Clone(c.wal), make([]byte, 9000)...)), batches)
	c.want("an old frame after it", c.survives(append(bytes.Clone(c.wal), c.wal[last:]...)), batches)
	c.want("no log at all", c.survives(nil), 0)
}

// frame is the size of a page and its header in a log.
func frame(wal []byte) int {
	return 24 + int(wal[8])<<24 + int(wal[9])<<16 + int(wal[10])<<8 + int(wal[11])
}

const asNobody = "PARLEY_TEST_OPEN"

// toMigrate names a data directory that this program is to migrate, and untilStep where it is
// killed.
const (
	toMigrate = "PARLEY_TEST_MIGRATE"
	untilStep = "PARLEY_TEST_UNTIL"
)

// TestMain lets TestNoRight run this program as a user whom permissions bind, and
// TestAKilledMigrationIsOldOrNew as one that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(toMigrate); dir != "" {
		migrateUntil(dir, os.Getenv(untilStep))
	}
	if dir := os.Getenv(asNobody); dir != "" {
		s, err := Open(dir, Options{})
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		_, err = s.Load()
		fmt.Println("opened, loaded:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestNoRight: a directory that may not be written is refused with a sentence that says where.
func TestNoRight(t *testing.T) {
	for _, c := range []struct {
		what    string
		prepare func(dir string) error
	}{
		{"empty", func(string) error { return nil }},
		{"with data", func(dir string) error {
			set(t, dir, "PRAGMA optimize")
			return os.Chmod(filepath.Join(dir, FileName), 0o444)
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), c.prepare(dir), os.Chmod(dir, 0o555)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, 0o755) }) // to be removed
			out, err := runAsNobody(t, dir)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(out, filepath.Join(dir, FileName)) {
				t.Errorf("%v, %s", err, out)
			}
		})
	}
}

// runAsNobody runs this program on a directory as a user without special rights: root becomes one.
func runAsNobody(t *testing.T, dir string) (string, error) {
	t.Helper()
	const nobody = 65534
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("this program cannot be run again: ", err)
	}
	bin := t.TempDir()
	path := filepath.Join(bin, "store.test")
	if err := errors.Join(os.Chmod(filepath.Dir(bin), 0o755), os.WriteFile(path, program, 0o755), os.Chmod(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), asNobody+"="+dir)
	if os.Geteuid() == 0 {
		as := &syscall.Credential{Uid: nobody, Gid: nobody}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("cannot become somebody else: ", err)
	}
	return string(out), err
}

// migrateUntil opens a database and is killed at a step of its migration.
func migrateUntil(dir, until string) {
	_, err := Open(dir, Options{migrating: func(step string) {
		if step == until {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	fmt.Println("it was not killed:", err)
	os.Exit(3)
}

// TestAKilledMigrationIsOldOrNew: killed at each step, it leaves the old format or the new, whole.
// The next start completes it.
func TestAKilledMigrationIsOldOrNew(t *testing.T) {
	steps := []string{
		stepBegun, stepChecked, stepMade, stepSummed, stepRenamed, stepNumbered, stepDone,
	}
	for _, format := range formerFormats {
		for _, step := range steps {
			if format >= stateFormat && (step == stepChecked || step == stepSummed) {
				continue // its sums stay
			}
			t.Run(fmt.Sprintf("format %d, %s", format, step), func(t *testing.T) {
				dir := formerly(t, format)
				for range 2 { // also a start after one that was killed
					if step == stepDone && formatOf(t, dir) == sessionFormat {
						break
					}
					cmd := exec.Command("/proc/self/exe")
					cmd.Env = append(os.Environ(), toMigrate+"="+dir, untilStep+"="+step)
					out, err := cmd.CombinedOutput()
					var exit *exec.ExitError
					if !errors.As(err,
						&exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
						t.Fatalf("%v, %s", err, out)
					}
					want := format
					if step == stepDone {
						want = sessionFormat
					}
					if got := formatOf(t, dir); got != want {
						t.Errorf("killed it has format %d, want %d", got, want)
					}
					sameAsExported(t, dir, format)
				}
				s := open(t, dir, Options{})
				load(t, s)
				checkIntegrity(t, s)
				sameAsExported(t, dir, format)
				sameDigests(t, dir)
				writes(t, s).must(chat.Announce{By: chat.ByOperator(), Text: "on we go"})
			})
		}
	}
}

// TestAMigrationOnAFullDiskChangesNothing, on a real file system.
func TestAMigrationOnAFullDiskChangesNothing(t *testing.T) {
	for _, format := range formerFormats {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Skip("no right to mount: ", err)
		}
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		data := contents(t, fmt.Sprintf("testdata/format%d.db", format))
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		for room := 0; room < 80_000; room += 10_000 { // it ends elsewhere each time
			release := fillDisk(t, dir, room)
			s, err := Open(dir, Options{})
			if err == nil { // there was enough room
				s.Close()
			} else if !errors.Is(err, ErrFull) {
				t.Errorf("with %d bytes: %v", room, err)
			}
			release()
			if got := formatOf(t, dir); (err == nil) != (got == sessionFormat) {
				t.Errorf("format %d is now %d, after %v", format, got, err)
			}
			sameAsExported(t, dir, format)
		}
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		load(t, s)
		sameDigests(t, dir)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
