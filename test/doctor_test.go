//go:build unix

package test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/archive"
	"parley/doctor"
	"parley/server"
	"parley/store"
)

// finding is a line of `parley doctor -o json`.
type finding struct {
	Check  string  `json:"check"`
	Level  string  `json:"level"`
	What   string  `json:"what"`
	Remedy *string `json:"remedy"` // there, though it may be empty
}

// examination is what the program found, by check.
type examination map[string][]finding

// examine runs `parley doctor -o json` and checks what holds of every examination: each check is told, in the table's order, in
// lines of one shape, and the exit status is that of the worst.
func examine(t *testing.T, c *exec.Cmd) examination {
	t.Helper()
	c.Args = append(c.Args, "-o", "json")
	got := finish(t, c)
	found, failed := examination{}, 0
	var order []string
	lines := json.NewDecoder(strings.NewReader(got.out))
	lines.DisallowUnknownFields()
	for {
		var f finding
		if err := lines.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v: %+v", err, got)
		}
		if f.What == "" || f.Remedy == nil || !slices.Contains([]string{"ok", "warn", "fail"}, f.Level) {
			t.Errorf("badly told: %+v", f)
		}
		if f.Level == "fail" {
			failed++
		}
		if !slices.Contains(order, f.Check) {
			order = append(order, f.Check)
		}
		found[f.Check] = append(found[f.Check], f)
	}
	var want []string
	for _, c := range doctor.Checks() {
		want = append(want, c.Name)
	}
	if !slices.Equal(order, want) {
		t.Errorf("told are %q, want %q\n%s", order, want, got.err)
	}
	if (got.status == 1) != (failed > 0) || got.status > 1 || (got.err != "") != (failed > 0) {
		t.Errorf("status %d with %d failures: %s", got.status, failed, got.err)
	}
	return found
}

// has checks what a check found, and returns the remedy.
func (e examination) has(t *testing.T, check, level string, parts ...string) (remedy string) {
	t.Helper()
	for _, f := range e[check] {
		if f.Level != level {
			continue
		}
		for _, part := range parts {
			if !strings.Contains(f.What, part) {
				t.Errorf("%s: %q does not say %q", check, f.What, part)
			}
		}
		return *f.Remedy
	}
	t.Errorf("%s is not %s: %+v", check, level, e[check])
	return ""
}

// paste does what a remedy says.
func paste(t *testing.T, remedy string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", remedy).CombinedOutput(); err != nil || remedy == "" {
		t.Errorf("%q: %v\n%s", remedy, err, out)
	}
}

// namesIn lists a directory.
func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestTheDoctorAsksARunningServerHowItWasStarted: its flags are not to be given again.
func TestTheDoctorAsksARunningServerHowItWasStarted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--port-connections", "1000000", "--no-limits")
	c := command(t, "doctor", "--data", "data")
	c.Dir = filepath.Dir(dir)
	found := examine(t, c)
	found.has(t, "server", "ok", fmt.Sprintf("running as process %d", p.cmd.Process.Pid))
	found.has(t, "udp", "ok", "answered on "+p.addr.String())
	found.has(t, "tcp", "ok", "accepted on "+p.addr.String())
	again := "parley serve --data " + dir + " --listen 127.0.0.1:0 --no-limits=true"
	if remedy := found.has(t, "files", "warn", "allows 1000000"); !strings.Contains(remedy, again) {
		t.Errorf("%q does not say %q", remedy, again)
	}
	c = command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:1")
	examine(t, c).has(t, "server", "warn", "but the settings here say 127.0.0.1:1")
	p.stop()
}

func TestTheDoctorOfAHealthyServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	ann.says("hello")
	ann.hearsNothing()
	look := func() examination {
		t.Helper()
		before := namesIn(t, dir)
		found := examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0"))
		if after := namesIn(t, dir); !slices.Equal(before, after) {
			t.Errorf("of %q there are %q afterwards", before, after)
		}
		for _, check := range []string{"settings", "directory", "database", "udp", "tcp", "tls"} { // the others are about this machine
			found.has(t, check, "ok")
		}
		found.has(t, "backup", "warn", "no backup exists")
		return found
	}
	place := func() string {
		var state struct{ Hash string }
		if err := json.Unmarshal([]byte(call(t, "status", "--data", dir, "-o", "json").out), &state); err != nil {
			t.Fatal(err)
		}
		return state.Hash
	}
	before := place()
	running := look()
	running.has(t, "server", "ok", fmt.Sprintf("running as process %d", p.cmd.Process.Pid))
	running.has(t, "udp", "ok", "answered on "+p.addr.String())
	running.has(t, "tcp", "ok", "accepted on "+p.addr.String())
	running.has(t, "tls", "ok", "the server's own", fingerprint(t, p.addr))
	if place() != before {
		t.Error("something came into the log")
	}
	ann.hearsNothing()
	p.kill()
	look().has(t, "server", "ok", "not running on "+dir)
	p = serve(t, dir, "--listen", "127.0.0.1:0")
	p.stop()
	stopped := look()
	stopped.has(t, "udp", "ok", "is free", "127.0.0.1")
	stopped.has(t, "tcp", "ok", "is free", "127.0.0.1")
}

