package main

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"parley/door/ways"
	"parley/locale"
	"parley/server"
	"parley/tui"
)

// greeting is what a server says when it has started: the first time one screen with everything that is needed to talk, later three
// lines.
type greeting struct {
	server      *server.Server
	config      server.Config
	withConsole bool
	background  bool // of the terminal: what is typed there goes to another program
	lang        locale.Lang
}

// defaultPort is where clients look for a server that is named without a port.
const defaultPort = "8888"

func (g greeting) say(terminal tui.Console) {
	for _, line := range g.lines() {
		terminal.PrintColored(line)
	}
}

func (g greeting) lines() []string {
	lines := []string{g.what(), g.openLine()}
	switch {
	case g.server.IsNew():
		lines = append(lines, g.howToEnter()...)
		lines = append(lines, g.next()...)
	case g.withConsole:
		lines = append(append(lines, g.shortest()...), g.hint())
	default:
		lines = append(lines, g.shortest()...)
	}
	if !g.server.IsNew() && g.server.CreatedCertificate() { // as after an import
		lines = slices.Insert(lines, 2, locale.Text{
			EN: "The certificate is new (SHA-256): %s", ZH: "证书是新的（SHA-256）：%s",
		}.Format(g.lang, g.server.Fingerprint()))
	}
	for _, n := range g.server.Notices() {
		lines = append(lines, locale.Explain(n, g.lang))
	}
	return lines
}

func (g greeting) openLine() string {
	return locale.Text{
		EN: "The chat room is open on %s.", ZH: "聊天室已开放：%s。",
	}.Format(g.lang, openOn(g.server, g.lang))
}

func (g greeting) what() string {
	if g.server.IsNew() {
		return locale.Text{
			EN: "Parley %s: new chat room, data in %s",
			ZH: "Parley %s：新的聊天室，数据保存在 %s",
		}.Format(g.lang, version(), absolute(g.config.Data))
	}
	return locale.Text{
		EN: "Parley %s, data in %s", ZH: "Parley %s，数据目录 %s",
	}.Format(g.lang, version(), absolute(g.config.Data))
}

// openOn tells where a server listens, and for what.
func openOn(s *server.Server, lang locale.Lang) string {
	datagrams, streams := s.Addr(), s.StreamAddrs()
	var all []string
	if both := slices.Index(streams, datagrams); both >= 0 {
		streams = slices.Delete(slices.Clone(streams), both, both+1)
		all = append(all, locale.Text{
			EN: "%s (UDP and TCP)",
			ZH: "%s（UDP 和 TCP）",
		}.Format(lang, datagrams))
	} else if datagrams.IsValid() {
		all = append(all, locale.Text{EN: "%s (UDP)", ZH: "%s（UDP）"}.Format(lang, datagrams))
	}
	for _, a := range streams {
		all = append(all, locale.Text{EN: "%s (TCP)", ZH: "%s（TCP）"}.Format(lang, a))
	}
	return strings.Join(all, locale.Text{EN: ", ", ZH: "、"}.In(lang))
}

// howToEnter tells what others type, by what they have. Ways that only this machine has come last,
// unless it is the only one that can join.
func (g greeting) howToEnter() []string {
	if public := g.publicOnly(); len(public) > 0 {
		return g.withTLS(public)
	}
	lines := append([]string{""}, g.pageLine()...)
	datagrams := server.ReachableAt(g.server.Addr())
	at, _ := g.linesAt()
	switch {
	case g.isForUs(g.server.Addr()):
		lines = append(append(lines, g.asLines(false)...), g.asPython()...)
		return append(lines, g.asDatagrams(locale.Text{
			EN: "On this machine, also with Parley (lobby only):",
			ZH: "在本机也可以用 Parley 加入（只有大厅）：",
		})...)
	case g.isForUs(at):
		lines = append(lines, g.asDatagrams(othersWithParley)...)
		lines = append(append(lines, g.asPython()...), g.asTypedDatagrams()...)
		return append(lines, g.asLines(true)...)
	case g.isLocal():
		lines = append(lines, g.asDatagrams(g.onlyHere(locale.Text{
			EN: "With Parley (lobby only):", ZH: "用 Parley 加入（只有大厅）：",
		}))...)
	default:
		lines = append(lines, g.asDatagrams(othersWithParley)...)
	}
	lines = append(append(lines, g.asLines(len(datagrams) > 0)...), g.asPython()...)
	if !at.IsValid() {
		lines = append(lines, g.asTypedDatagrams()...)
	}
	return lines
}

