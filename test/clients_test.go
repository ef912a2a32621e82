//go:build unix

package test

import (
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parley/test/tmux"
)

// handedOut is a client that people get from Parley to copy.
type handedOut struct {
	// command returns what they type.
	command   func(t *testing.T, dir string, p *program, screen []string) string
	listen    string // which doors are open
	words     string // line.words; empty: English
	lost      string // what it shows when the server ends
	comesBack bool   // by itself, when there is a server again
	leaves    string // what is typed to leave, beside the keys
}

const closed = "The connection is closed."

// TestClientsToCopyWork tells the same story with every client that is printed, served or
// documented, in a terminal: a nickname that is taken, a restart of the server, and each way to end.
func TestClientsToCopyWork(t *testing.T) {
	python(t)
	for name, c := range map[string]handedOut{
		"the first screen's line": {command: pasted, lost: closed, leaves: "/quit"},
		"the first screen's line for lines alone": {
			command: pasted, listen: "/udp,127.0.0.1:0/line", lost: closed, leaves: "/quit",
		},
		"the first screen's line for datagrams": {command: pasted, listen: "/udp", comesBack: true},
		"join.py": {
			command: served, lost: "Connection lost, reconnecting.", comesBack: true, leaves: "/quit",
		},
		"line.md":     {command: fromPage, lost: closed, leaves: "/quit"},
		"datagram.md": {command: fromPage, comesBack: true, leaves: "quit"},
		"the first screen's line in Chinese": {
			command: pasted, words: "zh", lost: closed, leaves: "/quit",
		},
		"join.py in Chinese": {
			command: served, words: "zh", lost: "连接已断开，正在重新连接。", comesBack: true, leaves: "/quit",
		},
		"line.md in Chinese": {command: fromPage, words: "zh", lost: closed, leaves: "/quit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &copied{t: t, handedOut: c, dir: t.TempDir()}
			s.opens("127.0.0.1:0" + c.listen)
			s.ann = tmux.Open(t, s.dir, 150, 50, "LC_ALL=C.UTF-8")
			s.talks()
			s.restarts()
			s.leavesInEveryWay()
		})
	}
}

// pasted is the line of the first screen.
func pasted(t *testing.T, _ string, _ *program, screen []string) string {
	for _, line := range screen {
		if strings.HasPrefix(line, "python3") {
			return line
		}
	}
	t.Fatalf("no line to paste in %q", screen)
	return ""
}

// served is the first command of the page at the port or, without curl, the script it fetches.
func served(t *testing.T, dir string, p *program, _ []string) string {
	if _, err := exec.LookPath("curl"); err != nil {
		return inFile(t, dir, fetch(t, "http://"+p.addr.String()+"/join.py"))
	}
	page := fetch(t, "http://"+p.addr.String()+"/")
	first := regexp.MustCompile("<code>(.*?)</code>").FindSubmatch(page)
	if first == nil {
		t.Fatalf("no command in %s", page)
	}
	return html.UnescapeString(string(first[1]))
}

