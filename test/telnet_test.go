//go:build unix

package test

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"parley/wire/line"
)

// shows waits until the program has printed want somewhere behind what was expected before.
func (p *tool) shows(want string) {
	p.t.Helper()
	p.out.await(p.t, want, func(printed string) bool {
		_, rest, found := strings.Cut(printed[p.looked:], want)
		if found {
			p.looked = len(printed) - len(rest)
		}
		return found
	})
}

// TestTheRealTelnetCarriesChinese: bytes of these characters pass for Ctrl-C, Ctrl-O, Ctrl-Z and
// Ctrl-\ with a client that looks at seven bits of each, and one of 来 for its escape character.
func TestTheRealTelnetCarriesChinese(t *testing.T) {
	needTool(t, "telnet")
	script := needTool(t, "script")
	for _, c := range []struct{ option, nick string }{{"", "小明"}, {"-E", "小来"}} {
		r := openRoom(t, quiet)
		bob := r.callAs("bob")
		at := r.stream()
		telnet := fmt.Sprintf("telnet %s %s %d", c.option, at.Addr(), at.Port())
		ann := startTool(t, c.nick, script, "-qfc", telnet, "/dev/null")
		ann.shows("Escape character is '")
		ann.types("\n")
		ann.shows(english.Prompt)
		ann.types(c.nick + "\n")
		ann.shows("Welcome to the chat room, " + c.nick + ". 1 other is here.")
		bob.reads(c.nick + " enters the chat room")
		for _, said := range []string{"我来了", "都好", "东西", "会了", "条 東 😃"} {
			ann.types(said + "\n")
			bob.reads(c.nick + ": " + said)
			ann.shows(said + "\r\n") // the echo returns the carriage
			bob.types(said)
			ann.shows("bob: " + said + "\r\n")
		}
		ann.types("not this\x03")
		ann.types("/quit\n")
		ann.shows(english.Bye + "\r\n")
		bob.reads(c.nick + " quits the chat room")
	}
}

// TestTheTelnetOfThePageCarriesEveryCharacter: it negotiates before the first line, and so loses
// no byte of it. 0x85 in 六, 先 and 全 passes for Ctrl-E, which also turns off the terminal's echo.
func TestTheTelnetOfThePageCarriesEveryCharacter(t *testing.T) {
	telnet, script := needInetutilsTelnet(t), needTool(t, "script")
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	at := r.stream()
	page := string(fetch(t, "http://"+at.String()+"/"))
	typed := fmt.Sprintf("telnet -E -- %s -%d", at.Addr(), at.Port())
	if !strings.Contains(page, "<code>"+typed+"</code>") {
		t.Fatalf("no %q in %s", typed, page)
	}
	command := telnet + strings.TrimPrefix(typed, "telnet")
	ann := startTool(t, "赵六", script, "-qfc", command, "/dev/null")
	ann.shows("Escape character is 'off'.")
	ann.shows(english.Prompt) // without Enter
	ann.types("赵六\n")
	ann.shows("赵六\r\nWelcome to the chat room, 赵六. 1 other is here. /help lists commands.\r\n")
	bob.reads("赵六 enters the chat room")
	for _, said := range []string{"先走", "全部共享", "吃了吗", "小明都来条东会", "六"} {
		ann.types(said + "\n")
		bob.reads("赵六: " + said)
		ann.shows(said + "\r\n") // the terminal still echoes, and returns the carriage
		bob.types(said)
		ann.shows("bob: " + said + "\r\n")
	}
	ann.types("/加入 全部\n")
	ann.shows("[全部] you talk in this room now; the room is new\r\n")
}

// needInetutilsTelnet skips a test without GNU's telnet, as other telnet clients lose bytes.
func needInetutilsTelnet(t *testing.T) string {
	t.Helper()
	path := needTool(t, "telnet")
	version, _ := exec.Command(path, "--version").CombinedOutput() // its status says nothing
	if !bytes.Contains(version, []byte("inetutils")) {
		t.Skip("this telnet is not GNU's: test/needs.sh installs that")
	}
	return path
}

// TestADamagedLineIsRefusedWithItsCause: telnet without the minus sign drops a byte of 六 and 先.
func TestADamagedLineIsRefusedWithItsCause(t *testing.T) {
	telnet, script := needInetutilsTelnet(t), needTool(t, "script")
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	at := r.stream()
	command := fmt.Sprintf("%s -E %s %d", telnet, at.Addr(), at.Port())
	ann := startTool(t, "ann", script, "-qfc", command, "/dev/null")
	ann.shows("Escape character is 'off'.")
	ann.types("\n")
	ann.shows(english.Prompt)
	ann.types("赵六\n")
	ann.shows("! " + line.NickNotUTF8.EN)
	ann.shows(english.Prompt)
	ann.types("ann\n")
	ann.shows("Welcome to the chat room, ann.")
	bob.reads("ann enters the chat room")
	for _, said := range []string{"先走", "/加入 书房", "/msg bob 先走"} {
		ann.types(said + "\n")
		ann.shows("! " + line.TextNotUTF8.EN)
	}
	ann.types("done\n")
	bob.reads("ann: done")
}

