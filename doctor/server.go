package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/command"
	"parley/door/port"
	"parley/door/udp"
	"parley/locale"
	"parley/server"
)

// statusPatience is how long a running server may take to say how it is.
const statusPatience = 2 * time.Second

// house is who serves the data directory.
type house struct {
	holder server.Holder
	err    error          // server.ErrNotRunning: nobody
	state  *command.State // nil: nobody, or one who does not answer
	silent error          // why it did not answer

	stopped bool // it did not answer because a signal stopped it
}

// visit looks who serves the data directory and asks how it is.
func visit(s Subject) house {
	var h house
	if h.holder, h.err = server.FindHolder(s.Config.Data); h.err != nil {
		return h
	}
	ctx, cancel := context.WithTimeout(context.Background(), statusPatience)
	defer cancel()
	h.state, h.silent = s.Status(ctx, h.holder.Socket)
	if errors.Is(h.silent, context.DeadlineExceeded) {
		text := locale.Text{EN: "timed out after %v", ZH: "%v 后超时"}
		h.silent = locale.Errorf(text, statusPatience)
	}
	h.stopped = h.silent != nil && h.holder.IsStopped()
	return h
}

// runs says whether a server holds the data directory, answering or not.
func (h house) runs() bool { return h.err == nil }

// lost says whether the server lost its database while it ran.
func (h house) lost() bool { return h.state != nil && h.state.Storage == storageLost }

// storageLost is how a server's state says that it lost its database.
const storageLost = "storage_lost"

// port is how the running server takes connections, and where; ok is false if that is not known.
func (h house) port() (door command.DoorState, bound []netip.AddrPort, ok bool) {
	if h.state == nil {
		return door, nil, false
	}
	for _, d := range h.state.Doors {
		if d.Name != port.Name {
			continue
		}
		for address := range strings.SplitSeq(d.Address, ", ") {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return door, nil, false
			}
			bound = append(bound, at)
		}
		return d, bound, true
	}
	return door, nil, false
}

// udp is how the running server's datagram door is, and where; ok is false if that is not known.
func (h house) udp() (door command.DoorState, bound netip.AddrPort, ok bool) {
	if h.state == nil {
		return door, bound, false
	}
	for _, d := range h.state.Doors {
		bound, err := netip.ParseAddrPort(d.Address)
		if d.Name == udp.Name && err == nil {
			return d, bound, true
		}
	}
	return door, bound, false
}

// listen is where the running server listens, as an operator writes it. A server has one socket
// for datagrams. Every other address is for one door.
func (h house) listen() string {
	_, datagrams, hasUDP := h.udp()
	_, streams, _ := h.port()
	var all []string
	if hasUDP && !slices.Contains(streams, datagrams) {
		all = append(all, typed(datagrams)+"/"+udp.Name)
	}
	for _, at := range streams {
		if hasUDP && at == datagrams {
			all = append(all, typed(at))
		} else {
			all = append(all, typed(at)+"/line")
		}
	}
	return strings.Join(all, ",")
}

func checkServer(ctx context.Context, e *Examination) []Finding {
	h := e.house()
	found := judgeServer(h, e.Subject)
	if at := e.other(); at != "" {
		found = elsewhere(e.Config.Data, at)
	}
	if e.directory().isBarred() {
		found = seeDirectory()
	}
	if address := e.Config.MetricsListen; address != "" && !h.runs() {
		if listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address); err != nil {
			found = append(found, taken(server.ListenError(address, "tcp", "--metrics-listen", err), "ss -ltnp"))
		} else {
			listener.Close()
		}
	}
	return found
}

// otherServer returns the address in the settings at which a Parley server answers that uses
// another data directory, or "" if no such server answers.
func (e *Examination) otherServer() string {
	if !errors.Is(e.house().err, server.ErrNotRunning) {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), statusPatience)
	defer cancel()
	all := e.Config.Listen.Connections()
	if datagrams := e.Config.Listen.Datagrams(); datagrams != "" && !slices.Contains(all,
		datagrams) {
		all = append(slices.Clone(all), datagrams)
	}
	for _, address := range all {
		if server.Serves(ctx, address) {
			return address
		}
	}
	return ""
}

