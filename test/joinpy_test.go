//go:build unix

package test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/locale"
	"parley/wire/line"
)

// joinPy is the served join.py, which ann uses.
type joinPy struct {
	*tool
	lang   locale.Lang
	server *program
	flags  []string // of the server
}

// openJoinPy starts a server that speaks lang to clients of lines, and join.py as ann.
func openJoinPy(t *testing.T, lang locale.Lang) *joinPy {
	t.Helper()
	python := python(t)
	flags := []string{"--line-words", locale.Text{EN: "en", ZH: "zh"}.In(lang)}
	p := serve(t, t.TempDir(), append(flags, "--listen", "127.0.0.1:0")...)
	dir := t.TempDir()
	inFile(t, dir, fetch(t, "http://"+p.addr.String()+"/join.py"))
	ann := startTool(t, "ann", python, "-u", filepath.Join(dir, "client.py"))
	ann.shows(line.In(lang).Prompt)
	ann.types("ann\n")
	ann.shows(line.In(lang).Welcome("ann", 0))
	return &joinPy{ann, lang, p, append(flags, "--listen", p.addr.String())}
}

// restarts stops the server, types a line while it is down, and starts it with further flags.
func (j *joinPy) restarts(typed string, flags ...string) {
	j.t.Helper()
	j.server.stop()
	j.says("Connection lost, reconnecting.\n", "连接已断开，正在重新连接。\n")
	j.types(typed)
	j.server = serve(j.t, j.server.dir, append(flags, j.flags...)...)
	j.shows(line.In(j.lang).Welcome("ann", 0) + "\n")
}

// says waits until the program has printed a text, in the language of the server.
func (j *joinPy) says(english, chinese string) {
	j.t.Helper()
	j.shows(locale.Text{EN: english, ZH: chinese}.In(j.lang))
}

// isIn waits until ann talks in a room.
func (j *joinPy) isIn(room string) {
	j.t.Helper()
	j.says("["+room+"] you talk in this room now", "["+room+"] 已")
}

// said returns the messages of a room, without the times.
func (j *joinPy) said(room string) string {
	j.t.Helper()
	got := call(j.t, "history", room, "--data", j.server.dir)
	if got.status != 0 {
		j.t.Fatalf("history of %s: %s", room, got.err)
	}
	var said []string
	for l := range strings.Lines(got.out) {
		if _, l, _ = strings.Cut(strings.TrimSpace(l), "  "); strings.Contains(l, ": ") {
			said = append(said, l)
		}
	}
	return strings.Join(said, ", ")
}

var bothLanguages = map[string]locale.Lang{"en": locale.English, "zh": locale.Chinese}

// TestJoinPySendsNothingToAnotherRoom: a new connection begins in the lobby, so a line that was
// typed for a room while the server was down is shown and not sent. A user that has joined no room
// since then has its lines sent.
func TestJoinPySendsNothingToAnotherRoom(t *testing.T) {
	for name, lang := range bothLanguages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ann := openJoinPy(t, lang)
			ann.types(locale.Text{EN: "/join ops\n", ZH: "/加入 ops\n"}.In(lang))
			ann.isIn("ops")
			ann.restarts("for ops\n")
			ann.says("not sent: for ops\nYou are in the lobby: /join your rooms again.\n",
				"没有发出：for ops\n你现在在大厅：请重新 /join 其他房间。\n")
			ann.restarts("for the lobby\n")
			ann.types("/me nods\n/join ops\n")
			ann.isIn("ops")
			if got := ann.said("lobby"); got != "ann: for the lobby" {
				t.Errorf("in the lobby: %s", got)
			}
			if got := ann.said("ops"); got != "" {
				t.Errorf("in ops: %s", got)
			}
		})
	}
}

// TestJoinPyAfterARefusedNickname: the connection closes before an answer, then the nickname is
// refused, and the user takes another. A line typed for a room meanwhile does not reach the lobby,
// however the room was joined.
func TestJoinPyAfterARefusedNickname(t *testing.T) {
	python := python(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	script, err := os.ReadFile("../door/ways/join.py")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	dir := t.TempDir()
	inFile(t, dir, bytes.Replace(script, []byte(`"localhost", 8888`),
		[]byte(`"127.0.0.1", `+port), 1))
	ann := startTool(t, "ann", python, "-u", filepath.Join(dir, "client.py"))
	prompt := line.In(locale.English).Prompt
	accept := func() (says func(string), reads func(string)) {
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		in := bufio.NewReader(conn)
		reads = func(want string) {
			t.Helper()
			_ = conn.SetReadDeadline(time.Now().Add(patience))
			if got, err := in.ReadString('\n'); err != nil || got != want+"\n" {
				t.Fatalf("the server reads %q, %v, want %q", got, err, want)
			}
		}
		reads("")
		return func(said string) {
			if said == "" {
				conn.Close()
			} else if _, err := io.WriteString(conn, said); err != nil {
				t.Fatal(err)
			}
		}, reads
	}
	says, reads := accept()
	says(prompt)
	ann.types("ann\n")
	reads("ann")
	says("Welcome to the chat room, ann.\n")
	ann.types("\u200b/ join ops\n")
	reads("\u200b/ join ops")
	says("")
	ann.shows("Connection lost, reconnecting.\n")
	ann.types("for ops\n")
	says, reads = accept()
	says(prompt)
	reads("ann")
	says("") // before an answer
	says, reads = accept()
	says(prompt)
	reads("ann")
	says("! the nickname is occupied\n" + prompt)
	ann.shows("not sent: for ops\n")
	ann.types("anna\n")
	reads("anna")
	says("Welcome to the chat room, anna.\n")
	ann.shows("You are in the lobby: /join your rooms again.\n")
	ann.types("for everyone\n")
	reads("for everyone")
}
