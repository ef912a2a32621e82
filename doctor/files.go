package doctor

import (
	"context"

	"parley/locale"
)

const (
	// filesNeeded is what a server has open beside connections to its port: one socket for all members who talk in datagrams, five
	// connections to the database with three files each, the control socket and who is connected to it, and what belongs to the process:
	// about thirty.
	filesNeeded = 64

	// filesBeside leaves room beside the connections for many commands of the administrator at once.
	filesBeside = 100

	// filesComfort does so where there are no connections.
	filesComfort = 256
)

func checkFiles(_ context.Context, e *Examination) []Finding {
	connections := 0
	if len(e.Config.Listen.Connections()) > 0 {
		connections = e.Config.Port.Connections
	}
	limit, known := openFiles()
	return judgeFiles(limit, known, connections)
}

// judgeFiles also takes how many connections there may be, each of which is a file.
func judgeFiles(limit uint64, known bool, connections int) []Finding {
	comfort := uint64(filesComfort)
	if connections > 0 {
		comfort = max(comfort, uint64(connections)+filesBeside)
	}
	enough := max(comfort, 1024)
	remedy := locale.Text{
		EN: "ulimit -n %d  # as a service, below [Service]: LimitNOFILE=%d",
		ZH: "ulimit -n %d  # 若是系统服务，在 [Service] 下写：LimitNOFILE=%d",
	}
	switch {
	case !known:
		return []Finding{ok(locale.Text{EN: "this system has no limit", ZH: "此系统没有限制"})}
	case limit < filesNeeded:
		return []Finding{broken(locale.Text{EN: "at most %d, a server needs %d", ZH: "上限 %d，服务器需要 %d"}, limit, filesNeeded).cure(remedy, enough, enough)}
	case limit < comfort && connections > 0:
		return []Finding{warning(locale.Text{
			EN: "at most %d: each connection is one, and port.connections allows %d", ZH: "上限 %d：每个连接占用一个，而 port.connections 允许 %d 个",
		}, limit, connections).cure(remedy, enough, enough)}
	case limit < comfort:
		return []Finding{warning(locale.Text{EN: "at most %d, a server needs up to %d with many commands at once", ZH: "上限 %d，同时执行许多命令时服务器需要 %d"}, limit, comfort).cure(remedy, enough, enough)}
	case limit >= 1<<62:
		return []Finding{ok(locale.Text{EN: "no limit", ZH: "没有限制"})}
	case connections > 0:
		return []Finding{ok(locale.Text{EN: "at most %d, for up to %d connections", ZH: "上限 %d，连接最多 %d 个"}, limit, connections)}
	}
	return []Finding{ok(locale.Text{EN: "at most %d, a server needs %d, however many members", ZH: "上限 %d，无论成员多少服务器只需 %d"}, limit, filesNeeded)}
}
