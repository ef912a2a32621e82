package load

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"parley/wire/datagram"
)

// runID tells one run's members and lines from everything else that is said in the room.
type runID string

func newRunID() runID { return runID(strings.ToLower(rand.Text()[:5])) }

// nick is the nickname of a member: b, the run, its number.
func (id runID) nick(member int) string { return string(id.appendNick(nil, member)) }

func (id runID) appendNick(b []byte, member int) []byte {
	b = append(append(append(b, 'b'), id...), '-')
	return strconv.AppendInt(b, int64(member), 10)
}

// mark is what a message says of itself.
type mark struct {
	sender int
	number uint32
	due    time.Duration // since the run's clock began
}

// filling brings texts to their size.
var filling = []byte(strings.Repeat("abcdefghijklmnopqrstuvwxyz", SizeMax/26+1))

// appendText appends a message's text: the run, the mark's three numbers, and filling up to size.
func (id runID) appendText(b []byte, m mark, size int) []byte {
	start := len(b)
	b = append(append(b, id...), ' ')
	b = append(strconv.AppendInt(b, int64(m.sender), 10), ' ')
	b = append(strconv.AppendUint(b, uint64(m.number), 10), ' ')
	b = append(strconv.AppendInt(b, int64(m.due), 10), ' ')
	return append(b, filling[:max(0, size-(len(b)-start))]...)
}

// reader reads the lines of a run.
type reader struct {
	id      runID
	members int
	senders int
	size    int
	scratch []byte // to compare with
}

var (
	said  = []byte(": ")
	space = []byte(" ")
)

// read tells what a line of datagrams is. A message is as it was sent or it is damaged.
func (r *reader) read(line []byte) (Kind, mark) {
	if !r.isOurs(line) {
		return Other, mark{}
	}
	nick, text, isSaid := bytes.Cut(line, said)
	if !isSaid {
		return r.coming(string(line))
	}
	return r.said(nick, text)
}

// isOurs says whether a line begins with a nickname of this run.
func (r *reader) isOurs(line []byte) bool {
	return len(line) >= len(r.id)+3 && line[0] == 'b' && string(line[1:1+len(r.id)]) == string(r.id)
}

// said tells what it is that somebody of this run says; a nil nick is not compared.
func (r *reader) said(nick, text []byte) (Kind, mark) {
	if string(text) == knock {
		return Ignored, mark{}
	}
	kind, m := r.text(text)
	if kind != Message {
		return kind, m
	}
	r.scratch = r.id.appendNick(r.scratch[:0], m.sender)
	if nick != nil && !bytes.Equal(nick, r.scratch) {
		return Damaged, mark{}
	}
	return Message, m
}

// text reads a message's text.
func (r *reader) text(text []byte) (Kind, mark) {
	_, rest, _ := bytes.Cut(text, space)
	senderDigits, rest, _ := bytes.Cut(rest, space)
	numberDigits, rest, _ := bytes.Cut(rest, space)
	dueDigits, _, _ := bytes.Cut(rest, space)
	sender, _ := strconv.Atoi(string(senderDigits)) // what is no number is found out by comparing
	number, _ := strconv.ParseUint(string(numberDigits), 10, 32)
	due, _ := strconv.ParseInt(string(dueDigits), 10, 64)
	m := mark{sender, uint32(number), time.Duration(due)}
	if m.sender < 0 || m.sender >= r.senders {
		return Damaged, mark{}
	}
	r.scratch = r.id.appendText(r.scratch[:0], m, r.size)
	if !bytes.Equal(text, r.scratch) {
		return Damaged, mark{}
	}
	return Message, m
}

// coming reads who enters or leaves.
func (r *reader) coming(line string) (Kind, mark) {
	nick, enter, ok := datagram.Coming(line)
	if !ok {
		return Damaged, mark{}
	}
	return r.who(nick, enter)
}

// who tells which member enters, or else leaves.
func (r *reader) who(nick string, enter bool) (Kind, mark) {
	_, digits, _ := strings.Cut(nick, "-")
	who, err := strconv.Atoi(digits)
	r.scratch = r.id.appendNick(r.scratch[:0], who)
	switch {
	case err != nil || who < 0 || who >= r.members || string(r.scratch) != nick:
		return Damaged, mark{}
	case enter:
		return Joins, mark{sender: who}
	}
	return Leaves, mark{sender: who}
}
