// Package store is the projection of the ordered log in one SQLite file: the entities that make up chat.State, every room's
// messages, and the place applied last with its running hash. A Reader looks at such a file from outside of a server.
//
// It knows nothing of rules, sessions or doors: what a Change means is chat's business.
//
// Its laws:
//   - One transaction holds a whole batch: its messages, its entities, its place and its hash.
//     Commit returning nil means that all of it is on the disk (fsync). After an error, nothing of
//     it counts.
//   - One goroutine writes; any number read, and never wait for the writer.
//   - A message is written once: a second one at the same place in the same room is an error.
//   - Each room's digest is the sum of its messages' hashes, and the log's sum is that of the
//     entities' rows. Both are stored with what they cover, so a later change of it is found.
//   - A database of an older format is migrated in one transaction, after everything that the
//     migration sums anew was compared with its recorded sums. It then has the new format whole, or
//     the old one.
//   - A database appears under its name whole. One that is empty or cut short is refused, not begun
//     anew.
//   - A file of a newer version, or one whose tables are not exactly those its migrations make, is not touched; a Reader touches
//     none.
package store