var othersWithParley = locale.Text{
	EN: "Others join with Parley (lobby only):", ZH: "其他人用 Parley 加入（只有大厅）：",
}

// asDatagrams tells what those type who have Parley, behind an introduction, if datagrams are
// taken.
func (g greeting) asDatagrams(with locale.Text) (lines []string) {
	datagrams := server.ReachableAt(g.server.Addr())
	switch len(datagrams) {
	case 0:
	case 1:
		one := locale.Text{EN: with.EN + " %s", ZH: with.ZH + "%s"}
		lines = append(lines, one.Format(g.lang, typed("parley join "+short(datagrams[0]))))
	default:
		lines = append(lines, with.In(g.lang))
		for _, a := range datagrams {
			lines = append(lines, "    "+typed("parley join "+short(a)))
		}
	}
	return lines
}

// asTypedDatagrams tells what those type who have netcat and cannot send lines.
func (g greeting) asTypedDatagrams() []string {
	datagrams := server.ReachableAt(g.server.Addr())
	if len(datagrams) == 0 {
		return nil
	}
	host, port, _ := net.SplitHostPort(datagrams[0])
	return []string{locale.Text{
		EN: "or with netcat: nc -u %s %s, then L NAME, C NAME TEXT, Q NAME.",
		ZH: "或用 netcat：nc -u %s %s，然后输入 L 昵称、C 昵称 内容、Q 昵称。",
	}.Format(g.lang, host, port)}
}

// isForUs says whether only this machine can reach an address of the server, while others can join
// at another one.
func (g greeting) isForUs(a netip.AddrPort) bool {
	return a.IsValid() && a.Addr().IsLoopback() && !g.isLocal()
}

// linesAt is Lines of the server, but with an address that others can reach, if there is one.
func (g greeting) linesAt() (at netip.AddrPort, alone bool) {
	at, alone = g.server.Lines()
	for _, other := range g.server.StreamAddrs() {
		if g.isForUs(at) && !other.Addr().IsLoopback() {
			return other, true // only one entry can be for all doors
		}
	}
	return at, alone
}

// isLocal says whether clients on other machines cannot reach any address of the server.
func (g greeting) isLocal() bool {
	all := g.server.StreamAddrs()
	if datagrams := g.server.Addr(); datagrams.IsValid() {
		all = append(slices.Clone(all), datagrams)
	}
	return !slices.ContainsFunc(all, func(a netip.AddrPort) bool { return !a.Addr().IsLoopback() })
}

// onlyHere puts before a way in that others have none, unless the line before has said it.
func (g greeting) onlyHere(way locale.Text) locale.Text {
	if g.page() != "" {
		return way
	}
	return locale.Text{
		EN: "Only this machine can join. " + way.EN, ZH: "只有本机可以加入。" + way.ZH,
	}
}

// pageLine returns the line with the address of the page that shows all ways to join, or no line if
// the server has no page.
func (g greeting) pageLine() []string {
	page := g.page()
	if page == "" {
		return nil
	}
	line := locale.Text{
		EN: "Others open %s in a browser: it shows all ways to join.",
		ZH: "其他人用浏览器打开 %s，可以看到所有加入方式。",
	}
	switch {
	case g.isLocal():
		line = locale.Text{
			EN: "Only this machine can join. A browser shows all ways: %s",
			ZH: "只有本机可以加入。用浏览器打开 %s，可以看到所有加入方式。",
		}
	case g.hasLocalPage():
		line = locale.Text{
			EN: "On this machine, a browser shows all ways to join: %s",
			ZH: "在本机用浏览器打开 %s，可以看到所有加入方式。",
		}
	}
	return []string{line.Format(g.lang, typed("http://"+page))}
}

