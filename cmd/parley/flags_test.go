package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestWhichFileIsReadWhenNoneIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there it is always the one at hand")
	}
	dir := t.TempDir()
	local, system := filepath.Join(dir, "local"), filepath.Join(dir, "system")
	is := func(want, when string) {
		t.Helper()
		if got := impliedFile(local, system); got != want {
			t.Errorf("%s: %s", when, got)
		}
	}
	is(local, "none is there")
	mode := os.FileMode(0o600)
	if os.Getuid() != 0 { // who may read everything
		mode = 0
	}
	if err := os.WriteFile(system, nil, mode); err != nil {
		t.Fatal(err)
	}
	if mode == 0 {
		is(local, "the system's may not be read")
		if err := os.Chmod(system, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	is(system, "the system's may be read")
	if err := os.WriteFile(local, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	is(local, "both are there")
}

func TestAListFlagAddsUp(t *testing.T) {
	l := listFlag{valueFlag: valueFlag{value: "default"}}
	for i, want := range []string{"default", "a", "a,b,c", "a,b,c,"} {
		if i > 0 {
			if err := l.Set([]string{"a", "b,c", ""}[i-1]); err != nil {
				t.Fatal(err)
			}
		}
		if l.String() != want {
			t.Errorf("after %d it is %q, want %q", i, l.String(), want)
		}
	}
}
