package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

// Restore puts a backup into a data directory that is empty, which the caller holds. What it restores is checked as VerifyFile
// does and gets a new epoch (see store.Store.Epoch). After an error the directory is as it was.
func Restore(ctx context.Context, file, dir string, progress Progress) (*Report, error) {
	r, err := store.OpenFile(ctx, file) // no other file is copied
	if err != nil {
		return nil, unusable(file, err)
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return fill(dir, func(partial string) (*Report, error) {
		path := filepath.Join(partial, store.FileName)
		missing, err := copySummed(ctx, file, path, progress)
		if err != nil {
			return nil, err
		}
		if _, err := checkSound(ctx, path, file, progress); err != nil {
			return nil, err
		}
		if err := renew(partial); err != nil {
			return nil, err
		}
		report, err := checkSound(ctx, path, file, progress) // what opening it made of it
		if err == nil {
			report.Unsummed = missing
		}
		return report, err
	})
}

// checkSound checks a copy of a backup.
func checkSound(ctx context.Context, path, backup string, progress Progress) (*Report, error) {
	report, err := checkFile(ctx, path, progress)
	if err != nil {
		return nil, err
	}
	if err := report.sound(); err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "the backup %s is damaged; use another backup:\n%v",
			ZH: "备份 %s 有问题，请改用其他备份：\n%v",
		}, backup, err)
	}
	return report, nil
}

// copySummed copies a backup and compares what it copied with FILE.sha256, whose name it returns if
// that is missing.
func copySummed(
	ctx context.Context, file, to string, progress Progress,
) (missing string, err error) {
	from, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer from.Close()
	hash := sha256.New()
	if err := writeFile(to, io.TeeReader(watch(ctx, from, progress, stepCopy), hash)); err != nil {
		return "", fmt.Errorf("copy %s: %w", file, err)
	}
	return compareSum(file, chat.Hash(hash.Sum(nil)))
}

// renew brings a database to the newest format and gives it a new epoch.
func renew(dir string) error {
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Renew(), s.Close())
}
