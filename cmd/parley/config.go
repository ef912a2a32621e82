package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"parley/locale"
	"parley/server"
)

// configCommand is `parley config`: what a server started in the same way would run with, as a TOML file that says the same.
func configCommand(lang locale.Lang) *cobra.Command {
	c := &cobra.Command{
		Use: "config",
		Short: locale.Text{
			EN: "list all settings with their values and sources",
			ZH: "显示所有设置、取值及其来源",
		}.In(lang),
		Example: `  parley config
  PARLEY_UDP_IDLE=2h parley config --listen :9999 > new.toml`,
		Args: exactly(0),
	}
	settings := settingFlags(c, lang, server.Settings())
	c.RunE = func(c *cobra.Command, _ []string) error {
		all, _ := server.Resolve(settings.sources()) // load tells what is wrong
		for _, e := range all {
			line := fmt.Sprintf("%s = %s", e.Key, tomlValue(e.Value))
			fmt.Fprintf(c.OutOrStdout(), "%-36s # %s\n", line, e.Origin.In(lang))
		}
		config, err := settings.load()
		if err != nil {
			return err
		}
		return tellRunning(c, all, config.Data, lang)
	}
	return c
}

// tellRunning says on standard error which settings the server of a data directory was started with
// that differ from those listed. A server that does not say so is not mentioned.
func tellRunning(c *cobra.Command, all []server.Effective, data string, lang locale.Lang) error {
	holder, err := server.FindHolder(data)
	if err != nil {
		return nil // none runs, or parley doctor says why that is not known
	}
	ctx, cancel := context.WithTimeout(c.Context(), settingsPatience)
	defer cancel()
	given, err := server.AskSettings(ctx, holder)
	if err != nil {
		return nil
	}
	differ := differing(all, given)
	if len(differ) == 0 {
		return nil
	}
	_, err = fmt.Fprintln(c.ErrOrStderr(), locale.Text{
		EN: "* the server that runs in this data directory was started with other settings: %s",
		ZH: "* 正在使用此数据目录的服务器启动时用的是另外的设置：%s",
	}.Format(lang, strings.Join(differ, ", ")))
	return err
}

// differing returns the settings, as TOML, whose values in a running server differ from those
// in all.
func differing(all []server.Effective, given server.Given) (differ []string) {
	running := given.Flags()
	for _, e := range all {
		value, is := running[e.Flag()]
		if !is {
			value = e.Default
		}
		here := e.Value
		if kind := e.Takes(); (kind == "DIR" || kind == "FILE") && here != "" {
			here = absolute(here)
		}
		if e.Key != "data" && value != here {
			differ = append(differ, e.Key+" = "+tomlValue(value))
		}
	}
	return differ
}

// tomlValue writes a value as TOML: numbers and switches as they are, all else as text.
func tomlValue(value string) string {
	if _, err := strconv.ParseInt(value, 10, 64); err == nil || value == "true" || value == "false" {
		return value
	}
	return strconv.Quote(value)
}
