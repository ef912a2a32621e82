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
	if e.directory().isBarred() {
		return seeDirectory()
	}
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
		EN: "the server lost it: first do what the check of the server says, above",
		ZH: "服务器丢失了数据库：请先按上面“服务器”一项处理",
	})
}

// judgeDatabase also takes the newest backup that is there, empty if none is.
func judgeDatabase(dir, backup string, g store.Glimpse, err error) []Finding {
	path := filepath.Join(dir, store.FileName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Finding{ok(locale.Text{
			EN: "none yet: the first start creates it",
			ZH: "尚无，首次启动时会创建",
		})}
	case isPathError(err):
		return []Finding{broken(locale.Text{
			EN: "cannot read %s: %v",
			ZH: "无法读取 %s：%v",
		}, path, cause(err)).
			cure(paste("ls -l %s"), quote(path))}
	case errors.Is(err, store.ErrNewer):
		return []Finding{broken(locale.Text{
			EN: "a newer version of Parley wrote it, and this version cannot read it",
			ZH: "由较新版本的 Parley 写入，本版本无法读取",
		}).cure(locale.Text{
			EN: "parley --version  # too old: install the newer version, or use another --data",
			ZH: "parley --version  # 版本过旧：请安装新版本，或使用其他 --data",
		})}
	case wording(err) != nil: // it is missing
		return []Finding{broken(locale.Text{
			EN: "%v",
			ZH: "%v",
		}, wording(err)).cure(replace(dir, backup))}
	case errors.Is(err, store.ErrEntities):
		return []Finding{broken(locale.Text{
			EN: "%v",
			ZH: "房间、会话或其他数据被改动（%v）",
		}, err).cure(paste("parley export --data %s > history.jsonl && "+
			"parley import --data %s history.jsonl"), quote(dir), quote(dir+".new"))}
	case errors.Is(err, store.ErrDamaged):
		return []Finding{broken(locale.Text{
			EN: "%v",
			ZH: "数据库已损坏（%v）",
		}, err).cure(replace(dir, backup))}
	case errors.Is(err, store.ErrForeign):
		return []Finding{broken(locale.Text{
			EN: "%v", ZH: "不是 Parley 的数据库，或已被修改（%v）",
		}, err).cure(replace(dir, backup))}
	case err != nil: // nothing says that a backup would help
		return []Finding{broken(locale.Text{EN: "cannot read %v", ZH: "无法读取 %v"}, err).
			cure(paste("ls -l %s"), quote(path))}
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
			EN: "# stop the server first\nmv %s %s\n# then restore a backup; without one, the next start begins an empty history\n# parley restore --data %s BACKUP",
			ZH: "# 请先停止服务器\nmv %s %s\n# 然后从备份恢复；没有备份则下次启动时从头开始（不保留聊天记录）\n# parley restore " +
				"--data %s 备份文件",
		}.Fill(quote(dir), quote(dir+".broken"), quote(dir))
	}
	if within, err := filepath.Rel(dir, backup); err == nil && filepath.IsLocal(within) {
		backup = filepath.Join(dir+".broken", within)
	}
	return locale.Text{
		EN: "# stop the server first\nmv %s %s && parley restore --data %s %s",
		ZH: "# 请先停止服务器\nmv %s %s && parley restore --data %s %s",
	}.Fill(quote(dir), quote(dir+".broken"), quote(dir), quote(backup))
}
