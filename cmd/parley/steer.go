package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/chat"
	"parley/command"
	"parley/doctor"
	"parley/locale"
	"parley/logging"
	"parley/server"
	"parley/setting"
)

// steerCommands makes a command of each row of the table of what can be asked of a running server.
func steerCommands(lang locale.Lang) []*cobra.Command {
	var all []*cobra.Command
	for _, row := range command.Steering() {
		c := steerCommand(row, lang)
		first, _, below := strings.Cut(row.Name, " ")
		if !below {
			all = append(all, c)
			continue
		}
		for _, above := range all {
			if above.Name() == first {
				above.AddCommand(c)
				above.Example += "\n" + c.Example
			}
		}
	}
	return all
}

func steerCommand(row command.Command, lang locale.Lang) *cobra.Command {
	var positional []command.Parameter
	use := []string{row.Name[strings.LastIndex(row.Name, " ")+1:]}
	short := row.Help
	if row.Group.EN != "" {
		short = row.Group
	}
	c := &cobra.Command{
		Short:   short.In(lang),
		Example: strings.TrimRight("  parley "+row.Name+" "+row.Example.In(lang), " "),
	}
	for _, p := range row.Parameters {
		help := p.Help.In(lang)
		switch {
		case p.Switch:
			c.Flags().Bool(p.Name, false, help)
		case p.Flag:
			c.Flags().Var(&valueFlag{p.Default, "N"}, p.Name, help)
		case p.Required:
			use = append(use, p.Typed().In(lang))
			positional = append(positional, p)
		default:
			use = append(use, "["+p.Typed().In(lang)+"]")
			positional = append(positional, p)
		}
	}
	c.Use = strings.Join(use, " ")
	if last := len(positional) - 1; last >= 0 && positional[last].Rest {
		c.Annotations = map[string]string{takesText: strings.Join(use[1:], " ")}
	}
	inJSON := func() (bool, error) { return false, nil }
	if !row.Changes {
		inJSON = outputFlag(c, lang)
	}
	where := settingFlags(c, lang, dataSetting())
	if len(positional) > 0 && positional[0].Name == "nick" {
		offerNicks(c, where)
	}
	c.Args = func(_ *cobra.Command, args []string) error { _, err := arguments(row, positional, args); return err }
	c.RunE = func(c *cobra.Command, args []string) error {
		asJSON, err := inJSON()
		if err != nil {
			return err
		}
		a, err := arguments(row, positional, args)
		if err != nil {
			return err
		}
		for _, p := range row.Parameters {
			if p.Flag && c.Flags().Changed(p.Name) {
				a[p.Name] = c.Flags().Lookup(p.Name).Value.String()
			}
		}
		if err := row.CheckArguments(a); err != nil {
			return refused(err, lang)
		}
		config, err := where.load()
		if err != nil {
			return err
		}
		return steer(c, config.Data, row, a, asJSON, lang)
	}
	return c
}

// dataSetting is the setting that says which data directory a command is about.
func dataSetting() []setting.Setting {
	return slices.DeleteFunc(server.Settings(), func(s setting.Setting) bool { return s.Key != "data" })
}

// arguments gives the words typed to the parameters; the last one that takes the rest takes it.
func arguments(row command.Command, positional []command.Parameter, words []string) (command.Arguments, error) {
	a := command.Arguments{}
	for i, p := range positional {
		switch {
		case p.Required && isBlank(p, words):
			return nil, usageError(locale.Errorf(locale.Text{
				EN: "%s is missing: parley %s",
				ZH: "缺少%s，用法：parley %s",
			}, p.Typed(), row.Usage()))
		case len(words) == 0:
		case p.Rest && i == len(positional)-1:
			a[p.Name], words = strings.Join(words, " "), nil
		default:
			a[p.Name], words = words[0], words[1:]
		}
	}
	if len(words) > 0 {
		if err := longDash(words[0]); err != nil {
			return nil, err
		}
		if below, ok := row.Below(words[0]); ok {
			return nil, usageError(locale.Errorf(locale.Text{
				EN: "unknown command %q: did you mean parley %s? parley %s --help lists all",
				ZH: "没有命令 %q；是否想输入 parley %s？用 parley %s --help 查看所有命令",
			}, row.Name+" "+words[0], below.Name, row.Name))
		}
		return nil, usageError(locale.Errorf(locale.Text{EN: "%s"},
			row.TooMany(words[0], "parley ")))
	}
	return a, nil
}

// isBlank says whether nothing was typed for a parameter, or nothing but spaces, as a shell does
// for an empty variable.
func isBlank(p command.Parameter, words []string) bool {
	if !p.Rest && len(words) > 1 {
		words = words[:1]
	}
	return strings.TrimSpace(strings.Join(words, "")) == ""
}

// packagedData is the data directory of the Debian package's service.
const packagedData = "/var/lib/parley"

