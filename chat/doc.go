// Package chat is what a chat room is: nicknames, rooms, members, messages and the rules between them. A Record from the
// ordered log goes in, Events or a Refusal come out.
//
// It knows nothing of sockets, files, databases, clocks, goroutines or protocols.
//
// Its laws:
//   - Apply reads nothing but State and the Record: no clock, no randomness, no map order, no Unicode tables. The same log
//     ends in the same State on every machine and in every version.
//   - What depends on tables that change between versions (folding a nickname, cleaning a text) is done once, at the door, by
//     ParseNick and ParseText; the log carries their results.
//   - A refused command changes nothing but the place reached.
//   - A nickname has one holder; a room's sequences are dense; nobody is told what a room they are not in says.
package chat
