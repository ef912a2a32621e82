//go:build unix

package test

import (
	"path/filepath"
	"strings"
	"testing"

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

// TestJoinPyComesBackToItsRooms: a line that is typed while the server is down is for the room
// where the member talks, so it is shown and not sent.
func TestJoinPyComesBackToItsRooms(t *testing.T) {
	for name, lang := range bothLanguages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ann := openJoinPy(t, lang)
			ann.types("/join attic\n/join Zoo\n/part zoo\n/join dev\n/part\n/join ops\n" +
				"/part nowhere\n/away now\n/away\n/me nods\n")
			ann.isIn("ops")
			ann.says("sent to ops", "已发给 ops")
			for _, said := range []string{"typed while down", "typed again"} {
				ann.restarts(said + "\n")
				ann.says("not sent: "+said+"\n", "没有发出："+said+"\n")
				ann.isIn("attic")
				ann.isIn("ops")
			}
			for _, left := range []string{"[dev]", "[zoo]"} {
				if got := strings.Count(strings.ToLower(ann.out.String()), left); got != 2 {
					t.Errorf("it came back to %s, which it has left:\n%s", left, ann.out)
				}
			}
			ann.types("for ops only\n/me nods\n")
			ann.says("sent to ops", "已发给 ops")
			if got := ann.said("ops"); got != "ann: for ops only" {
				t.Errorf("in ops: %s", got)
			}
			if got := ann.said("lobby"); got != "" {
				t.Errorf("in the lobby: %s", got)
			}
			ann.types("/nick Anna\n")
			ann.says("you are Anna now\n", "你现在叫 Anna\n")
			ann.server.stop()
			ann.server = serve(t, ann.server.dir, ann.flags...)
			ann.shows(line.In(lang).Welcome("Anna", 0) + "\n")
		})
	}
}
