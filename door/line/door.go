package line

import (
	"log/slog"
	"sync"
	"time"

	"parley/chat"
	"parley/command"
	"parley/door/stream"
	"parley/hub"
	"parley/wire/line"
)

// Name is the door's name in sessions and status.
const Name = "line"

// Door is the stream door whose Protocol it is.
type Door struct {
	*stream.Door
	config   Config
	desk     *command.Desk
	log      *slog.Logger
	now      func() time.Time
	words    *line.Words
	crowds   crowds
	left     departures
	recalled sync.Once // left knows the members that left before this start
}

// New makes a door that is not open yet. desk is what members' commands work on. now is the clock
// of rates and of crowds.
func New(config Config, desk *command.Desk, log *slog.Logger, now func() time.Time) *Door {
	d := &Door{
		config: config, desk: desk, log: log, now: now,
		words: line.In(config.Language()), left: newDepartures(),
	}
	d.Door = stream.New(Name, config.Config, d, log, now)
	d.crowds.init(d)
	return d
}

// Close tells every member that the server stops, writes what waits, and returns when every
// connection is closed. Called after the hub's loop has ended.
func (d *Door) Close() error {
	d.crowds.stop()
	return d.Door.Close()
}

// NewSession implements stream.Protocol.
func (d *Door) NewSession() stream.Session {
	return &member{door: d, room: chat.Lobby, decoder: line.Decoder{Max: d.config.TextMax}}
}

// Append implements stream.Protocol.
func (d *Door) Append(b []byte, item hub.Item) []byte { return d.words.Append(b, item.Event) }

// Unshown implements stream.Protocol.
func (d *Door) Unshown() []byte { return line.Line(d.words.Unshown) }

// Refuse implements stream.Protocol.
func (d *Door) Refuse(r *chat.Refusal) []byte { return line.Line(d.words.Refused(r)) }

// Hear implements stream.Protocol.
func (d *Door) Hear(item hub.Item) {
	switch e := item.Event.(type) {
	case chat.Entered:
		d.come(item, e.Message, true, d.words.Entering(e))
	case chat.Left:
		d.left.keep(e.Message)
		d.come(item, e.Message, false, d.words.Leaving(e))
	case chat.Ended: // a member that asked for it knows; others are told why
		if e.Reason == chat.ReasonKicked {
			d.Write(item.Self, line.Line(d.words.Removed(e.Detail)))
		}
	case chat.Changed: // the command's answer says so
	case chat.Told:
		d.tellTwo(item, e)
	case chat.Announced:
		d.crowds.show()
		d.Tell(item)
	default:
		if room := roomOf(e); room != "" {
			d.crowds.showRoom(room)
		}
		d.Tell(item)
	}
}

func roomOf(e chat.Event) chat.RoomID {
	switch e := e.(type) {
	case chat.Posted:
		return e.Message.Room
	case chat.Renamed:
		return e.Message.Room
	case chat.TopicSet:
		return e.Message.Room
	case chat.RoomRemoved:
		return e.Room
	}
	return ""
}

// tellTwo shows a direct message to its recipient. The sender is told if the recipient is away.
func (d *Door) tellTwo(item hub.Item, e chat.Told) {
	said := d.Encode(item)
	for _, s := range item.To.Sessions() {
		d.Write(s, said)
	}
	if e.To.Away != "" {
		d.Write(item.Self, line.Line(d.words.IsAway(e.To.Nick.Name, e.To.Away)))
	}
}
