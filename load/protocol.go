package load

// Protocol is one member's side of a protocol of lines over TCP. It only translates: this package
// decides what a member says and checks what it receives.
//
// Say can run while another method runs. The other methods run one at a time.
type Protocol interface {
	// Greet waits for the first line of the server, which shows that it has accepted the
	// connection. It returns at once if the server sends nothing before a member joins.
	Greet(c *Conn) error
	// Enter joins the member's room, and returns when the server has confirmed that.
	Enter(c *Conn) error
	// Say appends the request that sends a text to the member's room.
	Say(c *Conn, b, text []byte) []byte
	// Quit returns the request to leave; "" if closing the connection is enough.
	Quit() string
	// Read returns the meaning of a line from the server, and answers a line that needs an answer.
	Read(c *Conn, line []byte) Event
}

// Event is the meaning of a line. Its bytes are valid until the next Read.
type Event struct {
	Kind  Kind
	Nick  []byte // of the sender of a Message, or the member that joins or leaves; nil: unknown
	Room  []byte // of the event; nil: unknown
	Text  []byte // of a Message
	Count int    // of members that join or leave in a group
}

// Kind is the kind of an event.
type Kind int

// The kinds of events.
const (
	Other   Kind = iota // an answer or another notice, which the report shows
	Ignored             // a line that needs no account
	Message
	Damaged // a line of this run that was changed on its way
	Joins
	Leaves
	GroupJoins
	GroupLeaves
)

// judge compares an event with what the members of this run sent: a message is as it was sent, or
// damaged. Events of other clients in the room, and a member's own, are ignored.
func (m *member) judge(r *run, e Event) (Kind, mark) {
	switch e.Kind {
	case Message:
		if e.Nick != nil && !m.reader.isOurs(e.Nick) {
			return Ignored, mark{}
		}
		kind, k := m.reader.said(e.Nick, e.Text)
		if kind == Message && e.Room != nil && string(e.Room) != r.rooms[r.roomOf(k.sender)] {
			return Damaged, mark{}
		}
		return kind, k
	case Joins, Leaves:
		if !m.reader.isOurs(e.Nick) || string(e.Nick) == m.nick {
			return Ignored, mark{}
		}
		return m.reader.who(string(e.Nick), e.Kind == Joins)
	case GroupJoins, GroupLeaves:
		if e.Room != nil && string(e.Room) != r.rooms[m.room] {
			return Ignored, mark{}
		}
		return e.Kind, mark{number: uint32(e.Count)}
	}
	return e.Kind, mark{}
}
