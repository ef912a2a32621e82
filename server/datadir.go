package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"parley/certificate"
	"parley/locale"
	"parley/store"
)

const (
	lockName   = "parley.lock" // says who serves the directory
	socketName = "parley.sock"
)

// socketPathMax is the longest path a Unix socket can have everywhere: macOS keeps 104 bytes with the NUL.
const socketPathMax = 103

// Holder is who serves a data directory.
type Holder struct {
	PID    int    `json:"pid"`
	Socket string `json:"socket"` // the control socket

	Filling bool `json:"filling,omitempty"` // no server: a restore or an import, which has no socket
}

// Client returns a client for the control socket.
func (h Holder) Client() *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", h.Socket)
	}
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial}}
}

// ErrNotRunning is returned by FindHolder when nobody serves the directory.
var ErrNotRunning = locale.Errorf(locale.Text{
	EN: "no Parley server is running on this data directory",
	ZH: "没有正在使用该数据目录的 Parley 服务器",
})

// FindHolder returns who serves a data directory now. While it is only being filled, the error says so.
func FindHolder(dir string) (Holder, error) {
	lock, locked, err := tryLock(dir, os.O_RDWR) // never makes the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Holder{}, ErrNotRunning
	case err != nil:
		return Holder{}, NameOwner(dir, cannotTell(dir, err))
	case locked:
		return Holder{}, errors.Join(ErrNotRunning, lock.Unlock())
	}
	return readHolder(dir)
}

// cannotTell returns an error that says why it is not known who serves a data directory. An error that
// already says what to do stays as it is.
func cannotTell(dir string, err error) error {
	var worded *locale.Error
	if errors.As(err, &worded) {
		return err
	}
	return locale.Errorf(locale.Text{
		EN: "cannot tell whether a server runs on the data directory %s: %v",
		ZH: "无法判断是否有服务器在使用数据目录 %s：%v",
	}, dir, err)
}

// tryLock opens the locked file of a data directory and locks it, if nobody else has. A link is
// not followed: it would have another file locked, or overwritten.
func tryLock(dir string, flags int) (lock *flock.Flock, locked bool, err error) {
	path := filepath.Join(dir, lockedName)
	for _, path := range []string{path, filepath.Join(dir, lockName)} { // the same, but on Windows
		if err := mustBeFile(path); err != nil {
			return nil, false, err
		}
	}
	lock = flock.New(path, flock.SetFlag(flags|noFollow), flock.SetPermissions(0o600))
	locked, err = lock.TryLock()
	return lock, locked, err
}

// mustBeFile returns an error if something other than a file is at a path.
func mustBeFile(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return locale.Errorf(locale.Text{
			EN: "%s is not a file but a link, a directory or a device: move it away",
			ZH: "%s 不是文件，而是链接、目录或设备：请将其移走",
		}, path)
	}
	return nil
}

func readHolder(dir string) (Holder, error) {
	path := filepath.Join(dir, lockName)
	content, err := os.ReadFile(path)
	if err != nil {
		return Holder{}, locale.Errorf(locale.Text{
			EN: "cannot read the lock file: %v",
			ZH: "无法读取锁文件：%v",
		}, err)
	}
	var h Holder
	if err := json.Unmarshal(content, &h); err != nil {
		return Holder{}, locale.Errorf(locale.Text{
			EN: "a server is starting on this data directory (%s is not complete yet): try again",
			ZH: "使用该数据目录的服务器正在启动（%s 尚不完整）：请重试",
		}, path)
	}
	if h.Filling {
		return h, locale.Errorf(locale.Text{
			EN: "a restore or an import (process %d) is filling the data directory %s: wait until it has finished",
			ZH: "恢复或导入（进程 %d）正在写入数据目录 %s：请等待其完成",
		}, h.PID, dir)
	}
	return h, nil
}