// TestTheRealTelnetShowsOnAfterCtrlC: a telnet client in a terminal throws away what it receives
// after Ctrl-C until it is answered.
func TestTheRealTelnetShowsOnAfterCtrlC(t *testing.T) {
	needTool(t, "telnet")
	script := needTool(t, "script")
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	at := r.stream()
	telnet := fmt.Sprintf("telnet %s %d", at.Addr(), at.Port())
	ann := startTool(t, "ann", script, "-qfc", telnet, "/dev/null")
	ann.shows("Escape character is '^]'.\r\n")
	ann.types("\n")
	ann.shows(english.Prompt)
	ann.types("ann\n")
	ann.shows("Welcome to the chat room, ann. 1 other is here. /help lists commands.\r\n")
	bob.reads("ann enters the chat room")
	for i := range 3 {
		ann.types("not this\x03")
		ann.types(fmt.Sprintf("line %d\n", i))
		bob.reads(fmt.Sprintf("ann: line %d", i))
		bob.types(fmt.Sprintf("answer %d", i))
		ann.shows(fmt.Sprintf("bob: answer %d\r\n", i))
	}
	ann.types("/quit\n")
	ann.shows(english.Bye + "\r\n")
	bob.reads("ann quits the chat room")
}

// TestClientsInCharacterModeAreUnderstood: what programs for people send, recorded; they all come
// to the same line.
func TestClientsInCharacterModeAreUnderstood(t *testing.T) {
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	const putty = "\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27" +
		"\xff\xfd\x01\xff\xfb\x03\xff\xfd\x03"
	for name, c := range map[string]struct{ begin, enter, erase string }{
		"nc":              {"", "\n", ""},
		"putty-raw":       {"", "\r\n", "\x7f"},
		"windows-telnet":  {"", "\r\n", "\x08"},
		"socat-raw":       {"", "\r", "\x7f"},
		"putty-telnet":    {putty, "\r\x00", "\x7f"},
		"character-mode":  {"\xff\xfd\x03\xff\xfd\x01", "\r\x00", "\xff\xf7"},
		"notepad":         {"\uFEFF", "\r\n", ""},
		"ctrl-c-at-first": {"\xff\xf4\xff\xfd\x06", "\r\n", "\x7f"},
		"are-you-there":   {"\xff\xf6", "\r\n", "\x7f"},
		"mark-at-first":   {"\xff\xfd\x06", "\r\n", "\x7f"},
	} {
		ann := r.call()
		wrong := ""
		if c.erase != "" {
			wrong = "好x" + c.erase + c.erase
		}
		lines := []string{c.begin, name, "hel" + wrong + "lo", "/quit", ""}
		for _, b := range []byte(strings.Join(lines, c.enter)) {
			ann.sends(string([]byte{b})) // as they are typed
		}
		bob.reads(name+" enters the chat room", name+": hello", name+" quits the chat room")
	}
}

// TestUTF16IsTurnedAwayWithAReason: nobody could read what it says.
func TestUTF16IsTurnedAwayWithAReason(t *testing.T) {
	r := openRoom(t, quiet)
	for _, begin := range []string{"\xff\xfea\x00\r\x00\n\x00", "\xfe\xff\x00a\x00\r\x00\n"} {
		ann := r.call()
		ann.sends(begin)
		said, err := ann.next()
		if err != nil || !strings.HasSuffix(said, "text must be UTF-8\r") {
			t.Errorf("%q is answered %q, %v", begin, said, err)
		}
		ann.isGone()
	}
}

// TestAProxyHeaderInPiecesIsNotTakenForLines: two pieces or one, a proxy that is not trusted is
// refused.
func TestAProxyHeaderInPiecesIsNotTakenForLines(t *testing.T) {
	r := openRoom(t, quiet)
	bob := r.callAs("bob")
	const header = "\r\n\r\n\x00\r\nQUIT\n" +
		"\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02"
	for cut := 1; cut <= 4; cut++ {
		ann := r.call()
		ann.sends(header[:cut])
		prompt := make([]byte, len(english.Prompt))
		n, err := io.ReadFull(ann.in, prompt) // the port has decided by now
		if err != nil || string(prompt) != english.Prompt {
			t.Fatalf("after %d bytes: %q, %v", cut, prompt[:n], err)
		}
		ann.sends(header[cut:] + "\nann\nhello\n")
		for {
			said, err := ann.next()
			if err != nil {
				t.Fatalf("after %d bytes it ends with %q: %v", cut, said, err)
			}
			if strings.TrimPrefix(said, english.Prompt) == english.NoProxy {
				break
			}
		}
		ann.isGone()
	}
	bob.readsNothing()
}
