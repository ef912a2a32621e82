//go:build unix

package test

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"parley/chat"
	"parley/ledger/local"
	"parley/store"
)

// What a terminal shows at once that nobody made larger.
const (
	screenLines   = 24
	screenColumns = 80
)

func TestTheFirstScreenHasAllThatIsNeededToTalk(t *testing.T) {
	c := command(t, "serve", "--listen", "127.0.0.1:0", "--console")
	dir, err := os.MkdirTemp("", "p") // as short as a home directory
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c.Dir = dir
	p, err := tryServe(t, c, "")
	if err != nil {
		t.Fatal(err)
	}
	lines := p.reads("Ctrl-C stops the server")
	rows := 3 // the two before these, and the prompt
	for _, line := range lines {
		rows += 1 + max(0, len(line)-1)/screenColumns
	}
	if rows > screenLines {
		t.Errorf("%d lines are more than a screen", rows)
	}
	screen := strings.Join(lines, "\n")
	for _, part := range []string{
		"parley join " + p.addr.String(), "nc 127.0.0.1 " + strconv.Itoa(int(p.addr.Port())) + ", then Enter",
		"openssl s_client -quiet -connect " + p.addr.String(), "certificate (SHA-256): " + fingerprint(t, p.addr) + "\n",
		"With Parley (lobby only): parley join 127.0.0.1:",
		"Only this machine can join. A browser shows all ways: http://" + p.addr.String() + "\n",
		"parley status --watch --data " + filepath.Join(dir, "parley-data"),
		"parley doctor --data " + filepath.Join(dir, "parley-data"),
	} {
		if !strings.Contains(screen, part) {
			t.Errorf("%q is not told:\n%s", part, screen)
		}
	}
	if strings.Contains(screen, "\x1b") {
		t.Errorf("colours though this is no terminal: %q", screen)
	}
	python(t) // the pasted line needs it
	bob := p.enter("bob")
	ann := pasteFrom(t, lines)
	ann.shows("Please enter nickname: ")
	ann.types("ann")
	bob.hears("ann enters the chat room")
	ann.types("hello from  a shell")
	bob.hears("ann: hello from  a shell")
	ann.types("你好")
	bob.hears("ann: 你好")
	bob.says("hello")
	ann.shows("bob: hello")
	for _, name := range []string{"cid", "dan"} { // the same line, unchanged
		other := pasteFrom(t, lines)
		other.types(name)
		bob.hears(name + " enters the chat room")
	}
	if err := ann.in.Close(); err != nil {
		t.Fatal(err)
	}
	bob.hears("ann quits the chat room")
}

// fingerprint is what a client sees of the certificate.
func fingerprint(t *testing.T, at netip.AddrPort) string {
	t.Helper()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sum := sha256.Sum256(conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}

// TestTheFirstScreenTellsOfTheDoorsThatThereAre: what is offered can be used.
func TestTheFirstScreenTellsOfTheDoorsThatThereAre(t *testing.T) {
	for listen, c := range map[string]struct{ told, not []string }{
		"127.0.0.1:0/udp": {
			[]string{
				" (UDP).",
				"Only this machine can join. With Parley (lobby only): parley join 127.0.0.1:",
				"python3", "nc -u 127.0.0.1 ",
			},
			[]string{"TCP", "nc 127", "openssl", "SHA-256"},
		},
		"127.0.0.1:0/line": {[]string{
			" (TCP).",
			"Only this machine can join. With netcat: nc 127.0.0.1 ", "python3",
		}, []string{
			"UDP",
			"parley join", "openssl", "Enter", `b'\n'`,
		}},
		"127.0.0.1:0/udp,127.0.0.1:0/line":  {[]string{" (UDP), 127.0.0.1:", " (TCP).", "parley join 127.0.0.1:", "or with netcat: nc 127.0.0.1 "}, []string{"nc -u", "openssl", "Enter", `b'\n'`}},
		"127.0.0.1:0/line,127.0.0.1:0":      {[]string{" (UDP and TCP), 127.0.0.1:", " (TCP).", ", then Enter", "openssl", `b'\n'`}, []string{"nc -u"}},
		"127.0.0.1:0/line,127.0.0.1:0/line": {[]string{" (TCP), 127.0.0.1:", "nc 127.0.0.1 "}, []string{"UDP"}},
	} {
		t.Run(listen, func(t *testing.T) {
			dir := t.TempDir()
			greets := func(until string, args ...string) string {
				c := command(t, append([]string{"serve", "--data", dir, "--listen", listen}, args...)...)
				out, err := c.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				p := &program{t: t, cmd: c, errs: new(lockedBuffer), out: bufio.NewReader(out)}
				t.Cleanup(p.kill)
				defer p.stop()
				return strings.Join(p.reads(until), "\n")
			}
			screen := greets("parley doctor")
			for _, part := range c.told {
				if !strings.Contains(screen, part) {
					t.Errorf("%q is not told:\n%s", part, screen)
				}
			}
			for _, part := range c.not {
				if strings.Contains(screen, part) {
					t.Errorf("%q is told:\n%s", part, screen)
				}
			}
			if again := greets("lists more ways"); strings.Count(again, "\n") != 2 {
				t.Errorf("the next start tells %s", again)
			}
		})
	}
}

// shell is a command line pasted into one.
type shell struct {
	t   testing.TB
	in  io.WriteCloser
	out io.Reader
}

// pasteFrom runs the line that the first screen offers to those who have only Python.
func pasteFrom(t *testing.T, screen []string) *shell {
	t.Helper()
	i := slices.IndexFunc(screen, func(line string) bool { return strings.Contains(line, "python3") })
	if i < 0 {
		t.Fatalf("no line to paste in %q", screen)
	}
	return newShell(t, exec.Command("sh", "-c", screen[i]))
}

// newShell starts what somebody types into.
func newShell(t *testing.T, c *exec.Cmd) *shell {
	t.Helper()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts ends with it
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	end := func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	impatient := time.AfterFunc(patience, end)
	t.Cleanup(func() {
		impatient.Stop()
		end()
		_ = c.Wait() // killed
	})
	return &shell{t, in, out}
}

func (s *shell) types(line string) {
	s.t.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.t.Fatal(err)
	}
}

