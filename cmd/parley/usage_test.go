package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"parley/locale"
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
		{
			[]string{"doctor", "now"},
			`"now" is one word too many: parley doctor [flags]; see --help`,
			`多余的参数 "now"，用法：parley doctor [选项]；请看 --help`,
		},
		{
			[]string{"join"},
			"too few arguments: parley join [NICK@]HOST[:PORT] [flags]; see --help",
			"缺少参数，用法：parley join [昵称@]主机[:端口] [选项]；请看 --help",
		},
		{[]string{"join", "ann@"}, `"ann@" has no host`, `"ann@" 中缺少主机`},
		{
			[]string{"join", "localhost:99999"},
			`invalid port "99999": a number from 1 to 65535`, `端口 "99999" 无效：应为 1 到 65535 的整数`,
		},
	} {
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			var out bytes.Buffer
			root := rootCommand(lang, &out)
			root.SetArgs(c.args)
			var exit *exitError
			if err := root.Execute(); !errors.As(err, &exit) || exit.code != statusUsage {
				t.Fatalf("%q: %v", c.args, err)
			}
			if got := locale.Explain(exit.err, lang); got != want {
				t.Errorf("%q: %q, want %q", c.args, got, want)
			}
		}
	}
}
