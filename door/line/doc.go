// Package line is the door for netcat and telnet: lines of text over a connection, as package
// wire/line reads and writes them. It prompts for a nickname, takes lines and commands, and shows
// events. It groups joins and leaves, and shows a returning member what it has missed.
//
// It knows nothing of the rules, of sockets, or of ports: door/stream reads, writes and ends the
// connections.
//
// Its laws:
//   - A line is encoded once for all clients. Only a telnet client's output is converted.
//   - Nothing is shown before events that preceded it, and no join or leave is lost in a group.
//   - Lines of others never steer a client's terminal.
package line
