package stream

import (
	"time"

	"parley/chat"
	"parley/hub"
)

// Config is how a Door works, whatever its Protocol.
type Config struct {
	Rate     float64       // messages a second from one member; 0: no limit
	Burst    int           // messages at once; above it, a member is throttled
	Patience time.Duration // a connection that has not entered by then is closed
	Outbox   int           // bytes queued for one member before it is disconnected
}

// Protocol is what a door speaks. A panic in one of its methods loses one event, or ends the
// session that it was called for.
type Protocol interface {
	// NewSession returns the session of a new connection. Any goroutine.
	NewSession() Session

	// Hear takes an event of a batch, and passes it on with Door.Tell or Door.Write. Whatever it
	// does, a Conn is inside from its first Entered on, and is ended after its Ended. Hear must not
	// wait. Called by Deliver only.
	Hear(hub.Item)

	// Append encodes an event behind b, for all sessions that receive it. It returns b if they
	// receive nothing. Called in Hear or Door.Turn only.
	Append(b []byte, item hub.Item) []byte

	// Unshown returns what replaces an event for which Append has panicked. Called like Append.
	Unshown() []byte

	// Refuse encodes a refusal. Any goroutine.
	Refuse(*chat.Refusal) []byte
}

// Session is the Protocol's part of one connection. Its type embeds Conn, so that a connection is
// one object. All methods but Convert and LastWords are called by the goroutine of Serve.
type Session interface {
	base() *Conn

	// Begin greets the client. first was read when the protocol was detected. Begin returns the
	// part of it that is input.
	Begin(first []byte) (rest []byte)

	// Input takes bytes that have arrived. They are valid until it returns. After an error nothing
	// more is read. io.EOF means that the client has ended its input.
	//
	// A goroutine keeps a stack that has grown, and there is one for every connection. So Input
	// needs little stack, and runs larger steps with Conn.Aside.
	Input(data []byte) error

	// Rest takes an incomplete message at the end of the input.
	Rest()

	// LastWords returns what the client receives last; nil: nothing. For Stopping, any goroutine.
	LastWords(Ending) []byte

	// Convert returns output as it is written to this client, after Conn.Converts. It must not
	// change b, which other sessions share. Called by one goroutine at a time.
	Convert(b []byte) []byte
}

// Ending is how a connection ends, as far as its client is told.
type Ending int

const (
	Quit     Ending = iota // the member has asked to leave
	Slow                   // the client reads more slowly than others speak
	TimedOut               // the client did not enter in time
	Stopping               // the server stops
	Failed                 // a panic
)
