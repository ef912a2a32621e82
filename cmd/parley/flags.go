package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"parley/doctor"
	"parley/locale"
	"parley/server"
	"parley/setting"
)

// flags are the settings that a command takes, and the file they can stand in.
type flags struct {
	command *cobra.Command
	file    *string
}

// settingFlags gives a command a flag for each setting and --config.
func settingFlags(c *cobra.Command, lang locale.Lang, settings []setting.Setting) flags {
	file := os.Getenv(server.ConfigEnv)
	if file == "" {
		file = impliedFile(localFile, systemFile)
	}
	named := &valueFlag{file, "FILE"}
	help := locale.Text{EN: "TOML file with settings", ZH: "TOML 配置文件"}
	c.Flags().Var(named, "config", help.In(lang))
	f := flags{command: c, file: &named.value}
	_ = c.MarkFlagFilename("config", "toml") // the flag is there
	for _, s := range settings {
		help := fmt.Sprintf("%s [%s]", s.Help.In(lang), s.Env())
		switch {
		case s.IsSwitch():
			c.Flags().Bool(s.Flag(), s.Default == "true", help)
		case s.IsList():
			c.Flags().Var(&listFlag{valueFlag: valueFlag{s.Default, s.Takes()}}, s.Flag(), help)
		default:
			c.Flags().Var(&valueFlag{s.Default, s.Takes()}, s.Flag(), help)
		}
		offerValues(c, s)
	}
	return f
}

// localFile is read when it is there, else systemFile by who may read it: root, and the user as whom the machine's own server
// runs. So these find that server without being told where its data is, and nobody else is sent there.
const (
	localFile  = "parley.toml"
	systemFile = "/etc/parley/parley.toml"
)

// impliedFile returns the file that is read, if it is there, when none is named.
func impliedFile(local, system string) string {
	if _, err := os.Stat(local); err == nil || runtime.GOOS == "windows" { // there, anybody may make such a file
		return local
	}
	if f, err := os.Open(system); err == nil {
		_ = f.Close()
		return system
	}
	return local
}

// load returns the settings in force. An unknown setting or an invalid value is an error of usage,
// wherever it stands.
func (f flags) load() (server.Config, error) {
	config, err := server.Load(f.sources())
	if err != nil {
		err = usageError(err)
	}
	return config, err
}

// checkFlags refuses invalid values on the command line. It does not look at the other sources.
func (f flags) checkFlags() error {
	if _, err := server.Load(server.Sources{Flags: f.sources().Flags}); err != nil {
		return usageError(err)
	}
	return nil
}

// sources are where the command finds its settings.
func (f flags) sources() server.Sources {
	given := map[string]string{}
	for _, s := range server.Settings() {
		if flag := f.command.Flags().Lookup(s.Flag()); flag != nil && flag.Changed {
			given[s.Flag()] = flag.Value.String()
		}
	}
	return server.Sources{
		Flags: given, Environ: os.Environ(), File: *f.file,
		Named: f.command.Flags().Changed("config") || os.Getenv(server.ConfigEnv) != "",
	}
}

// serve returns the command that starts a server with the settings that the command line has.
func (f flags) serve() string {
	words := []string{"parley serve"}
	known := map[string]bool{"config": true}
	for _, s := range server.Settings() {
		known[s.Flag()] = true
	}
	f.command.Flags().Visit(func(flag *pflag.Flag) {
		switch value := flag.Value.String(); {
		case !known[flag.Name]:
		case flag.Value.Type() == "bool":
			words = append(words, "--"+flag.Name+"="+value)
		default:
			words = append(words, "--"+flag.Name, doctor.Quote(value))
		}
	})
	return strings.Join(words, " ")
}

// valueFlag is a flag of which help shows what kind of value it takes.
type valueFlag struct{ value, kind string }

func (v *valueFlag) String() string { return v.value }

// Type returns what help shows behind the flag's name.
func (v *valueFlag) Type() string { return v.kind }

func (v *valueFlag) Set(s string) error {
	v.value = s
	return nil
}

// listFlag is a flag that may stand more than once: what is given adds up, in place of the default.
type listFlag struct {
	valueFlag // its value has commas between
	given     bool
}

func (l *listFlag) Set(s string) error {
	if l.given {
		s = l.value + "," + s
	}
	l.value, l.given = s, true
	return nil
}

// GetSlice has shells offer the flag again after it was given (cobra.SliceValue).
func (l *listFlag) GetSlice() []string { return strings.Split(l.value, ",") }
