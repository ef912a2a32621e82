package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"parley/locale"
	"parley/server"
)

func TestHelpListsEveryCommandOnceInItsGroup(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(locale.English, &out)
	root.SetArgs([]string{"--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Commands() {
		if n := strings.Count(out.String(), "\n  "+c.Name()+" "); c.IsAvailableCommand() && n != 1 {
			t.Errorf("%s is listed %d times", c.Name(), n)
		}
	}
	last := -1
	for _, part := range []string{
		"Start a server:", "  serve", "Talk:", "  join", "Manage",
		"  kick", "Back up", "  backup", "Diagnostics", "  doctor",
	} {
		at := strings.Index(out.String(), "\n"+part)
		if at <= last {
			t.Errorf("%q is not in its place: %s", part, out.String())
		}
		last = at
	}
}

func TestHelpOnServeBeginsWithTheFlagsThatPeopleNeedFirst(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(locale.English, &out)
	root.SetArgs([]string{"serve", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	first, others, found := strings.Cut(out.String(), "Other flags:")
	if !found || strings.Count(first, "\n      --") != 5 {
		t.Errorf("it begins with %s", first)
	}
	serve, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range firstFlags {
		if !strings.Contains(first, "--"+name+" ") || strings.Contains(others, "--"+name+" ") || serve.Flags().Lookup(name) == nil {
			t.Errorf("--%s is not among the first", name)
		}
	}
	if !strings.Contains(others, "--udp-rate ") || !strings.Contains(others, "--help ") {
		t.Errorf("the others are %s", others)
	}
}

func TestWrongWordsAndFlagsAreExplainedInTheLanguageOfTheScreen(t *testing.T) {
	for _, c := range []struct {
		args   []string
		en, zh string
	}{
		{
			[]string{"serve", "--nosuch"},
			"unknown flag: --nosuch; see parley serve --help",
			"没有选项 --nosuch；请看 parley serve --help",
		},
		{
			[]string{"serve", "--lissten", ":1"},
			"unknown flag: --lissten; did you mean --listen? See parley serve --help",
			"没有选项 --lissten；是否想输入 --listen？请看 parley serve --help",
		},
		{
			[]string{"serve", "--port", "9000"},
			"unknown flag: --port; did you mean --listen? See parley serve --help",
			"没有选项 --port；是否想输入 --listen？请看 parley serve --help",
		},
		{
			[]string{"stats", "--data", "x"},
			`unknown command "stats": did you mean parley status? parley --help lists all`,
			`没有命令 "stats"；是否想输入 parley status？用 parley --help 查看所有命令`,
		},
		{
			[]string{"--data", "x"},
			"unknown flag: --data; see parley --help", "没有选项 --data；请看 parley --help",
		},
		{
			[]string{"serve", "-xy"},
			"unknown flag: -x; see parley serve --help", "没有选项 -x；请看 parley serve --help",
		},
		{
			[]string{"serve", "--listen"},
			"--listen needs a value; see parley serve --help",
			"--listen 缺少值；请看 parley serve --help",
		},
		{
			[]string{"serve", "--no-limits=maybe"},
			`invalid value "maybe" for --no-limits: true or false; see parley serve --help`,
			`--no-limits 的值 "maybe" 无效：应为 true 或 false；请看 parley serve --help`,
		},
		{
			[]string{"bench", "--duration", "long"},
			`invalid value "long" for --duration: a duration, such as 90s or 2h; ` +
				"see parley bench --help",
			`--duration 的值 "long" 无效：应为时长，例如 90s 或 2h；请看 parley bench --help`,
		},
	} {
		isWrongUse(t, c.args, c.en, c.zh)
	}
}

func TestWrongArgumentsAreExplainedInTheLanguageOfTheScreen(t *testing.T) {
	for _, c := range []struct {
		args   []string
		en, zh string
	}{
		{
			[]string{"doctor", "now"},
			`"now" is one word too many: parley doctor [flags]; see --help`,
			`多余的参数 "now"，用法：parley doctor [选项]；请看 --help`,
		},
		{
			[]string{"backup"},
			"too few arguments: parley backup FILE [flags]; see --help",
			"缺少参数，用法：parley backup 文件 [选项]；请看 --help",
		},
		{
			[]string{"export", "dev", "attic"},
			`"attic" is one word too many: parley export [ROOM] [flags]; see --help`,
			`多余的参数 "attic"，用法：parley export [房间] [选项]；请看 --help`,
		},
		{
			[]string{"rooms", "rm", "dev"},
			`unknown command "rooms rm": did you mean parley rooms remove? ` +
				"parley rooms --help lists all",
			`没有命令 "rooms rm"；是否想输入 parley rooms remove？用 parley rooms --help 查看所有命令`,
		},
		{
			[]string{"who", "100%d", "b"},
			`"b" is one word too many (names of rooms have no spaces): parley who [ROOM]`,
			`多余的参数 "b"（房间名不能含空格），用法：parley who [房间]`,
		},
		{
			[]string{"who", "a", "100%d"},
			`"100%d" is one word too many (names of rooms have no spaces): parley who [ROOM]`,
			`多余的参数 "100%d"（房间名不能含空格），用法：parley who [房间]`,
		},
		{
			[]string{"kick"},
			"NICK is missing: parley kick NICK [REASON]",
			"缺少昵称，用法：parley kick 昵称 [原因]",
		},
		{
			[]string{"join"},
			"too few arguments: parley join [NICK@]HOST[:PORT] [flags]; see --help",
			"缺少参数，用法：parley join [昵称@]主机[:端口] [选项]；请看 --help",
		},
		{
			[]string{"join", "localhost:8888", "8889"},
			`"8889" is one word too many: parley join [NICK@]HOST[:PORT] [flags]; see --help`,
			`多余的参数 "8889"，用法：parley join [昵称@]主机[:端口] [选项]；请看 --help`,
		},
		{
			[]string{"join", "localhost", "hello"},
			`invalid port "hello": a number from 1 to 65535`, `端口 "hello" 无效：应为 1 到 65535 的整数`,
		},
		{
			[]string{"join", "eve", "192.168.1.20"},
			`invalid port "192.168.1.20": did you mean parley join eve@192.168.1.20?`,
			`端口 "192.168.1.20" 无效：是否想输入 parley join eve@192.168.1.20？`,
		},
		{
			[]string{"join", "小明", "localhost", "8889"},
			`invalid port "localhost": did you mean parley join 小明@localhost:8889?`,
			`端口 "localhost" 无效：是否想输入 parley join 小明@localhost:8889？`,
		},
		{
			[]string{"join", "localhost", "88.88"},
			`invalid port "88.88": a number from 1 to 65535`, `端口 "88.88" 无效：应为 1 到 65535 的整数`,
		},
		{
			[]string{"serve", "18999"},
			`"18999" is one word too many: did you mean parley serve --listen :18999?`,
			`多余的参数 "18999"：是否想输入 parley serve --listen :18999？`,
		},
		{
			[]string{"serve", "127.0.0.1:9000"},
			`"127.0.0.1:9000" is one word too many: ` +
				"did you mean parley serve --listen 127.0.0.1:9000?",
			`多余的参数 "127.0.0.1:9000"：是否想输入 parley serve --listen 127.0.0.1:9000？`,
		},
		{
			[]string{"serve", "now"},
			`"now" is one word too many: parley serve [flags]; see --help`,
			`多余的参数 "now"，用法：parley serve [选项]；请看 --help`,
		},
		{
			[]string{"serve", "--listen", "18999"},
			`--listen: invalid address "18999": did you mean :18999?`,
			`--listen：地址 "18999" 无效：是否想输入 :18999？`,
		},
		{[]string{"join", "ann@"}, `"ann@" has no host`, `"ann@" 中缺少主机`},
		{
			[]string{"join", "localhost:99999"},
			`invalid port "99999": a number from 1 to 65535`, `端口 "99999" 无效：应为 1 到 65535 的整数`,
		},
	} {
		isWrongUse(t, c.args, c.en, c.zh)
	}
}

func TestValuesThatNoServerTakesAreWrongUse(t *testing.T) {
	for _, c := range []struct {
		args   []string
		en, zh string
	}{
		{
			[]string{"help", "foo"},
			`unknown command "foo": parley --help lists the commands`,
			`没有命令 "foo"；用 parley --help 查看所有命令`,
		},
		{
			[]string{"help", "completion", "foo"},
			`unknown command "completion foo": parley --help lists the commands`,
			`没有命令 "completion foo"；用 parley --help 查看所有命令`,
		},
		{
			[]string{"help", "stauts"},
			`unknown command "stauts": did you mean parley status? parley --help lists all`,
			`没有命令 "stauts"；是否想输入 parley status？用 parley --help 查看所有命令`,
		},
		{
			[]string{"start"},
			`unknown command "start": did you mean parley serve? ` +
				`For the service of the Debian package, use sudo systemctl start parley`,
			`没有命令 "start"；是否想输入 parley serve？` +
				`Debian 包的服务请用 sudo systemctl start parley`,
		},
		{
			[]string{"stop"},
			`unknown command "stop": press Ctrl-C in the server's terminal, or use kill PID ` +
				`(parley doctor shows PID). ` +
				`For the service of the Debian package, use sudo systemctl stop parley`,
			`没有命令 "stop"；请在服务器的终端按 Ctrl-C，或用 kill 进程号（parley doctor 会显示进程号）。` +
				`Debian 包的服务请用 sudo systemctl stop parley`,
		},
		{
			[]string{"restart", "now"},
			`unknown command "restart": stop the server (Ctrl-C in its terminal, or kill PID; ` +
				`parley doctor shows PID), then run parley serve. ` +
				`For the service of the Debian package, use sudo systemctl restart parley`,
			`没有命令 "restart"；请先停止服务器（在它的终端按 Ctrl-C，或用 kill 进程号；` +
				`parley doctor 会显示进程号），再运行 parley serve。` +
				`Debian 包的服务请用 sudo systemctl restart parley`,
		},
		{
			[]string{"serve", "--listen", "foo"},
			`--listen: invalid address "foo": HOST:PORT, such as :8888 or 127.0.0.1:8888`,
			`--listen：地址 "foo" 无效：应为 主机:端口，例如 :8888 或 127.0.0.1:8888`,
		},
		{
			[]string{"doctor", "--udp-burst", "x"},
			`--udp-burst: invalid number "x": a whole number from 1 to 1048576`,
			`--udp-burst：数值 "x" 无效：应为 1 到 1048576 之间的整数`,
		},
		{
			[]string{"kick", "a b"},
			"a nickname cannot contain a space", "昵称不能含有空格",
		},
		{
			[]string{"history", "--last", "x"},
			`--last takes a number from 0 to 100000, not "x"`,
			`--last 应为 0 到 100000 的整数，不能是 "x"`,
		},
		{
			[]string{"bench", "--members", "many"},
			`invalid value "many" for --members: a whole number; see parley bench --help`,
			`--members 的值 "many" 无效：应为整数；请看 parley bench --help`,
		},
		{
			[]string{"bench", "--idle", "x"},
			`invalid value "x" for --idle: entered or silent (with --door udp only entered)`,
			`--idle 的值 "x" 无效：应为 entered 或 silent（用 --door udp 时只能是 entered）`,
		},
		{
			[]string{"bench", "--door", "irc"},
			`invalid door "irc": one of udp, line`,
			`入口 "irc" 无效：应为 udp、line 之一`,
		},
	} {
		isWrongUse(t, c.args, c.en, c.zh)
	}
}

// isWrongUse tests what a command line is refused with, and the exit status.
func isWrongUse(t *testing.T, args []string, en, zh string) {
	t.Helper()
	for lang, want := range map[locale.Lang]string{locale.English: en, locale.Chinese: zh} {
		var out bytes.Buffer
		root := rootCommand(lang, &out)
		root.SetArgs(args)
		var exit *exitError
		if err := root.Execute(); !errors.As(err, &exit) || exit.code != statusUsage {
			t.Fatalf("%q: %v", args, err)
		}
		if got := locale.Explain(exit.err, lang); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}

func TestHelpShowsWhatAFlagTakes(t *testing.T) {
	for command, lines := range map[string][]string{
		"serve": {"--data DIR ", "--tls-cert FILE ", "--tls-key FILE ", "--config FILE "},
		"join":  {"so it need not be given\n"},
		"history": {
			"--last N ", "number of messages (default 100)\n",
			"--output FORMAT ", "(default text)\n",
		},
		"bench": {
			"--members N ", "--rate RATE ", "--door PROTOCOL ", "--duration DURATION ",
			"(default 10s)\n", "TCP connections with --door line.\n",
		},
	} {
		var out bytes.Buffer
		root := rootCommand(locale.English, &out)
		root.SetArgs([]string{command, "--help"})
		if err := root.Execute(); err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%q is not in %s", line, out.String())
			}
		}
	}
}

func TestHelpShowsHowARoomIsRemoved(t *testing.T) {
	for lang, c := range map[locale.Lang]struct{ all, rooms string }{
		locale.English: {
			"rooms       list the rooms, or remove one\n",
			"  parley rooms\n  parley rooms remove dev --yes\n",
		},
		locale.Chinese: {
			"rooms       列出所有房间，或删除一个房间\n", "  parley rooms\n  parley rooms remove 开发 --yes\n",
		},
	} {
		for want, args := range map[string][]string{c.all: {"--help"}, c.rooms: {
			"rooms",
			"--help",
		}} {
			var out bytes.Buffer
			root := rootCommand(lang, &out)
			root.SetArgs(args)
			if err := root.Execute(); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in %s", want, out.String())
			}
		}
	}
}

func TestDoctorRemediesNameTheSettingsThatWereGiven(t *testing.T) {
	c := &cobra.Command{Use: "doctor"}
	settings := settingFlags(c, locale.English, server.Settings())
	args := []string{"--listen", ":1", "--no-limits", "--data", "my room", "--listen", ":2/line"}
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	const want = "parley serve --data 'my room' --listen :1,:2/line --no-limits=true"
	if got := settings.serve(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAServerThatIsNotTriedIsNamedWithWhatToType(t *testing.T) {
	at := netip.MustParseAddrPort
	target := at("127.0.0.1:8888")
	for _, c := range []struct {
		bound  []netip.AddrPort
		en, zh string
	}{
		{
			[]netip.AddrPort{at("127.0.0.1:9")},
			"the server in d listens on 127.0.0.1:9, not on the address to measure: run " +
				"parley bench --data d 127.0.0.1:9",
			"d 中的服务器监听 127.0.0.1:9，不是要测试的地址：请运行 parley bench --data d 127.0.0.1:9",
		},
		{
			[]netip.AddrPort{at("[::]:9"), at("127.0.0.1:10")},
			"the server in d listens on [::]:9, 127.0.0.1:10, not on the address to " +
				"measure: run parley bench --data d localhost:9",
			"d 中的服务器监听 [::]:9、127.0.0.1:10，不是要测试的地址：请运行 parley bench --data d localhost:9",
		},
	} {
		err := notTried("d", c.bound, target)
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if got := locale.Explain(err, lang); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
	if err := notTried("d", []netip.AddrPort{at("[::]:9"), target}, target); err != nil {
		t.Error(err)
	}
}

func TestAPortMayStandInAWordOfItsOwn(t *testing.T) {
	for _, c := range []struct{ host, port, want string }{
		{"localhost", "", "localhost"},
		{"192.168.77.1", "18888", "192.168.77.1:18888"},
		{"fd00::1", "18888", "[fd00::1]:18888"},
		{"[fd00::1]", "18888", "[fd00::1]:18888"},
	} {
		args := strings.Fields(c.host + " " + c.port)
		if err := hostAndPort(nil, args); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		if got := withPort(args[0], args[1:]); got != c.want {
			t.Errorf("%q: %s, want %s", args, got, c.want)
		}
	}
}

func TestANameWithoutAnAddressIsToldPlainly(t *testing.T) {
	for _, c := range []struct {
		err    error
		en, zh string
	}{
		{
			&net.DNSError{Name: "chat.lan", Err: "no such host", IsNotFound: true},
			"no such host", "没有这个主机名",
		},
		{
			&net.DNSError{Name: "chat.lan", Err: "i/o timeout", IsTimeout: true},
			"the name server does not answer", "域名服务器没有响应",
		},
		{
			&net.DNSError{Name: "chat.lan", Err: "dial udp 10.0.0.1:53: network is unreachable"},
			"no name server can be reached", "无法连接域名服务器",
		},
	} {
		err := lookupProblem("chat.lan:9", fmt.Errorf("client: %w", c.err))
		en := `cannot find the address of "chat.lan": ` + c.en +
			"; use an address that the server's first screen or parley address shows"
		zh := `找不到 "chat.lan" 的地址：` + c.zh + "；请使用服务器首屏或 parley address 显示的地址"
		for lang, want := range map[locale.Lang]string{locale.English: en, locale.Chinese: zh} {
			if got := locale.Explain(err, lang); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}
