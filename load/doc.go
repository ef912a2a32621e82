// Package load puts a measured load on a chat server and checks every line that every member receives.
//
// It knows nothing of how a server works: it measures every server of a protocol, ours or another.
// Datagrams are in udp.go. Protocols over TCP share conn.go, and implement Protocol. Here that is
// line.go; a caller can bring others.
//
// Its laws:
//   - The loop is open: latency counts from the moment a message was due, so a server that stalls cannot hide it.
//   - Every member's every line is checked: per sender exactly once, in order, unchanged.
//   - What is said and how it is accounted for is the same through every door.
//   - What cannot be measured is left out of the Report, never guessed.
package load
