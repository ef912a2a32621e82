package chat

import (
	"errors"
	"fmt"
)

// A Command is written down as one byte for its kind, followed by its fields in the order in which
// the functions of this file list them. The file fields.go has the form of each field. Whatever is
// in a log keeps its meaning for ever:
//
//   - A kind is never changed, removed or used again. A new Command gets the next number.
//   - A list of fields is never reordered and loses no field. A new field goes to the end of the
//     list, also if it belongs to a part that several Commands have, such as Actor. A new bool can
//     take the next free bit of flags instead. Its zero value must mean what Commands without it
//     have meant.
//   - Fields at the end that are zero are left out, and fields that are not there are zero. So a
//     Command without the new field has the same bytes as before the field existed.
//   - A bound may grow, and never shrinks.
//
// A version cannot know the meaning of an unknown kind, field or flag, and reports ErrNewer. All
// servers that share a log must be able to read a new kind, field or bound before one of them
// writes it.
//
// There is one form for each Command. The form has no length: its container must say where it ends,
// and must detect a form that was cut off.
//
// Texts are checked for UTF-8, NUL and their bound in bytes. Whether a name or a text is allowed
// depends on tables that change between versions. That was decided by ParseNick, ParseRoom and
// ParseText, and is not decided again here.

// CommandMaxBytes bounds a Command in its written form.
const CommandMaxBytes = 64 << 10

// ErrNewer is part of the error for what this version does not know. A server that finds it in its
// log must stop: if it went on without that Command, its history would differ from the others'.
var ErrNewer = errors.New("written by a newer version of Parley, or damaged")

// Kinds of Commands, as written down.
const (
	enterKind      byte = 1
	postKind       byte = 2
	directKind     byte = 3
	joinKind       byte = 4
	partKind       byte = 5
	renameKind     byte = 6
	setTopicKind   byte = 7
	setAwayKind    byte = 8
	leaveKind      byte = 9
	announceKind   byte = 10
	kickKind       byte = 11
	removeRoomKind byte = 12
	startKind      byte = 13
	stopKind       byte = 14
	goneKind       byte = 15
	sweepKind      byte = 16
	aliveKind      byte = 17
)

func (Enter) kind() byte      { return enterKind }
func (Post) kind() byte       { return postKind }
func (Direct) kind() byte     { return directKind }
func (Join) kind() byte       { return joinKind }
func (Part) kind() byte       { return partKind }
func (Rename) kind() byte     { return renameKind }
func (SetTopic) kind() byte   { return setTopicKind }
func (SetAway) kind() byte    { return setAwayKind }
func (Leave) kind() byte      { return leaveKind }
func (Announce) kind() byte   { return announceKind }
func (Kick) kind() byte       { return kickKind }
func (RemoveRoom) kind() byte { return removeRoomKind }
func (Start) kind() byte      { return startKind }
func (Stop) kind() byte       { return stopKind }
func (Gone) kind() byte       { return goneKind }
func (Sweep) kind() byte      { return sweepKind }
func (Alive) kind() byte      { return aliveKind }

// AppendCommand appends the written form of c to b. It fails, and returns b as it was, for each
// Command that DecodeCommand would refuse: such a Command must not reach a log, because no server
// could read the log any more.
func AppendCommand(b []byte, c Command) ([]byte, error) {
	f := write(b, c.kind())
	switch c := c.(type) {
	case Enter:
		f.enter(&c)
	case Post:
		f.post(&c)
	case Direct:
		f.direct(&c)
	case Join:
		f.join(&c)
	case Part:
		f.part(&c)
	case Rename:
		f.rename(&c)
	case SetTopic:
		f.setTopic(&c)
	case SetAway:
		f.setAway(&c)
	case Leave:
		f.leave(&c)
	case Announce:
		f.announce(&c)
	case Kick:
		f.kick(&c)
	case RemoveRoom:
		f.removeRoom(&c)
	case Start:
		f.start(&c)
	case Stop:
		f.stop(&c)
	case Gone:
		f.gone(&c)
	case Sweep, Alive:
	default:
		f.fail("%T has no written form", c)
	}
	out, err := f.written()
	if err != nil {
		return b, fmt.Errorf("command of kind %d: %w", c.kind(), err)
	}
	return out, nil
}

// DecodeCommand returns the Command whose written form data is. It accepts exactly what
// AppendCommand returns. The error contains ErrNewer for a kind, a field or a flag that is unknown
// to this version. A list without elements is returned as nil.
//
// Nothing in data makes DecodeCommand panic. It allocates the Command, and a small multiple of
// len(data). The texts of the Command share one copy of data.
func DecodeCommand(data []byte) (Command, error) {
	switch {
	case len(data) == 0:
		return nil, errors.New("command: no bytes")
	case len(data) > CommandMaxBytes:
		return nil, fmt.Errorf("command: %d bytes, more than %d", len(data), CommandMaxBytes)
	}
	kind, f := data[0], read(data[1:])
	c := f.command(kind)
	if err := f.rest(); err != nil {
		return nil, fmt.Errorf("command of kind %d: %w", kind, err)
	}
	return c, nil
}

