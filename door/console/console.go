// Package console is the administrator's door: what is typed at the server's prompt goes to everybody, and what begins with a
// slash is a command of package command's table.
//
// It knows nothing of terminals: lines come from a Terminal and go to it.
//
// Its law: who can type here is the administrator; nothing that members say is shown here unasked.
package console

import (
	"context"
	"errors"
	"strings"

	"parley/chat"
	"parley/command"
	"parley/locale"
)

// Prompt stands before what the administrator types, in every language: scripts look for it.
const Prompt = "administrator: "

// Terminal is where the administrator sits.
type Terminal interface {
	// ReadLine waits for a line. Any error ends the console.
	ReadLine(ctx context.Context) (string, error)
	// Print shows a line without tearing what is being typed.
	Print(line string)
	// Echo shows what was typed, where the terminal does not keep it.
	Echo(line string)
}

// Console reads what the administrator types and carries it out.
type Console struct {
	desk     *command.Desk
	terminal Terminal
	lang     locale.Lang
}

// New returns a console. It does nothing before Run.
func New(desk *command.Desk, terminal Terminal, lang locale.Lang) *Console {
	return &Console{desk: desk, terminal: terminal, lang: lang}
}

// Run reads lines until the terminal has no more, and returns its error.
func (c *Console) Run(ctx context.Context) error {
	for {
		line, err := c.terminal.ReadLine(ctx)
		if err != nil {
			return err
		}
		c.terminal.Echo(Prompt + line)
		c.take(ctx, line)
	}
}

// take carries out one line. `//` at its beginning says a slash.
func (c *Console) take(ctx context.Context, line string) {
	typed, isCommand := strings.CutPrefix(line, "/")
	switch {
	case strings.TrimSpace(line) == "":
	case !isCommand:
		c.say(ctx, line)
	case strings.HasPrefix(typed, "/"):
		c.say(ctx, typed)
	default:
		row, arguments, err := command.Parse(typed, nil)
		if err != nil {
			c.refused(err)
			return
		}
		c.run(ctx, row, arguments)
	}
}

func (c *Console) say(ctx context.Context, text string) {
	announce, _ := command.Find("announce")
	c.run(ctx, announce, command.Arguments{"text": text})
}

func (c *Console) run(ctx context.Context, row command.Command, arguments command.Arguments) {
	if row.IsEndless(arguments) { // it would never give the prompt back
		c.terminal.Print(locale.Text{
			EN: "that goes on for ever, use another terminal: parley %s",
			ZH: "该命令不会自行结束，请在另一个终端中使用：parley %s",
		}.Format(c.lang, row.Usage()))
		return
	}
	err := row.Run(ctx, c.desk, nil, arguments, func(a command.Answer) error {
		if a == nil {
			return nil
		}
		c.terminal.Print(a.Text(c.lang))
		return nil
	})
	if err != nil {
		c.refused(err)
	}
}

func (c *Console) refused(err error) {
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		c.terminal.Print(locale.OperatorRefusal(refusal, c.lang))
		return
	}
	c.terminal.Print(err.Error())
}
