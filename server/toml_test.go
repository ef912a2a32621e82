package server

import (
	"os"
	"path/filepath"
	"testing"

	"parley/locale"
)

func TestAFileThatIsNotTOMLIsExplained(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.toml")
	for line, c := range map[string]struct{ en, zh string }{
		"udp.ok = ok": {
			`:2: text needs quotes: udp.ok = "ok"`, ` 第 2 行：文字要加半角引号 "：udp.ok = "ok"`,
		},
		"data=/srv/chat # the disk": {
			`:2: text needs quotes: data = "/srv/chat"`, ` 第 2 行：文字要加半角引号 "：data = "/srv/chat"`,
		},
		"udp.words = “zh”": {
			`:2: write " in place of “: udp.words = "zh"`,
			` 第 2 行：“ 应改为半角的 "：udp.words = "zh"`,
		},
		"udp.ok ＝ \"ok\"": {
			`:2: write = in place of ＝: udp.ok = "ok"`, ` 第 2 行：＝ 应改为半角的 =：udp.ok = "ok"`,
		},
		"udp.ok ＝ ok": {
			`:2: write = in place of ＝: udp.ok = "ok"`, ` 第 2 行：＝ 应改为半角的 =：udp.ok = "ok"`,
		},
		"udp.ok = \"ok”": {
			`:2: write " in place of ”: udp.ok = "ok"`, ` 第 2 行：” 应改为半角的 "：udp.ok = "ok"`,
		},
		"udp.allow = [“10.0.0.0/8”，\"a，b\"]": {
			`:2: write " in place of “: udp.allow = ["10.0.0.0/8","a，b"]`,
			` 第 2 行：“ 应改为半角的 "：udp.allow = ["10.0.0.0/8","a，b"]`,
		},
		"  “10.0.0.0/8”，": {
			`:2: write " in place of “: "10.0.0.0/8",`, ` 第 2 行：“ 应改为半角的 "："10.0.0.0/8",`,
		},
		"udp.ok\u3000= \"ok\" # “中”": {
			`:2: write a plain space in place of the full-width one: udp.ok = "ok" # “中”`,
			` 第 2 行：全角空格应改为半角空格：udp.ok = "ok" # “中”`,
		},
		"tls.key = 我的，密钥": {
			`:2: text needs quotes: tls.key = "我的，密钥"`,
			` 第 2 行：文字要加半角引号 "：tls.key = "我的，密钥"`,
		},
		"端口 = 8888": {
			`:2: unknown setting "端口": parley config lists the valid ones`,
			` 第 2 行：没有名为 "端口" 的设置，请用 parley config 查看全部设置`,
		},
		"udp.端口 = 8888": {
			`:2: unknown setting "udp.端口": parley config lists the valid ones`,
			` 第 2 行：没有名为 "udp.端口" 的设置，请用 parley config 查看全部设置`,
		},
		"data = \"a\" 个": {
			`:2:12: toml: expected newline but got "个"`, " 第 2 行第 12 列格式错误：值后面有多余的内容",
		},
		"data = \"聊天\\q\"": {
			`:2:11: toml: invalid escape character U+0071 'q'`,
			` 第 2 行第 11 列格式错误：\ 后面的字符无效；要写 \ 本身，请写成 \\`,
		},
		"data = \n": {":2:8: missing value", " 第 2 行第 8 列格式错误：缺少值"},
		"data =":    {":2:6: missing value", " 第 2 行第 6 列格式错误：缺少值"},
		"data = \"\xc4\xe3\"": {
			":2: the file is not UTF-8 text", " 第 2 行：文件不是 UTF-8 编码",
		},
		"data = x\n\n# \xff": {
			":4: the file is not UTF-8 text", " 第 4 行：文件不是 UTF-8 编码",
		},
		"rooms.max = 01": {
			":2:13: toml: integers cannot have leading zeroes", " 第 2 行第 13 列格式错误：不符合 TOML 格式",
		},
		"udp.ok = \"ok": {
			":2:12: toml: unterminated basic string",
			" 第 2 行第 12 列格式错误：引号没有配对",
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
