package line

import (
	"bytes"
	"unicode/utf8"
)

// Telnet's bytes (RFC 854; EOF, SUSP and ABORT: RFC 1184).
const (
	telnetEOF   = 0xEC
	telnetSUSP  = 0xED // Ctrl-Z
	telnetABORT = 0xEE
	telnetSE    = 0xF0
	telnetNOP   = 0xF1
	telnetBRK   = 0xF3 // Ctrl-\
	telnetIP    = 0xF4 // Ctrl-C
	telnetAO    = 0xF5 // Ctrl-O
	telnetAYT   = 0xF6 // are you there?
	telnetEC    = 0xF7 // erase a character
	telnetEL    = 0xF8 // erase the line
	telnetSB    = 0xFA // a subnegotiation, up to IAC SE
	telnetWILL  = 0xFB // with WONT, DO and DONT: an option follows
	telnetWONT  = 0xFC
	telnetDO    = 0xFD
	telnetDONT  = 0xFE
	telnetIAC   = 0xFF // a command follows

	transmitBinary = 0x00 // the option of RFC 856
	timingMark     = 0x06 // the option of RFC 860
)

// subnegotiationMax is how many bytes a subnegotiation may have. No option that has one is ever
// agreed on.
const subnegotiationMax = 512

// StillHere answers AYT (are you there).
const StillHere = "the server is still here"

// telnet is the state of a connection that has negotiated.
type telnet struct {
	state    telnetState
	verb     byte         // of the option that follows
	inside   int          // bytes of the current subnegotiation
	declined [2]optionSet // options that the client offered, and options that it asked for
	reply    []byte       // not yet returned by Reply
	asked    bool         // AYT is not answered yet
	binary   binaryState
}

// binaryState is what is agreed on BINARY from the client to the server. Without it a telnet client
// compares only seven bits of each byte with its special keys, and so sends commands in the place
// of bytes of many characters: 都 has one that passes for Ctrl-C.
//
// From the server to the client BINARY is declined. Text in UTF-8 needs it for nothing, and a
// client that agreed would no longer return the carriage at the end of a typed line.
type binaryState byte

const (
	binaryAsked binaryState = iota // the client has not answered yet
	binaryOn
	binaryOff
)

// telnetState is the position within a command.
type telnetState byte

const (
	inText    telnetState = iota
	inCommand             // after IAC
	inOption              // after IAC WILL, WONT, DO or DONT
	inSubnegotiation
	inSubnegotiationIAC // after IAC in one
)

// optionSet is a set of options.
type optionSet [4]uint64

// add adds an option and reports whether it was missing.
func (s *optionSet) add(option byte) bool {
	word, bit := &s[option/64], uint64(1)<<(option%64)
	isNew := *word&bit == 0
	*word |= bit
	return isNew
}

// IsTelnet reports whether the client has negotiated: then NVT converts all output to it.
func (d *Decoder) IsTelnet() bool { return d.telnet != nil }

// Reply returns the answer to the commands that Next took since the last Reply; nil: none. The
// first one asks for BINARY. Apart from that its size is bounded by that of their bytes.
func (d *Decoder) Reply() []byte {
	t := d.telnet
	if t == nil {
		return nil
	}
	reply := t.reply
	if t.asked {
		reply = appendLine(reply, StillHere)
	}
	t.reply, t.asked = nil, false
	return reply
}

// NVT converts output for a network virtual terminal (RFC 854): each line ends in CR LF. Replies
// stay as they are.
func NVT(said []byte) []byte {
	out := make([]byte, 0, len(said)+bytes.Count(said, []byte{'\n'}))
	for i, b := range said {
		if b == '\n' && (i < 2 || said[i-2] != telnetIAC) { // otherwise it is an option
			out = append(out, '\r')
		}
		out = append(out, b)
	}
	return out
}

// withoutTelnet returns b if it is text, or the key that a command stands for.
func (d *Decoder) withoutTelnet(b byte) (key byte, isText bool) {
	if d.telnet != nil {
		return d.take(b)
	}
	return d.negotiates(b)
}

// negotiates takes a byte from a client that has not negotiated, and detects when it does. Byte 255
// is a letter in many encodings, and so are most bytes that follow it in telnet. It is telnet's in
// two places:
//   - IAC DO, or another verb, before an option that is a control character. A command just before
//     it belongs to it: Ctrl-C is IAC IP IAC DO TIMING-MARK.
//   - The beginning of a connection, before a command, or before WILL or DO and any option.
//
// After that, byte 255 is telnet's everywhere.
func (d *Decoder) negotiates(b byte) (key byte, isText bool) {
	before := [4]byte{byte(d.last >> 24), byte(d.last >> 16), byte(d.last >> 8), byte(d.last)}
	d.last = d.last<<8 | uint32(b)
	opens := before[0] == 0 && before[1] == 0
	switch {
	case opens && before[2] == 0 && before[3] == telnetIAC && telnetNOP <= b && b < telnetSB:
		d.begin(1)
		return d.command(b)
	case before[2] != telnetIAC || !isOption(before[3], b, opens):
		return b, true
	case before[0] == telnetIAC && telnetEOF <= before[1] && before[1] < telnetSB:
		d.begin(4)
		d.telnet.negotiate(before[3], b)
		return d.command(before[1])
	}
	d.begin(2)
	d.telnet.negotiate(before[3], b)
	return 0, false
}

