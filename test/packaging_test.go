package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parley/server"
)

// packaged reads a file that packages are made of.
func packaged(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(house, "packaging", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// takes checks that the program takes such words and flags.
func takes(t *testing.T, where string, args ...string) {
	t.Helper()
	if got := call(t, append(args, "--help")...); got.status != 0 || strings.Contains(got.out, "parley COMMAND --help") {
		t.Errorf("%s calls the program in a way that it does not take: %q: %s", where, args, got.err)
	}
}

func TestTheServiceCallsTheProgramRight(t *testing.T) {
	line := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/parley (.+)$`).FindStringSubmatch(packaged(t, "systemd/parley.service"))
	if line == nil {
		t.Fatal("the unit starts no parley")
	}
	takes(t, "the unit", strings.Fields(line[1])...)
	if !strings.Contains(line[1], "--config /etc/parley/parley.toml") {
		t.Error("the unit does not read the file that the package brings")
	}
}

func TestTheContainerCallsTheProgramRight(t *testing.T) {
	file := packaged(t, "docker/Dockerfile")
	calls := regexp.MustCompile(`(?m)^(?:HEALTHCHECK .*)?CMD (\[.+\])$`).FindAllStringSubmatch(file, -1)
	if len(calls) != 2 {
		t.Fatalf("%q", calls)
	}
	for _, c := range calls {
		var args []string
		if err := json.Unmarshal([]byte(c[1]), &args); err != nil {
			t.Fatal(err)
		}
		if args[0] == "/parley" {
			args = args[1:]
		}
		takes(t, "the Dockerfile", args...)
	}
	variable := regexp.MustCompile(`(?m)^ENV (PARLEY_\w+)=`).FindStringSubmatch(file)
	if variable == nil {
		t.Fatal("the container says nothing of its data")
	}
	known := false
	for _, s := range server.Settings() {
		known = known || s.Env() == variable[1]
	}
	if !known {
		t.Errorf("there is no %s", variable[1])
	}
}

func TestTheServiceMayHaveAFileForEachConnection(t *testing.T) {
	config, err := server.Load(server.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^LimitNOFILE=(\d+)$`).FindStringSubmatch(packaged(t, "systemd/parley.service"))
	if line == nil {
		t.Fatal("the unit says nothing of files")
	}
	if limit, err := strconv.Atoi(line[1]); err != nil || limit < config.Port.Connections+1000 {
		t.Errorf("%s files for %d connections", line[1], config.Port.Connections)
	}
}

// offSetting is a setting that is off in the packaged file; its explanations have a space behind the #.
var offSetting = regexp.MustCompile(`(?m)^#([a-z].* = )`)

func TestThePackagedSettingsAreAllAndTheDefaults(t *testing.T) {
	content := packaged(t, "deb/parley.toml")
	dir := t.TempDir()
	resolve := func(name, content string) map[string]string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := call(t, "config", "--config", file); got.status != 0 {
			t.Errorf("%s: %s", name, got.err)
		}
		all, err := server.Resolve(server.Sources{File: file, Named: true})
		if err != nil {
			t.Error(err)
		}
		set := map[string]string{}
		for _, e := range all {
			if e.Origin.EN == file {
				set[e.Key] = e.Value
			}
		}
		return set
	}
	if as := resolve("as it is", content); len(as) != 1 || as["data"] != "/var/lib/parley" {
		t.Errorf("as it is it sets %v", as)
	}
	on := resolve("all on", offSetting.ReplaceAllString(content, "$1"))
	for _, s := range server.Settings() {
		value, there := on[s.Key]
		switch {
		case !there:
			t.Errorf("%s is missing", s.Key)
		case value != s.Default && s.Key != "data":
			t.Errorf("%s is %q there, %q by default", s.Key, value, s.Default)
		}
	}
}
