package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"

	"parley/locale"
)

// tomlProblem says where a file is not TOML, and why.
func tomlProblem(path string, content []byte, err error) error {
	var at *toml.DecodeError
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", path, err)
	}
	row, column := at.Position() // in bytes
	lines := strings.Split(string(content), "\n")
	line := lines[min(row, len(lines))-1]
	before := line[:min(column-1, len(line))]
	here, size := utf8.DecodeRuneInString(line[len(before):]) // none at the end of the line
	column = utf8.RuneCountInString(before) + 1
	for i, line := range lines {
		if !utf8.ValidString(line) {
			return locale.Errorf(locale.Text{
				EN: "%s:%d: the file is not UTF-8 text", ZH: "%s 第 %d 行：文件不是 UTF-8 编码",
			}, path, i+1)
		}
	}
	if wide, plain, fixed := halfWidth(line, here); wide != 0 {
		return locale.Errorf(locale.Text{
			EN: "%s:%d: %s: %s", ZH: "%s 第 %d 行：%s：%s",
		}, path, row, instead(wide, plain), fixed)
	}
	if quoted := quotedValue(line); quoted != "" {
		return locale.Errorf(locale.Text{
			EN: "%s:%d: text needs quotes: %s", ZH: `%s 第 %d 行：文字要加半角引号 "：%s`,
		}, path, row, quoted)
	}
	reason := err.Error()
	if size > 1 {
		if isOfKey(reason) {
			key, _, _ := strings.Cut(line, "=")
			return locale.Errorf(locale.Text{
				EN: "%s:%d: unknown setting %q: parley config lists the valid ones",
				ZH: "%s 第 %d 行：没有名为 %q 的设置，请用 parley config 查看全部设置",
			}, path, row, strings.TrimSpace(key))
		}
		// The library names the first byte of the character.
		reason = strings.Replace(reason, fmt.Sprintf("%#U", line[len(before)]),
			strconv.Quote(string(here)), 1)
	}
	return locale.Errorf(locale.Text{
		EN: "%s:%d:%d: %s", ZH: "%s 第 %d 行第 %d 列格式错误：%s",
	}, path, row, column, reasonOf(reason))
}

// isOfKey says whether a reason of the library is about the name of a setting.
func isOfKey(reason string) bool {
	return strings.Contains(reason, "start of key") || strings.Contains(reason, "expected '='")
}

// reasons are why a line is not TOML, by what the library's English sentence has.
var reasons = []struct{ has, zh string }{
	{"expected '='", "设置名后面缺少 ="},
	{"already defined", "重复设置"},
	{"array is incomplete", "列表缺少 ]"},
	{"expected ',' or ']'", "列表中的各项要用半角逗号隔开，并以 ] 结束"},
	{"invalid escape", `\ 后面的字符无效；要写 \ 本身，请写成 \\`},
	{"unterminated", "引号没有配对"},
	{"cannot have new lines", "引号没有配对"},
	{"expected newline", "值后面有多余的内容"},
	{"missing value", "缺少值"},
	{"at start of value", "值无效"},
	{"to close", "缺少 ]"},
	{"start of key", "设置名无效"},
}

// reasonOf returns the reason of the library in every language.
func reasonOf(reason string) locale.Text {
	if strings.Contains(reason, "end of input") ||
		strings.Contains(reason, "U+000A at start of value") {
		reason = "missing value"
	}
	for _, r := range reasons {
		if strings.Contains(reason, r.has) {
			return locale.Text{EN: reason, ZH: r.zh}
		}
	}
	return locale.Text{EN: reason, ZH: "不符合 TOML 格式"}
}

// plainSigns are the signs of TOML by those that Chinese keyboards type for them.
var plainSigns = map[rune]rune{
	'“': '"', '”': '"', '＂': '"', '‘': '\'', '’': '\'', '＇': '\'', '＝': '=', '，': ',', '、': ',',
	'［': '[', '］': ']', '【': '[', '】': ']', '．': '.', '。': '.', '＃': '#', '\u3000': ' ',
}

// instead says to write one sign in place of another.
func instead(wide, plain rune) locale.Text {
	if wide == '\u3000' {
		return locale.Text{
			EN: "write a plain space in place of the full-width one", ZH: "全角空格应改为半角空格",
		}
	}
	return locale.Text{
		EN: "write %[2]c in place of %[1]c", ZH: "%c 应改为半角的 %c",
	}.Fill(wide, plain)
}

// halfWidth returns the first full-width sign of a line of TOML that is the reason why it is not
// valid, the sign that replaces it, and the line with all of them replaced; 0: there is none. here
// is the character at which the library gave up.
func halfWidth(line string, here rune) (wide, plain rune, fixed string) {
	var b strings.Builder
	var open rune // the quotation mark that is open, as a plain one
	comment := false
	for _, r := range line {
		to, isWide := plainSigns[r]
		switch {
		case comment || open != 0 && to != open && r != open:
			to = r
		case open != 0: // also by the other kind of mark: the library has given up on this line
			open, to = 0, open
		case r == '"' || r == '\'' || to == '"' || to == '\'':
			if !isWide {
				to = r
			}
			open = to
		default:
			if !isWide {
				to = r
			}
			comment = to == '#'
		}
		if wide == 0 && to != r {
			wide, plain = r, to
		}
		b.WriteRune(to)
	}
	fixed = strings.TrimSpace(b.String())
	if wide == 0 || toml.Unmarshal([]byte(fixed), new(map[string]any)) == nil {
		return wide, plain, fixed
	}
	if quoted := quotedValue(fixed); quoted != "" && quotedValue(line) == "" {
		return wide, plain, quoted
	}
	if _, isWide := plainSigns[here]; isWide { // one line of several
		return wide, plain, fixed
	}
	return 0, 0, ""
}

// quotedValue returns a line of TOML with quotes around its value if that is text without any;
// empty: something else is wrong.
func quotedValue(line string) string {
	key, value, _ := strings.Cut(line, "=")
	value, _, _ = strings.Cut(value, " #")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	value = strings.Trim(value, "“”‘’")
	if value == "" || strings.ContainsAny(value, "\"'[]{}") || value == "true" || value == "false" {
		return ""
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return ""
	}
	return key + " = " + strconv.Quote(value)
}
