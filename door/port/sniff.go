package port

import (
	"bytes"
	"strings"
)

// Protocol is what a client speaks.
type Protocol string

const (
	Line    Protocol = "line" // text by hand or netcat, after Enter; telnet
	HTTP    Protocol = "http" // HTTP/1, or HTTP/2 from its first byte on (RFC 9113, section 3.4)
	SSH     Protocol = "ssh"  // RFC 4253, section 4.2
	IRC     Protocol = "irc"  // a client's first command, in any case (RFC 2812, section 2.3)
	TLS     Protocol = "tls"  // a record of type handshake (RFC 8446, section 5.1)
	Unknown Protocol = "unknown"
)

// sniffMax is how many bytes tell every protocol.
const sniffMax = 16

// Telnet's bytes (RFC 854): IAC, then a command, or WILL or DO and an option.
const (
	telnetIAC     = 0xff
	telnetNOP     = 0xf1 // the first command
	telnetGoAhead = 0xf9 // the last one
	telnetWill    = 0xfb
	telnetDo      = 0xfd
)

// openings are how clients begin, in the order in which they are compared.
var openings = []struct {
	begin    string
	protocol Protocol
	anyCase  bool
}{
	{"GET ", HTTP, false},
	{"HEAD ", HTTP, false},
	{"POST ", HTTP, false},
	{"PUT ", HTTP, false},
	{"PATCH ", HTTP, false},
	{"DELETE ", HTTP, false},
	{"OPTIONS ", HTTP, false},
	{"CONNECT ", HTTP, false},
	{"TRACE ", HTTP, false},
	{"PRI ", HTTP, false},
	{"SSH-", SSH, false},
	{"CAP ", IRC, true},
	{"NICK ", IRC, true},
	{"USER ", IRC, true},
	{"PASS ", IRC, true},
	{"WEBIRC ", IRC, true},
	{"AUTHENTICATE ", IRC, true},
	{"PROXY ", Unknown, false}, // by whom nobody trusts
	{"\x16\x03", TLS, false},
	{"\xff\xfe", Unknown, false}, // a byte order mark of UTF-16, which nobody here reads
	{"\xfe\xff", Unknown, false},
}

// Sniff tells a protocol by what came first. While enough is false, more bytes can tell more; with 16 bytes, or a line, there are
// enough. It makes no difference in how many pieces they came, and what was told once does not change with more.
func Sniff(first []byte) (p Protocol, enough bool) {
	for n := 1; n <= min(len(first), sniffMax); n++ {
		if p, enough = tell(first[:n]); enough {
			return p, true
		}
	}
	return Unknown, false
}

// tell tells what all bytes before the last did not.
func tell(first []byte) (p Protocol, enough bool) {
	last := first[len(first)-1]
	if isTelnet(first) {
		return Line, true
	}
	possible := false
	for _, o := range openings {
		n := min(len(o.begin), len(first))
		if string(first[:n]) != o.begin[:n] && !(o.anyCase && strings.EqualFold(string(first[:n]), o.begin[:n])) {
			continue
		}
		if n == len(o.begin) {
			return o.protocol, true
		}
		possible = true
	}
	switch {
	case last == '\n' || last == '\r':
		return Line, true
	case possible:
		return Unknown, false
	case !isTyped(last):
		return Unknown, true
	}
	return Line, len(first) == sniffMax
}

// isTelnet reports whether first is the whole first command of a telnet client. Half a command
// would be lost with the line that a person begins with, which the door of lines drops.
func isTelnet(first []byte) bool {
	switch {
	case first[0] != telnetIAC:
	case len(first) == 2:
		return telnetNOP <= first[1] && first[1] <= telnetGoAhead
	case len(first) == 3:
		return first[1] == telnetWill || first[1] == telnetDo
	}
	return false
}

// isTyped says whether a byte can come from a terminal before the first Enter: text in any encoding, which the door of lines is
// to judge, tabs, corrections and arrow keys.
func isTyped(b byte) bool { return b >= ' ' || bytes.IndexByte([]byte("\t\b\x1b"), b) >= 0 }

// proxyV2 begins version 2 of the PROXY protocol, and nothing else begins like it. It was made to
// look like an Enter at first, so Sniff calls it one.
const proxyV2 = "\r\n\r\n\x00"

// isForged reports whether a connection from an untrusted address begins with such a header, in one
// piece. Of a header in several pieces the door of lines gets the rest, and rejects it: the port
// cannot wait for more bytes once a person has pressed Enter. Sniff detects version 1.
func isForged(first []byte) bool { return bytes.HasPrefix(first, []byte(proxyV2)) }
