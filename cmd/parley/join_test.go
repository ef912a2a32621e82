package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/locale"
	"parley/tui"
)

// room answers L, C and Q as told by say, in a table from the first letters of a datagram, and forwards nothing.
type room struct {
	socket *net.UDPConn
	done   sync.WaitGroup

	mu    sync.Mutex
	heard []string
	news  chan struct{} // has something when more was heard
}

func newRoom(t *testing.T, say map[string][]string) *room {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{socket: socket, news: make(chan struct{}, 1)}
	r.done.Go(func() {
		for buffer := make([]byte, 1024); ; {
			n, from, err := socket.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			r.mu.Lock()
			r.heard = append(r.heard, string(buffer[:n]))
			r.mu.Unlock()
			select {
			case r.news <- struct{}{}:
			default:
			}
			for prefix, answers := range say {
				if strings.HasPrefix(string(buffer[:n]), prefix) {
					for _, a := range answers {
						socket.WriteToUDPAddrPort([]byte(a), from)
					}
				}
			}
		}
	})
	t.Cleanup(r.stop)
	return r
}

func (r *room) stop() {
	r.socket.Close()
	r.done.Wait()
}

func (r *room) has(t *testing.T, want ...string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if got := strings.Join(r.heard, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the server heard\n%s\nnot\n%s", got, strings.Join(want, "\n"))
	}
}

// runJoin runs `parley join` through pipes. target's %d is the room's port.
func runJoin(t *testing.T, r *room, lang locale.Lang, in io.Reader, target string) (out, errOut string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if r != nil {
		target = fmt.Sprintf(target, r.socket.LocalAddr().(*net.UDPAddr).Port)
	}
	var o, e strings.Builder
	c := joinCommand(lang)
	c.SetArgs([]string{target})
	c.SetIn(in)
	c.SetOut(&o)
	c.SetErr(&e)
	c.SilenceErrors, c.SilenceUsage = true, true
	err = c.ExecuteContext(ctx)
	return o.String(), e.String(), err
}

var polite = map[string][]string{"L ": {"OK"}, "Q ": {"EXIT"}}

func TestJoinThroughAPipe(t *testing.T) {
	for name, c := range map[string]struct {
		in, target string
		want       []string
	}{
		"one line":             {"hello\n", "ann@127.0.0.1:%d", []string{"L ann", "C ann hello", "Q ann"}},
		"both families":        {"hello", "ann@localhost:%d", []string{"L ann", "C ann hello", "Q ann"}},
		"quit":                 {"hello\nquit\nmore\n", "ann@127.0.0.1:%d", []string{"L ann", "C ann hello", "Q ann"}},
		"nothing to say":       {"", "ann@127.0.0.1:%d", []string{"L ann", "Q ann"}},
		"quit, not a nickname": {"quit\nhello\n", "127.0.0.1:%d", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, polite)
			out, errOut, err := runJoin(t, r, locale.English, strings.NewReader(c.in), c.target)
			if out != "" || errOut != "" || err != nil {
				t.Errorf("said %q and %q: %v", out, errOut, err)
			}
			r.has(t, c.want...)
		})
	}
}

func TestJoinShowsWhatArrives(t *testing.T) {
	r := newRoom(t, map[string][]string{"L ": {"OK", "bob: hi\x1b[2J"}, "Q ": {"小明: bye", "EXIT"}})
	out, _, err := runJoin(t, r, locale.English, strings.NewReader("hello\n"), "ann@127.0.0.1:%d")
	if err != nil || out != "bob: hi\uFFFD[2J\n小明: bye\n" {
		t.Errorf("showed %q: %v", out, err)
	}
}

