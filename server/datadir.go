package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"parley/locale"
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

// ErrNotRunning is returned by FindHolder when nobody serves the directory.
var ErrNotRunning = locale.Errorf(locale.Text{
	EN: "no parley server runs on this data directory",
	ZH: "该数据目录上没有运行中的 Parley 服务器",
})

// FindHolder returns who serves a data directory now. While it is only being filled, the error says so.
func FindHolder(dir string) (Holder, error) {
	lock := flock.New(filepath.Join(dir, lockedName), flock.SetFlag(os.O_RDWR)) // never makes the file
	free, err := lock.TryLock()
	if free {
		return Holder{}, errors.Join(ErrNotRunning, lock.Unlock())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Holder{}, ErrNotRunning
	}
	if err != nil {
		return Holder{}, fmt.Errorf("look who serves %s: %w", dir, err)
	}
	return readHolder(dir)
}

func readHolder(dir string) (Holder, error) {
	path := filepath.Join(dir, lockName)
	content, err := os.ReadFile(path)
	if err != nil {
		return Holder{}, fmt.Errorf("read %s: %w", path, err)
	}
	var h Holder
	if err := json.Unmarshal(content, &h); err != nil {
		return Holder{}, locale.Errorf(locale.Text{
			EN: "a server is starting on this data directory (%s is not complete yet)",
			ZH: "该数据目录上的服务器正在启动（%s 尚不完整）",
		}, path)
	}
	if h.Filling {
		return h, locale.Errorf(locale.Text{
			EN: "a restore or an import (process %d) is filling the data directory %s: wait until it is done",
			ZH: "恢复或导入（进程 %d）正在写入数据目录 %s：请等待其完成",
		}, h.PID, dir)
	}
	return h, nil
}

// dataDir is the data directory of a running server, locked.
type dataDir struct {
	path string
	lock *flock.Flock
}

// openDataDir makes the directory if need be and locks it. The error names who holds it.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, locale.Errorf(locale.Text{EN: "make the data directory: %v", ZH: "无法创建数据目录：%v"}, err)
	}
	lock := flock.New(filepath.Join(path, lockedName), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, locale.Errorf(locale.Text{EN: "lock the data directory %s: %v", ZH: "无法锁定数据目录 %s：%v"}, path, err)
	}
	if !locked {
		holder, err := readHolder(path)
		if err != nil {
			return nil, err
		}
		return nil, locale.Errorf(locale.Text{
			EN: "another server (process %d) uses the data directory %s: stop it, or choose another directory with --data",
			ZH: "另一个服务器（进程 %d）正在使用数据目录 %s：请先停止它，或用 --data 指定其他目录",
		}, holder.PID, path)
	}
	if !inPlace(lock) { // removed by an Abandon between being opened and being locked
		return nil, errors.Join(locale.Errorf(locale.Text{
			EN: "the data directory %s was just being filled: try again", ZH: "数据目录 %s 刚才正在被写入：请重试",
		}, path), lock.Unlock())
	}
	_ = os.Truncate(filepath.Join(path, lockName), 0) // what the last holder wrote is not about this one
	return &dataDir{path: path, lock: lock}, nil
}

// inPlace says whether a lock's file is the one that others find by its name.
func inPlace(lock *flock.Flock) bool {
	ours, err := lock.Stat()
	there, thereErr := os.Stat(lock.Path())
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

// sign writes who serves the directory into the lock file.
func (d *dataDir) sign(h Holder) error {
	content, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.path, lockName), append(content, '\n'), 0o600); err != nil {
		return fmt.Errorf("sign the lock file: %w", err)
	}
	return nil
}

// close unlocks the directory. The lock file stays: removing it would let two servers hold two of that name.
func (d *dataDir) close() error { return d.lock.Unlock() }
