package test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/server"
	"parley/store"
)

// done runs the program and wants it to succeed without a word on standard error.
func done(t *testing.T, args ...string) string {
	t.Helper()
	got := call(t, args...)
	if got.status != 0 || got.err != "" {
		t.Fatalf("%q: %+v", args, got)
	}
	return got.out
}

// refused runs the program and wants it to fail with one reason.
func refused(t *testing.T, part string, args ...string) {
	t.Helper()
	got := call(t, args...)
	if got.status != 1 || got.out != "" || !strings.Contains(got.err, part) {
		t.Errorf("%q: %+v, want %q", args, got, part)
	}
}

// exportedMessages are the messages of an export.
func exportedMessages(t *testing.T, export string) (all []chat.Message) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(export))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Type string
			chat.Message
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.Type == "message" {
			all = append(all, line.Message)
		}
	}
	slices.SortStableFunc(all, func(a, b chat.Message) int { return cmp.Compare(a.Place, b.Place) })
	return all
}

// conversation is what people say while nobody thinks of backups: several lines, Chinese, announcements, somebody removed.
func conversation(t *testing.T, p *program) *peer {
	t.Helper()
	ann, ming := p.enter("ann"), p.enter("小明")
	ann.hears("小明 enters the chat room")
	ming.says("大家好\n\ttwo lines, <b>one</b> \"message\"")
	ann.hears("小明: 大家好", "小明: \ttwo lines, <b>one</b> \"message\"")
	done(t, "announce", "--data", p.dir, "五点喝茶, tea at five")
	ann.hears("Administrator message: 五点喝茶, tea at five")
	done(t, "kick", "--data", p.dir, "小明", "too", "loud")
	ann.hears("小明 quits the chat room")
	return ann
}

func TestWhatIsBackedUpIsRestored(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--udp-resume", "24h")
	ann := conversation(t, p)
	ann.says("the last words")
	ann.hearsNothing()
	before, lobby, history := done(t, "export", "--data", dir), done(t, "export", "--data", dir, "lobby"), p.history()
	if got := done(t, "export", "--data", dir, "#Lobby"); got != lobby {
		t.Errorf("#Lobby is exported as\n%s, lobby as\n%s", got, lobby)
	}
	if !slices.Equal(exportedMessages(t, before), history) || len(history) < 6 {
		t.Errorf("exported is\n%s, the history is %+v", before, history)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	if out := done(t, "backup", "--data", dir, file); !strings.Contains(out, fmt.Sprintf("%d messages", len(history))) || !strings.Contains(out, file) {
		t.Errorf("backup says %q", out)
	}
	if last, err := server.LastBackup(dir); err != nil || last.File != file {
		t.Errorf("%+v, %v", last, err)
	}
	refused(t, "exists", "backup", "--data", dir, file)
	refused(t, "uses the data directory", "restore", "--data", dir, file)
	if out := done(t, "verify", "--data", dir); !strings.Contains(out,
		fmt.Sprintf("lobby: %d messages", len(history)-1)) ||
		!strings.HasPrefix(out, "* (announcements): 1 message, ") {
		t.Errorf("verify says %q", out)
	}
	ann.says("after the backup")
	ann.hearsNothing()
	p.stop()
	refused(t, "is not empty", "restore", "--data", dir, file)

	restored := filepath.Join(t.TempDir(), "restored")
	if out := done(t, "restore", "--data", restored, file); !strings.Contains(out, "copy parley-cert.pem and parley-key.pem") {
		t.Errorf("restore says %q", out)
	}
	if verified := done(t, "verify", file); verified != done(t, "verify", "--data", restored) ||
		!strings.Contains(verified, "(rooms with equal digests have the same messages)\n"+
			"hash of the log: ") {
		t.Errorf("verify says %q", verified)
	}
	if after := done(t, "export", "--data", restored); after != before {
		t.Errorf("exported was\n%sand is\n%s", before, after)
	}
	imported := filepath.Join(t.TempDir(), "imported")
	stdin := command(t, "import", "--data", imported, "-")
	stdin.Stdin = strings.NewReader(lobby)
	if got := finish(t, stdin); got.status != 0 || !strings.Contains(got.out,
		fmt.Sprintf("lobby: %d messages", len(history)-1)) {
		t.Errorf("%+v", got)
	}
	for _, dir := range []string{restored, imported} {
		goesOn(t, dir, history)
	}
}

// goesOn starts a server on a directory that was filled with a history, and looks whether what is said follows it.
func goesOn(t *testing.T, dir string, history []chat.Message) {
	t.Helper()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	bob := p.enter("bob")
	bob.says("on we go")
	bob.untilExit() // members of the history have no server at this address, and may be found gone
	all := p.history()
	if len(all) < len(history)+2 || !slices.Equal(all[:len(history)], history) {
		t.Fatalf("the history was %+v and is %+v", history, all)
	}
	newest := history[len(history)-1]
	if !slices.ContainsFunc(all[len(history):], func(m chat.Message) bool { return m.Text == "on we go" && !m.Time.Before(newest.Time) }) {
		t.Errorf("nothing of what is said follows: %+v", all[len(history):])
	}
	p.stop()
	done(t, "verify", "--data", dir)
}

// TestBackupWhilePeopleTalk: each backup is of one moment, and is how the later history begins.
func TestBackupWhilePeopleTalk(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits", "--udp-echo")
	files := t.TempDir()
	ended := make(chan struct{})
	var talkers sync.WaitGroup
	for i := range 2 {
		c := p.enter(fmt.Sprintf("talker%d", i))
		talkers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-ended:
					return
				default:
				}
				line := fmt.Sprintf("%s: 第 %d 句", c.name, n)
				c.send("C " + strings.Replace(line, ": ", " ", 1))
				for {
					heard, err := c.next()
					if err != nil {
						t.Error(err)
						return
					}
					if slices.Contains(strings.Split(heard, "\n"), line) {
						break
					}
				}
			}
		})
	}
	const backups = 4
	for i := range backups {
		file := filepath.Join(files, fmt.Sprint(i))
		done(t, "backup", "--data", dir, file)
		done(t, "verify", "--data", dir)
	}
	close(ended)
	talkers.Wait()
	all := p.history()
	before := 0
	for i := range backups {
		file := filepath.Join(files, fmt.Sprint(i))
		done(t, "verify", file)
		restored := filepath.Join(files, fmt.Sprint("restored", i))
		done(t, "restore", "--data", restored, file)
		part := exportedMessages(t, done(t, "export", "--data", restored))
		if len(part) <= before || len(part) > len(all) || !slices.Equal(part, all[:len(part)]) {
			t.Errorf("backup %d has %d messages after %d, and is not how the history of %d begins", i, len(part), before, len(all))
		}
		before = len(part)
	}
	p.stop()
}