func TestTheDoctorBeforeTheFirstStart(t *testing.T) {
	dir := t.TempDir()
	c := command(t, "doctor", "--listen", "127.0.0.1:0")
	c.Dir = dir
	found := examine(t, c)
	for _, check := range []string{"server", "directory", "database", "backup"} {
		found.has(t, check, "ok")
	}
	if left := namesIn(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestTheDoctorOfAServerThatDoesNotAnswer(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	found := examine(t, command(t, "doctor", "--data", p.dir, "--listen", "127.0.0.1:0"))
	what, helps := "does not answer", "kill"
	if runtime.GOOS == "linux" { // where it is seen
		what, helps = "is suspended", "kill -CONT"
	}
	remedy := found.has(t, "server", "fail", fmt.Sprintf("process %d serves %s but %s", p.cmd.Process.Pid, p.dir, what))
	if !strings.HasPrefix(remedy, fmt.Sprintf("%s %d ", helps, p.cmd.Process.Pid)) {
		t.Errorf("the remedy is %q", remedy)
	}
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p.stop()
}

func TestTheDoctorOfATakenPort(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.LocalAddr().(*net.UDPAddr).Port
	found := examine(t, command(t, "doctor", "--data", t.TempDir(), "--listen", taken.LocalAddr().String()))
	found.has(t, "udp", "fail", fmt.Sprintf("port %d/udp is taken", port), fmt.Sprintf("--listen 127.0.0.1:%d", port+1))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	found = examine(t, command(t, "doctor", "--data", t.TempDir(), "--listen", listener.Addr().String()))
	found.has(t, "tcp", "fail", fmt.Sprintf("port %d/tcp is taken", listener.Addr().(*net.TCPAddr).Port))
}

func TestTheDoctorOfADataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's data")
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.stop()
	look := func() examination {
		t.Helper()
		return examine(t, command(t, "doctor", "--data", dir, "--listen", "127.0.0.1:0"))
	}
	mustChmod(t, dir, 0o755)
	paste(t, look().has(t, "directory", "warn", "other users of this machine"))
	look().has(t, "directory", "ok", dir)
	mustChmod(t, dir, 0o777)
	paste(t, look().has(t, "directory", "fail", "every user of this machine"))
	look().has(t, "directory", "ok", dir)

	database := filepath.Join(dir, store.FileName)
	if err := os.WriteFile(database, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	rubbish := look()
	paste(t, rubbish.has(t, "database", "fail", "not a database of Parley"))
	look().has(t, "database", "ok", "none yet")

	backup := filepath.Join(t.TempDir(), "backup.db")
	p = serve(t, dir, "--listen", "127.0.0.1:0")
	p.enter("ann").hearsNothing()
	p.stop()
	look().has(t, "backup", "warn", "no backup exists")
	if got := call(t, "backup", "--data", dir, backup); got.status != 0 {
		t.Fatal(got.err)
	}
	look().has(t, "backup", "ok", backup)
	tornThenRestored(t, dir, look)
	if err := server.NoteBackup(dir, archive.Backup{Time: time.Now(), File: backup}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(backup); err != nil {
		t.Fatal(err)
	}
	look().has(t, "backup", "warn", backup, "no longer exists")
}

// tornThenRestored: what the remedy puts in the place of a damaged database is the backup, whatever WAL lay beside the damaged one.
func tornThenRestored(t *testing.T, dir string, look func() examination) {
	t.Helper()
	before := exportedMessages(t, done(t, "export", "--data", dir))
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	p.enter("bob").hearsNothing()
	p.kill() // so that there is a WAL
	database := filepath.Join(dir, store.FileName)
	if info, err := os.Stat(database + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("no WAL: %v", err)
	}
	if err := os.WriteFile(database, bytes.Repeat([]byte("rubbish "), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(database + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	remedy := look().has(t, "database", "fail", "not a database of Parley")
	if err := os.RemoveAll(dir + ".broken"); err != nil { // of the first remedy
		t.Fatal(err)
	}
	t.Setenv("PATH", programDir+":"+os.Getenv("PATH"))
	paste(t, remedy)
	if after := exportedMessages(t, done(t, "export", "--data", dir)); !slices.Equal(after, before) || len(after) == 0 {
		t.Errorf("restored is %+v, backed up was %+v", after, before)
	}
	done(t, "verify", "--data", dir)
}

func TestTheDoctorOfADirectoryThatMayNotBeWritten(t *testing.T) {
	dir, c := readOnlyData(t, "doctor", "--listen", "127.0.0.1:0")
	found := examine(t, c)
	if os.Getuid() != 0 {
		found.has(t, "speed", "fail", "cannot write in "+dir+": permission denied")
		return
	}
	remedy := found.has(t, "directory", "fail", dir+" belongs to root, but you are")
	if want := "sudo parley doctor --data " + dir; remedy != want {
		t.Errorf("the remedy is %q, want %q", remedy, want)
	}
	for _, check := range []string{"server", "speed", "database", "backup", "tls", "files"} { // the cause is told once
		if remedy := found.has(t, check, "warn", "not checked: see data directory"); remedy != "" {
			t.Errorf("%s has the remedy %q", check, remedy)
		}
	}
}

func TestTheDoctorOfAFileInstead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{file, filepath.Join(file, "below")} {
		found := examine(t, command(t, "doctor", "--data", data, "--listen", "127.0.0.1:0"))
		found.has(t, "directory", "fail", file+" is a file")
	}
}

func TestTheDoctorOfSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.toml")
	if err := os.WriteFile(file, []byte("colour = 'red'\nlisten = '127.0.0.1:0'\n[udp]\nmembers = -1\nallow = ['0.0.0.0/0']\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := examine(t, command(t, "doctor", "--data", t.TempDir(), "--config", file))
	found.has(t, "settings", "fail", "colour", "udp.members", "use the defaults instead")
	found.has(t, "settings", "warn", "includes every network")
	found.has(t, "udp", "ok", "127.0.0.1") // what can be used is

	if err := os.WriteFile(file, []byte("listen = \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	found = examine(t, command(t, "doctor", "--config", file, "--listen", "127.0.0.1:0", "--data", dir))
	found.has(t, "settings", "fail", file+":1:")
	found.has(t, "server", "ok", dir)

	found = examine(t, command(t, "doctor", "--data", dir, "--listen", "0.0.0.0:0", "--no-limits"))
	found.has(t, "settings", "warn", "no-limits")
}

func TestTheDoctorOfAProcessWithFewFiles(t *testing.T) {
	for files, level := range map[int]string{39: "fail", 50: "warn"} {
		c := command(t, "doctor", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
		examine(t, limited(c, fmt.Sprint("-n ", files))).has(t, "files", level, fmt.Sprintf("at most %d", files))
	}
}

func TestTheDoctorReadsTheLimitOfTheRunningServer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells the limits of another process")
	}
	p := serve(t, filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	c := limited(command(t, "doctor", "--data", p.dir, "--listen", "127.0.0.1:0"), "-n 50")
	for _, f := range examine(t, c)["files"] {
		if !strings.HasPrefix(f.What, fmt.Sprintf("process %d: ", p.cmd.Process.Pid)) || strings.Contains(f.What, "at most 50,") {
			t.Errorf("told is %+v", f)
		}
	}
	p.stop()
}

func TestTheDoctorOnTheScreen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	where := []string{"doctor", "--data", dir}
	args := slices.Concat(where, []string{"--listen", "127.0.0.1:0"})
	for lang, parts := range map[string][3]string{
		"C": {
			"ok          settings        all are valid",
			"!! warning  settings        no-limits is on", " --listen 0.0.0.0:0 --no-limits=false",
		},
		"zh_CN.UTF-8": {
			"正常        设置        全部有效", "!! 注意     设置        no-limits 已打开",
			" --listen 0.0.0.0:0 --no-limits=false",
		},
	} {
		c := command(t, append(where, "--listen", "0.0.0.0:0")...)
		c.Env = append(c.Env, "LANG="+lang, "PARLEY_NO_LIMITS=true")
		got := finish(t, c)
		if strings.Contains(got.out, "\x1b") {
			t.Errorf("a pipe gets colours: %q", got.out)
		}
		for _, part := range parts[1:] {
			if !strings.Contains(got.out, part) {
				t.Errorf("%s: %q is not in\n%s%s", lang, part, got.out, got.err)
			}
		}
		well := command(t, args...)
		well.Env = append(well.Env, "LANG="+lang)
		if out := finish(t, well).out; !strings.Contains(out, parts[0]) {
			t.Errorf("%s: %q is not in\n%s", lang, parts[0], out)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"doctor", "now"}, 2, "one word too many"},
		{[]string{"doctor", "-o", "yaml"}, 2, "text or json"},
		{[]string{"doctor", "--nonsense"}, 2, "unknown flag"},
		{[]string{"doctor", "--help"}, 0, "parley doctor --data"},
	} {
		if got := call(t, c.args...); got.status != c.status || !strings.Contains(got.out+got.err, c.says) {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
	if got := call(t, append(args, "--udp-burst", "x")...); got.status != 2 {
		t.Errorf("with a mistake on the command line: status %d, %q", got.status, got.err)
	}
	mistaken := command(t, args...)
	mistaken.Env = append(mistaken.Env, "PARLEY_UDP_BURST=x")
	if got := finish(t, mistaken); got.status != 1 || !strings.Contains(got.err, " failure, ") {
		t.Errorf("with a mistake: status %d, %q", got.status, got.err)
	}
}
