//go:build unix

package server

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/archive"
	"parley/chat"
	"parley/locale"
	"parley/store"
)

// running is a server whose doors do not listen, and what it logs.
type running struct {
	*Server
	logged bytes.Buffer
}

// starts starts a server on a data directory.
func starts(t *testing.T, dir string) *running {
	t.Helper()
	config, err := Load(Sources{Flags: map[string]string{"data": dir, "listen": "127.0.0.1:0/udp"}})
	if err != nil {
		t.Fatal(err)
	}
	var r running
	log := slog.New(slog.NewTextHandler(&r.logged, nil))
	if r.Server, err = open(t.Context(), config, new(house).table(), "test", log); err != nil {
		t.Fatal(err)
	}
	return &r
}

// rests ends the server's goroutines, so that only the test looks after the directory.
func (r *running) rests(t *testing.T) {
	t.Helper()
	r.hub.Close()
	if err := r.Wait(); err != nil {
		t.Error(err)
	}
	r.aside.Wait()
}

// TestAServerWithoutTheLockLeavesTheSocketAlone: it is another server's by then.
func TestAServerWithoutTheLockLeavesTheSocketAlone(t *testing.T) {
	dir := t.TempDir()
	first := starts(t, dir)
	first.rests(t)
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	second := starts(t, dir)
	before, err := os.Lstat(second.socket.path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		first.look()
	}
	after, err := os.Lstat(filepath.Join(dir, socketName))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the second server's socket was replaced, %v", err)
	}
	if logged := first.logged.String(); strings.Contains(logged, "control socket") {
		t.Errorf("the first server logged:\n%s", logged)
	}
	farewell(t, first.Close(), "stopped writing to "+dir+": another server (process", "parley verify")
	if after, err = os.Lstat(second.socket.path); err != nil || !os.SameFile(before, after) {
		t.Errorf("closing the first server took the second one's socket, %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// farewell checks what a server says when it is closed: never to restore a backup.
func farewell(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "backup") {
		t.Fatalf("%v, want %q", err, want)
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v, want %q", err, part)
		}
	}
}

// TestADatabaseThatIsBackInItsPlaceIsNotLost: it was moved away and back while the server ran.
func TestADatabaseThatIsBackInItsPlaceIsNotLost(t *testing.T) {
	dir := t.TempDir()
	s := starts(t, dir)
	if err := s.hub.Do(t.Context(), chat.Announce{
		By:   chat.ByOperator(),
		Text: "remember this",
	}); err != nil {
		t.Fatal(err)
	}
	s.rests(t)
	path := filepath.Join(dir, store.FileName)
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	s.look()
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	farewell(t, s.Close(), "stopped writing to "+dir+": "+path+" was removed", "parley verify")
	report, err := archive.VerifyData(t.Context(), dir, func(locale.Text, int64, int64) {})
	if err != nil || len(report.Problems) > 0 || report.Messages() != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestADatabaseThatIsFoundDamagedIsNotCalledStored when the server stops.
func TestADatabaseThatIsFoundDamagedIsNotCalledStored(t *testing.T) {
	dir := t.TempDir()
	s := starts(t, dir)
	say(t, s, "remember this")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = starts(t, dir)
	path := filepath.Join(dir, store.FileName)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	forget(t, dir)
	overwrite(t, path, 4096, int(info.Size())-4096)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil { // so that nobody sees it
		t.Fatal(err)
	}
	if err := s.hub.Do(t.Context(), chat.Announce{
		By:   chat.ByOperator(),
		Text: "and this",
	}); err == nil {
		t.Error("it is stored in a damaged database")
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "Messages that members saw may not be stored") {
		t.Errorf("%v", err)
	}
}

// forget has a server read its database from the disk again, since another program committed to it.
func forget(t *testing.T, dir string) {
	t.Helper()
	other, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Renew(), other.Close()); err != nil {
		t.Fatal(err)
	}
}

// overwrite writes rubbish into a file.
func overwrite(t *testing.T, path string, from, length int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte("x"), length), int64(from))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func say(t *testing.T, s *running, text string) {
	t.Helper()
	if err := s.hub.Do(t.Context(), chat.Announce{By: chat.ByOperator(), Text: text}); err != nil {
		t.Fatal(err)
	}
}

// TestAnOverwrittenDatabaseIsNotCalledSaved, whether or not what can be read of it is sound.
func TestAnOverwrittenDatabaseIsNotCalledSaved(t *testing.T) {
	for what, c := range map[string]struct {
		between, later int
		uncached       bool
	}{
		"it is an older history": {between: 50},
		"it is of two histories": {between: 50, later: 3},
		"it has as many bytes":   {between: 1, uncached: true},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			s := starts(t, dir)
			say(t, s, "remember this")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, store.FileName)
			backup, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s = starts(t, dir)
			for range c.between {
				say(t, s, "and this"+strings.Repeat("!", 500))
			}
			if err := s.Close(); err != nil { // all of it is in one file
				t.Fatal(err)
			}
			s = starts(t, dir)
			for range c.later {
				say(t, s, "and that")
			}
			s.rests(t)
			if c.uncached {
				forget(t, dir)
			}
			if err := os.WriteFile(path, backup, 0o600); err != nil {
				t.Fatal(err)
			}
			err = s.Close()
			if err == nil || strings.Contains(err.Error(), "All of it") || !strings.Contains(err.Error(), "Restore the last backup") {
				t.Errorf("%v", err)
			}
			if saved := Rescued(dir); saved != "" {
				t.Errorf("%s is offered to be restored", saved)
			}
		})
	}
}

// TestALostDirectoryLeavesItsHistoryBesideIt: the process still has it.
func TestALostDirectoryLeavesItsHistoryBesideIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := starts(t, dir)
	say(t, s, "remember this")
	s.rests(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	err := s.Close()
	saved, globErr := filepath.Glob(filepath.Join(filepath.Dir(dir), store.RescuePattern))
	if globErr != nil || len(saved) != 1 {
		t.Fatalf("%q, %v", saved, globErr)
	}
	if err == nil || !strings.Contains(err.Error(),
		"The whole history was saved in "+saved[0]+". Restore it into") {
		t.Errorf("%v", err)
	}
	if !s.isWhole(saved[0]) {
		t.Errorf("%s is not whole", saved[0])
	}
}
