package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"parley/archive"
)

// lastBackupName is where a data directory says when it was last backed up, and where to.
const lastBackupName = "last-backup.json"

// NoteBackup lets LastBackup find a backup.
func NoteBackup(dir string, b archive.Backup) error {
	content, err := json.Marshal(b)
	if err != nil {
		return err
	}
	partial, err := os.CreateTemp(dir, lastBackupName+".partial-*")
	if err != nil {
		return err
	}
	_, err = partial.Write(append(content, '\n'))
	err = errors.Join(err, partial.Chmod(0o644), partial.Sync(), partial.Close()) // root backs up, the server's user reads
	if err == nil {
		err = os.Rename(partial.Name(), filepath.Join(dir, lastBackupName))
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return nil
}

// LastBackup returns the newest backup that was made of a data directory on this machine; the error is fs.ErrNotExist if there
// was none. Whether its file still is there it does not look.
func LastBackup(dir string) (archive.Backup, error) {
	path := filepath.Join(dir, lastBackupName)
	content, err := os.ReadFile(path)
	if err != nil {
		return archive.Backup{}, err
	}
	var b archive.Backup
	if err := json.Unmarshal(content, &b); err != nil {
		return archive.Backup{}, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}
