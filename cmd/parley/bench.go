package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/client"
	"parley/load"
	"parley/locale"
)

// benching is what `parley bench` was told.
type benching struct {
	plan   load.Plan
	door   string
	rate   string
	pid    int
	output string
	mine   bool // the caller runs the server
}

func benchCommand(lang locale.Lang) *cobra.Command {
	var b benching
	c := &cobra.Command{
		Use: locale.Text{EN: "bench [HOST[:PORT]]", ZH: "bench [主机[:端口]]"}.In(lang),
		Short: locale.Text{
			EN: "measure how much load a server can take",
			ZH: "测试服务器的承载能力",
		}.In(lang),
		Long: locale.Text{
			EN: `Make many test members join and talk, check every line that each receives, and
report latency and CPU. The default server is localhost:8888. Start it with
parley serve --no-limits; otherwise you measure its rate limits.

Members use datagrams by default, or TCP connections with --door line.

Latency counts from the time when a message was due. The exit status is 1 if any line was lost,
duplicated, changed or out of order.`,
			ZH: `让一批成员加入聊天室并发言，检查每个成员收到的每一行，并给出延迟和 CPU 等结果。默认服务器为 localhost:8888；
请用 parley serve --no-limits 启动服务器，否则测到的只是速率限制。

默认用数据报加入；--door line 则每人一个 TCP 连接，逐行收发。

延迟从消息应发出的时刻算起。退出状态为 1 表示有丢失、重复、损坏或乱序。`,
		}.In(lang),
		Example: `  parley serve --no-limits --data /tmp/try
  parley bench --data /tmp/try
  parley bench --members 1000 --rate 50 --duration 30s
  parley bench --members 1000 --rate max --in-flight 32 -o json
  parley bench --door line --members 2000 --rooms 100 --rate max
  parley bench --door line --members 10000 --idle silent
  parley bench --pid 4711 localhost:9999
  parley bench --yes-i-run-this-server 192.0.2.7:8888`,
		Args: atMost(1),
	}
	b.flags(c.Flags(), lang)
	where := settingFlags(c, lang, dataSetting())
	c.RunE = func(c *cobra.Command, args []string) error {
		address := "localhost"
		if len(args) > 0 {
			address = args[0]
		}
		if err := b.complete(c.Context(), address); err != nil {
			return err
		}
		return b.run(c, where, lang)
	}
	return c
}

// flags adds the flags of the plan and of the report.
func (b *benching) flags(f *pflag.FlagSet, lang locale.Lang) {
	text := func(en, zh string) string { return locale.Text{EN: en, ZH: zh}.In(lang) }
	f.IntVar(&b.plan.Members, "members", 100, text("number of members", "成员数"))
	f.IntVar(&b.plan.Senders, "senders", 0,
		text("number of members that send; 0: at most 10 in each room", "发言的成员数；0 表示每个房间最多 10 人"))
	f.IntVar(&b.plan.Rooms, "rooms", 1, text("number of rooms; not with udp",
		"成员平均分布到的房间数；不适用于 udp"))
	f.StringVar(&b.rate, "rate", "50",
		text("messages a second of all senders together; max: as fast as accepted",
			"所有发送者每秒的消息总数，或 max：尽可能快"))
	f.IntVar(&b.plan.InFlight, "in-flight", 32, text("messages in flight per room, with --rate max",
		"用 --rate max 时：每个房间最多同时在途的消息数"))
	f.IntVar(&b.plan.Size, "size", 100, text("size of a message in bytes", "每条消息的字节数"))
	f.DurationVar(&b.plan.Duration, "duration", 10*time.Second, text("duration of the measurement",
		"测量时长"))
	f.DurationVar(&b.plan.WarmUp, "warm-up", 2*time.Second,
		text("duration of the warm-up before the measurement", "测量前的预热时长"))
	f.BoolVar(&b.plan.Echo, "echo", false,
		text("expect the server to echo lines to their sender (udp.echo)",
			"服务器已开启 udp.echo（把消息也发给发送者）时使用"))
	f.IntVar(&b.plan.Vanish, "vanish", 0,
		text("number of members that disappear at the end without leaving", "结束时不告而别的成员数"))
	f.IntVar(&b.plan.Stopped, "stopped", 0,
		text("number of members that stop reading when the talking begins; not with udp",
			"测试开始后停止读取消息的成员数（它们不发言）；不适用于 udp"))
	f.StringVar(&b.plan.Idle, "idle", "",
		text("keep all connections idle for --duration: entered (joined) or "+
			"silent (connected only)",
			"在 --duration 内无人发言：entered 为加入后静默，silent 为仅连接"))
	f.StringVar(&b.door, "door", load.UDP.Name,
		text("protocol: udp or line", "测试的入口：udp 或 line"))
	f.IntVar(&b.pid, "pid", 0, text("process ID of the server, to report its CPU and memory",
		"服务器的进程号，用于测量其 CPU 和内存"))
	f.StringVarP(&b.output, "output", "o", "text", text("output format: text or json (one object)",
		"输出格式：text 或 json（一个对象）"))
	f.BoolVar(&b.mine, "yes-i-run-this-server", false,
		text("confirm that you may load a server on another machine", "确认可以对另一台机器上的服务器施加负载"))
}

