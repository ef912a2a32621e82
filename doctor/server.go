package doctor

import (
	"context"
	"errors"
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
		text := locale.Text{EN: "nothing within %v", ZH: "%v 内没有回应"}
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

func checkServer(ctx context.Context, e *Examination) []Finding {
	h := e.house()
	found := judgeServer(h, e.Subject)
	if address := e.Config.MetricsListen; address != "" && !h.runs() {
		if listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address); err != nil {
			found = append(found, taken(server.ListenError(address, "tcp", "--metrics-listen", err), "ss -ltnp"))
		} else {
			listener.Close()
		}
	}
	return found
}

// taken says that an address cannot be listened on, and how to see who does.
func taken(err error, look string) Finding {
	return broken(locale.Text{EN: "%v", ZH: "%v"}, err).cure(paste(look))
}

func judgeServer(h house, s Subject) []Finding {
	switch {
	case errors.Is(h.err, server.ErrNotRunning):
		return []Finding{ok(locale.Text{EN: "none runs on %s", ZH: "数据目录 %s 上没有运行"}, s.Config.Data)}
	case h.err != nil:
		return []Finding{broken(locale.Text{EN: "it cannot be seen whether one runs: %v", ZH: "无法得知是否在运行：%v"}, h.err)}
	case h.stopped:
		return []Finding{broken(locale.Text{
			EN: "process %d serves %s but was stopped, perhaps with Ctrl-Z: nobody can talk",
			ZH: "进程 %d 正在使用 %s，但已被挂起（可能按了 Ctrl-Z），无人可以发言",
		}, h.holder.PID, s.Config.Data).cure(locale.Text{
			EN: "kill -CONT %d  # or type fg in its terminal", ZH: "kill -CONT %d  # 或在其终端输入 fg",
		}, h.holder.PID)}
	case h.silent != nil:
		return []Finding{broken(locale.Text{
			EN: "process %d serves %s but does not answer: %v", ZH: "进程 %d 正在使用 %s，但没有回答：%v",
		}, h.holder.PID, s.Config.Data, h.silent).cure(locale.Text{
			EN: "kill %d  # asks it to stop; then start it again", ZH: "kill %d  # 请它停止，然后重新启动",
		}, h.holder.PID)}
	}
	found := judgeState(h.state)
	if h.state.Version != s.Version {
		found = append(found, warning(locale.Text{
			EN: "it is version %s, this program is %s: restart it to have the same", ZH: "其版本为 %s，本程序为 %s：重新启动后即一致",
		}, h.state.Version, s.Version).cure(restart, h.holder.PID))
	}
	if door, bound, known := h.udp(); known && !agrees(s.Config.Listen.Datagrams(), bound) {
		found = append(found, warning(locale.Text{
			EN: "it listens on %s, the settings say %s: what follows is about other settings than it has", ZH: "它监听 %s，而设置是 %s：以下结果所依据的设置与它不同",
		}, door.Address, s.Config.Listen).cure(paste("parley doctor --listen %s --data %s"), quote(typed(bound)), quote(absolute(s.Config.Data))))
	}
	if door, bound, known := h.port(); known && !slices.EqualFunc(s.Config.Listen.Connections(), bound, agrees) {
		found = append(found, warning(locale.Text{
			EN: "it takes connections on %s, the settings say %s: what follows is about other settings than it has", ZH: "它在 %s 接受连接，而设置是 %s：以下结果所依据的设置与它不同",
		}, door.Address, s.Config.Listen).cure(locale.Text{EN: "parley config  # give the same settings here, as serve has", ZH: "parley config  # 请使用与 serve 相同的设置"}))
	}
	if found == nil {
		found = append(found, ok(locale.Text{
			EN: "runs as process %d, version %s, stores", ZH: "正在运行，进程 %d，版本 %s，存储正常",
		}, h.holder.PID, h.state.Version))
	}
	return found
}

var restart = locale.Text{
	EN: "kill %d  # then parley serve again; as a service: sudo systemctl restart parley",
	ZH: "kill %d  # 然后再次 parley serve；若是系统服务：sudo systemctl restart parley",
}

// judgeState says what a server tells of its disk and of what waits for it.
func judgeState(s *command.State) []Finding {
	switch {
	case s.Storage == "storage_full":
		return []Finding{broken(locale.Text{EN: "its disk is full, nobody can talk; it goes on by itself once there is room", ZH: "磁盘已满，无人可以发言；腾出空间后自动恢复"}).
			cure(paste("df -h"))}
	case s.Storage == storageLost:
		return []Finding{broken(locale.Text{
			EN: "its database was removed or replaced while it ran, or overwritten, nobody can talk; " +
				"when it is stopped with SIGTERM, it saves what it still has: all of the history, " +
				"unless the file was overwritten or cut short",
			ZH: "运行期间数据库被移走、替换或覆盖，无人可以发言；用 SIGTERM 停止时会另存尚有的内容：" +
				"除非文件被覆盖或截断，否则就是全部历史",
		}).cure(locale.Text{
			EN: "# stop it with SIGTERM, never with kill -9: its last words say where the history is",
			ZH: "# 用 SIGTERM 停止，切勿 kill -9：停止时会说明历史另存于何处",
		})}
	case s.Storage != "ok":
		return []Finding{broken(locale.Text{
			EN: "its disk failed (%s), nobody can talk until a restart; its log has the reason", ZH: "磁盘出错（%s），重新启动前无人可以发言；原因见日志",
		}, s.Storage).cure(locale.Text{EN: "journalctl -u parley | tail  # or where its standard error went", ZH: "journalctl -u parley | tail  # 或查看其标准错误输出"})}
	}
	for _, q := range s.Queues {
		switch {
		case q.Capacity == 0 || q.Length <= q.Capacity/2:
		case strings.HasPrefix(q.Name, port.Name+"."): // who is there waits for nothing
			return []Finding{warning(locale.Text{
				EN: "%d of at most %d connections are taken (%s)", ZH: "连接数 %d，上限 %d（%s）",
			}, q.Length, q.Capacity, q.Name).cure(paste("parley serve --port-connections %d"), 2*q.Capacity)}
		default:
			return []Finding{warning(locale.Text{
				EN: "%d of at most %d wait in the queue %s: more is said than the disk takes", ZH: "%d 项（上限 %d）在队列 %s 中等待：磁盘跟不上",
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
