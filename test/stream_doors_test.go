package test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// TestOneNicknameFromTwoDoorsAtOnce: exactly one is inside, both hear the truth, and the log agrees.
func TestOneNicknameFromTwoDoorsAtOnce(t *testing.T) {
	const rounds = 150
	r := openRoom(t, quiet)
	witness := r.enter("witness")
	c, p := r.call(), r.peer()
	c.types("")
	byLine := 0
	for round := range rounds {
		c.name = fmt.Sprint("twin", round)
		p.name = c.name
		start := make(chan struct{})
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			<-start
			c.types(c.name)
		}()
		close(start)
		p.send("L " + p.name)
		<-sent
		heard, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		read, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		switch read = strings.TrimPrefix(read, english.Prompt); {
		case heard == datagram.OK && read == "! the nickname is occupied":
			r.mustBeAt("udp", c.name)
			p.hears("somebody asks for your nickname")
			p.leaves()
		case heard == chat.NickOccupied.Sentence() && strings.HasPrefix(read, "Welcome to the chat room, "+c.name+"."):
			r.mustBeAt("line", c.name)
			byLine++
			c.reads(english.Asked)
			c.quits()
			c = r.call()
			c.types("")
		default:
			t.Fatalf("round %d: one hears %q, the other reads %q", round, heard, read)
		}
		witness.hears(p.name+" enters the chat room", p.name+" quits the chat room")
	}
	witness.hearsNothing()
	if got := len(r.history()); got != 1+2*rounds {
		t.Errorf("%d messages are stored, want %d", got, 1+2*rounds)
	}
	t.Logf("%d of %d entered with lines", byLine, rounds)
}

// mustBeAt checks that the witness and one other are inside, and through which door that one came.
func (r *room) mustBeAt(door, name string) {
	r.t.Helper()
	for s := range r.server.Desk().Hub.Who(chat.Lobby) {
		if s.Nick.Name == name && s.Door != door {
			r.t.Errorf("%s is inside at the door %s, want %s", name, s.Door, door)
		}
	}
	r.mustBeInside(name, "witness")
}

// hello is how a client begins with TLS.
func hello(t *testing.T) []byte {
	t.Helper()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() {
		_ = tls.Client(theirs, &tls.Config{InsecureSkipVerify: true}).Handshake() // nobody answers
		theirs.Close()
	}()
	first := make([]byte, 4096)
	n, err := ours.Read(first)
	if err != nil {
		t.Fatal(err)
	}
	return first[:n]
}

// TestHandshakesThatNeverEndHoldUpNobody, and not the server's end either.
func TestHandshakesThatNeverEndHoldUpNobody(t *testing.T) {
	r := openRoom(t, quiet)
	begun := string(hello(t))
	const stuck = 300
	for i := range stuck {
		c := r.call()
		switch i % 4 {
		case 0:
			c.sends("\x16\x03\x01")
		case 1:
			c.sends(begun[:len(begun)/2])
		case 2:
			c.sends(begun) // and no answer to the server's
		default:
			c.encrypted().sends("") // the whole handshake, and then nothing
		}
	}
	r.call().sends("GET / HTTP/1.1\r\n") // half a request, which is handed over already
	ann, bob := r.call().encrypted(), r.callAs("bob")
	ann.comesIn("ann")
	bob.reads("ann enters the chat room")
	for i := range 50 {
		ann.types(fmt.Sprint("line ", i))
		bob.reads(fmt.Sprint("ann: line ", i))
	}
	if got := r.queue("port.connections"); got != stuck+3 {
		t.Errorf("%d are connected, want %d", got, stuck+3)
	}
	began := time.Now()
	r.close()
	if took := time.Since(began); took > patience/4 {
		t.Errorf("the server's end took %s", took)
	}
	ann.reads(english.Stopping)
	bob.reads(english.Stopping)
}

// TestWhatLooksLikeAProtocolIsAnsweredInIt, whole or cut off, plain and encrypted, beside a room that talks.
func TestWhatLooksLikeAProtocolIsAnsweredInIt(t *testing.T) {
	r := openRoom(t, quiet)
	ann, bob := r.callAs("ann"), r.callAs("bob")
	ann.reads("bob enters the chat room")
	for i, begin := range []struct{ what, sent, answer string }{
		{"a browser", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
		{"a browser without an end", "GET /" + strings.Repeat("a", 5000), "HTTP/1.1 400 Bad Request\r\n"},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\n"},
		{"who posts", "POST /api HTTP/1.1\r\nContent-Length: 99999\r\n\r\n{", "HTTP/1.1 405 Method Not Allowed\r\n"},
		{"an IRC client", "NICK ann\r\nUSER ann 0 * :ann\r\n", "ERROR :"},
		{"an IRC client with a password", "pass x\r\nnick ann\r\n", "ERROR :"},
		{"ssh", "SSH-2.0-OpenSSH_9.6\r\n", "this is a Parley chat room"},
		{"half of ssh", "SSH-", "this is a Parley chat room"},
		{"a proxy", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\nann\n", "unknown protocol: "},
		{
			"a proxy, version 2",
			"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02", "unknown protocol: ",
		},
		{"remote desktop", "\x03\x00\x00\x13\x0e\xe0", "unknown protocol: "},
		{"NUL", "\x00\x00\x00\x00", "unknown protocol: "},
		{"a datagram", "L ann\n", english.Prompt},
		{"telnet", "\xff\xfd\x03\xff\xfb\x18", english.Prompt},
		{"half a word", "GE", "unknown protocol: "},
	} {
		plain := r.call()
		plain.sends(begin.sent)
		inside := r.call().encrypted()
		inside.sends(begin.sent)
		ann.types(fmt.Sprint("line ", i))
		bob.reads(fmt.Sprint("ann: line ", i))
		for how, c := range map[string]*caller{"plain": plain, "encrypted": inside} {
			c.stopsTyping()
			if got := c.isGone(); !strings.HasPrefix(got, begin.answer) {
				t.Errorf("%s, %s: answered %.100q, want %q", begin.what, how, got, begin.answer)
			}
		}
	}
	for what, sent := range map[string]string{
		"a record too long": "\x16\x03\x01\xff\xff" + strings.Repeat("x", 100), "no hello": "\x16\x03\x01\x00\x05hello",
	} {
		c := r.call()
		c.sends(sent)
		c.stopsTyping()
		if got := c.isGone(); !strings.HasPrefix(got, "\x15\x03") { // an alert
			t.Errorf("TLS with %s is answered %q", what, got)
		}
	}
	if response, err := http.Get("http://" + r.stream().String()); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("a client of HTTP gets %+v, %v", response, err)
	} else {
		body := new(bytes.Buffer)
		if _, err := body.ReadFrom(response.Body); err != nil || !strings.Contains(body.String(), "Press Enter") {
			t.Errorf("it reads %q, %v", body, err)
		}
		response.Body.Close()
	}
	bob.readsNothing()
	r.until("two are connected", func() bool { return r.queue("port.connections") == 2 })
	r.mustBeInside("ann", "bob")
}