func TestJoinRefused(t *testing.T) {
	for said, want := range map[string]locale.Text{
		"the nickname is occupied": {EN: "the nickname is occupied", ZH: "昵称已被占用"},
		"go away":                  {EN: "go away", ZH: "go away"},
		"the nickname has invalid characters": {
			EN: "the nickname has invalid characters (no spaces, invisible characters or " +
				`, : ! @ # & * ? $ % ~ + / \)`,
			ZH: `昵称含有不允许的字符（不能含空格、不可见字符和 , : ! @ # & * ? $ % ~ + / \）`,
		},
	} {
		for _, lang := range []locale.Lang{locale.English, locale.Chinese} {
			r := newRoom(t, map[string][]string{"L ": {said}})
			_, _, err := runJoin(t, r, lang, strings.NewReader("hello\n"), "ann@127.0.0.1:%d")
			if err == nil || err.Error() != want.In(lang) {
				t.Errorf("%v, want %q", err, want.In(lang))
			}
			r.has(t, "L ann")
		}
	}
}

func TestJoinRemoved(t *testing.T) {
	r := newRoom(t, map[string][]string{"L ": {"OK"}, "C ": {"you were removed from the chat room: spam"}})
	in, typing := io.Pipe() // stays open: what ends the run is the removal
	defer typing.Close()
	go io.WriteString(typing, "hello\n")
	stop := time.AfterFunc(15*time.Second, func() { typing.Close() })
	defer stop.Stop()
	_, _, err := runJoin(t, r, locale.Chinese, in, "ann@127.0.0.1:%d")
	if err == nil || err.Error() != "你已被移出聊天室：spam" {
		t.Error(err)
	}
}

func TestJoinEntersAgain(t *testing.T) {
	r := newRoom(t, map[string][]string{
		"L ": {"OK"}, "Q ": {"EXIT"},
		"C ann lost":  {"you are not in the chat room under that nickname: enter first"},
		"C ann after": {"fence"},
	})
	in, typing := io.Pipe()
	notices := make(chan struct{})
	go func() {
		defer typing.Close()
		io.WriteString(typing, "lost\n")
		for entered := 0; entered < 2; {
			<-r.news
			r.mu.Lock()
			entered = strings.Count(strings.Join(r.heard, "\n"), "L ann")
			r.mu.Unlock()
		}
		io.WriteString(typing, "after\n")
		close(notices)
	}()
	_, errOut, err := runJoin(t, r, locale.English, in, "ann@127.0.0.1:%d")
	<-notices
	if err != nil || !strings.Contains(errOut, "joined again") {
		t.Errorf("%q, %v", errOut, err)
	}
	r.has(t, "L ann", "C ann lost", "L ann", "C ann after", "Q ann")
}

func TestJoinTellsOfAServerThatDoesNotAnswer(t *testing.T) {
	for name, said := range map[string][]string{"silent": nil, "talking": {"bob: hi\nbob: there", "EXIT"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, map[string][]string{"L ": said})
			var out, errOut strings.Builder
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := joinCommand(locale.Chinese)
			c.SetArgs([]string{"ann@" + r.socket.LocalAddr().String()})
			c.SetIn(strings.NewReader("hello\n"))
			c.SetOut(&out)
			c.SetErr(writerFunc(func(b []byte) { errOut.Write(b); cancel() }))
			if err := c.ExecuteContext(ctx); err != nil {
				t.Error(err)
			}
			for _, part := range []string{"没有响应", "防火墙", "/udp"} {
				if !strings.Contains(errOut.String(), part) {
					t.Errorf("%q does not say %s", errOut.String(), part)
				}
			}
			if len(said) > 0 && !strings.HasPrefix(out.String(), "bob: hi\nbob: there\n") {
				t.Errorf("showed %q", out.String())
			}
		})
	}
}

