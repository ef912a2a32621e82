package command

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
	"parley/nearest"
)

// Slashed returns what was typed with full-width slashes at its beginning, which Chinese keyboards
// type, as plain ones. It drops spaces and invisible characters before a slash, as a private
// message behind them would be shown to everyone.
func Slashed(typed string) string {
	if bare := strings.TrimLeftFunc(typed, isBlank); strings.HasPrefix(bare, "/") ||
		strings.HasPrefix(bare, "／") {
		typed = bare
	}
	for i := range 2 {
		rest, wide := strings.CutPrefix(typed[i:], "／")
		if wide {
			typed = typed[:i] + "/" + rest
		}
		if !strings.HasPrefix(typed[i:], "/") {
			break
		}
	}
	return typed
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// Parse reads a command as a caller, or with nil the administrator, types it on one line behind a
// slash, which line is without.
func Parse(line string, caller *Caller) (Command, Arguments, error) {
	name, rest := cutWord(strings.TrimSpace(line))
	c, ok := Find(strings.ToLower(name))
	second, after := cutWord(strings.TrimLeft(rest, spaces))
	if two, found := Find(c.Name + " " + strings.ToLower(second)); ok && found {
		c, rest = two, after
	}
	if !ok {
		return Command{}, nil, unknown(name, caller)
	}
	if two, found := c.Below(second); found && two.Barred(caller) == nil {
		return Command{}, nil, didYouMean(c.Name+" "+second, two.Name)
	}
	c = c.typed(caller)
	c.slash = true
	if name = strings.ToLower(name); slices.Contains(c.Aliases, name) {
		c.alias = name
	}
	a, err := c.read(rest)
	return c, a, err
}

// spaces are what stands between words: Chinese keyboards type a wide one.
const spaces = " \u3000"

// cutWord cuts the first word off what was typed.
func cutWord(typed string) (word, rest string) {
	if i := strings.IndexAny(typed, spaces); i >= 0 {
		_, size := utf8.DecodeRuneInString(typed[i:])
		return typed[:i], typed[i+size:]
	}
	return typed, ""
}

func (c Command) read(rest string) (Arguments, error) {
	a := Arguments{}
	var positional []Parameter
	for _, p := range c.Parameters {
		if !p.Flag {
			positional = append(positional, p)
		}
	}
	for {
		rest = strings.TrimLeft(rest, spaces)
		if rest == "" {
			return a, nil
		}
		word, after := cutWord(rest)
		flag, ok := strings.CutPrefix(word, "--")
		if free := len(positional) > 0 && positional[0].Rest; ok && !free { // a text may begin so
			taken, err := c.readFlag(a, flag, after)
			if err != nil {
				return nil, err
			}
			rest = taken
			continue
		}
		if len(positional) == 0 {
			return nil, locale.Refuse(chat.BadArgument, c.TooMany(word, ""))
		}
		p := positional[0]
		positional = positional[1:]
		if p.Rest {
			a[p.Name] = rest
			return a, nil
		}
		a[p.Name], rest = word, after
	}
}

// readFlag takes --NAME, --NAME VALUE or --NAME=VALUE and returns what follows.
func (c Command) readFlag(a Arguments, flag, after string) (string, error) {
	name, value, given := strings.Cut(flag, "=")
	i := slices.IndexFunc(c.Parameters, func(p Parameter) bool { return p.Flag && p.Name == name })
	switch {
	case i < 0:
		return "", badArgument(locale.Text{
			EN: "%s has no flag %s: %s", ZH: "%s 没有选项 %s，用法：%s",
		}, c.shown(), chat.Quote("--"+name), c.Usage())
	case given:
	case c.Parameters[i].Switch:
		value = "true"
	default:
		value, after = cutWord(strings.TrimLeft(after, spaces))
	}
	if value == "" {
		return "", badArgument(locale.Text{
			EN: "--%s needs a value: %s", ZH: "--%s 缺少值，用法：%s",
		}, name, c.Usage())
	}
	a[name] = value
	return after, nil
}

// badArgument refuses arguments. Typed words go through chat.Quote first.
func badArgument(text locale.Text, args ...any) error {
	return locale.Refuse(chat.BadArgument, text.Fill(args...))
}

// unknown refuses a command that does not exist, with the nearest one that the caller can type.
func unknown(name string, caller *Caller) *chat.Refusal {
	var names []string
	for _, c := range Offered(caller) {
		names = append(append(names, c.Name), c.Aliases...)
	}
	if slices.Contains(sayWords, strings.ToLower(name)) {
		text := toAll
		if caller != nil {
			text = toRoom
		}
		return noCommand(name, text)
	}
	if near := nearest.Name(name, names); near != "" {
		return didYouMean(name, near)
	}
	return noCommand(name, locale.Text{EN: "try /help", ZH: "输入 /help 查看命令"})
}

// sayWords are names by which other programs know a command to say something.
var sayWords = []string{"say", "broadcast", "all", "everyone", "shout", "wall", "说"}

var (
	toAll = locale.Text{
		EN: "to say something to everyone, type it without a command",
		ZH: "要对所有人说话，直接输入内容即可",
	}
	toRoom = locale.Text{
		EN: "to say something in the room, type it without a command",
		ZH: "要在房间里发言，直接输入内容即可",
	}
)

func didYouMean(name, near string) *chat.Refusal {
	return noCommand(name, locale.Text{EN: "did you mean /%s?", ZH: "是否想输入 /%s？"}.Fill(near))
}

// noCommand refuses a command that does not exist, with what helps.
func noCommand(name string, advice locale.Text) *chat.Refusal {
	return locale.Refuse(chat.CommandUnknown, locale.Text{
		EN: "unknown command " + chat.Quote(name) + ", " + advice.EN,
		ZH: "没有命令 " + chat.Quote(name) + "，" + advice.ZH,
	})
}

// TooMany returns the refusal of a word that the command has no parameter for. before is put in
// front of the usage, such as the name of the program in a shell.
func (c Command) TooMany(word, before string) locale.Text {
	var why locale.Text
	for _, p := range c.Parameters {
		if !p.Flag {
			why = spaceless[p.Name]
		}
	}
	return locale.Text{
		EN: "%s is one word too many%s: %s%s", ZH: "多余的参数 %s%s，用法：%s%s",
	}.Fill(chat.Quote(word), why, before, c.Usage())
}

// spaceless says why a word follows a parameter that takes one word only.
var spaceless = map[string]locale.Text{
	"nick": {EN: " (nicknames have no spaces)", ZH: "（昵称不能含空格）"},
	"room": {EN: " (names of rooms have no spaces)", ZH: "（房间名不能含空格）"},
}

// Below returns the command of two words that begins with this one and whose second word is near
// to another, or means the same.
func (c Command) Below(second string) (Command, bool) {
	for _, row := range Table() {
		word, below := strings.CutPrefix(row.Name, c.Name+" ")
		if below && (slices.Contains(sameWords[word], strings.ToLower(second)) ||
			nearest.Name(second, []string{word}) != "") {
			return row, true
		}
	}
	return Command{}, false
}

// sameWords are what other programs call a command's second word.
var sameWords = map[string][]string{"remove": {"rm", "delete", "del", "drop", "erase", "删除"}}
