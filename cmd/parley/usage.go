package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/locale"
	"parley/nearest"
)

// noCommand returns the error for an unknown command, with the name that is nearest to it.
func noCommand(root *cobra.Command, name string) error {
	if instead, is := ofServices[name]; is {
		return locale.Errorf(instead, name)
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if near := nearest.Name(name, names); near != "" {
		return locale.Errorf(locale.Text{
			EN: "unknown command %q: did you mean parley %s? parley --help lists all",
			ZH: "没有命令 %q；是否想输入 parley %s？用 parley --help 查看所有命令",
		}, name, near)
	}
	return locale.Errorf(locale.Text{
		EN: "unknown command %q: parley --help lists the commands",
		ZH: "没有命令 %q；用 parley --help 查看所有命令",
	}, name)
}

// ofServices are commands that other servers have, and what is typed here instead.
var ofServices = map[string]locale.Text{
	"start": {
		EN: "unknown command %q: did you mean parley serve? " +
			"For the service of the Debian package, use sudo systemctl start parley",
		ZH: "没有命令 %q；是否想输入 parley serve？" +
			"Debian 包的服务请用 sudo systemctl start parley",
	},
	"stop": {
		EN: "unknown command %q: press Ctrl-C in the server's terminal, or use kill PID " +
			"(parley doctor shows PID). " +
			"For the service of the Debian package, use sudo systemctl stop parley",
		ZH: "没有命令 %q；请在服务器的终端按 Ctrl-C，或用 kill 进程号（parley doctor 会显示进程号）。" +
			"Debian 包的服务请用 sudo systemctl stop parley",
	},
	"restart": {
		EN: "unknown command %q: stop the server (Ctrl-C in its terminal, or kill PID; " +
			"parley doctor shows PID), then run parley serve. " +
			"For the service of the Debian package, use sudo systemctl restart parley",
		ZH: "没有命令 %q；请先停止服务器（在它的终端按 Ctrl-C，或用 kill 进程号；" +
			"parley doctor 会显示进程号），再运行 parley serve。" +
			"Debian 包的服务请用 sudo systemctl restart parley",
	},
}

// badFlag says what is wrong with the flags of a command, and which flag is near.
func badFlag(c *cobra.Command, err error) error {
	said := flagProblem(err)
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		words := c.Flags().Args()
		if !c.HasParent() && len(words) > 0 { // the flag belongs to the command that was meant
			return noCommand(c, words[0])
		}
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		textual := c.Annotations[takesText]
		if textual != "" && unknown.GetSpecifiedShortnames() != "" {
			return locale.Errorf(locale.Text{
				EN: "%v; before a text that begins with -, type --: %s -- %s",
				ZH: "%v；内容以 - 开头时，请在前面加上 --：%s -- %s",
			}, said, c.CommandPath(), textual)
		}
		near := flagsElsewhere[unknown.GetSpecifiedName()]
		if near == "" || c.Flags().Lookup(near) == nil {
			near = nearest.Name(unknown.GetSpecifiedName(), names)
		}
		if near != "" {
			return locale.Errorf(locale.Text{
				EN: "%v; did you mean --%s? See %s --help",
				ZH: "%v；是否想输入 --%s？请看 %s --help",
			}, said, near, c.CommandPath())
		}
	}
	return locale.Errorf(locale.Text{EN: "%v; see %s --help", ZH: "%v；请看 %s --help"},
		said, c.CommandPath())
}

// takesText annotates a command whose last argument is a text, with how help names its arguments.
const takesText = "text"

// longDash refuses a word that begins as a flag does, but with the dashes of a Chinese keyboard or
// of a word processor; nil: it does not.
func longDash(word string) error {
	name := strings.TrimLeft(word, "—–―－")
	if name == word || name == "" {
		return nil
	}
	return usageError(locale.Errorf(locale.Text{
		EN: "%q begins with another dash than -: type --%s",
		ZH: "%q 开头不是英文的 -：请输入 --%s",
	}, word, name))
}

// flagsElsewhere are flags that other servers have, and what they are here.
var flagsElsewhere = map[string]string{
	"port": "listen", "p": "listen", "bind": "listen", "host": "listen", "address": "listen",
	"addr": "listen", "dir": "data", "directory": "data", "db": "data", "d": "data",
	"cert": "tls-cert", "key": "tls-key",
}

