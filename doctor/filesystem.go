package doctor

import (
	"context"

	"parley/locale"
)

// fileSystem is what a directory lies on.
type fileSystem struct {
	name       string // as the system calls it, or a number
	kind       fsKind
	free       uint64 // bytes that this user may still write
	freeFiles  uint64
	knowsFiles bool // false: there is no fixed number of files
}

type fsKind int

const (
	fsLocal     fsKind = iota
	fsNetwork          // another machine's disk
	fsPerhaps          // a program's, which may be one
	fsMemory           // gone after a restart of the machine
	fsContainer        // gone with its container
)

func checkFileSystem(_ context.Context, e *Examination) []Finding {
	f, err := lookAtFileSystem(nearest(e.Config.Data))
	return judgeFileSystem(f, err)
}

func judgeFileSystem(f fileSystem, err error) []Finding {
	elsewhere := locale.Text{
		EN: "parley serve --data /var/lib/parley  # any directory on a disk of this machine",
		ZH: "parley serve --data /var/lib/parley  # 本机磁盘上的任意目录",
	}
	switch {
	case err != nil:
		return []Finding{warning(locale.Text{
			EN: "cannot tell its type: %v",
			ZH: "无法判断类型：%v",
		}, cause(err))}
	case f.kind == fsNetwork:
		return []Finding{warning(locale.Text{
			EN: "%s, a network file system: SQLite's WAL is not safe there, messages can be lost",
			ZH: "%s，网络文件系统：SQLite 的 WAL 放在那里不安全，可能丢失消息",
		}, f.name).cure(elsewhere)}
	case f.kind == fsPerhaps:
		return []Finding{warning(locale.Text{
			EN: "%s, perhaps a network file system: SQLite's WAL is not safe on one",
			ZH: "%s，可能是网络文件系统：SQLite 的 WAL 放在网络文件系统上不安全",
		}, f.name).cure(elsewhere)}
	case f.kind == fsMemory:
		return []Finding{warning(locale.Text{
			EN: "%s, in memory: everything is lost when this machine restarts",
			ZH: "%s，位于内存：机器重启后数据全部丢失",
		}, f.name).cure(elsewhere)}
	case f.kind == fsContainer:
		return []Finding{warning(locale.Text{
			EN: "%s: everything is lost when the container is removed", ZH: "%s：删除容器后数据全部丢失",
		}, f.name).
			cure(locale.Text{EN: "docker run -v parley:/data … --data /data  # a volume", ZH: "docker run -v parley:/data … --data /data  # 使用卷"})}
	}
	return []Finding{ok(locale.Text{EN: "%s, on this machine", ZH: "%s，位于本机"}, f.name)}
}