// isOption reports whether the bytes after IAC are a verb and an option rather than text. opens:
// the connection begins with that IAC.
func isOption(verb, b byte, opens bool) bool {
	switch {
	case verb < telnetWILL || verb > telnetDONT || b == '\r' || b == '\n':
		return false
	case opens && (verb == telnetWILL || verb == telnetDO):
		return true
	}
	return b < ' ' && b != '\b' && b != '\t' && b != '\x1b'
}

// begin starts telnet, and asks the client for BINARY. The last n bytes of the current line were
// not text.
func (d *Decoder) begin(n int) {
	d.partial = d.partial[:max(0, len(d.partial)-n)]
	d.telnet = &telnet{reply: []byte{telnetIAC, telnetDO, transmitBinary}}
}

// take returns b if it is text, or the key that a command stands for.
func (d *Decoder) take(b byte) (key byte, isText bool) {
	t := d.telnet
	switch t.state {
	case inText:
		if b != telnetIAC {
			return b, true
		}
		t.state = inCommand
	case inCommand:
		return d.command(b)
	case inOption:
		t.state = inText
		t.negotiate(t.verb, b)
	case inSubnegotiation:
		if t.inside++; t.inside > subnegotiationMax {
			t.state = inText
		} else if b == telnetIAC {
			t.state = inSubnegotiationIAC
		}
	case inSubnegotiationIAC:
		switch b {
		case telnetSE:
			t.state = inText
		case telnetIAC:
			t.state = inSubnegotiation
		default: // the subnegotiation was cut short
			return d.command(b)
		}
	}
	return 0, false
}

// command takes the byte after IAC. It returns text, or the key that the command stands for: the
// rest of a character if the command was sent in its place.
func (d *Decoder) command(b byte) (key byte, isText bool) {
	key, isText = d.telnet.command(b)
	if rest := mistaken(b); rest != 0 && d.telnet.binary != binaryOn && d.continues(rest) {
		return rest, true
	}
	return key, isText
}

// mistaken returns the byte of a character that a client without BINARY takes for a key, and in
// whose place it sends a command; 0: there is none.
func mistaken(command byte) byte {
	switch command {
	case telnetIP:
		return 0x80 | keyInterrupt
	case telnetAO:
		return 0x80 | keyDiscard
	case telnetSUSP:
		return 0x80 | keySuspend
	case telnetBRK, telnetABORT:
		return 0x80 | keyQuit
	}
	return 0
}

// continues reports whether the current line ends within a character that b continues.
func (d *Decoder) continues(b byte) bool {
	start := len(d.partial) - 1
	for start > 0 && !utf8.RuneStart(d.partial[start]) && len(d.partial)-start < utf8.UTFMax-1 {
		start--
	}
	if start < 0 || utf8.FullRune(d.partial[start:]) {
		return false
	}
	longer := append(bytes.Clone(d.partial[start:]), b)
	return !utf8.FullRune(longer) || utf8.Valid(longer)
}

// command takes the byte after IAC. It returns text, or the key that the command stands for.
func (t *telnet) command(b byte) (key byte, isText bool) {
	t.state = inText
	switch b {
	case telnetWILL, telnetWONT, telnetDO, telnetDONT:
		t.state, t.verb = inOption, b
	case telnetSB:
		t.state, t.inside = inSubnegotiation, 0
	case telnetAYT:
		t.asked = true
	case telnetEC:
		return keyDelete, true
	case telnetEL:
		return keyKill, true
	case telnetIP, telnetBRK, telnetABORT:
		return keyInterrupt, true
	case telnetEOF:
		return keyEnd, true
	case telnetIAC:
		return telnetIAC, true
	default:
		return b, b < telnetEOF // below EOF there are no commands, so b is text
	}
	return 0, false
}

// negotiate declines an option, once: two sides that answer each refusal would go on for ever. A
// timing mark is granted each time, because the client shows no output until it arrives. BINARY is
// taken.
func (t *telnet) negotiate(verb, option byte) {
	switch {
	case option == transmitBinary && (verb == telnetWILL || verb == telnetWONT):
		t.agree(verb == telnetWILL)
	case verb == telnetDO && option == timingMark:
		t.reply = append(t.reply, telnetIAC, telnetWILL, timingMark)
	case verb == telnetDO && t.declined[1].add(option):
		t.reply = append(t.reply, telnetIAC, telnetWONT, option)
	case verb == telnetWILL && t.declined[0].add(option):
		t.reply = append(t.reply, telnetIAC, telnetDONT, option)
	}
}

// agree notes whether the client transmits in BINARY. It answers only what is news to the server.
func (t *telnet) agree(will bool) {
	before, verb := t.binary, byte(telnetDONT)
	t.binary = binaryOff
	if will {
		t.binary, verb = binaryOn, telnetDO
	}
	if before != binaryAsked && before != t.binary {
		t.reply = append(t.reply, telnetIAC, verb, transmitBinary)
	}
}