// flagProblem words an error of pflag in every language.
func flagProblem(err error) error {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return locale.Errorf(locale.Text{EN: "unknown flag: -%s", ZH: "没有选项 -%s"},
			unknown.GetSpecifiedName())
	case errors.As(err, &unknown):
		return locale.Errorf(locale.Text{EN: "unknown flag: --%s", ZH: "没有选项 --%s"},
			unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		return locale.Errorf(locale.Text{EN: "--%s needs a value", ZH: "--%s 缺少值"},
			missing.GetFlag().Name)
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		valid, known := flagValues[flag.Value.Type()]
		if !known {
			return locale.Errorf(locale.Text{
				EN: "--%s: %v",
				ZH: "--%s：%v",
			}, flag.Name, invalid.Unwrap())
		}
		return locale.Errorf(locale.Text{
			EN: "invalid value %q for --%s: " + valid.EN, ZH: "--%[2]s 的值 %[1]q 无效：应为" + valid.ZH,
		}, invalid.GetValue(), flag.Name)
	}
	return err
}

// flagValues are the values that a flag of each type takes.
var flagValues = map[string]locale.Text{
	"bool":     {EN: "true or false", ZH: " true 或 false"},
	"N":        {EN: "a whole number", ZH: "整数"},
	"DURATION": {EN: "a duration, such as 90s or 2h", ZH: "时长，例如 90s 或 2h"},
}

// placeholders are what help shows behind a flag: by its name, else by its type.
var placeholders = map[string]string{
	"output": "FORMAT", "rate": "RATE", "door": "PROTOCOL", "idle": "STATE",
	"int": "N", "duration": "DURATION", "string": "TEXT",
}

// placedValue is a flag's value with the placeholder that help shows for it.
type placedValue struct {
	pflag.Value
	placeholder string
}

// Type returns the placeholder.
func (v placedValue) Type() string { return v.placeholder }

// place gives a flag a placeholder in place of the name of a Go type.
func place(f *pflag.Flag) {
	of := placeholders[f.Value.Type()]
	if of == "" { // a switch, or a setting, which has its own
		return
	}
	f.Value = placedValue{f.Value, cmp.Or(placeholders[f.Name], of)}
}

// aCommand refuses words that are not the name of a command, such as those after parley help.
func aCommand(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	found, rest, err := c.Root().Find(words)
	if err == nil && len(rest) == 0 && found != nil {
		return nil
	}
	return usageError(noCommand(c.Root(), strings.Join(words, " ")))
}

// group arranges the commands below the root in its help. A command that is in no list is one of
// the administrator's.
func group(root *cobra.Command, lang locale.Lang) {
	groups := []struct {
		id       string
		title    locale.Text
		commands []string
	}{
		{"start", locale.Text{EN: "Start a server:", ZH: "启动服务器："}, []string{"serve", "config"}},
		{"talk", locale.Text{EN: "Talk:", ZH: "聊天："}, []string{"join"}},
		{"manage", locale.Text{EN: "Manage a running server:", ZH: "管理运行中的服务器："}, nil},
		{"keep", locale.Text{
			EN: "Back up and restore:",
			ZH: "备份与恢复：",
		}, []string{"backup", "restore", "verify", "export", "import"}},
		{"examine", locale.Text{
			EN: "Diagnostics and tools:",
			ZH: "诊断与工具：",
		}, []string{"doctor", "bench", "version", "completion", "help"}},
	}
	of := map[string]string{}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title.In(lang)})
		for _, name := range g.commands {
			of[name] = g.id
		}
	}
	for _, c := range root.Commands() {
		c.GroupID = cmp.Or(of[c.Name()], "manage")
	}
}

// firstFlags are those of serve that people need first.
var firstFlags = []string{"listen", "data", "config", "port-allow", "log-level"}

// serveUsage is serve's usage: the first flags before the others.
func serveUsage(lang locale.Lang) func(*cobra.Command) error {
	return func(c *cobra.Command) error {
		first, others := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
		first.SortFlags = false
		for _, name := range firstFlags {
			first.AddFlag(c.Flags().Lookup(name))
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if first.Lookup(f.Name) == nil {
				others.AddFlag(f)
			}
		})
		title := func(en, zh string) string { return locale.Text{EN: en, ZH: zh}.In(lang) + "\n" }
		_, err := fmt.Fprint(c.OutOrStderr(),
			title("Usage:", "用法："), "  ", c.UseLine(), "\n\n",
			title("Example:", "示例："), c.Example, "\n\n",
			title("Common flags:", "常用选项："), first.FlagUsages(), "\n",
			title("Other flags:", "其他选项："), others.FlagUsages())
		return err
	}
}

// exactly wants so many arguments after a command's name.
func exactly(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < n {
			return usageError(locale.Errorf(locale.Text{
				EN: "too few arguments: %s; see --help", ZH: "缺少参数，用法：%s；请看 --help",
			}, c.UseLine()))
		}
		return atMost(n)(c, args)
	}
}