// elsewhere says that a Parley server uses the address, but not the data directory. Most often it
// is the operator's own, started in another folder.
func elsewhere(data, address string) []Finding {
	return []Finding{warning(locale.Text{
		EN: "not running on %s, but a Parley server with another data directory listens on %s: " +
			"to check that one, name its data directory",
		ZH: "没有服务器在使用 %s，但有一个 Parley 服务器正在监听 %s，它用的是另一个数据目录：" +
			"要检查它，请指定它的数据目录",
	}, data, address).cure(locale.Text{
		EN: "parley doctor --data DIR  # DIR: the directory that its first line names",
		ZH: "parley doctor --data 数据目录  # 数据目录见该服务器首屏的第一行",
	})}
}

// seeServer is found where another Parley server keeps an address from being checked.
func seeServer() []Finding {
	return []Finding{warning(locale.Text{
		EN: "not checked: another Parley server uses the port, see server",
		ZH: "未检查：端口由另一个 Parley 服务器使用，请先看“服务器”一项",
	})}
}

// taken says that an address cannot be listened on, and how to see which program does.
func taken(err error, look string) Finding {
	if !server.IsTaken(err) {
		look = "parley config"
	}
	return broken(locale.Text{EN: "%v", ZH: "%v"}, err).cure(paste(look))
}

func judgeServer(h house, s Subject) []Finding {
	switch {
	case errors.Is(h.err, server.ErrNotRunning):
		return []Finding{ok(locale.Text{
			EN: "not running on %s (name another data directory with --data)",
			ZH: "没有服务器在使用 %s（用 --data 指定其他数据目录）",
		}, s.Config.Data)}
	case h.err != nil:
		return []Finding{unknown(s.Config.Data, h.err)}
	case h.stopped:
		return []Finding{broken(locale.Text{
			EN: "process %d serves %s but is suspended, perhaps by Ctrl-Z: nobody can talk",
			ZH: "进程 %d 正在使用 %s，但已被挂起（可能按了 Ctrl-Z），无人可以发言",
		}, h.holder.PID, s.Config.Data).cure(locale.Text{
			EN: "kill -CONT %d  # or type fg in its terminal", ZH: "kill -CONT %d  # 或在其终端输入 fg",
		}, h.holder.PID)}
	case h.silent != nil:
		return []Finding{broken(locale.Text{
			EN: "process %d serves %s but does not answer: %v", ZH: "进程 %d 正在使用 %s，但没有响应：%v",
		}, h.holder.PID, s.Config.Data, h.silent).cure(locale.Text{
			EN: "kill %d  # stops the server; then start it again", ZH: "kill %d  # 停止服务器，然后重新启动",
		}, h.holder.PID)}
	}
	found := judgeState(h.state)
	if h.state.Version != s.Version {
		found = append(found, warning(locale.Text{
			EN: "the server runs version %s, this program is version %s: restart the server to update it",
			ZH: "服务器版本为 %s，本程序版本为 %s：重新启动服务器即可更新",
		}, h.state.Version, s.Version).cure(restart, h.holder.PID))
	}
	retry := paste("parley doctor --listen %s --data %s").Fill(
		quote(h.listen()), quote(absolute(s.Config.Data)))
	if door, bound, known := h.udp(); known && !agrees(s.Config.Listen.Datagrams(), bound) {
		found = append(found, warning(locale.Text{
			EN: "the server receives datagrams on %s, but the settings here say %s: the " +
				"checks below may not apply to it",
			ZH: "服务器在 %s 上监听 UDP，而 doctor 的设置是 %s：以下检查可能不适用于该服务器",
		}, door.Address, s.Config.Listen).cure(retry))
		retry = locale.Text{} // once is enough
	}
	if door, bound, known := h.port(); known && !slices.EqualFunc(s.Config.Listen.Connections(), bound, agrees) {
		found = append(found, warning(locale.Text{
			EN: "the server accepts connections on %s, but the settings here say %s: " +
				"the checks below may not apply to it",
			ZH: "服务器在 %s 上监听 TCP，而 doctor 的设置是 %s：以下检查可能不适用于该服务器",
		}, door.Address, s.Config.Listen).cure(retry))
	}
	if found == nil {
		found = append(found, ok(locale.Text{
			EN: "running as process %d, version %s; storage works", ZH: "正在运行，进程 %d，版本 %s，存储正常",
		}, h.holder.PID, h.state.Version))
	}
	return found
}

