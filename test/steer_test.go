package test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestTheAdministratorSteersFromAnotherTerminal(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann, bob := p.enter("ann"), p.enter("小明")
	ann.hears("小明 enters the chat room")
	for _, c := range []struct {
		args   []string
		status int
		out    []string // each must stand in what is printed
	}{
		{[]string{"announce", "lunch", "is ready"}, 0, []string{"announced to 2 members"}},
		{[]string{"announce"}, 2, []string{"TEXT is missing"}},
		{[]string{"announce", " "}, 2, []string{"TEXT is missing"}},
		{[]string{"who"}, 0, []string{"ann  (UDP, since", "小明  (UDP, since"}},
		{[]string{"who", "-o", "json"}, 0, []string{`{"nick":"ann","door":"udp","rooms":["lobby"],"entered":"`}},
		{[]string{"who", "-o", "yaml"}, 2, []string{"text or json"}},
		{[]string{"who", "attic"}, 1, []string{`no room "attic"`}},
		{[]string{"who", "#Lobby"}, 0, []string{"ann  (UDP, since"}},
		{[]string{"who", "a b"}, 2, []string{`invalid room name "a b"`}},
		{[]string{"who", "lobby", "me"}, 2, []string{"one word too many"}},
		{[]string{"kick", "nobody"}, 1, []string{"no member has that nickname"}},
		{[]string{"kick", "a b"}, 2, []string{"a nickname cannot contain a space"}},
		{
			[]string{"kick", "小明", "too", "loud"},
			0,
			[]string{"小明 was removed from the chat room, and can join again"},
		},
		{[]string{"history"}, 0, []string{
			"ann enters the chat room",
			"Administrator message: lunch is ready",
			"小明 quits the chat room (removed by the administrator: too loud)",
		}},
		{
			[]string{"history", "lobby", "--last", "1", "-o", "json"},
			0,
			[]string{
				`{"room":"lobby","seq":3,"time":"`,
				`"kind":"left","nick":"小明","text":"kicked: too loud","author":`,
			},
		},
		{
			[]string{"history", "#Lobby", "--last", "1"},
			0,
			[]string{"小明 quits the chat room (removed by the administrator: too loud)"},
		},
		{[]string{"history", "@ann+bob"}, 1, []string{`no member is called "bob" now`}},
		{[]string{"history", "attic"}, 1, []string{`no room "attic"`}},
		{[]string{"history", "--last", "x"}, 2, []string{"--last takes a number"}},
		{
			[]string{"status"},
			0,
			[]string{"inside: 1 member (UDP 1)\nhistory: 4 messages, including joins"},
		},
		{[]string{"status", "--all"}, 0, []string{"storage: ok", "lobby, 1 inside, 3 messages"}},
		{[]string{"status", "-o", "json"}, 0, []string{`"storage":"ok"`, `"hash":"`}},
		{[]string{"status", "--nonsense"}, 2, []string{"unknown flag"}},
		{[]string{"status", "--wach"}, 2, []string{"unknown flag", "did you mean --watch?"}},
		{[]string{"rooms", "remove", "attic"}, 1, []string{`no room "attic"`}},
		{[]string{"rooms", "remove", "lobby", "--yes"}, 2, []string{"the lobby cannot be removed"}},
		{[]string{"rooms", "remove"}, 2, []string{"ROOM is missing"}},
		{[]string{"dance"}, 2, []string{`"dance"`}},
		{[]string{"stauts"}, 2, []string{"did you mean parley status?"}},
	} {
		args := c.args
		if args[0] != "dance" && args[0] != "stauts" {
			args = append(args, "--data", p.dir)
		}
		got := call(t, args...)
		if got.status != c.status {
			t.Errorf("%q: status %d, want %d: %s%s", c.args, got.status, c.status, got.out, got.err)
		}
		for _, part := range c.out {
			if !strings.Contains(got.out+got.err, part) {
				t.Errorf("%q prints %q%q, without %q", c.args, got.out, got.err, part)
			}
		}
		if got.status != 0 && (got.out != "" || strings.Count(got.err, "\n") != 1) {
			t.Errorf("%q: a refusal is one line on standard error: %q, %q", c.args, got.out, got.err)
		}
	}
	ann.hears("Administrator message: lunch is ready", "小明 quits the chat room")
	bob.hears("Administrator message: lunch is ready", "you were removed from the chat room: too loud")
	p.stop()
	if got := call(t, "status", "--data", p.dir); got.status != 1 || !strings.Contains(got.err,
		"no server is running in the data directory "+p.dir) {
		t.Errorf("without a server: %+v", got)
	}
	elsewhere := command(t, "status", "--data", "my room") // in this folder, where no server is
	elsewhere.Dir = t.TempDir()
	said, _ := elsewhere.CombinedOutput()
	if want := "run parley serve --data '" + filepath.Join(elsewhere.Dir,
		"my room") + "'\n"; !strings.HasSuffix(string(said), want) {
		t.Errorf("%q does not end with %q", said, want)
	}
}