// MissingDatabase returns an error if a data directory has no database although it should have one:
// a server ran there, or a restore or an import was cut short. The lock file says so.
func MissingDatabase(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, store.FileName)); !errors.Is(err, fs.ErrNotExist) {
		return nil // whether it can be used, the store says
	}
	former, _ := readHolder(dir) // an error is that nobody signed it, or that it was being filled
	switch {
	case former.Filling:
		return locale.Errorf(locale.Text{
			EN: "a restore or an import into the data directory %[1]s was interrupted " +
				"and left it incomplete: remove the directory (rm -r %[1]s) and restore again",
			ZH: "数据目录 %[1]s 的恢复或导入曾被中断，其中的数据不完整：" +
				"请删除该目录（rm -r %[1]s），然后重新恢复",
		}, dir)
	case former.PID != 0:
		return locale.Errorf(locale.Text{
			EN: "%[2]s is missing from the data directory %[1]s, where a server ran before: %[3]v. %[4]v",
			ZH: "数据目录 %[1]s 曾被服务器使用，但其中缺少 %[2]s：%[3]v。%[4]v",
		}, dir, store.FileName, backToHistory(dir), awayFromHistory(dir))
	}
	return nil
}

// dataDir is the data directory of a running server, locked. One goroutine at a time.
type dataDir struct {
	path   string
	lock   *flock.Flock
	holder Holder // the content that the lock file should have

	made []string // the directories that this start made, the deepest first, if nothing is in them
}

// openDataDir makes the directory if need be and locks it. It returns an error if another process
// holds the directory or if the database is missing from it, and then changes nothing.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "cannot create the data directory: %v; choose another one with --data",
			ZH: "无法创建数据目录：%v；请用 --data 指定其他目录",
		}, err)
	}
	if err := rootElsewhere(path); err != nil {
		return nil, err
	}
	lock, err := lockDir(path)
	if err != nil {
		return nil, err
	}
	if err := MissingDatabase(path); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	d := &dataDir{path: path, lock: lock}
	if err := d.write(nil); err != nil { // the last holder's signature
		return nil, errors.Join(err, lock.Unlock())
	}
	return d, nil
}

// rootElsewhere refuses root in the directory of another user, whose server could not use the files
// that root makes. It allows file systems that show one owner for all files.
func rootElsewhere(dir string) error {
	owner := otherOwner(dir)
	if owner == "" || os.Geteuid() != 0 {
		return nil
	}
	probe, err := os.CreateTemp(dir, "owner-*")
	if err != nil {
		return nil // what follows says why nothing can be written
	}
	made := otherOwner(probe.Name())
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return err
	}
	if made == owner {
		return nil
	}
	as := "runuser -u " + owner + " -- parley …"
	if id, unnamed := strings.CutPrefix(owner, "#"); unnamed {
		as = "setpriv --reuid " + id + " --clear-groups parley …"
	}
	return locale.Errorf(locale.Text{
		EN: "the data directory %s belongs to %s: run the command as that user (%s)",
		ZH: "数据目录 %s 属于 %s：请以该用户身份运行（%s）",
	}, dir, owner, as)
}

// heldError says that another process has locked a data directory.
type heldError struct{ error }

func (e heldError) Unwrap() error { return e.error }

// lockDir locks a data directory. A heldError names who has locked it.
func lockDir(path string) (*flock.Flock, error) {
	lock, locked, err := tryLock(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		locking := locale.Text{EN: "cannot lock the data directory %s: %v", ZH: "无法锁定数据目录 %s：%v"}
		return nil, nameOwner(path, true, locale.Errorf(locking, path, err))
	}
	if !locked {
		holder, err := readHolder(path)
		if err != nil {
			return nil, heldError{err}
		}
		return nil, heldError{locale.Errorf(locale.Text{
			EN: "another server (process %d) uses the data directory %s: stop that server, " +
				"or choose another directory with --data",
			ZH: "另一个服务器（进程 %d）正在使用数据目录 %s：请先停止它，或用 --data 指定其他目录",
		}, holder.PID, path)}
	}
	if !inPlace(lock) { // removed by an Abandon between being opened and being locked
		return nil, errors.Join(locale.Errorf(locale.Text{
			EN: "the data directory %s was being filled a moment ago: try again",
			ZH: "刚才有其他进程在写入数据目录 %s：请重试",
		}, path), lock.Unlock())
	}
	return lock, nil
}

