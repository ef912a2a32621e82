// Package console is the administrator's door: what is typed at the server's prompt goes to everybody, and what begins with a
// slash is a command of package command's table.
//
// It knows nothing of terminals: lines come from a Terminal and go to it.
//
// Its laws:
//   - Anybody that can type here is the administrator.
//   - The hub never waits for the terminal. The lobby is read from the history at the terminal's
//     pace, and messages that it is too slow for are counted instead.
package console

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"parley/chat"
	"parley/command"
	"parley/locale"
)

// Prompt returns the words before the line that the administrator types.
func Prompt(l locale.Lang) string {
	return locale.Text{EN: "administrator: ", ZH: "管理员："}.In(l)
}

// Terminal is where the administrator sits. Only ReadLine and Wait may wait.
type Terminal interface {
	// ReadLine waits for a line. Any error ends the console.
	ReadLine(ctx context.Context) (string, error)
	// Print shows a line without breaking up what is being typed.
	Print(line string)
	// Echo shows what was typed, where the terminal does not keep it.
	Echo(line string)
	// Roomy says whether much more can be printed without leaving lines out.
	Roomy() bool
	// Wait returns true once the terminal is roomy; false if ctx ends, or it takes no output.
	Wait(ctx context.Context) bool
}

// Console reads what the administrator types and carries it out.
type Console struct {
	desk     *command.Desk
	terminal Terminal
	lang     locale.Lang
	flags    string // behind a command that is typed in another terminal
	lobby    *lobby // nil: it is not shown

	unconfirmed string // what was typed last, if it was refused without a confirmation
}

// New returns a console. It does nothing before Run. flags, such as ` --data DIR`, make a command
// that is typed in another terminal find this server. With showLobby, it shows what happens in the
// lobby from now on.
func New(
	desk *command.Desk, terminal Terminal, lang locale.Lang, flags string, showLobby bool,
) *Console {
	c := &Console{desk: desk, terminal: terminal, lang: lang, flags: flags}
	if showLobby {
		c.lobby = newLobby(desk.Hub, terminal, lang)
	}
	return c
}

// Run reads lines until the terminal has no more, and returns its error.
func (c *Console) Run(ctx context.Context) error {
	if c.lobby != nil {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go c.lobby.follow(ctx)
	}
	for {
		line, err := c.terminal.ReadLine(ctx)
		if err != nil {
			return err
		}
		c.terminal.Echo(Prompt(c.lang) + line)
		c.take(ctx, line)
	}
}

// take carries out one line. `//` at its beginning says a slash.
func (c *Console) take(ctx context.Context, line string) {
	line = command.Slashed(strings.TrimSpace(line))
	typed, isCommand := strings.CutPrefix(line, "/")
	unconfirmed := c.unconfirmed
	c.unconfirmed = ""
	switch {
	case strings.TrimSpace(line) == "":
	case unconfirmed != "" && answersYes(line):
		c.terminal.Print(locale.Text{
			EN: "%s was not sent. To run the command, type %s --yes. To send the text to " +
				"everyone, type /announce %[1]s.",
			ZH: "%s 没有发出。要执行命令请输入 %s --yes；要发给所有人，请输入 /announce %[1]s。",
		}.Format(c.lang, line, unconfirmed))
	case isFarewell(line):
		c.terminal.Print(howToStop.Format(c.lang, farewell(line)))
	case !isCommand && c.isForShell(line):
	case !isCommand:
		if meant, is := lacksSlash(line); is {
			c.terminal.Print(runsHere.Format(c.lang, line, meant))
			return
		}
		c.say(ctx, line)
	case strings.HasPrefix(typed, "/"):
		c.say(ctx, typed)
	default:
		row, arguments, err := command.Parse(typed, nil)
		if where, is := c.elsewhere(typed); err != nil && is {
			c.terminal.Print(where)
			return
		}
		if err != nil {
			c.refused(err)
			return
		}
		if row.IsEndless(arguments) { // it would never give the prompt back
			c.terminal.Print(locale.Text{
				EN: "/%s runs until you stop it: use another terminal: parley %[1]s%s",
				ZH: "/%s 不会自行结束，请在另一个终端运行：parley %[1]s%s",
			}.Format(c.lang, strings.TrimSpace(typed), c.flags))
			return
		}
		if _, is := command.Unconfirmed(c.run(ctx, row, arguments)); is {
			c.unconfirmed = line
		}
	}
}

// answersYes says whether a line answers a question as people do who expect one: it is not meant
// for everyone.
func answersYes(line string) bool {
	word := strings.ToLower(strings.TrimSpace(line))
	return slices.Contains([]string{"y", "yes", "n", "no", "是", "否"}, word)
}

// inTerminals are commands of the program that are typed in a terminal only, and whether they take
// the flags that make them find this server.
var inTerminals = map[string]bool{
	"backup": true, "config": true, "doctor": true, "export": true, "verify": true,
	"bench": false, "completion": false, "import": false, "restore": false, "serve": false,
	"version": false,
}

