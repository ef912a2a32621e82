// Package ways hands out the clients of a server: one-liners for a shell, a page over HTTP that
// lists every way in, and /join.py, a client in Python's standard library.
//
// It knows nothing of the chat, of its members, or of how connections came: the port hands them
// over by Serve, and ends only the connection whose request panics.
//
// Its laws:
//   - What a client sends never gets into a command that the page prints: the Host header is used
//     only if it is an address or a name of this machine.
//   - A connection carries one request. Its header has at most 8 KiB, and it ends within seconds.
//   - GET and HEAD alone are served, and change nothing.
package ways
