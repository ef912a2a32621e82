package doctor

import (
	"context"

	"parley/locale"
	"parley/server"
)

// filesComfort leaves room for many commands of the administrator at once.
const filesComfort = 256

func checkFiles(_ context.Context, e *Examination) []Finding {
	connections := 0
	if len(e.Config.Listen.Connections()) > 0 {
		connections = e.Config.Port.Connections
	}
	limit, known := server.OpenFiles()
	return judgeFiles(limit, known, connections)
}

// judgeFiles also takes how many connections the settings allow.
func judgeFiles(limit uint64, known bool, connections int) []Finding {
	enough := max(server.FilesFor(connections), 1024)
	remedy := locale.Text{
		EN: "ulimit -n %d  # as a service, below [Service]: LimitNOFILE=%d",
		ZH: "ulimit -n %d  # 若是系统服务，在 [Service] 下写：LimitNOFILE=%d",
	}
	files, enoughToStart := server.ShareFiles(limit, connections)
	switch {
	case !known:
		return []Finding{ok(locale.Text{EN: "this system has no limit", ZH: "此系统没有限制"})}
	case !enoughToStart:
		return []Finding{broken(locale.Text{
			EN: "at most %d, a server needs %d", ZH: "上限 %d，服务器需要 %d",
		}, limit, server.FilesLeast).cure(remedy, enough, enough)}
	case files.Connections < connections:
		return []Finding{warning(locale.Text{
			EN: "at most %d: each connection is one, so the server serves %d of the %d " +
				"that port.connections allows",
			ZH: "上限 %d：每个连接占用一个，因此服务器只能接受 %d 个连接，而 port.connections 允许 %d 个",
		}, limit, files.Connections, connections).cure(remedy, enough, enough)}
	case limit < filesComfort:
		return []Finding{warning(locale.Text{
			EN: "at most %d, a server needs up to %d with many commands at once",
			ZH: "上限 %d，同时执行许多命令时服务器需要 %d",
		}, limit, filesComfort).cure(remedy, enough, enough)}
	case limit >= 1<<62:
		return []Finding{ok(locale.Text{EN: "no limit", ZH: "没有限制"})}
	case connections > 0:
		return []Finding{ok(locale.Text{
			EN: "at most %d, for up to %d connections", ZH: "上限 %d，连接最多 %d 个",
		}, limit, connections)}
	}
	return []Finding{ok(locale.Text{
		EN: "at most %d, a server needs %d, however many members",
		ZH: "上限 %d，无论成员多少服务器只需 %d",
	}, limit, server.FilesFor(0))}
}
