package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"parley/locale"
)

// Text is the report for people.
func (r *Report) Text(l locale.Lang) string {
	t := table{lang: l}
	p := r.Plan
	t.row(locale.Text{EN: "server", ZH: "服务器"}, "%v (%s)", p.Target, p.Door.Name)
	t.plan(p)
	t.enter(r.Enter)
	if r.Idle != nil {
		t.idle(r.Idle)
	} else {
		t.talk(r)
	}
	t.server(r.Server, r.ServerError)
	if v := r.Vanished; v != nil {
		t.row(locale.Text{
			EN: "vanished",
			ZH: "消失的成员",
		}, locale.Text{
			EN: "%d of %d detected as gone after %.2f s (according to %s)",
			ZH: "%d / %d 人在 %.2f 秒后被发现离开（由%s得知）",
		}.In(l), v.Seen, v.Members, v.Seconds, v.source().In(l))
	}
	if s := r.Stopped; s != nil {
		t.row(locale.Text{
			EN: "stopped reading",
			ZH: "停止读取",
		}, locale.Text{
			EN: "%d, of which the server disconnected %d; the other rows are about the other " +
				"members",
			ZH: "%d 人，其中 %d 人被服务器断开；其余各项只统计其他成员",
		}.In(l), s.Members, s.Closed)
	}
	for _, line := range slices.Sorted(maps.Keys(r.Others)) {
		t.row(locale.Text{EN: "other answers", ZH: "服务器的其他应答"}, "%q × %d", line, r.Others[line])
	}
	if r.Limited() {
		t.row(locale.Text{EN: "note", ZH: "注意"}, "%s", locale.Text{
			EN: "the server did not accept all requests at once: was it started with parley " +
				"serve --no-limits?",
			ZH: "服务器没有立即接受全部请求：是否用 parley serve --no-limits 启动？",
		}.In(l))
	}
	if r.Interrupted {
		t.row(locale.Text{
			EN: "note",
			ZH: "注意",
		}, "%s", locale.Text{EN: "this ended early", ZH: "测试提前结束"}.In(l))
	}
	return t.text()
}

// plan tells what was to be done.
func (t *table) plan(p Plan) {
	l, who := t.lang, locale.Text{EN: "%d members", ZH: "%d 人"}.Format(t.lang, p.Members)
	if p.rooms() > 1 {
		who = locale.Text{
			EN: "%d members in %d rooms",
			ZH: "%[2]d 个房间共 %[1]d 人",
		}.Format(l, p.Members, p.Rooms)
	}
	name := locale.Text{EN: "plan", ZH: "计划"}
	if p.Idle != "" {
		t.row(name, locale.Text{EN: "%s, %s and quiet for %v", ZH: "%s，%s，静默 %v"}.In(l), who, p.Idle, p.Duration)
		return
	}
	rate := locale.Text{EN: "%g messages/s", ZH: "每秒 %g 条"}.Format(l, p.Rate)
	if p.Rate == 0 {
		rate = locale.Text{EN: "as fast as accepted, %d in flight", ZH: "尽可能快，最多 %d 条在途"}.Format(l, p.InFlight)
		if p.rooms() > 1 {
			rate = locale.Text{EN: "as fast as accepted, %d in flight in each room", ZH: "尽可能快，每个房间最多 %d 条在途"}.Format(l, p.InFlight)
		}
	}
	t.row(name, locale.Text{
		EN: "%s, %d of them talk: %s of %d bytes",
		ZH: "%s，其中 %d 人发言：%s，每条 %d 字节",
	}.In(l), who, p.Senders, rate, p.Size)
}

// talk tells what came of the talking.
func (t *table) talk(r *Report) {
	l, m := t.lang, r.Measured
	t.row(locale.Text{EN: "measured", ZH: "测量"}, locale.Text{EN: "%.1f s: %d messages, %d deliveries, %.0f/s", ZH: "%.1f 秒：%d 条消息，%d 次送达，每秒 %.0f 次"}.In(l),
		m.Seconds, m.Sent, m.Deliveries, share(float64(m.Deliveries), m.Seconds))
	per := locale.Text{EN: "lines per datagram", ZH: "每个数据报的行数"}
	if !r.Plan.Door.isUDP() {
		per = locale.Text{EN: "messages per read", ZH: "每次读取的消息数"}
	}
	t.row(per, "%.2f", share(float64(m.Lines), float64(m.Datagrams)))
	t.row(locale.Text{EN: "from due to received", ZH: "延迟（应发到收到）"}, "%s", r.Latency.text(l))
	t.row(locale.Text{EN: "from due to sent", ZH: "发送滞后（应发到发出）"}, "%s", r.Late.text(l))
	d := r.Deliveries
	t.row(locale.Text{
		EN: "total deliveries",
		ZH: "送达总数",
	}, locale.Text{
		EN: "%d expected, %d received",
		ZH: "应有 %d 次，收到 %d 次",
	}.In(l), d.Expected, d.Received)
	t.row(locale.Text{EN: "faults", ZH: "差错"}, "%s", d.faults(l))
	if r.GivenUp+r.Dropped > 0 {
		t.row(locale.Text{
			EN: "also",
			ZH: "另外",
		}, locale.Text{
			EN: "%d not received in time, %d lines dropped according to the server",
			ZH: "%d 条未及时收到，服务器称丢弃了 %d 行",
		}.In(l), r.GivenUp, r.Dropped)
	}
	if r.Closed > 0 {
		t.row(locale.Text{EN: "also", ZH: "另外"}, locale.Text{EN: "%d connections closed by the server", ZH: "服务器断开了 %d 个连接"}.In(l), r.Closed)
	}
}