// elsewhere says where a command is typed that is typed in a terminal only.
func (c *Console) elsewhere(typed string) (where string, is bool) {
	typed = strings.TrimSpace(typed)
	name, rest, _ := strings.Cut(typed, " ")
	name = strings.ToLower(name)
	flagged, is := inTerminals[name]
	if !is {
		return "", false
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		rest = " " + rest
	}
	if flagged {
		rest += c.flags
	}
	return locale.Text{
		EN: "/%s runs in another terminal: parley %[1]s%s",
		ZH: "/%s 要在另一个终端运行：parley %[1]s%s",
	}.Format(c.lang, name, rest), true
}

// errStuck ends a command whose answers the terminal does not take.
var errStuck = locale.Errorf(locale.Text{
	EN: "the rest is not shown: the terminal takes no output", ZH: "终端不接收输出，其余内容未显示",
})

var runsHere = locale.Text{
	EN: "%s was not sent. /%s runs the command. To send the text to everyone, " +
		"type /announce %[1]s.",
	ZH: "%s 没有发出。要执行命令请输入 /%s；要发给所有人，请输入 /announce %[1]s。",
}

// isForShell says whether a line is a command of the program as it is typed in a terminal, such as
// parley who, and prints how to run it. Nobody else is told the line.
func (c *Console) isForShell(line string) bool {
	words := strings.Fields(line)
	if words[0] == "sudo" {
		words = words[1:]
	}
	if len(words) < 2 || !strings.EqualFold(path.Base(words[0]), "parley") {
		return false
	}
	name, call := strings.ToLower(words[1]), strings.Join(words[1:], " ")
	row, isRow := command.Find(name)
	if isRow && row.Barred(nil) == nil {
		c.terminal.Print(runsHere.Format(c.lang, line, call))
		return true
	}
	flagged, isElsewhere := inTerminals[name]
	if flagged {
		call += c.flags
	}
	if isElsewhere || name == "join" {
		c.terminal.Print(locale.Text{
			EN: "%s was not sent. Run it in another terminal: parley %s. To send the text to " +
				"everyone, type /announce %[1]s.",
			ZH: "%s 没有发出。请在另一个终端运行：parley %s。要发给所有人，请输入 /announce %[1]s。",
		}.Format(c.lang, line, call))
	}
	return isElsewhere || name == "join"
}

// isFarewell says whether a line is what people type to leave a program: it is for nobody else.
func isFarewell(line string) bool {
	word := strings.ToLower(farewell(line))
	return slices.Contains([]string{"quit", "exit", "stop", "退出"}, word)
}

// lacksSlash says whether a line is a command but for its slash, and returns the command: a
// command's name alone, kick and a nickname, or a command that asks for a confirmation, also under
// a name that it nearly has. Other lines may begin with such a word and be meant for everyone.
func lacksSlash(line string) (meant string, is bool) {
	fields := strings.Fields(line)
	if first, found := command.Find(strings.ToLower(fields[0])); found && len(fields) > 1 {
		if two, near := first.Below(fields[1]); near && two.Confirms() {
			return strings.Join(append([]string{two.Name}, fields[2:]...), " "), true
		}
	}
	row, _, err := command.Parse(line, nil)
	words := len(fields) - len(strings.Fields(row.Name))
	return line, err == nil && row.Barred(nil) == nil &&
		(words == 0 || row.Name == "kick" && words == 1 || row.Confirms())
}

// farewell returns the word that a line consists of, without the slash.
func farewell(line string) string { return strings.TrimPrefix(strings.TrimSpace(line), "/") }

var howToStop = locale.Text{
	EN: "%s was not sent. Press Ctrl-C to stop the server. To send the word to everyone, " +
		"type /announce %[1]s.",
	ZH: "%s 没有发出。要停止服务器请按 Ctrl-C；要把这个词发给所有人，请输入 /announce %[1]s。",
}

func (c *Console) say(ctx context.Context, text string) {
	announce, _ := command.Find("announce")
	_ = c.run(ctx, announce, command.Arguments{"text": text}) // it shows its error
}

// run runs a command and shows its answers. It shows and returns its error.
func (c *Console) run(
	ctx context.Context, row command.Command, arguments command.Arguments,
) error {
	own, err := chat.ParseText(arguments["text"], c.desk.TextMax)
	isOwn := row.Name == "announce" && err == nil && c.lobby != nil
	if isOwn {
		c.lobby.expect(own, 1)
	}
	answered := false
	err = row.Run(ctx, c.desk, nil, arguments, func(a command.Answer) error {
		if !c.terminal.Roomy() && !c.terminal.Wait(ctx) {
			return errStuck
		}
		if a != nil {
			answered = true
			c.terminal.Print(a.Text(c.lang))
		}
		return nil
	})
	if err == nil {
		if empty := row.Empty.In(c.lang); !answered && empty != "" {
			c.terminal.Print(empty)
		}
		return nil
	}
	if isOwn {
		c.lobby.expect(own, -1)
	}
	c.refused(err)
	return err
}

func (c *Console) refused(err error) {
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		c.terminal.Print(locale.OperatorRefusal(refusal, c.lang))
		return
	}
	c.terminal.Print(locale.Explain(err, c.lang))
}
