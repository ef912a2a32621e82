package doctor

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"parley/locale"
	"parley/server"
	"parley/store"
)

func checkDatabase(_ context.Context, e *Examination) []Finding {
	glimpse, err := e.glimpse()
	if errors.Is(err, fs.ErrNotExist) {
		err = cmp.Or(server.LostDatabase(e.Config.Data), err)
	}
	if e.house().lost() {
		return []Finding{lostDatabase()}
	}
	return judgeDatabase(absolute(e.Config.Data), newestCopy(absolute(e.Config.Data)), glimpse, err)
}

// isPathError says that the file system refuses, which says nothing about what is in the file.
func isPathError(err error) bool {
	var refused *fs.PathError
	return errors.As(err, &refused)
}

// newestCopy returns the newest copy of a data directory that can be restored, a backup or what a
// server saved when it had lost its database; empty if there is none.
func newestCopy(dir string) string {
	last, _ := server.LastBackup(dir) // without it, it is zero
	if _, err := os.Stat(last.File); err != nil {
		last.File = ""
	}
	saved := server.Rescued(dir)
	info, err := os.Stat(saved)
	if err == nil && (last.File == "" || info.ModTime().After(last.Time)) {
		return saved
	}
	return last.File
}

// lostDatabase leaves it to the check of the server to say what to do: until that is stopped, nothing
// may be moved or restored.
func lostDatabase() Finding {
	return broken(locale.Text{
		EN: "the server lost it: see what is said of the server above, before anything else",
		ZH: "服务器的数据库已丢失：请先按上面“服务器”一项处理",
	})
}

// judgeDatabase also takes the newest backup that is there, empty if none is.
func judgeDatabase(dir, backup string, g store.Glimpse, err error) []Finding {
	path := filepath.Join(dir, store.FileName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{ok(locale.Text{EN: "none yet, the first start makes it", ZH: "尚无，首次启动时创建"})}
	case isPathError(err):
		return []Finding{broken(locale.Text{EN: "it cannot be read: %v", ZH: "无法读取：%v"}, err).cure(paste("ls -l %s"), quote(path))}
	case errors.Is(err, store.ErrNewer):
		return []Finding{broken(locale.Text{EN: "%v", ZH: "由更新版本的 parley 写成，本程序不能使用：%v"}, err).cure(locale.Text{
			EN: "parley --version  # too old: install the newer one, or use another --data", ZH: "parley --version  # 版本过旧：请安装新版本，或使用其他 --data",
		})}
	case err != nil:
		return []Finding{broken(locale.Text{EN: "no server can use it: %v", ZH: "服务器无法使用：%v"}, err).cure(replace(dir, backup))}
	case g.Time.IsZero():
		return []Finding{ok(locale.Text{EN: "nothing is stored yet", ZH: "尚未存储内容"})}
	}
	return []Finding{ok(locale.Text{EN: "%s, last written %s", ZH: "%s，最后写入于 %s"}, size(uint64(g.Bytes)), stamp(g.Time))}
}

// replace moves a whole directory away and puts a backup in its place. A database is never moved alone: its WAL would stay behind,
// and SQLite would write that into whatever comes in its place.
func replace(dir, backup string) locale.Text {
	if backup == "" {
		return locale.Text{
			EN: "# with the server stopped\nmv %s %s\n# then, of a backup; without one, the next start begins anew\n# parley restore --data %s BACKUP",
			ZH: "# 请先停止服务器\nmv %s %s\n# 然后从备份恢复；没有备份则下次启动时重新开始\n# parley restore --data %s BACKUP",
		}.Fill(quote(dir), quote(dir+".broken"), quote(dir))
	}
	if within, err := filepath.Rel(dir, backup); err == nil && filepath.IsLocal(within) {
		backup = filepath.Join(dir+".broken", within)
	}
	return locale.Text{
		EN: "# with the server stopped\nmv %s %s && parley restore --data %s %s", ZH: "# 请先停止服务器\nmv %s %s && parley restore --data %s %s",
	}.Fill(quote(dir), quote(dir+".broken"), quote(dir), quote(backup))
}
