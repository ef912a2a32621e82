// Package conversation tells stories in which people meet through every door there is, and sees that each story comes to the same
// end whichever doors they came through: the same log, the same rooms, the same people inside, and everybody heard just what is
// stored. Its tests are the stories.
//
// It knows nothing of how a door works inside, and a story knows nothing of how a door words things: a door's driver reads its wire
// into Heard, a file each, and the table of doors.go says what a door can do and what it makes of what happens.
//
// Its laws:
//   - A step that does something returns once the server has dealt with it, so that a story has one order; where several are to speak
//     at once, Together says so.
//   - No step sleeps: what must come has a deadline, and that nothing came is proved by a fence.
//   - The first step that fails is told, with its place in the story; those after it are skipped.
//   - What is not said by a step is checked all the same: at the end, all that each heard is compared with what is stored.
package conversation
