package server

import (
	"context"
	"log/slog"

	"parley/door/port"
	"parley/locale"
)

const (
	// filesKept is how many files are kept from connections. The database, the sockets and the
	// process itself need about thirty; the rest is for the operator's commands, each of which is a
	// connection to the control socket.
	filesKept = 64

	// filesScarce is how many are kept of fewer than twice filesKept.
	filesScarce = 34

	// FilesLeast is how many open files a server needs to start.
	FilesLeast = 40

	// watchersMost and watchersLeast bound the connections to metrics.listen, which are kept files.
	watchersMost, watchersLeast = 16, 2
)

// FilesFor returns how many open files a server needs for so many connections; 0: it takes none.
func FilesFor(connections int) int {
	if connections == 0 {
		return filesKept
	}
	return filesKept + port.Descriptors(connections)
}

// Files is how a server divides the files that its process may have open.
type Files struct {
	Connections int // to the port
	watchers    int // to metrics.listen
}

// ShareFiles divides limit files, for at most so many connections. ok is false if limit is less
// than FilesLeast.
func ShareFiles(limit uint64, connections int) (f Files, ok bool) {
	files := int(min(limit, 1<<30))
	kept := min(filesKept, max(filesScarce, files/2))
	f.Connections = port.Within(files-kept, connections)
	f.watchers = min(watchersMost, max(watchersLeast, kept-filesKept+watchersMost))
	return f, files >= FilesLeast
}

// countFiles divides the files of this process. The Go runtime has raised the soft limit to the
// hard one.
func (s *Server) countFiles() error {
	limit, known := OpenFiles()
	if !known {
		limit = 1 << 30
	}
	return s.divideFiles(limit)
}

// divideFiles divides so many files. If that lowers port.connections it is logged, as a warning
// only if the operator chose the number.
func (s *Server) divideFiles(limit uint64) error {
	wanted := s.config.Port.Connections
	files, ok := ShareFiles(limit, wanted)
	if !ok {
		return locale.Errorf(locale.Text{
			EN: "the limit of open files is %d, but a server needs at least %d: " +
				"raise it with ulimit -n 1024 or, as a service, LimitNOFILE=1024",
			ZH: "打开文件数的上限为 %d，而服务器至少需要 %d：" +
				"请用 ulimit -n 1024 调大；若是系统服务，请设置 LimitNOFILE=1024",
		}, limit, FilesLeast)
	}
	s.files, s.config.Port.Connections = files, files.Connections
	if files.Connections < wanted && len(s.config.Listen.Connections()) > 0 {
		level := slog.LevelDebug
		if s.config.Chooses("port.connections") {
			level = slog.LevelWarn
		}
		s.log.Log(context.Background(), level,
			"port.connections is lowered to fit the limit of open files",
			"files", limit, "wanted", wanted, "connections", files.Connections)
	}
	return nil
}
