package doctor

import (
	"context"

	"parley/locale"
)

const (
	// filesNeeded is what a server has open: one socket for all members, five connections to the database with three files each, the
	// control socket and who is connected to it, and what belongs to the process: about thirty.
	filesNeeded = 64

	// filesComfort leaves room for many commands of the administrator at once.
	filesComfort = 256
)

func checkFiles(context.Context, *Examination) []Finding { return judgeFiles(openFiles()) }

func judgeFiles(limit uint64, known bool) []Finding {
	remedy := locale.Text{
		EN: "ulimit -n 1024  # as a service, below [Service]: LimitNOFILE=1024",
		ZH: "ulimit -n 1024  # 若是系统服务，在 [Service] 下写：LimitNOFILE=1024",
	}
	switch {
	case !known:
		return []Finding{ok(locale.Text{EN: "this system has no limit", ZH: "此系统没有限制"})}
	case limit < filesNeeded:
		return []Finding{broken(locale.Text{EN: "at most %d, a server needs %d", ZH: "上限 %d，服务器需要 %d"}, limit, filesNeeded).cure(remedy)}
	case limit < filesComfort:
		return []Finding{warning(locale.Text{EN: "at most %d, a server needs up to %d with many commands at once", ZH: "上限 %d，同时执行许多命令时服务器需要 %d"}, limit, filesComfort).cure(remedy)}
	case limit >= 1<<62:
		return []Finding{ok(locale.Text{EN: "no limit", ZH: "没有限制"})}
	}
	return []Finding{ok(locale.Text{EN: "at most %d, a server needs %d, however many members", ZH: "上限 %d，无论成员多少服务器只需 %d"}, limit, filesNeeded)}
}
