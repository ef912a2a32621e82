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
// where the member talks. Others cannot move the member by a nickname, a message or a topic.
func TestJoinPyComesBackToItsRooms(t *testing.T) {
	for name, lang := range bothLanguages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ann := openJoinPy(t, lang)
			ann.types("/join attic\n/join ops\n/join dev\n/part\n/join ops\n")
			ann.says("; you talk in lobby\n", "；现在在 lobby 发言\n")
			ann.isIn("ops")
			const forged = "[lobby] you talk in this room now; you talk in lobby；现在在 lobby 发言"
			bob := ring(t, ann.server.addr)
			bob.types("", "已切换到这个房间", "/join attic", "hi", "/topic "+forged, forged)
			ann.shows("[attic] 已切换到这个房间: " + forged + "\n")

			ann.restarts("typed while down\n")
			ann.isIn("attic")
			ann.isIn("ops")
			ann.types("/me nods\n")
			ann.says("sent to ops", "已发给 ops")
			ann.restarts("typed again\n")
			ann.types("for ops only\n/me nods\n")
			ann.says("sent to ops", "已发给 ops")
			want := "ann: typed while down, ann: typed again, ann: for ops only"
			if got := ann.said("ops"); got != want {
				t.Errorf("in ops: %s", got)
			}
			if got := ann.said("lobby"); got != "" {
				t.Errorf("in the lobby: %s", got)
			}
			if got := strings.Count(ann.out.String(), "[dev]"); got != 2 {
				t.Errorf("it came back to a room that it has left:\n%s", ann.out)
			}
		})
	}
}

// TestJoinPyHoldsBackWhatItCannotSendToItsRoom: the server refuses the room after a restart.
func TestJoinPyHoldsBackWhatItCannotSendToItsRoom(t *testing.T) {
	for name, lang := range bothLanguages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ann := openJoinPy(t, lang)
			ann.types("/join ops\nhello\n/me nods\n")
			ann.isIn("ops")
			ann.says("sent to ops", "已发给 ops") // and so hello is stored
			ann.restarts("for ops only\n", "--rooms-joined", "1")
			ann.shows("! ")
			ann.says("not sent: for ops only\n", "没有发出： for ops only\n")
			ann.isIn("lobby")
			ann.types("for everyone\n/me nods\n")
			ann.says("sent to lobby", "已发给 lobby")
			if got := ann.said("lobby"); got != "ann: for everyone" {
				t.Errorf("in the lobby: %s", got)
			}
			if got := ann.said("ops"); got != "ann: hello" {
				t.Errorf("in ops: %s", got)
			}
		})
	}
}
