package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"parley/command"
	"parley/locale"
	"parley/logging"
)

// needsConfirmation says whether a command does nothing until it is confirmed.
func needsConfirmation(row command.Command, a command.Arguments) bool {
	return a[command.Confirmation] == "" && row.Confirms()
}

// askFirst asks at a terminal whether a command that cannot be undone is meant, and confirms it.
// The server says what would be done. In a script it asks nothing: there the server refuses the
// command and says how to confirm it.
func askFirst(c *cobra.Command, q question, lang locale.Lang) error {
	in := c.InOrStdin()
	if !needsConfirmation(q.row, q.arguments) || !fromTerminal(in) {
		return nil
	}
	err := q.ask(c.Context(), func(json.RawMessage) error { return nil })
	what, unconfirmed := command.Unconfirmed(err)
	if !unconfirmed {
		return err
	}
	return confirm(in, c.ErrOrStderr(), what.In(lang), q.arguments, lang)
}

// confirm asks on out and reads the answer, one line, from in. Anything but yes is an error.
func confirm(
	in io.Reader, out io.Writer, what string, a command.Arguments, lang locale.Lang,
) error {
	question := locale.Text{EN: "%s. Remove it? [y/N] ", ZH: "%s。是否删除？[y/N] "}
	if _, err := fmt.Fprint(out, question.Format(lang, logging.Harmless(what))); err != nil {
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
