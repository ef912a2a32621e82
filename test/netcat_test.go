package test

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// tool is a program that people talk with.
type tool struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *lockedBuffer
	ended  chan struct{}
	looked int // how much of out was expected already
}

// needTool skips a test whose program is not here.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here: test/needs.sh installs it", name)
	}
	return path
}

// needNetcat skips a test without a netcat that can end its input and go on reading.
func needNetcat(t *testing.T) string {
	t.Helper()
	path := needTool(t, "nc")
	help, _ := exec.Command(path, "-h").CombinedOutput() // its status says nothing
	if !bytes.Contains(help, []byte("-N")) {
		t.Skip("this nc is not OpenBSD's: test/needs.sh installs that")
	}
	return path
}

// startTool starts a program.
func startTool(t *testing.T, name, path string, args ...string) *tool {
	t.Helper()
	p := &tool{t: t, name: name, cmd: exec.Command(path, args...), out: new(lockedBuffer), ended: make(chan struct{})}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_, _ = io.Copy(p.out, out) // until it ends
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
		_ = p.cmd.Wait()
	})
	return p
}

func (p *tool) types(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, text); err != nil {
		p.t.Fatal(err)
	}
}

// prints waits until the program has printed exactly this, after what it printed before.
func (p *tool) prints(want string) {
	p.t.Helper()
	p.out.await(p.t, want, func(printed string) bool {
		got := printed[p.looked:]
		if !strings.HasPrefix(want, got) && !strings.HasPrefix(got, want) {
			p.t.Fatalf("%s prints %q, want %q", p.name, got, want)
		}
		return len(got) >= len(want)
	})
	p.looked += len(want)
}

// endsBy waits until the program ends by itself, with nothing more printed.
func (p *tool) endsBy() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
	}
	if rest := p.out.String()[p.looked:]; rest != "" {
		p.t.Errorf("%s prints %q at its end", p.name, rest)
	}
}

// pythonDatagrams is a client of datagrams as people write it: what is typed is sent, what comes is printed.
const pythonDatagrams = `
import socket, sys, threading
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
def show():
    while True: print(s.recv(1024).decode(), flush=True)
threading.Thread(target=show, daemon=True).start()
for line in sys.stdin: s.send(line.rstrip("\n").encode())
`

func welcome(nick, others string) string {
	return english.Prompt + "Welcome to the chat room, " + nick + ". " + others +
		" /help lists commands.\n"
}

// TestTheRealProgramsHoldAConversation: three netcats, one of them through openssl, and two clients of datagrams, in two rooms.
func TestTheRealProgramsHoldAConversation(t *testing.T) {
	nc, openssl, python := needNetcat(t), needTool(t, "openssl"), needTool(t, "python3")
	r := openRoom(t, quiet)
	host, port := r.stream().Addr().String(), fmt.Sprint(r.stream().Port())

	ann := startTool(t, "ann", nc, host, port)
	ann.types("\n")
	ann.prints(english.Prompt)
	ann.types("ann\n")
	ann.prints(strings.TrimPrefix(welcome("ann", "Nobody else is here."), english.Prompt))
	bob := startTool(t, "bob", openssl, "s_client", "-quiet", "-connect", r.stream().String())
	bob.types("\nbob\n")
	bob.prints(welcome("bob", "1 other is here."))
	ann.prints("bob enters the chat room\n")
	cid := startTool(t, "cid", nc, host, port)
	cid.types("\nann\ncid\n")
	cid.prints(english.Prompt + "! the nickname is occupied\n" + welcome("cid",
		"2 others are here."))
	ann.prints(english.Asked + "\ncid enters the chat room\n")
	bob.prints("cid enters the chat room\n")
	dan := startTool(t, "dan", nc, "-u", host, fmt.Sprint(r.server.Addr().Port()))
	dan.types("L dan\n")
	dan.prints("OK")
	ann.types("that was dan\n") // who comes is told by now, not with the next one
	for _, p := range []*tool{bob, cid} {
		p.prints("dan enters the chat room\nann: that was dan\n")
	}
	ann.prints("dan enters the chat room\n")
	dan.prints("ann: that was dan")
	eve := startTool(t, "eve", python, "-c", pythonDatagrams, host, fmt.Sprint(r.server.Addr().Port()))
	eve.types("L eve\n")
	eve.prints("OK\n")
	dan.prints("eve enters the chat room")
	for _, p := range []*tool{ann, bob, cid} {
		p.prints("eve enters the chat room\n")
	}

	ann.types("hello  你好\n")
	for _, p := range []*tool{bob, cid, eve} {
		p.prints("ann: hello  你好\n")
	}
	dan.prints("ann: hello  你好")
	eve.types("C eve from python\n")
	for _, p := range []*tool{ann, bob, cid} {
		p.prints("eve: from python\n")
	}
	dan.prints("eve: from python")

	ann.types("/join dev\n")
	ann.prints("[dev] you talk in this room now; the room is new\n")
	bob.types("/join dev\n")
	bob.prints("[dev] you talk in this room now, with 1 other\n")
	ann.prints("[dev] bob enters the room\n")
	bob.types("only here\n")
	ann.prints("[dev] bob: only here\n")
	cid.types("/msg bob psst\n")
	bob.prints("(to you alone) cid: psst\n")
	cid.prints("sent to bob only\n")
	bob.types("/part\n/quit\n")
	bob.prints("[dev] you have left this room; you talk in lobby\n" + english.Bye + "\n")
	bob.endsBy()
	ann.prints("[dev] bob leaves the room\nbob quits the chat room\n")
	cid.prints("bob quits the chat room\n")
	dan.prints("bob quits the chat room")
	eve.prints("bob quits the chat room\n")
	dan.types("Q dan\n")
	dan.prints("EXIT")
	eve.prints("dan quits the chat room\n")
	for _, p := range []*tool{ann, cid} { // gathered perhaps, and so a little later
		p.prints("dan quits the chat room\n")
	}
	ann.types("/part\nthat is all\n")
	ann.prints("[dev] you have left this room; you talk in lobby\n")
	cid.prints("ann: that is all\n")
	eve.prints("ann: that is all\n")
	r.close()
	ann.prints(english.Stopping + "\n")
	cid.prints(english.Stopping + "\n")
	for _, p := range []*tool{ann, cid} {
		p.in.Close() // netcat waits for the end of what is typed, too
		p.endsBy()
	}
}

// TestAPipeIntoNetcatSaysHelloAndLeaves, as a script does it.
func TestAPipeIntoNetcatSaysHelloAndLeaves(t *testing.T) {
	nc := needNetcat(t)
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	sh := exec.Command("sh", "-c", `printf '\nann\nhello\n' | "$0" -N "$1" "$2"`, nc, r.stream().Addr().String(), fmt.Sprint(r.stream().Port()))
	if out, err := sh.CombinedOutput(); err != nil || string(out) != welcome("ann", "1 other is here.") {
		t.Errorf("it prints %q, %v", out, err)
	}
	bob.reads("ann enters the chat room", "ann: hello", "ann quits the chat room")
}
