package main

import (
	"bytes"
	"strings"
	"testing"

	"parley/locale"
)

func TestHelpListsEveryCommandOnceInItsGroup(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(locale.English, &out)
	root.SetArgs([]string{"--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, c := range root.Commands() {
		if n := strings.Count(out.String(), "\n  "+c.Name()+" "); c.IsAvailableCommand() && n != 1 {
			t.Errorf("%s is listed %d times", c.Name(), n)
		}
	}
	last := -1
	for _, part := range []string{"Start a server:", "  serve", "Talk:", "  join", "Administrate", "  kick", "Keep", "  backup", "Examine", "  doctor"} {
		at := strings.Index(out.String(), "\n"+part)
		if at <= last {
			t.Errorf("%q is not in its place: %s", part, out.String())
		}
		last = at
	}
}

func TestHelpOnServeBeginsWithTheFlagsThatPeopleNeedFirst(t *testing.T) {
	var out bytes.Buffer
	root := rootCommand(locale.English, &out)
	root.SetArgs([]string{"serve", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	first, others, found := strings.Cut(out.String(), "All other flags:")
	if !found || strings.Count(first, "\n      --") != 5 {
		t.Errorf("it begins with %s", first)
	}
	serve, _, err := root.Find([]string{"serve"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range firstFlags {
		if !strings.Contains(first, "--"+name+" ") || strings.Contains(others, "--"+name+" ") || serve.Flags().Lookup(name) == nil {
			t.Errorf("--%s is not among the first", name)
		}
	}
	if !strings.Contains(others, "--udp-rate ") || !strings.Contains(others, "--help ") {
		t.Errorf("the others are %s", others)
	}
}
