package test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// thirtyLines is the server that the protocol was made for, as beginners write it.
const thirtyLines = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
names = {}
def tell(text, but=None):
    for other in names.values():
        if other != but:
            s.sendto(text.encode(), other)
while True:
    data, who = s.recvfrom(1024)
    verb, _, rest = data.decode().partition(" ")
    if verb == "L":
        if rest in names:
            s.sendto("the nickname is occupied".encode(), who)
            continue
        names[rest] = who
        s.sendto(b"OK", who)
        tell(rest + " enters the chat room", who)
    elif verb == "C":
        name, _, text = rest.partition(" ")
        tell(name + ": " + text, who)
    elif verb == "Q":
        names.pop(rest, None)
        s.sendto(b"EXIT", who)
        tell(rest + " quits the chat room")
    elif verb == "A":
        tell("Administrator message: " + rest)
`

func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not here")
	}
	return path
}

// converse holds the conversation that the protocol was made for. Whoever they talk with and through, what each reads is the same.
func converse(t *testing.T, announce func(string), ann, bob, cleo, 小明 *talker) {
	t.Helper()
	everybody := []*talker{ann, bob, cleo, 小明}
	for i, c := range []struct {
		who  *talker
		name string
	}{{ann, "ann"}, {bob, "bob"}, {cleo, "cleo"}, {小明, "小明"}} {
		c.who.types(c.name)
		if c.who.entered != "" {
			c.who.prints(c.who.entered)
		}
		for _, other := range everybody[:i] {
			other.prints(c.name + " enters the chat room")
		}
	}
	bob.types("hello  there")
	for _, other := range []*talker{ann, cleo, 小明} {
		other.prints("bob: hello  there")
	}
	小明.types("你好")
	for _, other := range []*talker{ann, bob, cleo} {
		other.prints("小明: 你好")
	}
	announce("lunch is ready")
	for _, other := range everybody {
		other.prints("Administrator message: lunch is ready")
	}
	cleo.types("quit")
	for _, other := range []*talker{ann, bob, 小明} {
		other.prints("cleo quits the chat room")
	}
	ann.types("quit")
	for _, other := range []*talker{bob, 小明} {
		other.prints("ann quits the chat room")
	}
}

// script is a twenty-line client.
func script(t *testing.T, port string) *talker {
	k := newTalker(t, exec.Command(python(t), "-c", twentyLines, port))
	k.entered = "Please enter nickname:inside"
	return k
}

// joins is `parley join`, through pipes.
func joins(t *testing.T, args ...string) *talker {
	return newTalker(t, command(t, append([]string{"join"}, args...)...))
}

func TestTwoScriptsAndTwoJoinsTalk(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	port := strconv.Itoa(int(p.addr.Port()))
	announce := func(text string) {
		if got := call(t, "announce", "--data", p.dir, text); got.status != 0 {
			t.Error(got.err)
		}
	}
	converse(t, announce, script(t, port), joins(t, "localhost:"+port), joins(t, "127.0.0.1:"+port), script(t, port))
	if all := p.history(); len(all) != 9 {
		t.Errorf("%d messages are stored, want 9", len(all))
	}
	p.stop()
}

func TestJoinTalksThroughAServerThatIsNotOurs(t *testing.T) {
	theirs := newTalker(t, exec.Command(python(t), "-c", thirtyLines))
	port := <-theirs.out
	announce := func(text string) {
		dialPort(t, port).send("A " + text)
	}
	converse(t, announce, script(t, port), joins(t, "--udp", "localhost:"+port), joins(t, "--udp", "127.0.0.1:"+port), script(t, port))
	refused := command(t, "join", "--udp", "bob@localhost:"+port)
	refused.Stdin = strings.NewReader("hello\n")
	if got := finish(t, refused); got.status != 1 || !strings.Contains(got.err, "the nickname is occupied") {
		t.Errorf("an occupied nickname: %+v", got)
	}
}

func TestJoinSpeaksFromAPipe(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	ann := p.enter("ann")
	for _, c := range []struct{ to, in string }{{"bob@", "hello\nworld\n"}, {"", "bob\nhello\nworld"}} {
		pipe := command(t, "join", c.to+p.addr.String())
		pipe.Stdin = strings.NewReader(c.in)
		if got := finish(t, pipe); got.status != 0 {
			t.Errorf("%+v", got)
		}
		ann.hears("bob enters the chat room", "bob: hello", "bob: world", "bob quits the chat room")
	}
	p.stop()
}

// TestJoinCrashesNoServer talks through a server that sends no EXIT and ends by a KeyError when a
// nickname leaves twice. It also answers ok in lower case and sends lines back to their speaker.
func TestJoinCrashesNoServer(t *testing.T) {
	fragile := strings.NewReplacer(
		`names.pop(rest, None)`, `del names[rest]`,
		`s.sendto(b"EXIT", who)`, `pass`,
		`b"OK"`, `b"ok"`,
		`tell(name + ": " + text, who)`, `tell(name + " : " + text)`,
	).Replace(thirtyLines)
	theirs := newTalker(t, exec.Command(python(t), "-c", fragile))
	port := <-theirs.out
	witness := dialPort(t, port)
	witness.send("L witness")
	witness.hears("ok")
	pipe := command(t, "join", "--udp", "ann@127.0.0.1:"+port)
	pipe.Stdin = strings.NewReader("hello\n")
	if got := finish(t, pipe); got.status != 0 || got.out != "" || got.err != "" {
		t.Errorf("%+v", got)
	}
	witness.hears("ann enters the chat room", "ann : hello", "ann quits the chat room")
	witness.send("C witness alive")
	witness.hears("witness : alive")
}
