package doctor

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"parley/locale"
)

const (
	// probeName is how the name of the file begins that is written to see how fast the disk is.
	probeName = ".parley-doctor-"

	probeWrites = 50
	probeBytes  = 4 << 10 // a page of the database

	// probeTime ends the writing on a disk that is slower than anybody could bear.
	probeTime = 3 * time.Second

	speedGood = 5 * time.Millisecond
	speedBad  = 50 * time.Millisecond
)

func checkSpeed(ctx context.Context, e *Examination) []Finding {
	if e.directory().isBarred() {
		return seeDirectory()
	}
	dir := nearest(e.Config.Data)
	took, err := measure(ctx, dir)
	return judgeSpeed(dir, took, err)
}

// measure tells how long each of some appends took until it was on the disk. The file is gone when it returns.
func measure(ctx context.Context, dir string) (took []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	file, err := os.CreateTemp(dir, probeName+"*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	page := make([]byte, probeBytes)
	for range probeWrites {
		if len(took) > 0 && ctx.Err() != nil {
			break
		}
		begin := time.Now()
		if _, err := file.Write(page); err != nil {
			return took, err
		}
		if err := file.Sync(); err != nil {
			return took, err
		}
		took = append(took, time.Since(begin))
	}
	return took, nil
}

func judgeSpeed(dir string, took []time.Duration, err error) []Finding {
	if err != nil {
		return []Finding{broken(locale.Text{
			EN: "cannot write in %s: %v",
			ZH: "无法在 %s 中写入：%v",
		}, dir, cause(err)).
			cure(paste("ls -ld %s; df -h %s; findmnt -T %s"), quote(dir), quote(dir), quote(dir))}
	}
	slices.Sort(took)
	middle, longest := took[len(took)/2], took[len(took)-1]
	round := time.Microsecond * 10
	facts := []any{middle.Round(round), longest.Round(round)}
	faster := locale.Text{
		EN: "parley serve --data /mnt/ssd/parley  # a directory on an SSD, with nothing else busy on it",
		ZH: "parley serve --data /mnt/ssd/parley  # 放在空闲的固态硬盘上",
	}
	switch {
	case middle >= speedBad:
		return []Finding{broken(locale.Text{
			EN: "an fsync takes %v, the longest %v: every message waits for one",
			ZH: "fsync 通常耗时 %v，最长 %v：每条消息都要等一次",
		}, facts...).cure(faster)}
	case middle >= speedGood:
		return []Finding{warning(locale.Text{
			EN: "an fsync takes %v, the longest %v: every message waits for one",
			ZH: "fsync 通常耗时 %v，最长 %v：每条消息都要等一次",
		}, facts...).cure(faster)}
	}
	return []Finding{ok(locale.Text{
		EN: "an fsync takes %v, the longest %v",
		ZH: "fsync 通常耗时 %v，最长 %v",
	}, facts...)}
}
