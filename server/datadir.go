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
}

// ErrNotRunning is returned by FindHolder when nobody serves the directory.
var ErrNotRunning = errors.New("no parley server runs on this data directory")

// FindHolder returns who serves a data directory now.
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
		return Holder{}, fmt.Errorf("a server is starting on this data directory (%s is not complete yet)", path)
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
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock := flock.New(filepath.Join(path, lockedName), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data directory %s: %w", path, err)
	}
	if !locked {
		who := "another server"
		if h, err := readHolder(path); err == nil {
			who = fmt.Sprintf("another server (process %d)", h.PID)
		}
		return nil, fmt.Errorf("%s uses the data directory %s: stop it, or choose another directory with --data", who, path)
	}
	return &dataDir{path: path, lock: lock}, nil
}

// socket returns where the control socket is to be: in the directory or, where that path is too long for a socket, in the
// user's runtime directory under a name made of it.
func (d *dataDir) socket() (string, error) {
	inside := filepath.Join(d.path, socketName)
	if len(inside) <= socketPathMax {
		return inside, nil
	}
	full, err := filepath.Abs(d.path)
	if err != nil {
		return "", err
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
