package port

import (
	"bytes"
	"strings"
	"testing"
)

// begins are how clients begin, and what that is.
var begins = map[string]Protocol{
	"\n": Line, "\r\n": Line, "\r\x00": Line, "\xff\xfb\x1f": Line, "ann\n": Line, "小明\r\n": Line, "\xd0\xa1\xc3\xf7\n": Line,
	"a long first line without an end": Line, "an\b\bann\t\x7f\n": Line, "\x1b[A\n": Line, "C ann hello\n": Line,
	"GET\n": Line, "GETTTTTTTTTTTTTT": Line, "get / HTTP/1.1\r\n": Line, "SSH\n": Line, "SSH\r": Line, "ssh-2.0-x\r\n": Line,
	"NICK\r\n": Line, "NICKNAME ann\n": Line, "user": Unknown, "CAPS\n": Line, "PRIVMSG a b\n": Line,
	"GET / HTTP/1.1\r\n": HTTP, "HEAD / HTTP/1.1\r\n": HTTP, "POST /x": HTTP, "PUT /": HTTP, "PATCH /": HTTP, "DELETE /": HTTP,
	"OPTIONS *": HTTP, "CONNECT a:1": HTTP, "TRACE /": HTTP, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": HTTP, "GET ": HTTP,
	"SSH-2.0-OpenSSH_9.9\r\n": SSH, "SSH-": SSH,
	"CAP LS 302\r\n": IRC, "NICK ann\r\n": IRC, "nick ann\r\n": IRC, "User a 0 * :a\r\n": IRC, "PASS x\r\n": IRC,
	"WEBIRC x y z 127.0.0.1\r\n": IRC, "AUTHENTICATE PLAIN\r\n": IRC, "authenticate x": IRC,
	"\x16\x03\x01\x02\x00\x01": TLS, "\x16\x03\x03": TLS,
	"": Unknown, "\x00": Unknown, "\x16": Unknown, "\x16\x02\x01": Unknown, "\x03\x00\x00\x13\x0e\xe0": Unknown, "ann\x00\n": Unknown,
	"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n": Unknown, "GET\x00/": Unknown, "\x80\x2e\x01\x00\x02": Unknown,
}

func TestEveryProtocolIsToldByItsFirstBytes(t *testing.T) {
	for first, want := range begins {
		if got, _ := Sniff([]byte(first)); got != want {
			t.Errorf("%q is told as %s, want %s", first, got, want)
		}
	}
	for _, first := range []string{"", "G", "GET", "SSH", "n", "AUTHENTICATE", "\x16", "hello", "PROXY"} {
		if p, enough := Sniff([]byte(first)); enough {
			t.Errorf("%q is enough to tell %s", first, p)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for first := range begins {
		f.Add([]byte(first))
	}
	f.Fuzz(func(t *testing.T, first []byte) {
		before := bytes.Clone(first)
		p, enough := Sniff(first)
		if !bytes.Equal(first, before) {
			t.Fatal("the bytes were changed")
		}
		if !enough && (p != Unknown || len(first) >= sniffMax || bytes.ContainsAny(first, "\r\n")) {
			t.Fatalf("%q is not enough, or told as %s before it is", first, p)
		}
		told, n := Unknown, 0
		for n = range len(first) + 1 {
			var done bool
			if told, done = Sniff(first[:n]); done {
				break
			}
		}
		if told != p {
			t.Fatalf("%q is %s at once and %s byte by byte", first, p, told)
		}
		for ; enough && n <= len(first); n++ {
			if again, still := Sniff(first[:n]); again != p || !still {
				t.Fatalf("%q was %s and becomes %s, enough: %v", first[:n], p, again, still)
			}
		}
		if again, still := Sniff(append(before, strings.Repeat("\x00 \n", 8)...)); enough && (again != p || !still) {
			t.Fatalf("%q was %s and becomes %s with more", first, p, again)
		}
	})
}