// atMost wants so many arguments or fewer after a command's name. An empty one is an error.
func atMost(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case slices.Contains(args, ""):
			return usageError(locale.Errorf(locale.Text{
				EN: "an argument is empty: %s; see --help", ZH: "有一个参数为空，用法：%s；请看 --help",
			}, c.UseLine()))
		case len(args) > n && longDash(args[n]) != nil:
			return longDash(args[n])
		case len(args) > n:
			return usageError(locale.Errorf(locale.Text{
				EN: "%q is one word too many: %s; see --help", ZH: "多余的参数 %q，用法：%s；请看 --help",
			}, args[n], c.UseLine()))
		}
		return nil
	}
}

// outputFlag gives a command -o. asJSON tells what was asked for.
func outputFlag(c *cobra.Command, lang locale.Lang) (asJSON func() (bool, error)) {
	output := c.Flags().StringP("output", "o", "text", locale.Text{
		EN: "output format: text or json (one object per line)",
		ZH: "输出格式：text 或 json（每行一个对象）",
	}.In(lang))
	offer(c, "output", "text", "json")
	return func() (bool, error) {
		if *output != "text" && *output != "json" {
			return false, usageError(locale.Errorf(locale.Text{EN: "-o takes text or json, not %q", ZH: "-o 只能是 text 或 json，不能是 %q"}, *output))
		}
		return *output == "json", nil
	}
}

// speak makes a command and those below it help in a language.
func speak(c *cobra.Command, lang locale.Lang) {
	c.SetUsageTemplate(usageTemplate(lang))
	if c.Name() == "help" {
		c.Use = locale.Text{EN: "help [COMMAND]", ZH: "help [命令]"}.In(lang)
		c.Args = aCommand
		c.Short = locale.Text{EN: "help on a command", ZH: "显示某个命令的用法"}.In(lang)
		c.Long = locale.Text{
			EN: "Show the help of a command, for example: parley help serve",
			ZH: "显示某个命令的用法，例如 parley help serve",
		}.In(lang)
	}
	c.InitDefaultHelpFlag()
	if f := c.Flags().Lookup("help"); f != nil {
		f.Usage = locale.Text{EN: "this help", ZH: "显示帮助"}.In(lang)
	}
	c.InitDefaultVersionFlag()
	if f := c.Flags().Lookup("version"); f != nil {
		f.Usage = locale.Text{EN: "show the version", ZH: "显示版本"}.In(lang)
	}
	if c.HasAvailableSubCommands() {
		words := locale.Text{EN: " COMMAND", ZH: " 命令"}
		if c.Runnable() { // it does something by itself, too
			words = locale.Text{EN: " [COMMAND]", ZH: " [命令]"}
		}
		c.Use += words.In(lang)
	}
	c.Use += locale.Text{EN: " [flags]", ZH: " [选项]"}.In(lang)
	c.DisableFlagsInUseLine = true
	c.Flags().VisitAll(place)
	if lang == locale.Chinese {
		c.Flags().VisitAll(defaultInChinese)
	}
	for _, below := range c.Commands() {
		speak(below, lang)
	}
}

// defaultInChinese words the default of a flag, which package pflag says in English only.
func defaultInChinese(f *pflag.Flag) {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return
	}
	f.Usage += "（默认 " + f.DefValue + "）"
	f.DefValue = "0" // which package pflag does not say
	if kind := f.Value.Type(); kind == "string" || kind == "bool" {
		f.DefValue = ""
	}
}

func usageTemplate(lang locale.Lang) string {
	return strings.NewReplacer(
		"@usage", locale.Text{EN: "Usage:", ZH: "用法："}.In(lang),
		"@example", locale.Text{EN: "Example:", ZH: "示例："}.In(lang),
		"@commands", locale.Text{EN: "Commands:", ZH: "命令："}.In(lang),
		"@flags", locale.Text{EN: "Flags:", ZH: "选项："}.In(lang),
		"@more", locale.Text{
			EN: "Help on a command: {{.CommandPath}} COMMAND --help",
			ZH: "查看某个命令的用法：{{.CommandPath}} 命令 --help",
		}.In(lang),
	).Replace(`@usage
  {{.UseLine}}
{{- if .HasExample}}

@example
{{.Example}}
{{- end}}
{{- range $group := .Groups}}

{{.Title}}
{{- range $.Commands}}{{if and .IsAvailableCommand (eq .GroupID $group.ID)}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if and .HasAvailableSubCommands (not .Groups)}}

@commands
{{- range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

@flags
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

@more
{{- end}}
`)
}
