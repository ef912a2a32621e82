// Package ledger is the contract of the one ordered log: every command of the chat room gets its place and its time there,
// the same for everyone who reads it.
//
// It knows nothing of what commands mean, of members, of storage.
//
// Its laws, which every implementation passes as package ledgertest tells them:
//   - Append returning nil means 'will appear in the stream', never 'is durable'.
//   - What one caller appends one after the other appears in that order. Places grow; times never go back.
//   - The stream may repeat a Record, with its Place or with a later one; its Origin tells.
//   - All readers of a log read the same Records at the same Places, with the same times.
//   - After Close nothing more is taken; what was taken is still read, then Next returns io.EOF.
package ledger

import (
	"context"

	"parley/chat"
)

// Ledger is one ordered log. Append may be called by any goroutine, Next by one.
type Ledger interface {
	// Append takes a command for the stream. It never waits: where there is no room it refuses with chat.Busy, after Close with
	// chat.ShuttingDown.
	Append(origin chat.Origin, command chat.Command) error

	// Next waits until at least one Record is there and returns those that are, at most max, in order. It returns io.EOF when
	// the log was closed and everything was read, ctx's error when that is done first, and any other error when the log cannot
	// be read any more. The slice is the caller's.
	Next(ctx context.Context, max int) ([]chat.Record, error)

	// Tip returns the place of the newest Record that the log has now; what is read up to there was
	// in it before. It returns ctx's error when that is done first.
	Tip(ctx context.Context) (chat.Place, error)

	// Shared says whether other nodes append to the log and read it, too.
	Shared() bool

	// Close takes nothing more from now on. It does not wait for the reader, and may be called more than once.
	Close()

	// Len returns how many commands were taken and not read yet, and Cap how many there is room for.
	Len() int
	Cap() int
}