// complete makes a plan of what was told.
func (b *benching) complete(ctx context.Context, address string) (err error) {
	if b.output != "text" && b.output != "json" {
		return usageError(locale.Errorf(locale.Text{EN: "-o takes text or json, not %q", ZH: "-o 只能是 text 或 json，不能是 %q"}, b.output))
	}
	if b.rate != "max" {
		if b.plan.Rate, err = strconv.ParseFloat(b.rate, 64); err != nil || !(b.plan.Rate > 0) {
			return usageError(locale.Errorf(locale.Text{EN: "--rate takes a positive number or max, not %q", ZH: "--rate 只能是正数或 max，不能是 %q"}, b.rate))
		}
	}
	if err := b.plan.Door.UnmarshalText([]byte(b.door)); err != nil {
		return usageError(err)
	}
	if b.plan.Senders == 0 && b.plan.Idle == "" {
		b.plan.Senders = min(b.plan.Members-b.plan.Stopped, 10*b.plan.Rooms)
	}
	if b.plan.Target, err = benchTarget(ctx, address, b.mine); err != nil {
		return err
	}
	if err := b.plan.Check(); err != nil {
		return usageError(err)
	}
	return nil
}

// benchTarget looks an address up and refuses one that is not of this machine, unless whoever calls runs the server there.
func benchTarget(ctx context.Context, address string, mine bool) (netip.AddrPort, error) {
	address = plainAddress([]string{address})[0]
	host, port, err := client.SplitAddress(address)
	if err != nil {
		return netip.AddrPort{}, usageError(addressProblem(address, err))
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(ips) == 0 {
		return netip.AddrPort{}, lookupProblem(host, err)
	}
	for _, ip := range ips {
		if !ip.Unmap().IsLoopback() && !mine {
			return netip.AddrPort{}, locale.Errorf(locale.Text{
				EN: "%s is another machine: a load test of a server that is not yours is an " +
					"attack. If you run that server, add --yes-i-run-this-server",
				ZH: "%s 是另一台机器：对他人的服务器做压力测试等于攻击。" +
					"如果该服务器由你运行，请加 --yes-i-run-this-server",
			}, host)
		}
	}
	ip := ips[max(0, slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Unmap().Is4() }))]
	return netip.AddrPortFrom(ip.Unmap(), port), nil
}

func (b *benching) run(c *cobra.Command, where flags, lang locale.Lang) error {
	options, err := b.measureServer(c.Context(), where)
	if err != nil {
		return err
	}
	if onTerminal(c.ErrOrStderr()) {
		options.Progress = func(p load.Progress) { showProgress(c.ErrOrStderr(), p, lang) }
	}
	report, err := load.Run(c.Context(), b.plan, options)
	if options.Progress != nil {
		fmt.Fprint(c.ErrOrStderr(), clearLine)
	}
	if err != nil {
		return err
	}
	return b.tell(c.OutOrStdout(), report, lang)
}

// tell prints the report, and is an error if it tells of faults.
func (b *benching) tell(w io.Writer, report *load.Report, lang locale.Lang) error {
	if b.output == "json" {
		if err := json.NewEncoder(w).Encode(report); err != nil {
			return err
		}
	} else {
		fmt.Fprint(w, report.Text(lang))
	}
	if !report.OK() {
		return locale.Errorf(locale.Text{
			EN: "some lines were lost, duplicated, changed or out of order, or the server closed " +
				"a connection: see the report",
			ZH: "有消息或通知丢失、重复、改变或顺序不对，或有连接被服务器关闭：详见报告",
		})
	}
	return nil
}

// showProgress tells on one line of a terminal how far a run has come.
func showProgress(w io.Writer, p load.Progress, lang locale.Lang) {
	phase := [...]locale.Text{
		load.Entering:  {EN: "entering", ZH: "进入"},
		load.WarmingUp: {EN: "warming up", ZH: "预热"},
		load.Measuring: {EN: "measuring", ZH: "测量"},
		load.Draining:  {EN: "waiting for the last", ZH: "等待余下消息"},
		load.Leaving:   {EN: "leaving", ZH: "退出"},
	}[p.Phase].In(lang)
	fmt.Fprint(w, clearLine, locale.Text{
		EN: "%s, %.0f s: %d inside, %d sent, %d received, %d missing",
		ZH: "%s，%.0f 秒：在线 %d 人，已发 %d，收到 %d，缺 %d",
	}.Format(lang, phase, p.Elapsed.Seconds(), p.Inside, p.Sent, p.Received, p.Missing))
}
