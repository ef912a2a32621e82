// Package load puts a measured load on a chat room of plain datagrams and checks every line that every member receives.
//
// It knows nothing of how a server works: whatever answers the datagram protocol can be tried, ours or another.
//
// Its laws:
//   - The loop is open: latency counts from the moment a message was due, so a server that stalls cannot hide it.
//   - Every member's every line is checked: per sender exactly once, in order, unchanged.
//   - What cannot be measured is left out of the Report, never guessed.
package load
