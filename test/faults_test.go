//go:build unix

package test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
	"parley/store"
	"parley/wire/datagram"
)

func TestADataDirectoryHasOneServer(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	got := call(t, "serve", "--data", p.dir, "--listen", "127.0.0.1:0")
	if got.status != 1 || !strings.Contains(got.err, fmt.Sprintf("process %d", p.cmd.Process.Pid)) || !strings.Contains(got.err, "--data") {
		t.Errorf("the second server says %+v", got)
	}
	ann := p.enter("ann")
	ann.hearsNothing()
	p.stop()
}

func TestATakenPortIsNamedWithWhatToDo(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	got := call(t, "serve", "--data", t.TempDir(), "--listen", p.addr.String())
	for _, part := range []string{
		fmt.Sprintf("port %d/udp is taken", p.addr.Port()),
		"to join it, run parley join " + p.addr.String(), fmt.Sprintf("--listen 127.0.0.1:%d",
			p.addr.Port()+1),
	} {
		if got.status != 1 || !strings.Contains(got.err, part) {
			t.Errorf("status %d, %q does not say %q", got.status, got.err, part)
		}
	}
	p.stop()
}

func TestDataOfANewerVersionIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.stop()
	path := filepath.Join(dir, store.FileName)
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA user_version = 99", nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	before := digest(t, path)
	got := call(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	if got.status != 1 || !strings.Contains(got.err, "newer version") {
		t.Errorf("the old version says %+v", got)
	}
	if digest(t, path) != before {
		t.Error("the file was changed")
	}
}

func digest(t *testing.T, path string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}

func TestAReadOnlyDataDirectoryIsRefusedAtTheStart(t *testing.T) {
	dir, c := readOnlyData(t, "serve", "--listen", "127.0.0.1:0")
	got := finish(t, c)
	if got.status != 1 || !strings.Contains(got.err, dir) {
		t.Errorf("the server says %+v", got)
	}
}

func TestAReadOnlyDataDirectoryIsRead(t *testing.T) {
	for _, args := range [][]string{{"verify"}, {"export"}} {
		_, c := readOnlyData(t, args...)
		if got := finish(t, c); got.status != 0 || got.err != "" || got.out == "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// readOnlyData returns a data directory of a stopped server that may not be written, and a call of the program that is to use it.
func readOnlyData(t *testing.T, args ...string) (dir string, c *exec.Cmd) {
	t.Helper()
	outer, err := os.MkdirTemp("", "parley-readonly-")
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(outer, "data")
	t.Cleanup(func() {
		mustChmod(t, dir, 0o755)
		os.RemoveAll(outer)
	})
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.stop()
	c = command(t, append(args, "--data", dir)...)
	if os.Getuid() == 0 { // for whom rights mean nothing: the program runs as somebody else
		const nobody = 65534
		copied := filepath.Join(outer, "parley")
		content, err := os.ReadFile(c.Path)
		if err == nil {
			err = os.WriteFile(copied, content, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.Path = copied
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	mustChmod(t, outer, 0o755)
	mustChmod(t, dir, 0o555)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o444)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, c
}

func mustChmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// fill says lines until one is refused, and returns the refusal and how many were stored before.
func fill(t *testing.T, p *program, c *peer, size int) (refusal string, stored int) {
	t.Helper()
	for range 100_000 {
		c.says(strings.Repeat("x", size))
		lines := c.untilExit()
		if len(lines) > 0 {
			return lines[0], len(p.history())
		}
	}
	t.Fatal("nothing is ever refused")
	return "", 0
}

func TestAFullDiskRefusesAndReadingGoesOn(t *testing.T) {
	dir := t.TempDir()
	listen := lastingAddress(t)
	p := serve(t, dir, "--listen", listen, "--no-limits", "--store-max-size", "256KiB")
	ann := p.enter("ann")
	refusal, stored := fill(t, p, ann, 4000)
	if refusal != chat.StorageFull.Sentence() {
		t.Errorf("refused with %q", refusal)
	}
	if got := call(t, "status", "--data", dir); got.status != 0 || !strings.Contains(got.out, "storage_full") {
		t.Errorf("status says %+v", got)
	}
	if got := call(t, "who", "--data", dir); got.status != 0 || !strings.Contains(got.out, "ann") {
		t.Errorf("who says %+v", got)
	}
	p.stop()
	p = serve(t, dir, "--listen", listen, "--no-limits")
	ann.drain(datagram.Stopping)
	ann.says("there is room again")
	ann.hearsNothing()
	if all := p.history(); len(all) != stored+1 {
		t.Errorf("%d messages stored, want %d", len(all), stored+1)
	}
	p.stop()
}

func TestATornLastFrameIsForgotten(t *testing.T) {
	for name, tear := range map[string]func(frame []byte) []byte{
		"half a frame": func(frame []byte) []byte { return frame[:len(frame)/2] },
		"garbage":      func(frame []byte) []byte { return bytes.Repeat([]byte{0xa5}, len(frame)) },
		"a flipped bit": func(frame []byte) []byte {
			frame[len(frame)-100] ^= 1
			return frame
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			listen := lastingAddress(t)
			p := serve(t, dir, "--listen", listen)
			ann, bob := p.enter("ann"), p.enter("bob")
			ann.hears("bob enters the chat room")
			for i := range 20 {
				ann.says(fmt.Sprint("line ", i))
				bob.hears(fmt.Sprint("ann: line ", i))
			}
			p.kill()
			appendFrame(t, filepath.Join(dir, store.FileName+"-wal"), tear)
			p = serve(t, dir, "--listen", listen)
			if all := p.history(); len(all) != 22 || all[21].Text != "line 19" {
				t.Errorf("%d messages are left", len(all))
			}
			ann.says("on it goes")
			bob.hears("ann: on it goes")
			p.stop()
		})
	}
}

// appendFrame writes behind a WAL what a commit that was cut off leaves there, made of the last frame.
func appendFrame(t *testing.T, path string, tear func([]byte) []byte) {
	t.Helper()
	const frame = 24 + 4096 // header and page, as SQLite's file format has them
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) < 32+frame || (len(content)-32)%frame != 0 {
		t.Fatalf("a WAL of %d bytes is not made of frames", len(content))
	}
	last := bytes.Clone(content[len(content)-frame:])
	if err := os.WriteFile(path, append(content, tear(last)...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTerminationAnswersWhatWasTaken(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--no-limits")
	witness := p.enter("witness")
	var entering []*peer
	for i := range 300 {
		c := dial(t, p.addr)
		c.name = fmt.Sprint("m", i)
		entering = append(entering, c)
	}
	for _, c := range entering {
		c.send("L " + c.name)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); p.stop() }()
	in, refused := 0, 0
	for _, c := range entering {
		switch got, err := c.next(); {
		case err != nil:
			t.Fatalf("%s is not answered: %v", c.name, err)
		case got == datagram.OK:
			in++
		case got == chat.ShuttingDown.Sentence():
			refused++
		default:
			t.Errorf("%s is answered %q", c.name, got)
		}
	}
	<-ended
	notices := 0
	for _, line := range witness.collect(datagram.Stopping) {
		if strings.HasSuffix(line, " enters the chat room") {
			notices++
		}
	}
	t.Logf("%d entered, %d refused", in, refused)
	if notices != in {
		t.Errorf("%d were told to have entered, %d were told so themselves", notices, in)
	}
	p = serve(t, p.dir, "--listen", "127.0.0.1:0")
	if got := len(p.history()); got != in+1 {
		t.Errorf("%d messages are stored, want %d", got, in+1)
	}
	p.stop()
}