// steer has a command carried out by the server of a data directory and prints what it answers.
func steer(c *cobra.Command, data string, row command.Command, a command.Arguments, asJSON bool, lang locale.Lang) error {
	holder, err := server.FindHolder(data)
	if errors.Is(err, server.ErrNotRunning) {
		if err := server.LostDatabase(data); err != nil { // which parley serve would refuse
			return err
		}
		if filepath.Clean(data) == packagedData {
			return locale.Errorf(locale.Text{
				EN: "no server is running in the data directory %s: start the service with " +
					"sudo systemctl start parley",
				ZH: "没有服务器在使用数据目录 %s：请用 sudo systemctl start parley 启动服务",
			}, data)
		}
		data = absolute(data) // perhaps the server was started in another folder
		return locale.Errorf(locale.Text{
			EN: "no server is running in the data directory %[1]s: if it was started in another " +
				"folder, name its data directory with --data; to start a server in %[1]s, run " +
				"parley serve --data %[2]s",
			ZH: "没有服务器在使用数据目录 %[1]s：如果服务器是在其他目录启动的，" +
				"请用 --data 指定它的数据目录；要用 %[1]s 启动服务器，请运行 parley serve --data %[2]s",
		}, data, doctor.Quote(data))
	}
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	replaces := row.Replaces && row.IsEndless(a) && onTerminal(out)
	q := question{holder.Client(), holder, row, a, answerPatience}
	answered := 0
	show := func(raw json.RawMessage) error {
		answered++
		if asJSON {
			_, err := fmt.Fprintln(out, string(raw))
			return err
		}
		answer := row.Answer()
		if err := json.Unmarshal(raw, answer); err != nil {
			return notUnderstood(err)
		}
		text := logging.Harmless(answer.Text(lang)) // whatever is in the database
		if replaces {
			text = clearScreen + text
		}
		_, err := fmt.Fprintln(out, text)
		return err
	}
	if err = askFirst(c, q, lang); err == nil {
		err = q.ask(c.Context(), show)
	}
	if err == nil && !asJSON {
		err = ended(c, q, answered, lang)
	}
	switch {
	case errors.As(err, new(*chat.Refusal)):
		return refused(err, lang)
	case errors.Is(err, context.Canceled) && row.IsEndless(a): // Ctrl-C is how it ends
		return nil
	case errors.As(err, new(cutOff)) && hasEnded(data, holder):
		return locale.Errorf(locale.Text{
			EN: "the server (process %d) was killed or crashed: its log may say why",
			ZH: "服务器（进程 %d）已被终止或崩溃，原因可能在日志中",
		}, holder.PID)
	case err == nil && row.IsEndless(a):
		fmt.Fprintln(c.ErrOrStderr(), locale.Text{EN: "* the server has shut down", ZH: "* 服务器已关闭"}.In(lang))
		return nil
	case errors.Is(err, context.Canceled):
		return locale.Errorf(locale.Text{EN: "interrupted", ZH: "已中断"})
	}
	return err
}

// ended prints what people are told behind so many answers to a question.
func ended(c *cobra.Command, q question, answered int, lang locale.Lang) error {
	said := q.row.Empty.In(lang)
	if answered > 0 {
		said = ""
	}
	if q.row.Name == "who" {
		others := command.Elsewhere{Count: -answered, Here: answered}
		err := tell(c.Context(), q.holder, "status", q.patience, func(s *command.State) {
			for _, d := range s.Doors {
				others.Count += d.Members
			}
		})
		if err == nil && others.Matters(nil, q.arguments) { // else the list alone is right, too
			said = others.Text(lang)
		}
	}
	if said == "" {
		return nil
	}
	_, err := fmt.Fprintln(c.OutOrStdout(), said)
	return err
}

// refused words a refusal, which is an error of usage if no server accepts such an argument.
func refused(err error, lang locale.Lang) error {
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	text := locale.OperatorRefusal(refusal, lang)
	if refusal.Code == chat.NickUnknown && refusal.Detail == "" {
		text += locale.Text{
			EN: "; to list the members, run parley who", ZH: "；用 parley who 查看在线成员",
		}.In(lang)
	}
	said := errors.New(text)
	switch refusal.Code {
	case chat.BadArgument, chat.RoomName, chat.NickEmpty, chat.NickTooLong, chat.NickCharacters,
		chat.NickScripts, chat.NickReserved, chat.TextEmpty, chat.TextTooLong, chat.TextEncoding:
		return usageError(said)
	}
	return said
}

// hasEnded reports whether a server that cut an answer off no longer holds its data directory. A process
// that was killed may release its lock a moment after its connections.
func hasEnded(data string, holder server.Holder) bool {
	const tries, pause = 20, 50 * time.Millisecond
	for range tries {
		now, err := server.FindHolder(data)
		if errors.Is(err, server.ErrNotRunning) || err == nil && now.PID != holder.PID {
			return true
		}
		time.Sleep(pause)
	}
	return false
}

// clearScreen empties a terminal and goes to its top left (ECMA-48 CUP, ED).
const clearScreen = "\x1b[H\x1b[2J"
