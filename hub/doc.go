// Package hub is the middle of the way of a message: it appends what doors submit to the ordered log, and one loop, which owns
// chat.State, reads the log, applies, commits and delivers, batch by batch.
//
// It knows nothing of sockets, protocols or how anything is written on the wire.
//
// Its laws:
//   - Commit, then deliver, in that order: nobody is shown, and nobody is answered, what is not on the disk.
//   - An answer travels in the same Batch as the events around it, in the order of the log, so it never overtakes one.
//   - Deliver never blocks: no member's slowness reaches the loop.
//   - Only the loop touches State. Queries run on the caller's goroutine, over the store's readers and the index of who is inside.
//   - A batch that cannot be committed, or a Record that panics, is rolled back by loading State again; it is refused, not lost
//     silently.
package hub