// TestAKilledBackupIsNone: whenever it is killed, there is no file of that name, or it is whole.
func TestAKilledBackupIsNone(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "data")
	fillLarge(t, big)
	for i := range 6 {
		target := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(target, 0o700); err != nil {
			t.Fatal(err)
		}
		backup := command(t, "backup", "--data", big, filepath.Join(target, "b.db"))
		if err := backup.Start(); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(patience)
		for size := int64(-1); size < int64(i)<<20; { // each time a little later
			if time.Now().After(deadline) {
				t.Fatal("there never is so much of a backup")
			}
			parts, err := filepath.Glob(filepath.Join(target, "b.db*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				if info, err := os.Stat(part); err == nil {
					size = max(size, info.Size())
				}
			}
		}
		_ = backup.Process.Kill()
		if backup.Wait() == nil {
			t.Log("it was done before it was killed")
			done(t, "verify", filepath.Join(target, "b.db"))
		} else if _, err := os.Stat(filepath.Join(target, "b.db")); err == nil {
			t.Error("killed, and there is a file")
		}
	}
	done(t, "verify", "--data", big)
	done(t, "backup", "--data", big, filepath.Join(dir, "0", "b.db")) // what is left does not hinder the next
}

// fillLarge makes data of some megabytes.
func fillLarge(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	var results []chat.Result
	for i := range 500 {
		results = append(results, chat.Apply(state, chat.Record{
			Place: chat.Place(i + 1), Time: chat.NewState().Progress().Time.AddDate(2019, 0, 0), Origin: chat.Origin{Node: "here", Epoch: 1, N: uint64(i + 1)},
			Command: chat.Announce{
				By:   chat.ByOperator(),
				Text: string(bytes.Repeat([]byte("all work and no play "), 700)),
			},
		}))
	}
	if err := s.Commit(results, state.Progress()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestABackupWithoutMessagesSaysSo(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, "--listen", "127.0.0.1:0").stop()
	out := done(t, "backup", "--data", dir, filepath.Join(t.TempDir(), "b.db"))
	if !strings.Contains(out, "0 messages") || !strings.Contains(out, "has no messages yet") {
		t.Errorf("backup says %q", out)
	}
}

func TestArchivesAreRefused(t *testing.T) {
	dir := t.TempDir()
	empty, missing := filepath.Join(dir, "empty"), filepath.Join(dir, "missing")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	diary := filepath.Join(dir, "diary")
	if err := os.WriteFile(diary, []byte("dear diary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "has no parley.db", "backup", "--data", empty, filepath.Join(dir, "b.db"))
	refused(t, "has no parley.db", "verify", "--data", missing)
	refused(t, "has no parley.db", "export", "--data", missing)
	refused(t, "it is not an SQLite file", "verify", diary)
	refused(t, "it is not an SQLite file", "restore", "--data", missing, diary)
	refused(t, "it is not an SQLite file", "restore", "--data", empty, diary)
	refused(t, "line 1: ", "import", "--data", missing, diary)
	nothing := filepath.Join(dir, "nothing")
	for _, args := range [][]string{{"verify", nothing}, {"import", "--data", empty, nothing}, {"restore", "--data", filepath.Join(dir, "deep", "er"), nothing}} {
		refused(t, nothing, args...)
	}
	refused(t, "use another backup", "verify", diary)
	for _, args := range [][]string{{"backup"}, {"restore"}, {"import"}, {"verify", "a", "b"}, {"export", ""}, {"export", "a", "b"}} {
		if got := call(t, args...); got.status != 2 {
			t.Errorf("%q: %+v", args, got)
		}
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
