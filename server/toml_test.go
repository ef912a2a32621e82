package server

import (
	"os"
	"path/filepath"
	"testing"

	"parley/locale"
)

func TestATextWithoutQuotesIsToldSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.toml")
	for line, c := range map[string]struct{ en, zh string }{
		"udp.ok = ok": {
			`:2: text needs quotes: udp.ok = "ok"`, ` 第 2 行：文字要加引号：udp.ok = "ok"`,
		},
		"data=/srv/chat # the disk": {
			`:2: text needs quotes: data = "/srv/chat"`, ` 第 2 行：文字要加引号：data = "/srv/chat"`,
		},
		"udp.words = “zh”": {
			`:2: text needs quotes: udp.words = "zh"`, ` 第 2 行：文字要加引号：udp.words = "zh"`,
		},
		"udp.ok = \"ok": {
			":2:12: toml: unterminated basic string",
			" 第 2 行第 12 列格式错误（toml: unterminated basic string）",
		},
	} {
		if err := os.WriteFile(path, []byte("# settings\n"+line), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Sources{File: path, Named: true})
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if got := locale.Explain(err, lang); got != path+want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}