// shows reads until a text comes.
func (s *shell) shows(text string) {
	s.t.Helper()
	seen, buffer := "", make([]byte, 4096)
	for !strings.Contains(seen, text) {
		n, err := s.out.Read(buffer)
		if err != nil {
			s.t.Fatalf("waiting for %q after %q: %v", text, seen, err)
		}
		seen += string(buffer[:n])
	}
}

func TestLaterStartsAreThreeLines(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, "--listen", "127.0.0.1:0").stop()
	c := command(t, "serve", "--data", dir, "--listen", "127.0.0.1:0")
	p, err := tryServe(t, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	rest := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(p.out)
		rest <- string(all)
	}()
	p.stop()
	got := strings.Split(strings.TrimSpace(<-rest), "\n")
	if len(got) != 2 || !strings.Contains(got[0], "parley join") || !strings.Contains(got[1], "has stopped") {
		t.Errorf("after the two lines that tell version and address come %q", got)
	}
}

func TestEveryWayInIsToldAtAnyTime(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, "--listen", "127.0.0.1:0").stop()
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--console")
	ways := []string{
		"parley join " + p.addr.String(), "nc 127.0.0.1 " + strconv.Itoa(int(p.addr.Port())) + ", then Enter",
		"openssl s_client -quiet -connect " + p.addr.String(), fingerprint(t, p.addr), "python3",
	}
	has := func(where, told string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(told, part) {
				t.Errorf("%s does not tell %q: %s", where, part, told)
			}
		}
	}
	again := strings.Join(p.reads("Ctrl-C stops the server"), "\n")
	has("a later start", again,
		"Only this machine can join, with parley join "+p.addr.String()+
			"; /address lists more ways.")
	if _, err := io.WriteString(p.in, "/address\n"); err != nil {
		t.Fatal(err)
	}
	has("/address", strings.Join(p.reads("python3"), "\n"), ways...)
	has("parley address", call(t, "address", "--data", dir).out, ways...)
	has("JSON", call(t, "address", "--data", dir, "-o", "json").out,
		`{"datagrams":["`+p.addr.String()+`"],"lines":["`+p.addr.String()+`"],"certificate":"`)
	p.stop()
}

func TestTheFirstScreenIsChineseToo(t *testing.T) {
	c := command(t, "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--console")
	c.Env = append(c.Env, "LANG=zh_CN.UTF-8")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: c, errs: new(lockedBuffer)}
	t.Cleanup(p.kill)
	seen, buffer := "", make([]byte, 4096)
	for !strings.Contains(seen, "Ctrl-C 停止服务器") {
		n, err := out.Read(buffer)
		if err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		seen += string(buffer[:n])
	}
	p.stop()
	for _, part := range []string{"新的聊天室", "聊天室已开放", "（UDP 和 TCP）", "用 Parley 加入（只有大厅）：parley join 127.0.0.1:", "nc 127.0.0.1 ", "，连接后再按一次回车\n", "证书（SHA-256）：", "只有本机可以加入。用浏览器打开 http://127.0.0.1:", "连接已断开。", "parley doctor --data "} {
		if !strings.Contains(seen, part) {
			t.Errorf("%q is not told:\n%s", part, seen)
		}
	}
}

func TestAClockBeforeTheNewestMessageIsTold(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := local.New(state.Progress(), 1, func() time.Time { return time.Now().Add(24 * time.Hour) })
	if err := tomorrow.Append(chat.Origin{Node: s.Node(), Epoch: 1, N: 1},
		chat.Announce{By: chat.ByOperator(), Text: "from the future"}); err != nil {
		t.Fatal(err)
	}
	records, err := tomorrow.Next(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	result := chat.Apply(state, records[0])
	if err := s.Commit([]chat.Result{result}, state.Progress()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	told := p.reads("Warning: this machine's clock says")
	if !strings.Contains(told[len(told)-1], "correct the clock") {
		t.Errorf("what to do is not told: %q", told)
	}
	p.enter("ann").leaves()
	p.stop()
	if !strings.Contains(p.errs.String(), "the clock is behind the newest message") {
		t.Errorf("it is not in the log: %s", p.errs)
	}
	if _, err := os.Stat(filepath.Join(dir, store.FileName)); err != nil {
		t.Error(err)
	}
}
