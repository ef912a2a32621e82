package doctor

import (
	"context"
	"runtime"

	"parley/locale"
	"parley/server"
)

// openFiles is how many files a server may have open.
type openFiles struct {
	limit       uint64
	known       bool
	pid         int    // of the running server that has the limit; 0: a server started from here would
	connections int    // that the settings allow
	chosen      bool   // the operator set that number
	root        bool   // this user may raise a hard limit
	system      string // runtime.GOOS
}

// fewConnections is fewer than a chat room may need one day.
const fewConnections = 1000

// filesComfort leaves room for many commands of the administrator at once.
const filesComfort = 256

func checkFiles(_ context.Context, e *Examination) []Finding {
	if e.directory().isBarred() {
		return seeDirectory()
	}
	f := openFiles{system: runtime.GOOS}
	_, f.root = whoAmI()
	if len(e.Config.Listen.Connections()) > 0 {
		f.connections = e.Config.Port.Connections
		f.chosen = e.Config.Chooses("port.connections")
	}
	if h := e.house(); h.runs() {
		f.pid = h.holder.PID
		f.limit, f.known = h.holder.OpenFiles()
	}
	if !f.known { // no server runs, or this system does not tell of it
		f.pid = 0
		f.limit, f.known = server.OpenFiles()
	}
	return judgeFiles(f)
}

func judgeFiles(f openFiles) []Finding {
	files, enoughToStart := server.ShareFiles(f.limit, f.connections)
	switch {
	case !f.known:
		return []Finding{ok(locale.Text{EN: "this system has no limit", ZH: "此系统没有限制"})}
	case !enoughToStart:
		return []Finding{f.of(broken(locale.Text{
			EN: "at most %d, but a server needs at least %d", ZH: "上限 %d，而服务器至少需要 %d",
		}, f.limit, server.FilesLeast)).cure(f.raise())}
	case files.Connections < f.connections && (f.chosen || files.Connections < fewConnections):
		return []Finding{f.of(warning(locale.Text{
			EN: "at most %d, enough for %d connections, but port.connections allows %d",
			ZH: "上限 %d，只够 %d 个连接，而 port.connections 允许 %d 个",
		}, f.limit, files.Connections, f.connections)).cure(f.raise())}
	case f.limit < filesComfort:
		return []Finding{f.of(warning(locale.Text{
			EN: "at most %d, but a server that runs many commands at once needs up to %d",
			ZH: "上限 %d，而同时执行许多命令时服务器最多需要 %d",
		}, f.limit, filesComfort)).cure(f.raise())}
	case f.limit >= 1<<62:
		return []Finding{f.of(ok(locale.Text{EN: "no limit", ZH: "没有限制"}))}
	case f.connections > 0:
		return []Finding{f.of(ok(locale.Text{
			EN: "at most %d, enough for %d connections", ZH: "上限 %d，足够 %d 个连接使用",
		}, f.limit, files.Connections))}
	}
	return []Finding{f.of(ok(locale.Text{
		EN: "at most %d, enough for any number of datagram members",
		ZH: "上限 %d，足够任意数量的 UDP 成员使用",
	}, f.limit))}
}

// of names the running server, if the limit is that one's.
func (f openFiles) of(found Finding) Finding {
	if f.pid == 0 {
		return found
	}
	process := locale.Text{EN: "process %d: ", ZH: "进程 %d："}.Fill(f.pid)
	found.What = locale.Text{EN: process.EN + found.What.EN, ZH: process.ZH + found.What.ZH}
	return found
}

// raise starts a server with a higher limit. A limit is inherited: a running server keeps its own. Go
// has raised the soft limit to the hard one, which only root can raise.
func (f openFiles) raise() locale.Text {
	connections := f.connections
	if !f.chosen {
		connections = min(connections, fewConnections)
	}
	enough := max(server.FilesFor(connections), 1024)
	shell := locale.Text{EN: "ulimit -n %d"}
	if f.system == "linux" && !f.root {
		shell = locale.Text{EN: "sudo prlimit --nofile=%d --pid $$"}
	}
	then := locale.Text{
		EN: "%s && parley serve  # as a service, below [Service]: LimitNOFILE=%d",
		ZH: "%s && parley serve  # 若是系统服务，在 [Service] 下写：LimitNOFILE=%d",
	}
	start := then.Fill(shell.Fill(enough).EN, enough)
	if f.pid == 0 {
		return start
	}
	stop := locale.Text{
		EN: "# stop the server first: kill %d\n", ZH: "# 请先停止服务器：kill %d\n",
	}.Fill(f.pid)
	return locale.Text{EN: stop.EN + start.EN, ZH: stop.ZH + start.ZH}
}
