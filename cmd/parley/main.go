// Command parley runs a chat room and is one of the ways into it.
//
// It knows nothing of how a server works inside: it reads flags, signals and terminals, and hands on to packages server and
// client. Its law: exit status 0 means done, 1 refused or failed with the reason on standard error, 2 wrong use.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"parley/locale"
	"parley/logging"
)

func main() {
	ctx, stop := signals()
	defer stop()
	lang := locale.FromEnv(os.Getenv)
	out := &output{file: os.Stdout, fail: stop}
	err := rootCommand(lang, out).ExecuteContext(ctx)
	os.Exit(exitStatus(cmp.Or(out.close(), err), lang))
}

const (
	statusFailed = 1
	statusUsage  = 2
	statusPipe   = 128 + 13 // as shells tell of a program that SIGPIPE ended
)

// exitError is an error with an exit status of its own. Without err, the status says it all.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("status %d: %v", e.code, e.err) }
func (e *exitError) Unwrap() error { return e.err }

// usageError is an error of whoever typed the command.
func usageError(err error) error { return &exitError{statusUsage, err} }

func exitStatus(err error, lang locale.Lang) int {
	if err == nil {
		return 0
	}
	status := statusFailed
	var exit *exitError
	if errors.As(err, &exit) {
		status, err = exit.code, exit.err
	}
	if err == nil {
		return status
	}
	fmt.Fprintln(os.Stderr, "parley:", logging.Harmless(locale.Explain(err, lang))) // names in it may come from anywhere
	return status
}

// rootCommand returns the program as a command that writes to out.
func rootCommand(lang locale.Lang, out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use: "parley",
		Short: locale.Text{
			EN: "a group chat that one person starts and everyone else joins",
			ZH: "一条命令开一个聊天室，人人都能加入",
		}.In(lang),
		Example: `  parley serve
  parley join ann@localhost`,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError(noCommand(c, args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetOut(out)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(badFlag(c, err)) })
	root.AddCommand(serveCommand(lang), joinCommand(lang), benchCommand(lang), configCommand(lang), doctorCommand(lang), versionCommand(lang))
	root.AddCommand(steerCommands(lang)...)
	root.AddCommand(archiveCommands(lang)...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetVersionTemplate(buildOf(release, commit, buildInfo()).text(lang) + "\n")
	wordCompletions(root, lang)
	group(root, lang)
	offerNothing(root)
	speak(root, lang)
	return root
}
