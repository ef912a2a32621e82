//go:build unix

package test

import (
	"strings"
	"testing"

	"parley/wire/datagram"
)

func TestJoinAtATerminalNeverSaysACommand(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	defer p.stop()
	bob := p.enter("bob")
	s := newTerminal(t)
	s.starts("join ann@" + p.addr.String())
	s.Shows("* you are in the chat room; quit or Ctrl-D leaves")
	bob.hears("ann enters the chat room")
	s.Enter("/msg bob secret")
	s.Shows("* not sent: /msg bob secret")
	s.Shows("* to send a line that begins with /, put another / before it")
	if shown := s.Screen(); !strings.Contains(shown, "nc 127.0.0.1 ") {
		t.Errorf("netcat is not told:\n%s", shown)
	}
	for i, typed := range []string{" /msg bob two", "\u3000／msg bob three", "\u00a0/msg bob four"} {
		s.Enter(typed)
		s.Until("that it was not sent", func() bool {
			return strings.Count(s.All(), "* not sent:") == i+2
		})
	}
	s.Enter("//msg says a word to one")
	s.Enter(" ／／msg is a command")
	bob.hears("ann: /msg says a word to one", "ann: /msg is a command")
	s.Enter("quit")
	bob.hears("ann quits the chat room")
	s.Shows("$")
}

func TestWordsThatEndOrHelpAreNoNicknamesAtATerminal(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	defer p.stop()
	bob := p.enter("bob")
	s := newTerminal(t)
	s.starts("join exit@" + p.addr.String())
	s.Shows("* exit cannot be a nickname; quit or Ctrl-C ends the program")
	s.Shows("Please enter nickname:")
	s.Enter("Help")
	s.Shows("* Help cannot be a nickname")
	s.Enter("")
	s.Shows("* type a nickname; quit or Ctrl-C ends the program")
	s.Enter("quit")
	s.Until("the end", func() bool { return strings.HasSuffix(strings.TrimSpace(s.Screen()), "$") })
	bob.hearsNothing()
}

// TestAHalfTypedLineIsNoNickname: the session ends while somebody types a message.
func TestAHalfTypedLineIsNoNickname(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	defer p.stop()
	bob := p.enter("bob")
	s := newTerminal(t)
	s.starts("join ann@" + p.addr.String())
	bob.hears("ann enters the chat room")
	s.Shows("ann:")
	s.Press("-l", "good morning")
	s.Shows("ann: good morning")
	if got := call(t, "kick", "ann", "--data", p.dir); got.status != 0 {
		t.Fatal(got)
	}
	bob.hears("ann quits the chat room")
	s.Until("the question alone", func() bool {
		return strings.HasSuffix(strings.TrimSpace(s.Screen()), "Please enter nickname:")
	})
	s.Enter("eve")
	bob.hears("eve enters the chat room")
	s.Shows("eve: good morning")
	s.Enter(", bob")
	bob.hears("eve: good morning, bob")
	s.Enter("quit")
	bob.drain("eve quits the chat room")
	bob.send("Q bob")
	bob.hears(datagram.Exit)
}
