package main

import (
	"fmt"
	"strconv"

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
		_, err := settings.load()
		return err
	}
	return c
}

// tomlValue writes a value as TOML: numbers and switches as they are, all else as text.
func tomlValue(value string) string {
	if _, err := strconv.ParseInt(value, 10, 64); err == nil || value == "true" || value == "false" {
		return value
	}
	return strconv.Quote(value)
}
