package port

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// begins are how clients begin, and what that is.
var begins = map[string]Protocol{
	"\n": Line, "\r\n": Line, "\r\x00": Line, "ann\n": Line,
	"\xff\xfb\x1f": Line, "\xff\xfd\x20": Line, "\xff\xf4\xff\xfd\x06": Line, "\xff\xf6": Line,
	"\xff\n": Line, "\xff\xed\xee\n": Line, "\uFEFFann\n": Line,
	"小明\r\n": Line, "\xd0\xa1\xc3\xf7\n": Line,
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
	"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n": Unknown, "GET\x00/": Unknown,
	"\xff\xfe\r\x00\n\x00": Unknown, "\xfe\xff\x00\r\x00\n": Unknown,
	"\x80\x2e\x01\x00\x02": Unknown,
}

func TestEveryProtocolIsToldByItsFirstBytes(t *testing.T) {
	for first, want := range begins {
		if got, _ := Sniff([]byte(first)); got != want {
			t.Errorf("%q is told as %s, want %s", first, got, want)
		}
	}
	for _, first := range []string{
		"", "G", "GET", "SSH", "n", "AUTHENTICATE", "\x16", "hello", "PROXY",
		"\xff", "\xff\xfb", "\xff\xfd",
	} {
		if p, enough := Sniff([]byte(first)); enough {
			t.Errorf("%q is enough to tell %s", first, p)
		}
	}
}

// signatureV2 is all of how version 2 of the PROXY protocol begins.
const signatureV2 = proxyV2 + "\r\nQUIT\n"

// pieces is a connection from which its bytes come in pieces.
type pieces struct {
	stream
	left []string
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[0])
	if p.left[0] = p.left[0][n:]; p.left[0] == "" {
		p.left = p.left[1:]
	}
	return n, nil
}

// TestPiecesMakeNoDifference: a protocol is told by its bytes, wherever they are cut. What Sniff
// cannot tell yet is left out.
func TestPiecesMakeNoDifference(t *testing.T) {
	d := new(Door)
	for first, want := range begins {
		if _, enough := Sniff([]byte(first)); !enough {
			continue
		}
		cuts := [][]string{strings.Split(first, "")}
		for i := 1; i < len(first); i++ {
			cuts = append(cuts, []string{first[:i], first[i:]})
		}
		for _, cut := range cuts {
			v := &visit{conn: &pieces{left: slices.Clone(cut)}}
			v.first = v.room[:0]
			if got := d.tell(v); got != want {
				t.Errorf("%q is told as %s, want %s", cut, got, want)
			}
		}
	}
}

// slowly returns a reader that gets one byte at a time.
func slowly(text string) *bufio.Reader {
	return bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(text)), headerRoom)
}

// TestAHeaderOfAProxyMayComeInPieces: a trusted proxy is believed however its header is cut, and
// nothing behind it is lost.
func TestAHeaderOfAProxyMayComeInPieces(t *testing.T) {
	for _, client := range []string{"10.0.0.7", "fd00::7"} {
		for _, header := range []string{v1(client), v2(client)} {
			from := slowly(header + "\nann\n")
			h, err := parseHeader(from)
			if err != nil {
				t.Errorf("%q: %v", header, err)
				continue
			}
			if at, _, ok := h.TCPAddrs(); !ok || at.IP.String() != client {
				t.Errorf("%q tells of %v", header, at)
			}
			if rest, err := io.ReadAll(from); string(rest) != "\nann\n" || err != nil {
				t.Errorf("%q leaves %q, %v", header, rest, err)
			}
		}
	}
	for _, wrong := range []string{
		"", "P", "PROXY TCP4 10.0.0.7", "PROXY " + strings.Repeat("x", 1000), "ann\n",
		signatureV2 + "\x21",
	} {
		if h, err := parseHeader(slowly(wrong)); err == nil {
			t.Errorf("%.20q is read as %+v", wrong, h)
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
