package main

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/command"
	"parley/locale"
	"parley/server"
	"parley/setting"
)

// completionHelp words the commands that cobra makes for shells.
var completionHelp = map[string]struct {
	short   locale.Text
	example string
}{
	"completion": {
		locale.Text{EN: "completions for bash, zsh, fish and PowerShell", ZH: "生成 bash、zsh、fish、PowerShell 的补全脚本"},
		`  source <(parley completion bash)
  parley completion zsh > "${fpath[1]}/_parley"
  parley completion fish > ~/.config/fish/completions/parley.fish`,
	},
	"bash": {
		locale.Text{
			EN: "completions for bash; needs the package bash-completion",
			ZH: "生成 bash 补全脚本（需要安装 bash-completion）",
		},
		`  source <(parley completion bash)
  parley completion bash > ~/.local/share/bash-completion/completions/parley`,
	},
	"zsh": {
		locale.Text{EN: "completions for zsh; needs compinit", ZH: "生成 zsh 补全脚本（需要先执行 compinit）"},
		`  source <(parley completion zsh)
  parley completion zsh > "${fpath[1]}/_parley"`,
	},
	"fish": {
		locale.Text{EN: "completions for fish", ZH: "生成 fish 补全脚本"},
		`  parley completion fish | source
  parley completion fish > ~/.config/fish/completions/parley.fish`,
	},
	"powershell": {
		locale.Text{EN: "completions for PowerShell", ZH: "生成 PowerShell 补全脚本"},
		`  parley completion powershell | Out-String | Invoke-Expression`,
	},
}

// wordCompletions gives cobra's commands for shells our words.
func wordCompletions(root *cobra.Command, lang locale.Lang) {
	for _, c := range root.Commands() {
		if help, is := completionHelp[c.Name()]; is {
			c.Short, c.Long, c.Example = help.short.In(lang), "", help.example
			if c.Args = exactly(0); c.HasSubCommands() {
				c.Args, c.RunE = aShell, func(c *cobra.Command, _ []string) error { return c.Help() }
			}
			if f := c.Flags().Lookup("no-descriptions"); f != nil {
				f.Usage = locale.Text{
					EN: "complete words without descriptions",
					ZH: "补全时不显示说明",
				}.In(lang)
			}
			wordCompletions(c, lang)
		}
	}
}

// aShell refuses a word that is none of the shells.
func aShell(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	return usageError(locale.Errorf(locale.Text{
		EN: "no completions for %q; see %s --help", ZH: "没有 %q 的补全脚本；请看 %s --help",
	}, words[0], c.CommandPath()))
}

// offerNothing makes shells offer no files where none are wanted: for every word and value that nothing else is said of.
func offerNothing(c *cobra.Command) {
	if c.ValidArgsFunction == nil {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, known := c.GetFlagCompletionFunc(f.Name); !known && len(f.Annotations) == 0 {
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions) // the flag is there
		}
	})
	for _, below := range c.Commands() {
		offerNothing(below)
	}
}

// offerValues makes shells offer what a setting can be.
func offerValues(c *cobra.Command, s setting.Setting) {
	switch choices := s.Choices(); {
	case len(choices) > 0:
		offer(c, s.Flag(), choices...)
	case s.Key == "data":
		_ = c.MarkFlagDirname(s.Flag()) // the flag is there
	}
}

func offer(c *cobra.Command, flag string, values ...string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// offerNicks makes shells offer who is inside as the command's first word.
func offerNicks(c *cobra.Command, where flags) {
	c.ValidArgsFunction = func(c *cobra.Command, before []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(before) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.DeleteFunc(nicksInside(c.Context(), where), meansSomething), cobra.ShellCompDirectiveNoFileComp
	}
}

// tabPatience is how long somebody waits who pressed the tab key.
const tabPatience = time.Second

// nicksInside returns the nicknames of the members, none if no server tells.
func nicksInside(ctx context.Context, where flags) (nicks []string) {
	config, err := where.load()
	if err != nil {
		return nil
	}
	holder, err := server.FindHolder(config.Data)
	if err != nil {
		return nil
	}
	_ = tell(ctx, holder, "who", tabPatience, func(m *command.Member) { // some are better than none
		nicks = append(nicks, m.Nick)
	})
	return nicks
}

// meansSomething says that a shell could read more in a word than the word. People choose their nicknames: such are not offered.
func meansSomething(word string) bool {
	return strings.HasPrefix(word, "-") || strings.ContainsFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("-_.", r)
	})
}