// TestMembersOutsideTheLobbyAreCountedForPeople: each answer for programs is a member.
func TestMembersOutsideTheLobbyAreCountedForPeople(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--console")
	p.reads("Ctrl-C stops the server")
	ann := p.callAs("ann")
	ann.types("/join dev", "/part lobby")
	ann.reads("[dev] you talk in this room now; the room is new",
		"[lobby] you have left this room; you talk in dev")
	for _, c := range []struct{ args, want string }{
		{
			"who",
			"nobody is here\n" +
				"1 member is not in the lobby: parley rooms lists the other rooms\n",
		},
		{"who lobby", "nobody is here\n"},
		{"who -o json", ""},
	} {
		got := call(t, append(strings.Fields(c.args), "--data", p.dir)...)
		if got.status != 0 || got.out != c.want {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
	p.enter("bob")
	got := call(t, "who", "--data", p.dir)
	const others = "\n1 more member is not in the lobby: parley rooms lists the other rooms\n"
	if !strings.HasPrefix(got.out, "bob  (UDP, since ") || !strings.HasSuffix(got.out, others) {
		t.Errorf("with bob: %+v", got)
	}
	if _, err := p.in.Write([]byte("/who\n")); err != nil {
		t.Fatal(err)
	}
	p.reads("1 more member is not in the lobby: /rooms lists the other rooms")
}

// TestTheEndOfARoomIsToldToItsFollowers, with a reason and no other trouble.
func TestTheConsoleIsTheAdministrator(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--console")
	p.reads("Ctrl-C stops the server")
	ann := p.enter("ann")
	for _, line := range []string{
		"hello all", "kick ann", "help", "退出", "／／who is there",
		"rooms remove dev --yes", "rooms remove", " /who", "kick　ann", "parley kick ann",
		"parley is here",
		"who is there", "//help", "/dance", "/hlep", "/kick", "/kick nobody", "/history --follow",
		"/status --watch", "／who", "/kick ann bye now",
	} {
		if _, err := p.in.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	ann.hears("Administrator message: hello all", "Administrator message: /who is there",
		"Administrator message: parley is here",
		"Administrator message: who is there", "Administrator message: /help",
		"you were removed from the chat room: bye now")
	for _, want := range []string{
		"announced to 1 member",
		"kick ann was not sent. /kick ann runs the command. To send the text",
		"help was not sent. /help runs the command", "退出 was not sent. Press Ctrl-C",
		"announced to 1 member",
		"rooms remove dev --yes was not sent. /rooms remove dev --yes runs",
		"rooms remove was not sent. /rooms remove runs", "ann  (UDP", "was not sent. /kick",
		"parley kick ann was not sent. /kick ann runs", "announced to 1 member",
		"announced to 1 member", "announced to 1 member",
		`unknown command "dance", try /help`, "did you mean /help?",
		"/kick needs NICK: /kick NICK [REASON]", "no member has that nickname",
		"use another terminal: parley history --follow", "parley status --watch", "ann  (UDP",
		"ann was removed",
	} {
		for {
			line, err := p.out.ReadString('\n')
			if err != nil {
				t.Fatalf("waiting for %q: %v", want, err)
			}
			if strings.Contains(line, want) {
				break
			}
			if !strings.HasPrefix(line, "administrator: ") {
				t.Fatalf("waiting for %q: %q", want, line)
			}
		}
	}
	p.in.Close() // the end of input leaves the server running
	ann.enter("ann")
	p.stop()
}

func TestSettingsAreRefusedAllAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.toml")
	if err := os.WriteFile(file, []byte("colour = 'red'\n[udp]\nidle = 'never'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := call(t, "serve", "--config", file, "--listen", "nowhere", "--data", t.TempDir())
	for _, part := range []string{"colour", "udp.idle", `"nowhere"`} {
		if got.status != 2 || !strings.Contains(got.err, part) {
			t.Errorf("status %d, %q does not tell of %s", got.status, got.err, part)
		}
	}
}

func TestConfigPrintsAFileThatSaysTheSame(t *testing.T) {
	given := command(t, "config", "--listen", ":9999", "--udp-allow", "203.0.113.0/24,2001:db8::/32", "--udp-echo", "--udp-rate", "0.5")
	given.Env = append(given.Env, "PARLEY_UDP_IDLE=2h")
	printed := finish(t, given)
	for _, part := range []string{`listen = ":9999"`, "# the command line", `udp.idle = "2h"`, "# the environment", "# the default"} {
		if printed.status != 0 || !strings.Contains(printed.out, part) {
			t.Errorf("%+v does not print %q", printed, part)
		}
	}
	file := filepath.Join(t.TempDir(), "parley.toml")
	if err := os.WriteFile(file, []byte(printed.out), 0o600); err != nil {
		t.Fatal(err)
	}
	values := func(out string) string { return regexp.MustCompile(`(?m) +#.*$`).ReplaceAllString(out, "") }
	again := call(t, "config", "--config", file)
	if again.status != 0 || values(again.out) != values(printed.out) || !strings.Contains(again.out, "# "+file) {
		t.Errorf("read back: %s%s\nwant %s", again.err, again.out, printed.out)
	}
	wrong := call(t, "config", "--listen", "nowhere")
	if wrong.status != 2 || strings.Count(wrong.err, "nowhere") != 1 {
		t.Errorf("%+v", wrong)
	}
}

func TestTheControlSocketIsTheOwnersOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("rights are the directory's there")
	}
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	info, err := os.Stat(filepath.Join(p.dir, "parley.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	p.stop()
}

// twentyLines is the client that the protocol was made for, as beginners write it.
const twentyLines = `
import socket, sys, threading
room = ("127.0.0.1", int(sys.argv[1]))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    name = input("Please enter nickname:")
    s.sendto(("L " + name).encode(), room)
    answer = s.recvfrom(1024)[0].decode()
    if answer == "OK":
        break
    print(answer, flush=True)
print("inside", flush=True)
def listen():
    while True:
        text = s.recvfrom(1024)[0].decode()
        if text == "EXIT":
            return
        print(text, flush=True)
t = threading.Thread(target=listen)
t.start()
for line in sys.stdin:
    if line.strip() == "quit":
        break
    s.sendto(("C " + name + " " + line.rstrip("\n")).encode(), room)
s.sendto(("Q " + name).encode(), room)
t.join()
print("gone", flush=True)
`

func TestTwentyLineClientsTalk(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	port := p.addr.String()[strings.LastIndex(p.addr.String(), ":")+1:]
	ann := script(t, port)
	ann.types("administrator")
	ann.prints("Please enter nickname:the nickname is reserved")
	ann.types("ann")
	ann.prints("Please enter nickname:inside")
	bob := script(t, port)
	bob.types("ann")
	bob.prints("Please enter nickname:the nickname is occupied")
	ann.prints("somebody asks for your nickname")
	bob.types("小明")
	bob.prints("Please enter nickname:inside")
	ann.prints("小明 enters the chat room")
	ann.types("你好  bob")
	bob.prints("ann: 你好  bob")
	if got := call(t, "announce", "--data", p.dir, "lunch"); got.status != 0 {
		t.Fatal(got.err)
	}
	ann.prints("Administrator message: lunch")
	bob.prints("Administrator message: lunch")
	bob.types("quit")
	bob.prints("gone")
	ann.prints("小明 quits the chat room")
	ann.types("quit")
	ann.prints("gone")
	p.stop()
}

// talker is a process with somebody at its keyboard.
type talker struct {
	t       *testing.T
	in      io.Writer
	out     chan string
	entered string // what it prints when it is inside; empty: nothing
}

func newTalker(t *testing.T, c *exec.Cmd) *talker {
	t.Helper()
	k := &talker{t: t, out: make(chan string, 100)}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	k.in = in
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(k.out)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			k.out <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
		_ = c.Wait()
	})
	return k
}

func (k *talker) types(line string) {
	k.t.Helper()
	if _, err := k.in.Write([]byte(line + "\n")); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talker) prints(want string) {
	k.t.Helper()
	select {
	case got, ok := <-k.out:
		if !ok || got != want {
			k.t.Fatalf("prints %q (%v), want %q", got, ok, want)
		}
	case <-time.After(patience):
		k.t.Fatalf("prints nothing, want %q", want)
	}
}

func TestTheServerIsFoundFromEveryDirectory(t *testing.T) {
	dir := t.TempDir()
	c := command(t, "serve", "--data", "data", "--listen", "127.0.0.1:0")
	c.Dir = dir
	p, err := tryServe(t, c, filepath.Join(dir, "data"))
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	p.enter("ann")
	if got := call(t, "who", "--data", p.dir); got.status != 0 || !strings.HasPrefix(got.out, "ann ") {
		t.Errorf("from another directory: %+v", got)
	}
	p.stop()
}

func TestTheVersionIsTold(t *testing.T) {
	got := call(t, "version", "-o", "json")
	var b struct{ Version, Commit, Go, OS, Arch string }
	if err := json.Unmarshal([]byte(got.out), &b); err != nil || b.Version == "" || b.Go != runtime.Version() || b.OS != runtime.GOOS || b.Arch != runtime.GOARCH {
		t.Errorf("%+v: %+v, %v", got, b, err)
	}
	plain, flag := call(t, "version"), call(t, "--version")
	if plain != flag || plain.status != 0 || !strings.HasPrefix(plain.out, "parley "+b.Version+" (commit ") {
		t.Errorf("version says %+v, --version %+v", plain, flag)
	}
	if got := call(t, "version", "-o", "yaml"); got.status != 2 || !strings.Contains(got.err, "text or json") {
		t.Errorf("%+v", got)
	}
}
