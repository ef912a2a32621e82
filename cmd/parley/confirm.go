package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"parley/command"
	"parley/locale"
)

// needsConfirmation says whether a command does nothing until it is confirmed.
func needsConfirmation(row command.Command, a command.Arguments) bool {
	return a[command.Confirmation] == "" && slices.ContainsFunc(row.Parameters,
		func(p command.Parameter) bool { return p.Name == command.Confirmation })
}

// askFirst asks at a terminal whether a command that cannot be undone is meant, and confirms it. In
// a script it asks nothing: there the server refuses the command and says how to confirm it.
func askFirst(c *cobra.Command, row command.Command, a command.Arguments, lang locale.Lang) error {
	in := c.InOrStdin()
	if !needsConfirmation(row, a) || !fromTerminal(in) {
		return nil
	}
	return confirm(in, c.ErrOrStderr(), row, a, lang)
}

// confirm asks on out and reads the answer, one line, from in. Anything but yes is an error.
func confirm(
	in io.Reader, out io.Writer, row command.Command, a command.Arguments, lang locale.Lang,
) error {
	question := locale.Text{
		EN: "%s: %s. This cannot be undone. Go on? [y/N] ", ZH: "%s：%s。此操作无法撤销，是否继续？[y/N] ",
	}
	if _, err := fmt.Fprint(out, question.Format(lang, a["room"], row.Help.In(lang))); err != nil {
		return err
	}
	line, _ := bufio.NewReader(in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes", "是":
		a[command.Confirmation] = "true"
		return nil
	}
	return locale.Errorf(locale.Text{EN: "not confirmed: nothing was changed", ZH: "未确认，没有任何更改"})
}
