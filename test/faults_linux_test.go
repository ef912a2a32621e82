package test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parley/chat"
	"parley/store"
	"parley/test/namespace"
	"parley/wire/datagram"
)

func TestABrokenDiskStopsPostingUntilARestart(t *testing.T) {
	dir := t.TempDir()
	listen := lastingAddress(t)
	p := serve(t, dir, "--listen", listen, "--no-limits")
	ann := p.enter("ann")
	ann.says("before")
	ann.hearsNothing()
	wal, err := os.Stat(filepath.Join(dir, store.FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	// A limit on the size of files fails the write itself, as a disk with a bad block does.
	limit := unix.Rlimit{Cur: uint64(wal.Size()) + 4096, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Skipf("no limit can be set on the server: %v", err)
	}
	refusal, stored := fill(t, p, ann, 8000)
	if refusal != chat.StorageFailed.Sentence() {
		t.Errorf("refused with %q", refusal)
	}
	limit.Cur = unix.RLIM_INFINITY
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	ann.says("the disk may be back, but nobody knows what is on it")
	ann.hears(chat.StorageFailed.Sentence())
	if got := call(t, "status", "--data", dir); !strings.Contains(got.out, "storage_failed") {
		t.Errorf("status says %+v", got)
	}
	p.stop()
	p = serve(t, dir, "--listen", listen, "--no-limits")
	ann.drain(datagram.Stopping)
	ann.says("after")
	ann.hearsNothing()
	if all := p.history(); len(all) < stored+1 || all[len(all)-1].Text != "after" {
		t.Errorf("%d messages are stored, %d were before", len(all), stored)
	}
	p.stop()
}

// smallDisk is a directory with a file system of its own, of two megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestAServerThatFindsTheDiskFullSaysSo(t *testing.T) {
	dir := smallDisk(t)
	serve(t, dir, "--listen", "127.0.0.1:0").stop()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	p, err := tryServe(t, command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0"), dir)
	if err == nil || !strings.Contains(p.errs.String(), "is full or read-only: free some space (df -h "+dir) {
		t.Errorf("%v, %s", err, p.errs)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	p = serve(t, dir, "--listen", "127.0.0.1:0")
	p.enter("ann").leaves()
	p.stop()
}

func TestADiskThatIsFullHealsByItself(t *testing.T) {
	dir := smallDisk(t)
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits")
	ann := p.enter("ann")
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal, stored := fill(t, p, ann, 8000)
	if refusal != chat.StorageFull.Sentence() {
		t.Fatalf("refused with %q", refusal)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for {
		ann.says("again?")
		if len(ann.untilExit()) == 0 {
			break
		}
	}
	all := p.history()
	if len(all) != stored+1 || all[len(all)-1].Text != "again?" {
		t.Errorf("%d messages stored, want %d and the last one", len(all), stored+1)
	}
	p.stop()
}

func TestAPublicAddressGetsNothing(t *testing.T) {
	const public = "203.0.113.5"
	if !namespace.Inside(t, "ip link set lo up && ip addr add "+public+"/32 dev lo") {
		return
	}
	r := openRoom(t, nil)
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(public)}, net.UDPAddrFromAddrPort(r.server.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, d := range []string{"L ann", "C ann hi", "Q ann", "hello", "L administrator"} {
		if _, err := conn.Write([]byte(d)); err != nil {
			t.Fatal(err)
		}
	}
	r.peer().hearsNothing() // everything before it was read, and whatever was to be sent is sent
	if got := r.counts().Dropped["foreign"]; got != 5 {
		t.Errorf("%d datagrams were turned away, want 5", got)
	}
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1024)); err == nil {
		t.Errorf("a public address was sent %d bytes", n)
	}
	r.mustBeInside()
}

// TestABackupOntoABrokenDiskIsNone: the disk fails the write itself. The server does not notice.
func TestABackupOntoABrokenDiskIsNone(t *testing.T) {
	data, target := filepath.Join(t.TempDir(), "data"), t.TempDir()
	fillLarge(t, data)
	p := serve(t, data, "--listen", "127.0.0.1:0")
	backup := command(t, "backup", "--data", data, filepath.Join(target, "b.db"))
	got := finish(t, limited(backup, "-f 2000"))
	if got.status != 1 || !strings.Contains(got.err, "cannot write the backup in "+target) {
		t.Errorf("%+v", got)
	}
	if left, err := os.ReadDir(target); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
	ann := p.enter("ann")
	ann.says("on we go")
	ann.hearsNothing()
	done(t, "verify", "--data", data)
	p.stop()
}
