package main

import (
	"strings"
	"testing"

	"parley/command"
	"parley/locale"
)

func TestOnlyYesConfirms(t *testing.T) {
	row, ok := command.Find("rooms remove")
	if !ok {
		t.Fatal("the command is not in the table")
	}
	for typed, want := range map[string]bool{
		"y\n": true, "YES\n": true, " 是 \n": true, "\n": false, "": false, "n\n": false,
		"dev\n": false,
	} {
		for lang, asked := range map[locale.Lang]string{
			locale.English: "dev has 1 message. Remove it? [y/N] ",
			locale.Chinese: "dev has 1 message。是否删除？[y/N] ",
		} {
			var out strings.Builder
			a := command.Arguments{"room": "dev"}
			if !needsConfirmation(row, a) {
				t.Error("no confirmation is needed")
			}
			err := confirm(strings.NewReader(typed), &out, "dev has 1 message", a, lang)
			if got := err == nil; got != want || needsConfirmation(row, a) == want {
				t.Errorf("%q: %v, %v", typed, err, a)
			}
			if out.String() != asked {
				t.Errorf("it asks %q", out.String())
			}
		}
	}
	kick, _ := command.Find("kick")
	if needsConfirmation(kick, command.Arguments{}) {
		t.Error("kick needs a confirmation")
	}
}
