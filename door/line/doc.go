// Package line is the door for people with netcat or telnet: lines of text over a connection, as package wire/line reads and
// writes them.
//
// It knows nothing of the rules, of ports, or of how its connections came: who listens hands them over, one goroutine each, by
// Serve. Whether a connection is encrypted makes no difference but to how it is written.
//
// Its laws:
//   - Serve's goroutine reads its connection and nothing else writes for it: every line leaves through the member's Stream.
//   - Deliver never waits for a socket: what a batch means is encoded once, shared by all who hear it, and written by the one
//     Writer without blocking; a socket that takes no more gets a goroutine of its own until it has taken what waited.
//   - A reader who takes less than others speak is dropped, once its Stream is full. Nobody else notices.
//   - An idle connection costs its goroutine's smallest stack and no buffer.
package line
