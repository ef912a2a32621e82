package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"parley/locale"
)

// release and commit are what `make build` and `make release` have the linker write here.
var release, commit string

// version is the program's, as it says it of itself.
func version() string { return buildOf(release, commit, buildInfo()).Version }

// build is what the program knows of itself.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // with +dirty if more was changed since; empty: not known
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// buildOf tells what the linker was told, else what the go command saw in the work tree.
func buildOf(release, commit string, info debug.BuildInfo) build {
	seen, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			seen = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if seen != "" {
		seen += dirty
	}
	module := info.Main.Version
	if module == "(devel)" {
		module = ""
	}
	return build{
		Version: cmp.Or(release, module, "development"), Commit: cmp.Or(commit, seen),
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
	}
}

func buildInfo() debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return *info
	}
	return debug.BuildInfo{}
}

// text says it on one line.
func (b build) text(lang locale.Lang) string {
	unknown := locale.Text{EN: "unknown", ZH: "未知"}.In(lang)
	return locale.Text{EN: "parley %s (commit %s, %s, %s/%s)", ZH: "parley %s（提交 %s，%s，%s/%s）"}.Format(
		lang, b.Version, cmp.Or(b.Commit, unknown), b.Go, b.OS, b.Arch)
}

// versionCommand is `parley version`.
func versionCommand(lang locale.Lang) *cobra.Command {
	c := &cobra.Command{
		Use:   "version",
		Short: locale.Text{EN: "show the version and build information", ZH: "显示版本及构建信息"}.In(lang),
		Example: `  parley version
  parley version -o json`,
		Args: exactly(0),
	}
	asJSON := outputFlag(c, lang)
	c.RunE = func(c *cobra.Command, _ []string) error {
		b := buildOf(release, commit, buildInfo())
		machine, err := asJSON()
		switch {
		case err != nil:
			return err
		case machine:
			return json.NewEncoder(c.OutOrStdout()).Encode(b)
		}
		_, err = fmt.Fprintln(c.OutOrStdout(), b.text(lang))
		return err
	}
	return c
}