// TestJoinPausesWhereEverySessionEnds sees pauses between one L and the next, and then the end: nobody
// is there to interrupt a pipe.
func TestJoinPausesWhereEverySessionEnds(t *testing.T) {
	t.Parallel()
	out := "you are not in the chat room under that nickname: enter first"
	r := newRoom(t, map[string][]string{"L ": {"OK", out}, "Q ": {"EXIT"}})
	in, typing := io.Pipe() // stays open: what ends the run is the server
	defer typing.Close()
	console, err := tui.Open(in, io.Discard, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	var errOut strings.Builder
	j := newJoining(locale.English, console, &errOut)
	var pauses []time.Duration
	j.after = func(pause time.Duration) <-chan time.Time {
		r.has(t, slices.Repeat([]string{"L ann"}, len(pauses))...)
		pauses = append(pauses, pause)
		return time.After(0)
	}
	err = j.talk(t.Context(), "ann", r.socket.LocalAddr().String())
	if err == nil || !strings.Contains(err.Error(), "keeps ending") {
		t.Errorf("ended with %v", err)
	}
	if want := []time.Duration{0, 0, time.Second, 2 * time.Second}; !slices.Equal(pauses, want) {
		t.Errorf("the pauses before each L were %v, want %v", pauses, want)
	}
	for _, part := range []string{out, "again in 1s", "again in 2s"} {
		if !strings.Contains(errOut.String(), part) {
			t.Errorf("%q does not say %q", errOut.String(), part)
		}
	}
	r.has(t, "L ann", "L ann", "L ann", "L ann", "Q ann")
}

func TestTheEndOfASessionIsNotMissedWhileEntering(t *testing.T) {
	r := newRoom(t, nil) // never answers
	conn, err := client.Dial(t.Context(), r.socket.LocalAddr().String(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	console, err := tui.Open(strings.NewReader(""), io.Discard, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	j := newJoining(locale.English, console, io.Discard)
	j.conn = conn
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- j.request(ctx, "ann", 0) }()
	out := client.Event{Kind: client.Outside, Text: "who are you?"}
	j.event <- out
	cancel()
	if err := <-ended; !errors.Is(err, errDone) {
		t.Error(err)
	}
	if !slices.Equal(j.later, []client.Event{out}) {
		t.Errorf("%+v is left to be acted on, want %+v", j.later, out)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

func TestANicknameThatNoServerTakesIsRefusedInTheSameWords(t *testing.T) {
	r := newRoom(t, polite)
	_, _, err := runJoin(t, r, locale.English, strings.NewReader(""), "a b@127.0.0.1:%d")
	const want = "a nickname cannot contain a space"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	r.has(t)
}

func TestWordsThatLeaveAtATerminalAreMessagesInAPipe(t *testing.T) {
	terminal := joining{console: interactive{}}
	for _, line := range []string{
		"quit", " quit ", "exit", "Exit", "/quit", "/exit", "／quit",
		"退出",
	} {
		if !terminal.quits(line) {
			t.Errorf("%q does not leave", line)
		}
	}
	for _, line := range []string{"", "quit now", "//quit", "/q"} {
		if terminal.quits(line) {
			t.Errorf("%q leaves", line)
		}
	}
	r := newRoom(t, polite)
	in := strings.NewReader("exit\n /quit\n //quit\n/quit\nquit\nmore\n")
	if _, _, err := runJoin(t, r, locale.English, in, "ann@127.0.0.1:%d"); err != nil {
		t.Error(err)
	}
	r.has(t, "L ann", "C ann exit", "C ann  /quit", "C ann  //quit", "C ann /quit", "Q ann")
}

// interactive is a terminal of which nothing else is used.
type interactive struct{ tui.Console }

func (interactive) Interactive() bool { return true }

func TestJoinWrongUse(t *testing.T) {
	for _, target := range []string{"", "ann@", "@"} {
		_, _, err := runJoin(t, nil, locale.English, strings.NewReader(""), target)
		var exit *exitError
		if !errors.As(err, &exit) || exit.code != 2 {
			t.Errorf("%q: %v", target, err)
		}
	}
	if _, _, err := runJoin(t, nil, locale.English, strings.NewReader(""), "ann@127.0.0.1:no"); err == nil {
		t.Error("a port that is none is taken")
	}
}

func TestJoinSpeaksTheLanguageOfTheScreen(t *testing.T) {
	in := func(lang locale.Lang, line string) string { return (&joining{lang: lang}).translate(line) }
	for en, zh := range map[string]string{
		"ann enters the chat room":                                      "ann 进入聊天室",
		"小明 quits the chat room":                                        "小明 退出聊天室",
		"Administrator message: lunch":                                  "管理员消息：lunch",
		"the nickname is occupied":                                      "昵称已被占用",
		"somebody asks for your nickname":                               "有人想使用你的昵称",
		"say something to stay in the chat room":                        "请发言，否则你将被移出聊天室",
		"the server is shutting down":                                   "服务器正在关闭，请稍后再来",
		"(lines dropped because too many were waiting for you: 3)":      "（消息太多，有 3 条未能发给你）",
		"bob: (to you alone) 在吗":                                        "bob: （仅你可见）在吗",
		"you were removed from the chat room: spam":                     "你已被移出聊天室：spam",
		"you were removed from the chat room: you could not be reached": "你已被移出聊天室：失去联系",
	} {
		for _, line := range []string{en, zh} {
			if got := in(locale.Chinese, line); got != zh {
				t.Errorf("in Chinese %q is shown as %q, want %q", line, got, zh)
			}
			if got := in(locale.English, line); got != en {
				t.Errorf("in English %q is shown as %q, want %q", line, got, en)
			}
		}
	}
	for _, line := range []string{
		"bob: ann enters the chat room", "bob: the nickname is occupied", "what a server of another make says",
		"bob: 管理员消息：开会", "ann 加入聊天室",
	} {
		for _, lang := range []locale.Lang{locale.English, locale.Chinese} {
			if got := in(lang, line); got != line {
				t.Errorf("%q is shown as %q", line, got)
			}
		}
	}
}

// TestJoinEntersAgainFromANewAddress: the server knows the nickname from the old one, and lets it in
// when that is gone.
func TestJoinEntersAgainFromANewAddress(t *testing.T) {
	for _, lang := range []locale.Lang{locale.English, locale.Chinese} {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		var serving sync.WaitGroup
		serving.Go(func() {
			answers := map[string][]string{
				"L": {"OK", "the nickname is occupied", "the nickname is occupied", "OK"},
				"C": {"this nickname is in use from another address", "bob: welcome back"},
				"Q": {"EXIT"},
			}
			for buffer := make([]byte, 1024); ; {
				n, from, err := socket.ReadFromUDPAddrPort(buffer)
				if err != nil {
					return
				}
				verb := string(buffer[:min(n, 1)])
				if len(answers[verb]) > 0 {
					socket.WriteToUDPAddrPort([]byte(answers[verb][0]), from)
					answers[verb] = answers[verb][1:]
				}
			}
		})
		in, typing := io.Pipe()
		var out, errOut strings.Builder
		show := writerFunc(func(b []byte) {
			if out.Write(b); strings.Contains(out.String(), "welcome") {
				typing.Close()
			}
		})
		tell := writerFunc(func(b []byte) {
			if errOut.Write(b); strings.Contains(errOut.String(), enteredAgain.In(lang)) {
				go io.WriteString(typing, "here again\n")
			}
		})
		go io.WriteString(typing, "lost\n")
		console, err := tui.Open(in, show, os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		j := newJoining(lang, console, tell)
		var pauses []time.Duration
		j.after = func(pause time.Duration) <-chan time.Time {
			pauses = append(pauses, pause)
			return time.After(0)
		}
		if err = j.talk(t.Context(), "ann", socket.LocalAddr().String()); err != nil {
			t.Error(err)
		}
		console.Close()
		socket.Close()
		serving.Wait()
		if want := []time.Duration{0, 0, movedPause, movedPause}; !slices.Equal(pauses, want) {
			t.Errorf("the pauses before each L were %v, want %v", pauses, want)
		}
		want := map[locale.Lang]string{
			locale.English: "is free again within two minutes",
			locale.Chinese: "会在两分钟内释放",
		}[lang]
		if !strings.Contains(errOut.String(), want) {
			t.Errorf("%q does not say %q", errOut.String(), want)
		}
	}
}

func TestJoinSendsLinesOfAPipeAsTheyAre(t *testing.T) {
	r := newRoom(t, polite)
	_, errOut, err := runJoin(t, r, locale.English, strings.NewReader("/tmp is full\n//x\n"), "help@127.0.0.1:%d")
	if err != nil || errOut != "" {
		t.Errorf("%q, %v", errOut, err)
	}
	r.has(t, "L help", "C help /tmp is full", "C help //x", "Q help")
}
