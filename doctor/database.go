package doctor

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"parley/locale"
	"parley/store"
)

func checkDatabase(_ context.Context, e *Examination) []Finding {
	glimpse, err := e.glimpse()
	return judgeDatabase(absolute(e.Config.Data), glimpse, err)
}

// isPathError says that the file system refuses, which says nothing about what is in the file.
func isPathError(err error) bool {
	var refused *fs.PathError
	return errors.As(err, &refused)
}

func judgeDatabase(dir string, g store.Glimpse, err error) []Finding {
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
		return []Finding{broken(locale.Text{EN: "no server can use it: %v", ZH: "服务器无法使用：%v"}, err).cure(locale.Text{
			EN: "mv %s %s.broken  # then put a backup in its place, or start anew",
			ZH: "mv %s %s.broken  # 然后放入备份，或重新开始",
		}, quote(path), quote(path))}
	case g.Time.IsZero():
		return []Finding{ok(locale.Text{EN: "nothing is stored yet", ZH: "尚未存储内容"})}
	}
	return []Finding{ok(locale.Text{EN: "%s, last written %s", ZH: "%s，最后写入于 %s"}, size(uint64(g.Bytes)), stamp(g.Time))}
}
