package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

func compareIDs(a, b chat.RoomID) int { return cmp.Compare(a, b) }

// watched is a reader that ends with ctx and tells how far it has come.
type watched struct {
	ctx      context.Context
	from     io.Reader
	progress Progress
	step     locale.Text

	done, total int64
}

func (w *watched) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.from.Read(b)
	w.done += int64(n)
	w.progress(w.step, w.done, w.total)
	return n, err
}

// watch makes a watched reader of an open file. What is no regular file has a total that is not known.
func watch(ctx context.Context, f *os.File, progress Progress, step locale.Text) *watched {
	w := &watched{ctx: ctx, from: f, progress: progress, step: step}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		w.total = info.Size()
	}
	return w
}

// hashFile returns a file's SHA-256 and size.
func hashFile(ctx context.Context, path string, progress Progress) (sum chat.Hash, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, watch(ctx, f, progress, stepHash)); err != nil {
		return sum, 0, fmt.Errorf("read %s: %w", path, err)
	}
	return chat.Hash(hash.Sum(nil)), size, nil
}

// sumPath is where a backup's checksum stands, as sha256sum writes it.
func sumPath(file string) string { return file + ".sha256" }

// compareSum compares a backup's checksum with the one beside it, if that is there. Otherwise it
// returns the name of the missing file.
func compareSum(file string, sum chat.Hash) (missing string, err error) {
	content, err := os.ReadFile(sumPath(file))
	if errors.Is(err, fs.ErrNotExist) {
		return sumPath(file), nil
	}
	if err != nil {
		return "", err
	}
	written, _, _ := strings.Cut(string(content), " ")
	if written != sum.String() {
		return "", locale.Errorf(locale.Text{
			EN: "the checksum of %s is %v, but %s records another: the file was changed or " +
				"cut short; use another backup",
			ZH: "%s 的校验和为 %v，与 %s 不符：文件被修改或不完整，请改用其他备份",
		}, file, sum, sumPath(file))
	}
	return "", nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// IsExport reports whether a file begins as an export does.
func IsExport(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	begins := make([]byte, len(exportBegins))
	_, err = io.ReadFull(f, begins)
	return err == nil && string(begins) == exportBegins
}

const exportBegins = `{"type":"export",`

// unusable says what to do about a file that was named as a backup and is none.
func unusable(file string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return locale.Errorf(locale.Text{EN: "no such file: %s", ZH: "文件 %s 不存在：请指定已有的文件"}, file)
	case isDirectory(file):
		return locale.Errorf(locale.Text{
			EN: "%s is a directory, not a backup: name the file that parley backup wrote; " +
				"a data directory is named with --data",
			ZH: "%s 是目录，不是备份：请指定 parley backup 写出的文件；数据目录要用 --data 指定",
		}, file)
	case IsExport(file):
		return locale.Errorf(locale.Text{
			EN: "%s is an export, not a backup: use parley import --data NEW %[1]s",
			ZH: "%s 是导出文件，不是备份：请用 parley import --data 新目录 %[1]s",
		}, file)
	case errors.Is(err, store.ErrForeign):
		return locale.Errorf(locale.Text{
			EN: "%s is not a backup made by Parley, or was changed: use another backup (%v)",
			ZH: "%s 不是 Parley 生成的备份，或已被修改：请改用其他备份（%v）",
		}, file, foreign(err))
	}
	text := locale.Text{
		EN: "cannot read the backup %s: %v; use another backup",
		ZH: "无法将 %s 作为备份读取，请改用其他备份：%v",
	}
	if errors.Is(err, store.ErrDamaged) {
		text.ZH = "备份 %s 已损坏，请改用其他备份（%v）"
	}
	return locale.Errorf(text, file, err)
}

// foreign returns what is wrong with a file that is not a database of Parley: the rest of the error
// says that it is not, and repeats the path.
func foreign(err error) error {
	_, why, _ := strings.Cut(err.Error(), store.ErrForeign.Error())
	why = strings.TrimPrefix(why, ": ")
	if inner, ok := strings.CutPrefix(why, " ("); ok {
		why = strings.TrimSuffix(inner, ")")
	}
	if strings.HasSuffix(why, notSQLite) {
		return locale.Errorf(locale.Text{
			EN: "it is not an SQLite file", ZH: "它不是 SQLite 文件",
		})
	}
	return errors.New(why)
}

// notSQLite is how SQLite words SQLITE_NOTADB.
const notSQLite = "file is not a database"

// writeFile makes a new file that is on the disk when it returns. After an error it is not there, unless it was before.
func writeFile(path string, from io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFile brings a file that others wrote to the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// publish gives a file its name, unless something has it.
func publish(partial, file string) error {
	err := os.Link(partial, file) // which, unlike renaming, never replaces
	if err == nil {
		return os.Remove(partial)
	}
	if err := mustNotExist(file); err != nil {
		return err
	}
	return os.Rename(partial, file) // a file system without links, as on many USB sticks
}

func mustNotExist(path string) error {
	if isDirectory(path) {
		return locale.Errorf(locale.Text{
			EN: "%s is a directory: name a new file, such as %s",
			ZH: "%s 是目录：请指定一个新文件，例如 %s",
		}, path, filepath.Join(path, "parley-backup.db"))
	}
	if _, err := os.Lstat(path); err == nil {
		return locale.Errorf(locale.Text{
			EN: "%s already exists: choose another name",
			ZH: "%s 已存在，不会被覆盖：请换一个文件名",
		}, path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// fill makes the database of an empty data directory. build makes it in a directory inside; when that is done, whole and
// checked, the database gets its place. After an error nothing of it is left.
func fill(dir string, build func(partial string) (*Report, error)) (report *Report, err error) {
	partial, err := os.MkdirTemp(dir, "partial-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }()
	if report, err = build(partial); err != nil {
		return nil, err
	}
	from, to := filepath.Join(partial, store.FileName), filepath.Join(dir, store.FileName)
	// A disk that is full at the last checkpoint leaves it undone, which SQLite does not report.
	if wal, err := os.Stat(from + "-wal"); err == nil && wal.Size() > 0 {
		return nil, locale.Errorf(locale.Text{
			EN: "not enough space in %s to finish the database: free some, or choose another " +
				"directory",
			ZH: "%s 空间不足，数据库没有写完：请腾出空间或换一个位置",
		}, dir)
	}
	if err := syncFile(from); err != nil {
		return nil, err
	}
	if err := publish(from, to); err != nil {
		return nil, err
	}
	if err := store.SyncDir(dir); err != nil {
		return nil, errors.Join(err, os.Remove(to))
	}
	return report, nil
}

// sound makes an error of what is wrong with a database.
func (r *Report) sound() error { return errors.Join(r.Problems...) }