func fetch(t *testing.T, url string) []byte {
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// fromPage is the client of the page after which the test is named.
func fromPage(t *testing.T, dir string, p *program, _ []string) string {
	_, page, _ := strings.Cut(t.Name(), "/")
	page, _, _ = strings.Cut(page, "_")
	content, err := os.ReadFile(filepath.Join(house, "docs", "protocol", page))
	if err != nil {
		t.Fatal(err)
	}
	found := documentedClient.FindSubmatch(content)
	if found == nil {
		t.Fatal("there is no client in it")
	}
	port := strconv.Itoa(int(p.addr.Port()))
	return inFile(t, dir, []byte(strings.ReplaceAll(string(found[1]), "8888", port)))
}

func inFile(t *testing.T, dir string, script []byte) string {
	if err := os.WriteFile(filepath.Join(dir, "client.py"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	return "python3 client.py"
}

// copied is a story about such a client.
type copied struct {
	handedOut
	t      *testing.T
	dir    string
	client string // the command that starts it
	server *program
	ann    *tmux.Terminal // where it runs
	bob    *peer
}

// opens starts a new server, and learns from it how to start a client.
func (s *copied) opens(listen string) {
	s.t.Helper()
	data := s.t.TempDir()
	server, err := tryServe(s.t, command(s.t, s.serve("--data", data, "--listen", listen)...), data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server, s.client = server, s.command(s.t, s.dir, server, server.reads("parley doctor"))
	s.bob = server.enter("bob")
}

// starts starts the client on an empty screen.
func (s *copied) starts() {
	s.t.Helper()
	s.ann.Clear()
	s.ann.Enter(s.client)
	s.ann.Shows(s.in("Please enter nickname:", "请输入昵称："))
}

// in returns what the server says, in the language in which it speaks to the client.
func (s *copied) in(english, chinese string) string {
	if s.words == "zh" {
		return chinese
	}
	return english
}

// serve returns the arguments that start the server.
func (s *copied) serve(args ...string) []string {
	args = append([]string{"serve"}, args...)
	if s.words != "" {
		args = append(args, "--line-words", s.words)
	}
	return args
}

func (s *copied) enters() {
	s.t.Helper()
	s.starts()
	s.ann.Enter("ann")
	s.bob.hears("ann enters the chat room")
}

func (s *copied) talks() {
	s.t.Helper()
	s.starts()
	s.ann.Enter("bob")
	s.shows(s.in("the nickname is occupied", "昵称已被占用"), 1)
	s.bob.hears("somebody asks for your nickname")
	s.ann.Enter("ann")
	s.bob.hears("ann enters the chat room")
	s.ann.Enter("hello  都来条")
	s.bob.hears("ann: hello  都来条")
	s.bob.says("好的")
	s.ann.Shows("bob: 好的")
}

// restarts ends the server. A client that does not come back is started again, with a new server.
func (s *copied) restarts() {
	s.t.Helper()
	s.server.stop()
	if s.lost != "" {
		s.ann.Shows(s.lost)
	}
	if !s.comesBack {
		s.isOver()
		s.opens("127.0.0.1:0" + s.listen)
		s.enters()
		return
	}
	s.server = serve(s.t, s.server.dir, s.serve("--listen", s.server.addr.String()+s.listen)[1:]...)
	if s.lost != "" {
		s.shows(s.in("Welcome to the chat room, ann.", "欢迎来到聊天室，ann。"), 2)
	}
	if s.leaves == "/quit" && strings.Contains(s.ann.All(), "--- ") {
		s.t.Errorf("what the member has read is shown again:\n%s", s.ann.All())
	}
	s.bob = s.server.enter("cid")
	s.ann.Enter("back again")
	s.bob.hears("ann: back again")
}

// leavesInEveryWay has the client end while it is inside, and while it asks for a nickname.
func (s *copied) leavesInEveryWay() {
	s.t.Helper()
	ways := []func(){func() { s.ann.Press("C-c") }, func() { s.ann.Press("C-d") }}
	if s.leaves != "" {
		ways = append(ways, func() { s.ann.Enter(s.leaves) })
	}
	for i, leave := range ways {
		if i > 0 {
			s.enters()
		}
		leave()
		s.bob.hears("ann quits the chat room")
		s.isOver()
	}
	for _, leave := range ways[:2] {
		s.starts()
		leave()
		s.isOver()
	}
}

// isOver waits until the shell's prompt is back, and sees that the client ended in good order.
func (s *copied) isOver() {
	s.t.Helper()
	s.ann.Until("the client has ended", func() bool { return strings.HasSuffix(s.ann.Screen(), "$") })
	for _, word := range []string{"Traceback", "Error", "Exception"} {
		if screen := s.ann.All(); strings.Contains(screen, word) {
			s.t.Errorf("it ends with %q:\n%s", word, screen)
		}
	}
}

// shows waits until a text is on the screen so many times.
func (s *copied) shows(text string, times int) {
	s.t.Helper()
	s.ann.Until(text, func() bool { return strings.Count(s.ann.Screen(), text) == times })
}