// idle tells what quiet connections are worth.
func (t *table) idle(i *Idle) {
	t.row(locale.Text{EN: "quiet connections", ZH: "静默连接"}, locale.Text{
		EN: "%d, each %.2f kB of the server's memory; %.2f s of its CPU meanwhile; %d closed by it",
		ZH: "%d 个，每个占服务器内存 %.2f kB；期间服务器 CPU %.2f 秒；被其断开 %d 个",
	}.In(t.lang), i.Connections, i.Bytes/1000, i.CPU, i.Closed)
}

func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (t *table) enter(e Enter) {
	t.row(locale.Text{
		EN: "entering",
		ZH: "进入",
	}, locale.Text{
		EN: "%d in %.2f s, %d requests repeated",
		ZH: "%d 人，用时 %.2f 秒，重发请求 %d 次",
	}.In(t.lang), e.Members, e.Seconds, e.Repeated)
	n := e.Notices
	if n.Silent() {
		t.row(locale.Text{
			EN: "join notices",
			ZH: "进入通知",
		}, "%s", locale.Text{EN: "none: this server does not send any", ZH: "无：该服务器不通知"}.In(t.lang))
		return
	}
	if n.Gathered {
		t.row(locale.Text{
			EN: "join notices",
			ZH: "进入通知",
		}, locale.Text{
			EN: "%d, grouped; one for each pair of members would be %d",
			ZH: "%d 次（已合并）；如不合并，应为 %d 次",
		}.In(t.lang), n.Received, n.Expected)
		return
	}
	t.row(locale.Text{
		EN: "join notices",
		ZH: "进入通知",
	}, locale.Text{
		EN: "%d expected, %d lost, %d duplicated",
		ZH: "应有 %d 条，丢失 %d 条，重复 %d 条",
	}.In(t.lang), n.Expected, n.Lost, n.Doubled)
}

func (t *table) server(s *Server, why string) {
	switch {
	case why != "":
		t.row(locale.Text{EN: "server's process", ZH: "服务器进程"}, locale.Text{EN: "not measured: %s", ZH: "未测量：%s"}.In(t.lang), why)
		return
	case s == nil:
		t.row(locale.Text{EN: "server's process", ZH: "服务器进程"}, "%s", locale.Text{EN: "not measured: name it with --data or --pid", ZH: "未测量：请用 --data 或 --pid 指定"}.In(t.lang))
		return
	}
	const mib = 1 << 20
	t.row(locale.Text{
		EN: "server's CPU",
		ZH: "服务器 CPU",
	}, locale.Text{
		EN: "%.2f µs a delivery (%.2f s); %.2f s for joining",
		ZH: "每次送达 %.2f 微秒（共 %.2f 秒）；进入过程 %.2f 秒",
	}.In(t.lang),
		s.PerDelivery, s.CPU, s.EnterCPU)
	t.row(locale.Text{EN: "server's memory", ZH: "服务器内存"}, locale.Text{
		EN: "%.1f MiB empty, %.1f MiB with all members (%.1f KiB each), %.1f MiB at the end",
		ZH: "空闲 %.1f MiB，全部进入后 %.1f MiB（每人 %.1f KiB），结束时 %.1f MiB",
	}.In(t.lang), float64(s.RSSBefore)/mib, float64(s.RSSEntered)/mib, s.BytesPerMember/1024, float64(s.RSSAfter)/mib)
}

func (x Latencies) text(l locale.Lang) string {
	return locale.Text{EN: "p50 %.2f, p99 %.2f, p99.9 %.2f, at most %.2f ms", ZH: "p50 %.2f，p99 %.2f，p99.9 %.2f，最大 %.2f 毫秒"}.Format(l, x.P50, x.P99, x.P999, x.Max)
}

// faults lists what went wrong.
func (t Tally) faults(l locale.Lang) string {
	var all []string
	for _, f := range []struct {
		n    uint64
		name locale.Text
	}{
		{t.Lost, locale.Text{EN: "%d lost", ZH: "丢失 %d"}},
		{t.Doubled, locale.Text{EN: "%d duplicated", ZH: "重复 %d"}},
		{t.OutOfOrder, locale.Text{EN: "%d out of order", ZH: "乱序 %d"}},
		{t.Damaged, locale.Text{EN: "%d damaged", ZH: "损坏 %d"}},
		{t.Unexpected, locale.Text{
			EN: "%d of the sender's own (if the server echoes, add --echo)",
			ZH: "发送者自己的 %d（服务器若回显，请加 --echo）",
		}},
	} {
		if f.n > 0 {
			all = append(all, f.name.Format(l, f.n))
		}
	}
	if len(all) == 0 {
		return locale.Text{EN: "none", ZH: "无"}.In(l)
	}
	return strings.Join(all, locale.Text{EN: ", ", ZH: "，"}.In(l))
}

// table aligns names and what stands beside them.
type table struct {
	lang locale.Lang
	rows [][2]string
}

func (t *table) row(name locale.Text, format string, args ...any) {
	t.rows = append(t.rows, [2]string{name.In(t.lang), fmt.Sprintf(format, args...)})
}

func (t *table) text() string {
	width := 0
	for _, r := range t.rows {
		width = max(width, displaywidth.String(r[0]))
	}
	var b strings.Builder
	for _, r := range t.rows {
		fmt.Fprintf(&b, "%s%s  %s\n", r[0], strings.Repeat(" ", width-displaywidth.String(r[0])), r[1])
	}
	return b.String()
}
