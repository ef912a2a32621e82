//go:build unix

package server

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if err := first.Close(); err == nil {
		t.Error("the first server does not say that it stopped writing")
	}
	if after, err = os.Lstat(second.socket.path); err != nil || !os.SameFile(before, after) {
		t.Errorf("closing the first server took the second one's socket, %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}