// unknown says why it is not known whether a server runs. A restore or an import that fills the directory
// has words of its own.
func unknown(data string, err error) Finding {
	var path *fs.PathError
	if worded := wording(err); worded != nil && !errors.As(err, &path) {
		return broken(locale.Text{EN: "%v", ZH: "%v"}, worded)
	}
	return broken(locale.Text{
		EN: "cannot tell whether a server runs on %s: %v", ZH: "无法判断是否有服务器在使用 %s：%v",
	}, data, cause(err)).cure(paste("ls -l %s"), quote(absolute(data)))
}

var restart = locale.Text{
	EN: "kill %d  # then run parley serve again; as a service: sudo systemctl restart parley",
	ZH: "kill %d  # 然后再次运行 parley serve；若是系统服务：sudo systemctl restart parley",
}

// judgeState says what a server tells of its disk and of what waits for it.
func judgeState(s *command.State) []Finding {
	switch {
	case s.Storage == "storage_full":
		return []Finding{broken(locale.Text{
			EN: "the disk is full: nobody can talk until there is space again",
			ZH: "磁盘已满：腾出空间之前无人可以发言",
		}).
			cure(paste("df -h"))}
	case s.Storage == storageLost:
		return []Finding{broken(locale.Text{
			EN: "the database was removed, replaced or overwritten while the server ran: nobody can talk. " +
				"On SIGTERM the server saves the whole history, " +
				"or what is left of it if the file was overwritten or cut short",
			ZH: "数据库在服务器运行期间被移走、替换或覆盖：无人可以发言。" +
				"用 SIGTERM 停止时，服务器会另存全部聊天记录；如果文件被覆盖或截断，则另存剩余的部分",
		}).cure(locale.Text{
			EN: "# stop it with SIGTERM, never with kill -9: its last message says where the history is",
			ZH: "# 请用 SIGTERM 停止，切勿 kill -9：停止时会显示聊天记录另存到了哪里",
		})}
	case s.Storage != "ok":
		return []Finding{broken(locale.Text{
			EN: "the disk failed (%s): nobody can talk until the server is restarted; its log has the reason",
			ZH: "磁盘出错（%s）：重新启动服务器之前无人可以发言，原因见日志",
		}, s.Storage).cure(locale.Text{
			EN: "journalctl -u parley | tail  # or wherever its standard error goes",
			ZH: "journalctl -u parley | tail  # 或查看其标准错误输出",
		})}
	}
	for _, q := range s.Queues {
		switch {
		case q.Capacity == 0 || q.Length <= q.Capacity/2:
		case strings.HasPrefix(q.Name, port.Name+"."): // who is there waits for nothing
			return []Finding{warning(locale.Text{
				EN: "%d of %d connections are in use (%s)", ZH: "已用 %d 个连接，上限 %d（%s）",
			}, q.Length, q.Capacity, q.Name).cure(paste("parley serve --port-connections %d"), 2*q.Capacity)}
		default:
			return []Finding{warning(locale.Text{
				EN: "%d of %d places in the queue %s are taken: the disk cannot keep up",
				ZH: "%d 项（上限 %d）在队列 %s 中等待：磁盘跟不上",
			}, q.Length, q.Capacity, q.Name).cure(paste("parley status --watch"))}
		}
	}
	return nil
}

// typed is how an operator writes an address to listen on.
func typed(bound netip.AddrPort) string {
	if bound.Addr() == netip.IPv6Unspecified() {
		return ":" + strconv.Itoa(int(bound.Port()))
	}
	return bound.String()
}

// agrees says whether a socket that is bound so may have been opened on an address to listen on, empty: on none.
func agrees(listen string, bound netip.AddrPort) bool {
	if listen == "" {
		return false
	}
	set, err := resolve(listen)
	if err != nil {
		return true // a name: who knows
	}
	return (set.Port() == 0 || set.Port() == bound.Port()) && (set.Addr() == bound.Addr() || set.Addr().IsUnspecified() && bound.Addr().IsUnspecified())
}
