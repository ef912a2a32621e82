package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"parley/locale"
)

func TestWhatABuildKnowsOfItself(t *testing.T) {
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.modified", Value: modified}, {Key: "vcs.revision", Value: "abc"}}
	}
	for name, c := range map[string]struct {
		release, commit string
		info            debug.BuildInfo
		want            build
	}{
		"the linker was told":      {"v1", "abc", debug.BuildInfo{Settings: vcs("true"), Main: debug.Module{Version: "v0"}}, build{Version: "v1", Commit: "abc"}},
		"the go command looked":    {"", "", debug.BuildInfo{Settings: vcs("false"), Main: debug.Module{Version: "v0"}}, build{Version: "v0", Commit: "abc"}},
		"with changes":             {"", "", debug.BuildInfo{Settings: vcs("true")}, build{Version: "development", Commit: "abc+dirty"}},
		"it was told not to look":  {"", "", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, build{Version: "development"}},
		"nothing at all is there":  {"", "", debug.BuildInfo{}, build{Version: "development"}},
		"changes without a commit": {"", "", debug.BuildInfo{Settings: vcs("true")[:1]}, build{Version: "development"}},
	} {
		c.want.Go, c.want.OS, c.want.Arch = runtime.Version(), runtime.GOOS, runtime.GOARCH
		if got := buildOf(c.release, c.commit, c.info); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestTheVersionIsSaidOnOneLine(t *testing.T) {
	b := build{Version: "v1", Commit: "abc", Go: "go9", OS: "plan9", Arch: "mips"}
	if got := b.text(locale.English); got != "parley v1 (commit abc, go9, plan9/mips)" {
		t.Error(got)
	}
	b.Commit = ""
	if got := b.text(locale.Chinese); got != "parley v1（提交 未知，go9，plan9/mips）" {
		t.Error(got)
	}
}
