// Package stream serves connections for the doors that stand on it: it reads and writes them, asks
// the log for their members, and ends them.
//
// It knows nothing of what is spoken over a connection, of the rules, or of ports. A Protocol
// translates bytes into commands, and events into bytes. A listener hands connections to Serve, one
// goroutine each. Whether a connection is encrypted only changes how it is written.
//
// Its laws:
//   - The goroutine of Serve reads its connection and does not write to it. All output leaves
//     through the connection's outbox.Stream.
//   - Deliver never waits for a socket. An event is encoded once and shared by all sessions that
//     receive it. A single Writer writes it without blocking. A socket that is full gets a
//     goroutine of its own until its output is written.
//   - A connection is halted before it is closed. So nothing is written to a descriptor whose
//     number the system has given to the next connection. Only the type socket can do either.
//   - A reader that takes less than others speak is disconnected when its Stream is full. Other
//     members do not notice.
//   - A panic in a Protocol ends one session, or loses one event. It never ends the server, and the
//     member leaves the chat room.
//   - An idle connection costs its goroutine's smallest stack and no buffer.
package stream
