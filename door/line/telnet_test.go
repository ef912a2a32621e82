package line

import (
	"io"
	"net"
	"strings"
	"testing"

	"parley/wire/line"
)

// sends sends bytes as they are.
func (c *caller) sends(bytes string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, bytes); err != nil {
		c.t.Fatal(err)
	}
}

// hears checks the next bytes.
func (c *caller) hears(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.in, got); err != nil || string(got) != want {
		c.t.Fatalf("reads %q, want %q: %v", got[:n], want, err)
	}
}

const (
	ctrlC = "\xff\xf4\xff\xfd\x06" // as a telnet client sends it
	mark  = "\xff\xfb\x06"         // what it waits for then
	offer = "\xff\xfd\x00"         // what it is asked first: DO BINARY
)

// TestCtrlCInTelnetLosesOnlyTheLineUnderWay: the client is answered, so that it shows again what
// others say.
func TestCtrlCInTelnetLosesOnlyTheLineUnderWay(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	ann.sends("never min" + ctrlC)
	ann.hears(offer + mark)
	ann.sends("hello\r\n")
	bob.reads("ann: hello")
	bob.types("still there?")
	ann.hears("bob: still there?\r\n")
	ann.sends("\xff\xf6/me nods\r\n")
	ann.hears(line.StillHere + "\r\n")
	ann.hears("sent to lobby\r\n")
	bob.reads("* ann nods")
	bob.types("good")
	ann.hears("bob: good\r\n")
	ann.sends("\x04")
	bob.reads("ann quits the chat room")
	ann.ends()
}

// TestATelnetClientInBinaryStillReadsCRLF: BINARY holds for what the client sends.
func TestATelnetClientInBinaryStillReadsCRLF(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.call()
	ann.hears(english.Prompt)
	ann.sends("\xe5\xb0\xff\xf5\xff\xfd\x06\xe6\x98\x8e\r\n") // 小明, as telnet sends it
	ann.hears(offer + mark)
	ann.reads("Welcome to the chat room, 小明.")
	bob.reads("小明 enters the chat room")
	ann.sends("\xff\xfb\x00我来了\n")
	bob.reads("小明: 我来了")
	bob.types("都好")
	ann.hears("bob: 都好\r\n")
}

// TestATelnetClientReadsCRLFAndOthersDoNot: what both read is one chunk, and stays as it is.
func TestATelnetClientReadsCRLFAndOthersDoNot(t *testing.T) {
	h := open(t, nil)
	bob, cid, ann := h.enter("bob"), h.enter("cid"), h.call()
	bob.reads("cid enters the chat room")
	ann.hears(english.Prompt)
	ann.sends("\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1fann\r\x00")
	ann.hears(offer + "\xff\xfc\x03\xff\xfe\x18\xff\xfe\x1f")
	ann.reads("Welcome to the chat room, ann. 2 others are here. /help lists commands.\r")
	bob.reads("ann enters the chat room")
	cid.reads("ann enters the chat room")
	long := strings.Repeat("long ", 3000)
	for range 40 { // more than is gathered at once
		bob.types(long)
	}
	for range 40 {
		ann.hears("bob: " + long + "\r\n")
		cid.hears("bob: " + long + "\n")
	}
}

// TestATelnetClientWithoutADescriptorReadsCRLF: a connection inside TLS, or any other that only
// Write writes to, is no different.
func TestATelnetClientWithoutADescriptorReadsCRLF(t *testing.T) {
	h := open(t, nil)
	ann, server := net.Pipe()
	t.Cleanup(func() { ann.Close() })
	go h.door.Serve(server, []byte(ctrlC))
	for _, said := range []string{"ann\r\n", "/join lobby\r\n"} {
		if _, err := io.WriteString(ann, said); err != nil {
			t.Fatal(err)
		}
	}
	want := english.Prompt + offer + mark +
		"Welcome to the chat room, ann. Nobody else is here. /help lists commands.\r\n[lobby]"
	got := make([]byte, len(want))
	if n, err := io.ReadFull(ann, got); err != nil || string(got) != want {
		t.Fatalf("reads %q, want %q: %v", got[:n], want, err)
	}
}

// TestARawTerminalIsHeard: Enter is a CR alone there, and keys are keys.
func TestARawTerminalIsHeard(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.call()
	ann.hears(english.Prompt)
	ann.sends("am\x7fnn\r")
	ann.reads("Welcome to the chat room, ann.")
	bob.reads("ann enters the chat room")
	ann.sends("helx\x08lo\r\x15nonsense\x15wow\r")
	bob.reads("ann: hello", "ann: wow")
	ann.sends("\x04")
	bob.reads("ann quits the chat room")
	ann.ends()
}

// TestTextInAnotherEncodingIsRefusedAndLosesNothing: byte 255 is a letter there, and what follows
// it is heard.
func TestTextInAnotherEncodingIsRefusedAndLosesNothing(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	notUTF8 := "! " + line.TextNotUTF8.EN
	for _, said := range []string{"\xff", "L'Ha\xff-les-Roses", "\xff\xfe", "\xff\xfa"} {
		ann.sends(said + "\nstill here\n")
		ann.reads(notUTF8)
		bob.reads("ann: still here")
	}
}

// TestAProxyHeaderInPiecesIsRefused: the part that looks like an Enter is answered, and nothing of
// the rest is a line.
func TestAProxyHeaderInPiecesIsRefused(t *testing.T) {
	h := open(t, nil)
	ann := h.call()
	ann.hears(english.Prompt)
	ann.sends("\r\n")
	ann.hears(english.Prompt)
	ann.sends("\r\n")
	ann.hears(english.Prompt)
	ann.sends("\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02")
	ann.sends("\nann\nhello\n")
	ann.reads(english.NoProxy)
	ann.ends()
	if got := h.history("lobby"); len(got) > 0 {
		t.Errorf("stored %q", got)
	}
}