// asPython tells the line that people paste who have Python alone: lines or, where others can send
// none, datagrams.
func (g greeting) asPython() []string {
	bound, alone := g.linesAt()
	all, client := server.ReachableAt(bound), ""
	datagrams := server.ReachableAt(g.server.Addr())
	switch {
	case len(all) > 0 && (len(datagrams) == 0 || !g.isForUs(bound)):
		host, port, _ := net.SplitHostPort(all[0])
		client = ways.Lines(host, port, !alone, g.lang)
	case len(datagrams) > 0:
		host, port, _ := net.SplitHostPort(datagrams[0])
		client = ways.Datagrams(host, port)
	default:
		return nil
	}
	return []string{
		locale.Text{
			EN: "or paste this into a terminal (Python 3):",
			ZH: "或在终端粘贴下面这行（只需 Python 3）：",
		}.In(g.lang),
		typed(client),
	}
}

// asLines tells what those type who have netcat or openssl, if lines are taken. also: there are
// other ways before it.
func (g greeting) asLines(also bool) []string {
	netcat, encrypted := g.netcat()
	if netcat == "" {
		return nil
	}
	at, _ := g.linesAt()
	with := locale.Text{EN: "Others join with netcat: %s", ZH: "其他人用 netcat 加入：%s"}
	switch {
	case also && g.isForUs(at):
		with = locale.Text{
			EN: "On this machine, also with netcat: %s", ZH: "在本机也可以用 netcat 加入：%s",
		}
	case !also && g.isLocal():
		with = g.onlyHere(locale.Text{EN: "With netcat: %s", ZH: "用 netcat 加入：%s"})
	case also:
		with = locale.Text{EN: "or with netcat: %s", ZH: "或用 netcat：%s"}
	}
	lines := []string{with.Format(g.lang, netcat)}
	if encrypted == "" {
		return lines
	}
	return append(lines,
		locale.Text{
			EN: "or encrypted: %s, then Enter",
			ZH: "或加密连接：%s，连接后再按一次回车",
		}.Format(g.lang, typed(encrypted)),
		g.certificate())
}

// netcat is how lines are typed from the network, and what those type who want them encrypted; empty: there is no such way.
func (g greeting) netcat() (plain, encrypted string) {
	at, alone := g.linesAt()
	all := server.ReachableAt(at)
	if len(all) == 0 {
		return "", ""
	}
	host, port, _ := net.SplitHostPort(all[0])
	plain = typed("nc " + host + " " + port)
	if alone {
		return plain, ""
	}
	return locale.Text{
		EN: "%s, then Enter",
		ZH: "%s，连接后再按一次回车",
	}.Format(g.lang, plain), tlsClient + all[0]
}

// next tells what to do now.
func (g greeting) next() []string {
	lines := []string{"", locale.Text{
		EN: "See the state, new messages and problems from another terminal on this machine:",
		ZH: "在本机的另一个终端查看状态、新消息和连接问题：",
	}.In(g.lang)}
	for _, tip := range []string{"status --watch", "history --follow", "doctor"} {
		lines = append(lines, "    "+typed("parley "+tip+g.dataFlag()))
	}
	if g.withConsole {
		lines = append(lines, "", g.hint())
	}
	return lines
}

func (g greeting) hint() string {
	if g.background {
		return locale.Text{
			EN: "The server runs in the background. fg brings it to the front, kill %d stops it.",
			ZH: "服务器在后台运行。fg 把它切换到前台，kill %d 停止服务器。",
		}.Format(g.lang, os.Getpid())
	}
	return locale.Text{
		EN: "Members read what you type here. /help lists commands, Ctrl-C stops the server.",
		ZH: "在这里输入的内容所有人都会看到。/help 查看命令，Ctrl-C 停止服务器。",
	}.In(g.lang)
}

// short leaves out the port that clients take by themselves.
func short(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && port == defaultPort {
		return host
	}
	return address
}

// typed makes what is to be typed stand out (SGR 1, bold), where there are colours.
func typed(command string) string { return typedOn + command + typedOff }

const typedOn, typedOff = "\x1b[1m", "\x1b[0m"
