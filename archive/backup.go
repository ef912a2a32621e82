package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/locale"
	"parley/store"
)

// Backup is a copy that was made of a data directory, as last-backup.json tells it.
type Backup struct {
	Time   time.Time `json:"time"` // when it was complete, UTC
	File   string    `json:"file"` // absolute
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"` // hexadecimal
}

// MakeBackup copies the database of a data directory, as it is at one moment, into a file that opens by itself, with FILE.sha256
// beside it. The copy is checked as VerifyFile does. Neither file may exist; after an error neither does.
func MakeBackup(ctx context.Context, dir, file string, progress Progress) (Backup, *Report, error) {
	full, err := filepath.Abs(file)
	if err != nil {
		return Backup{}, nil, err
	}
	if err := cmp.Or(mustNotExist(file), mustNotExist(sumPath(file))); err != nil {
		return Backup{}, nil, err
	}
	partial, err := os.CreateTemp(filepath.Dir(full), filepath.Base(full)+".partial-*") // for nobody else to read
	if errors.Is(err, fs.ErrNotExist) {
		return Backup{}, nil, locale.Errorf(locale.Text{
			EN: "no such directory: %s; create it first",
			ZH: "目录 %s 不存在：请先创建",
		}, filepath.Dir(full))
	}
	if err != nil {
		return Backup{}, nil, err
	}
	defer os.Remove(partial.Name() + "-journal")
	defer os.Remove(partial.Name())
	if err := partial.Close(); err != nil {
		return Backup{}, nil, err
	}
	report, err := copyChecked(ctx, dir, partial.Name(), progress)
	if err != nil {
		return Backup{}, nil, err
	}
	sum, size, err := hashFile(ctx, partial.Name(), progress)
	if err != nil {
		return Backup{}, nil, err
	}
	if err := publish(partial.Name(), full); err != nil {
		return Backup{}, nil, err
	}
	line := fmt.Sprintf("%v  %s\n", sum, filepath.Base(full))
	if err := writeFile(sumPath(full), strings.NewReader(line)); err != nil { // what is there under its name is another's
		return Backup{}, nil, errors.Join(err, os.Remove(full))
	}
	if err := store.SyncDir(filepath.Dir(full)); err != nil {
		return Backup{}, nil, errors.Join(err, os.Remove(full), os.Remove(sumPath(full)))
	}
	return Backup{Time: time.Now().UTC().Truncate(time.Second), File: full, Bytes: size, SHA256: sum.String()}, report, nil
}

// copyChecked makes the copy, on the disk, and looks whether it is sound and not older than the database.
func copyChecked(ctx context.Context, dir, partial string, progress Progress) (*Report, error) {
	r, err := openData(ctx, dir)
	if err != nil {
		return nil, err
	}
	before, err := r.Progress()
	size, sizeErr := r.Size()
	if err := errors.Join(err, sizeErr, r.Close()); err != nil {
		return nil, err
	}
	if err := copyWatched(ctx, dir, partial, size, progress); errors.Is(err, store.ErrFull) {
		return nil, locale.Errorf(locale.Text{
			EN: "not enough space for the backup in %s: free about %d MiB, or choose another " +
				"directory (%v)",
			ZH: "%s 空间不足，无法备份：请腾出约 %d MiB，或换一个位置（%v）",
		}, filepath.Dir(partial), size>>20+1, err)
	} else if err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "cannot write the backup in %s: %v; check that disk, or choose another directory",
			ZH: "无法在 %s 写入备份，请检查该磁盘或换一个位置：%v",
		}, filepath.Dir(partial), err)
	}
	if err := syncFile(partial); err != nil {
		return nil, err
	}
	report, err := checkFile(ctx, partial, progress)
	if err != nil {
		return nil, err
	}
	if report.Place < before.Place {
		report.problem(locale.Text{EN: "the copy is older than the database", ZH: "副本比数据库旧"})
	}
	if err := report.sound(); err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "no backup was made, because the copy is damaged; run parley verify, and " +
				"keep the last good backup:\n%v",
			ZH: "副本有问题，未生成备份；请运行 parley verify，并保留上一个完好的备份：\n%v",
		}, err)
	}
	return report, nil
}

// watchEvery is how often a copy that grows is looked at.
const watchEvery = 200 * time.Millisecond

// copyWatched copies while it tells how much of the copy is there.
func copyWatched(ctx context.Context, dir, partial string, size int64, progress Progress) error {
	copied := make(chan error, 1)
	go func() { copied <- store.Copy(ctx, dir, partial) }()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-copied:
			return err
		case <-tick.C:
			if info, err := os.Stat(partial); err == nil {
				progress(stepCopy, info.Size(), size)
			}
		}
	}
}
