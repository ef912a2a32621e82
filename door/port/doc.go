// Package port is the one TCP port of all stream doors: it accepts connections, tells by the first bytes what each client
// speaks, inside TLS again, and hands the connection to whoever serves that.
//
// It knows nothing of chat, and of the doors behind it no more than that they can Serve.
//
// Its laws:
//   - Accepting never waits: not for a client, not for a door, not for a system that has run out of something.
//   - Without encryption only loopback, private and allowed networks are served.
//   - Until it is told what it speaks, a connection costs no more than one that is idle, and has a deadline.
//   - Whoever is turned away is told why in what it speaks, as far as that is known, and is counted.
package port
