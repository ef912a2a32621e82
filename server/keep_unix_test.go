//go:build unix

package server

import (
	"bytes"
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
	if err := s.hub.Do(t.Context(), chat.Announce{Text: "remember this"}); err != nil {
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
