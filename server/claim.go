package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"parley/locale"
)

// Claim is a data directory that nothing is in yet, held to be filled. No server starts in it meanwhile.
type Claim struct {
	dir  *dataDir
	made []string // the directories that were not there, the deepest first
}

// ClaimEmpty holds a data directory that is empty, or makes it. Any other is refused untouched.
func ClaimEmpty(path string) (*Claim, error) {
	if holder, err := FindHolder(path); holder.Filling {
		return nil, err
	} else if err == nil {
		return nil, locale.Errorf(locale.Text{
			EN: "a server (process %d) uses the data directory %s: " +
				"choose an empty directory with --data",
			ZH: "服务器（进程 %d）正在使用数据目录 %s：请用 --data 指定一个空目录",
		}, holder.PID, path)
	}
	if err := MissingDatabase(path); err != nil { // of a restore that was cut short, say
		return nil, err
	}
	made := absent(path)
	if len(made) == 0 {
		if err := mustBeEmpty(path); err != nil {
			return nil, err
		}
	}
	dir, err := openDataDir(path)
	if err != nil {
		removeEmpty(made)
		return nil, err
	}
	if err := mustBeEmpty(path, lockName, lockedName); err != nil { // a server was there in between
		return nil, errors.Join(err, dir.close())
	}
	claim := &Claim{dir, made}
	if err := dir.sign(Holder{PID: os.Getpid(), Filling: true}); err != nil {
		return nil, errors.Join(err, claim.Abandon())
	}
	return claim, nil
}

// absent returns which directories have to be made for a path, the deepest first.
func absent(path string) (made []string) {
	for path = filepath.Clean(path); ; path = filepath.Dir(path) {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return made
		}
		made = append(made, path)
	}
}

// removeEmpty removes directories that were made, but for those in which somebody put something since.
func removeEmpty(made []string) {
	for _, dir := range made {
		_ = os.Remove(dir)
	}
}

// mustBeEmpty looks for anything in a directory but names.
func mustBeEmpty(dir string, but ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return locale.Errorf(locale.Text{
			EN: "cannot read the data directory: %v; choose another one with --data",
			ZH: "无法读取数据目录：%v；请用 --data 指定其他目录",
		}, err)
	}
	var there []string
	for _, e := range entries {
		if !slices.Contains(but, e.Name()) {
			there = append(there, e.Name())
		}
	}
	if len(there) == 0 {
		return nil
	}
	return locale.Errorf(locale.Text{
		EN: "the data directory %s is not empty (%s): choose an empty or new one with --data, or move this one away first",
		ZH: "数据目录 %s 不是空的（%s）：请用 --data 指定空目录或新目录，或先把该目录移走",
	}, dir, locale.List(there))
}

// Keep lets go of a directory that was filled.
func (c *Claim) Keep() error { return errors.Join(c.dir.write(nil), c.dir.close()) }

// Abandon lets go of a directory that stays as empty, or as absent, as it was.
func (c *Claim) Abandon() error {
	for _, name := range []string{lockName, lockedName} {
		_ = os.Remove(filepath.Join(c.dir.path, name)) // Windows removes nothing that is open
	}
	err := c.dir.close()
	if len(c.made) > 0 {
		err = errors.Join(err, os.Remove(c.made[0]))
		removeEmpty(c.made[1:])
	}
	return err
}
