package archive

import (
	"context"
	"errors"
	"os"
	"time"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

// An import is committed in batches of so many messages or bytes.
const (
	batchMessages = 5000
	batchBytes    = 4 << 20
)

// Import makes the database of a data directory, which is empty and which the caller holds, of an export. Every line is
// checked, and then the whole as VerifyData does. now is the time: what says that it comes from later is refused. After an error
// the directory is as it was.
func Import(ctx context.Context, from *os.File, dir string, now time.Time, progress Progress) (*Report, error) {
	return fill(dir, func(partial string) (*Report, error) {
		s, err := store.Open(partial, store.Options{})
		if err != nil {
			return nil, err
		}
		b := &batch{store: s}
		end, err := decode(watch(ctx, from, progress, stepImport), now, b.know, b.say)
		if err == nil {
			err = b.commit(end)
		}
		if err := errors.Join(err, s.Close()); err != nil {
			return nil, err
		}
		report, err := VerifyData(ctx, partial, progress)
		if err == nil {
			err = report.sound()
		}
		return report, err
	})
}

// batch gathers what is stored in one transaction.
type batch struct {
	store *store.Store
	chat.Result
	bytes int
}

func (b *batch) know(entities []chat.Change) error {
	b.Changes = entities
	return nil
}

func (b *batch) say(m chat.Message) error {
	b.Messages = append(b.Messages, m)
	b.bytes += len(m.Text)
	if len(b.Messages) < batchMessages && b.bytes < batchBytes {
		return nil
	}
	return b.commit(chat.Progress{Time: m.Time})
}

func (b *batch) commit(progress chat.Progress) error {
	err := b.store.Commit([]chat.Result{b.Result}, progress)
	b.Result, b.bytes = chat.Result{Messages: b.Messages[:0]}, 0
	if errors.Is(err, store.ErrFull) {
		return locale.Errorf(locale.Text{
			EN: "not enough space for the import: free some, or choose another directory (%v)",
			ZH: "空间不足，无法导入：请腾出空间或换一个位置（%v）",
		}, err)
	}
	return err
}
