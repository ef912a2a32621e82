package test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestAnotherUsersDataIsNamedWithItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	const nobody = 65534
	p := serve(t, filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	program := readable(t, command(t, "version").Path)
	for _, args := range [][]string{{"status"}, {"verify"}, {"export"}, {"serve"}} {
		c := command(t, append(args, "--data", p.dir)...)
		c.Path, c.Dir = program, "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		got := finish(t, c)
		if got.status != 1 || !strings.Contains(got.err, p.dir+" belongs to root: run the command with sudo (sudo parley …)") {
			t.Errorf("%q: status %d, %s%s", args, got.status, got.out, got.err)
		}
	}
	p.stop()
}

// readable copies a program to where every user can run it.
func readable(t *testing.T, program string) string {
	t.Helper()
	content, err := os.ReadFile(program)
	dir := t.TempDir()
	path := filepath.Join(dir, "parley")
	err = errors.Join(err, os.WriteFile(path, content, 0o700), os.Chmod(path, 0o755),
		os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
