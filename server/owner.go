package server

import (
	"errors"
	"io/fs"
	"path/filepath"

	"parley/locale"
)

// NameOwner returns an error that names the owner of a data directory if err says that something in it
// is not permitted and the directory belongs to another user. It returns any other err as it is.
func NameOwner(dir string, err error) error { return nameOwner(dir, false, err) }

// nameOwner is NameOwner. To read and to steer, root is enough; a command that makes files has to run
// as the owner.
func nameOwner(dir string, makesFiles bool, err error) error {
	var denied *fs.PathError
	if !errors.As(err, &denied) || !errors.Is(denied, fs.ErrPermission) || filepath.Dir(denied.Path) != filepath.Clean(dir) {
		return err
	}
	owner := otherOwner(dir)
	if owner == "" {
		return err
	}
	helps := "sudo parley …"
	if makesFiles && owner != "root" {
		helps = "sudo -u " + owner + " parley …"
	}
	return locale.Errorf(locale.Text{
		EN: "the data directory %s belongs to %s: run the command with sudo (%s)",
		ZH: "数据目录 %s 属于 %s：请用 sudo 执行该命令（%s）",
	}, dir, owner, helps)
}
