package main

import (
	"io"
	"testing"

	"parley/locale"
)

func TestOtherDashesAreTold(t *testing.T) {
	for _, c := range []struct {
		args   []string
		en, zh string
	}{
		{
			[]string{"announce", "-5", "degrees"},
			"unknown flag: -5; before a text that begins with -, type --: " +
				"parley announce -- TEXT",
			"没有选项 -5；内容以 - 开头时，请在前面加上 --：parley announce -- 内容",
		},
		{
			[]string{"doctor", "—data", "x"},
			`"—data" begins with another dash than -: type --data`,
			`"—data" 开头不是英文的 -：请输入 --data`,
		},
		{
			[]string{"who", "lobby", "–data"},
			`"–data" begins with another dash than -: type --data`,
			`"–data" 开头不是英文的 -：请输入 --data`,
		},
	} {
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			root := rootCommand(lang, io.Discard)
			root.SetArgs(c.args)
			if got := locale.Explain(root.ExecuteContext(t.Context()).(*exitError).err,
				lang); got != want {
				t.Errorf("%q: %s, want %s", c.args, got, want)
			}
		}
	}
}