// inPlace says whether a lock's file is the one that others find by its name.
func inPlace(lock *flock.Flock) bool {
	ours, err := lock.Stat()
	there, thereErr := os.Lstat(lock.Path())
	return err == nil && thereErr == nil && os.SameFile(ours, there)
}

// socket returns where the control socket is to be: in the directory or, where that path is too long for a socket, in the
// user's runtime directory under a name made of it.
func (d *dataDir) socket() (string, error) {
	full, err := filepath.Abs(d.path) // others read it from elsewhere
	if err != nil {
		return "", err
	}
	inside := filepath.Join(full, socketName)
	if len(inside) <= socketPathMax {
		return inside, nil
	}
	runtime := os.Getenv("XDG_RUNTIME_DIR")
	if runtime == "" {
		runtime = os.TempDir()
	}
	sum := sha256.Sum256([]byte(full))
	return filepath.Join(runtime, "parley-"+hex.EncodeToString(sum[:8])+".sock"), nil
}

// sign writes a Holder into the lock file.
func (d *dataDir) sign(h Holder) error {
	d.holder = h
	content, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return d.write(append(content, '\n'))
}

var cannotSign = locale.Text{EN: "cannot write the lock file: %v", ZH: "无法写入锁文件：%v"}

// write replaces the lock file's content. It does not touch a file that came in its place.
func (d *dataDir) write(content []byte) error {
	path := filepath.Join(d.path, lockName)
	if err := mustBeFile(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|signFlags|noFollow, 0o600)
	if err != nil {
		return locale.Errorf(cannotSign, err)
	}
	if !inPlace(d.lock) {
		err = fmt.Errorf("%s was replaced", d.lock.Path())
	} else {
		_, writeErr := f.Write(content)
		err = errors.Join(f.Truncate(int64(len(content))), writeErr)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return locale.Errorf(cannotSign, err)
	}
	return nil
}

// keep makes the lock file anew if the locked one was removed or replaced, and says whether it did.
// It signs a file with any other content again: on a full disk, a new file stays empty at first.
// It returns a heldError if another process has locked the directory in the meantime.
func (d *dataDir) keep() (renewed bool, err error) {
	if !inPlace(d.lock) {
		lock, err := lockDir(d.path)
		if err != nil {
			return false, err
		}
		former := d.lock
		d.lock, renewed = lock, true
		if err := former.Unlock(); err != nil {
			return renewed, err
		}
	}
	if h, err := readHolder(d.path); err != nil || h != d.holder {
		return renewed, d.sign(d.holder)
	}
	return renewed, nil
}

// close unlocks the directory. The lock file stays: removing it would let two servers hold two of that name.
func (d *dataDir) close() error { return d.lock.Unlock() }

// adopt notes which directories this start made, so that undo can remove them. It notes none if
// another process has put something into the data directory since.
func (d *dataDir) adopt(made []string) {
	if len(made) > 0 && mustBeEmpty(d.path, lockName, lockedName) == nil {
		d.made = made
	}
}

// undo closes the directory of a start that failed before it stored anything. It removes what this
// start made, and leaves a directory that was there before.
func (d *dataDir) undo() error {
	if len(d.made) == 0 {
		return d.close()
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(d.path, store.FileName+suffix))
	}
	// While the lock is held: afterwards, another start may have made files of these names.
	for _, name := range []string{
		certificate.CertName, certificate.KeyName, lockName, lockedName,
	} {
		_ = os.Remove(filepath.Join(d.path, name)) // Windows removes nothing that is open
	}
	err := d.close()
	removeEmpty(d.made)
	return err
}