// readAs reads a Command with its list of fields.
func readAs[C Command](f *fields, list func(*fields, *C)) Command {
	var c C
	list(f, &c)
	return c
}

// command reads a Command of a kind.
func (f *fields) command(kind byte) Command {
	switch kind {
	case enterKind:
		return readAs(f, (*fields).enter)
	case postKind:
		return readAs(f, (*fields).post)
	case directKind:
		return readAs(f, (*fields).direct)
	case joinKind:
		return readAs(f, (*fields).join)
	case partKind:
		return readAs(f, (*fields).part)
	case renameKind:
		return readAs(f, (*fields).rename)
	case setTopicKind:
		return readAs(f, (*fields).setTopic)
	case setAwayKind:
		return readAs(f, (*fields).setAway)
	case leaveKind:
		return readAs(f, (*fields).leave)
	case announceKind:
		return readAs(f, (*fields).announce)
	case kickKind:
		return readAs(f, (*fields).kick)
	case removeRoomKind:
		return readAs(f, (*fields).removeRoom)
	case startKind:
		return readAs(f, (*fields).start)
	case stopKind:
		return readAs(f, (*fields).stop)
	case goneKind:
		return readAs(f, (*fields).gone)
	case sweepKind:
		return Sweep{}
	case aliveKind:
		return Alive{}
	}
	f.fail("unknown kind: %w", ErrNewer)
	return nil
}

// The fields of each Command. The same list serves both directions.

func (f *fields) enter(c *Enter) {
	f.session(&c.Session)
	f.text(&c.Door, nameBytes)
	f.address(&c.Peer)
	f.nick(&c.Nick)
	f.must(c.Session.Node != "" && c.Session.N != 0, "a session has a node and a number")
}

func (f *fields) post(c *Post) {
	f.actor(&c.By)
	f.room(&c.Room)
	f.said(&c.Text)
	f.flags(&c.Action)
}

func (f *fields) direct(c *Direct) {
	f.actor(&c.By)
	f.text(&c.ToKey, nickBytes)
	f.user(&c.To)
	f.said(&c.Text)
	f.flags(&c.New)
}

func (f *fields) join(c *Join) {
	f.actor(&c.By)
	f.room(&c.Room)
	f.count(&c.Rooms)
	f.count(&c.Joined)
	f.flags(&c.New)
	f.must(c.Room != "", "a room to join has a name")
}

func (f *fields) part(c *Part) {
	f.actor(&c.By)
	f.room(&c.Room)
	f.text(&c.Detail, noteBytes)
}

func (f *fields) rename(c *Rename) {
	f.actor(&c.By)
	f.nick(&c.Nick)
}

func (f *fields) setTopic(c *SetTopic) {
	f.actor(&c.By)
	f.room(&c.Room)
	f.text(&c.Text, noteBytes)
}

func (f *fields) setAway(c *SetAway) {
	f.actor(&c.By)
	f.text(&c.Text, noteBytes)
}

func (f *fields) leave(c *Leave) {
	f.actor(&c.By)
	f.text((*string)(&c.Reason), nameBytes)
	f.text(&c.Detail, noteBytes)
}

func (f *fields) announce(c *Announce) {
	f.actor(&c.By)
	f.said(&c.Text)
}

func (f *fields) kick(c *Kick) {
	f.actor(&c.By)
	f.text(&c.NickKey, nickBytes)
	f.text(&c.Detail, noteBytes)
}

func (f *fields) removeRoom(c *RemoveRoom) {
	f.actor(&c.By)
	f.room(&c.Room)
}

func (f *fields) start(c *Start) {
	f.list(&c.Resumable)
	f.duration(&c.Within)
	f.flags(&c.Alone)
}

func (f *fields) stop(c *Stop) { f.list(&c.Resumable) }

func (f *fields) gone(c *Gone) {
	f.text((*string)(&c.Node), nameBytes)
	f.number((*uint64)(&c.Epoch))
	f.fixed((*uint64)(&c.Life))
	f.number(&c.N)
}

// The parts that several Commands have. They never get another field: see the top of this file.

func (f *fields) actor(by *Actor) {
	f.session(&by.Session)
	f.text(&by.As, nickBytes)
	f.flags(&by.Operator)
}

func (f *fields) session(id *SessionID) {
	f.text((*string)(&id.Node), nameBytes)
	f.fixed((*uint64)(&id.Life))
	f.number(&id.N)
}

func (f *fields) nick(n *Nick) {
	f.text(&n.Name, nickBytes)
	f.text(&n.Key, nickBytes)
	f.must(n.Name != "" && n.Key != "", "a nickname is not empty")
}

func (f *fields) room(id *RoomID) { f.text((*string)(id), roomBytes) }

// said is a field for the text of a message.
func (f *fields) said(text *string) {
	f.text(text, CommandMaxBytes)
	f.must(*text != "", "a message is not empty")
}
