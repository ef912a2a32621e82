package main

import (
	"slices"
	"strings"
	"testing"
)

func TestAnAddressIsReadHoweverItWasTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"192.168.1.20:8888":                 "192.168.1.20:8888",
		"192.168.1.20：8888":                 "192.168.1.20:8888",
		"小明＠１９２。168．1.20：８８８８":              "小明@192.168.1.20:8888",
		"localhost ９":                       "localhost 9",
		"http://192.168.1.20:8888":          "192.168.1.20:8888",
		"https://192.168.1.20:8888/join.py": "192.168.1.20:8888",
		"ann@http://[fd00::1]:8888/":        "ann@[fd00::1]:8888",
		"fe80::1%eth0":                      "fe80::1%eth0",
		"ann@chat.lan":                      "ann@chat.lan",
	} {
		if got := strings.Join(plainAddress(strings.Fields(typed)), " "); got != want {
			t.Errorf("%s is read as %s, want %s", typed, got, want)
		}
	}
	args := []string{"192.168.1.20：8888", "9"}
	if err := hostAndPort(joinCommand(0), slices.Clone(args)); err == nil {
		t.Error("two ports are taken")
	}
}
