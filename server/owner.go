package server

import (
	"errors"
	"io/fs"
	"path/filepath"

	"parley/locale"
)

// NameOwner returns an error that names the owner of a data directory if err says that something in it
// is not permitted and the directory belongs to another user. It returns any other err as it is.
func NameOwner(dir string, err error) error {
	var denied *fs.PathError
	if !errors.As(err, &denied) || !errors.Is(denied, fs.ErrPermission) || filepath.Dir(denied.Path) != filepath.Clean(dir) {
		return err
	}
	owner := otherOwner(dir)
	if owner == "" {
		return err
	}
	return locale.Errorf(locale.Text{
		EN: "the data directory %s belongs to %s: run the command as that user (sudo -u %[2]s parley …)",
		ZH: "数据目录 %s 属于 %s：请以该用户身份执行（sudo -u %[2]s parley …）",
	}, dir, owner)
}
