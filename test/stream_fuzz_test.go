package test

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"parley/chat"
)

// FuzzLineServer throws bytes at a server in each state that a connection can be in, and then looks whether a bystander was
// touched.
func FuzzLineServer(f *testing.F) {
	for _, d := range []string{
		"", "\n", "\r\x00", "mallory\n", "\nann\n", "\x00", "\xff\xfb\x01", "\xff\xfa\xff\xf0hi\n", "/quit\n", "/nick ann\n", "/msg ann hi\n", "/join dev\n/part\n",
		"/history --last 9\n/who\n", "/topic \x1b[2J\n", "/me \u202e\n", "//\n/\n/ \n", "\xc3\x28\n", "half a line", "GET / HTTP/1.1\r\n\r\n", "NICK x\r\n",
		"SSH-2.0-x\r\n", "\x16\x03\x01\x00\x05hello", "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c", strings.Repeat("x", 17<<10) + "\n",
	} {
		for state := range uint8(2 * len(lineStates)) {
			f.Add([]byte(d), state)
		}
	}
	config := defaults(f, f.TempDir())
	quiet(&config)
	s, err := openServer(f, config)
	if err != nil {
		f.Fatal(err)
	}
	ann := ring(f, s.StreamAddrs()[0])
	ann.comesIn("ann")
	f.Fuzz(func(t *testing.T, d []byte, state uint8) {
		ann.t = t
		c := ring(t, s.StreamAddrs()[0])
		c.name = "mallory-of-the-fuzzer"
		lineStates[int(state)%len(lineStates)](c)
		_, _ = c.conn.Write(d) // it may be turned away before the end of it
		if int(state)/len(lineStates)%2 == 0 {
			c.breaks()
		} else {
			_ = c.conn.(*net.TCPConn).CloseWrite() // likewise
			c.isGone()
		}
		for gone := false; !gone; { // whoever it was, it leaves
			for _, got := range ann.untilFence() {
				if strings.HasPrefix(got, "ann: ") || strings.HasPrefix(got, "ann ") || strings.HasPrefix(got, "! ") {
					t.Fatalf("ann reads %q", got)
				}
				mustBeClean(t, got)
			}
			who := slices.Collect(s.Desk().Hub.Who(chat.Lobby))
			gone = len(who) == 1 && who[0].Nick.Name == "ann"
		}
	})
}

// lineStates are what a connection can have come to.
var lineStates = []func(c *caller){
	func(*caller) {}, // nothing said
	func(c *caller) { // asked for a nickname
		c.sends("\n")
		if _, err := io.ReadFull(c.in, make([]byte, len(english.Prompt))); err != nil {
			c.t.Fatal(err)
		}
	},
	func(c *caller) { c.comesIn(c.name) },
	func(c *caller) { // a command is under way
		c.comesIn(c.name)
		c.sends("/join dev\n/history --last 1000\n/who\n")
	},
}
