package datagram

import (
	"fmt"
	"strings"

	"parley/chat"
	"parley/locale"
)

// Words are what a server says, in one language. OK and EXIT, which clients compare, are not among
// them, nor is `NAME: TEXT`.
type Words struct {
	Help     string // to a client that sends none of L, C, Q; at most 120 bytes
	Asked    string // to the holder of a nickname that somebody asks for
	Idle     string // to a member before it leaves for its silence
	Stopping string // when the server shuts down

	lang      locale.Lang
	enters    string
	quits     string
	announce  string
	privately string
	removed   string // may go on with because and a reason
	because   string
	lost      string
	removals  map[chat.Reason]string
}

// In returns the words of a language.
func In(lang locale.Lang) *Words {
	if lang == locale.Chinese {
		return chinese
	}
	return english
}

var english = &Words{
	Help: Help, Asked: Asked, Idle: Idle, Stopping: Stopping,
	enters: " enters the chat room", quits: " quits the chat room",
	announce: "Administrator message: ", privately: "(to you alone) ",
	removed: Removed, because: ": ",
	lost: "(lines dropped because too many were waiting for you: %d)",
	removals: map[chat.Reason]string{
		chat.ReasonIdle:  "nothing was said for too long",
		chat.ReasonGone:  "you could not be reached",
		chat.ReasonEnded: "the server was down for too long, enter again",
	},
}

var chinese = &Words{
	lang:     locale.Chinese,
	Help:     "发送“L 昵称”进入，“C 昵称 内容”聊天，“Q 昵称”退出",
	Asked:    "有人想使用你的昵称",
	Idle:     "请发言，否则你将被移出聊天室",
	Stopping: "服务器正在关闭，请稍后再来",
	enters:   " 进入聊天室", quits: " 退出聊天室",
	announce: "管理员消息：", privately: "（仅你可见）",
	removed: "你已被移出聊天室", because: "：", lost: "（消息太多，有 %d 条未能发给你）",
	removals: map[chat.Reason]string{
		chat.ReasonIdle:  "长时间未发言",
		chat.ReasonGone:  "失去联系",
		chat.ReasonEnded: "服务器停机太久，请重新加入",
	},
}

// everyWords are the words of all languages: a client does not know which its server speaks.
var everyWords = [...]*Words{english, chinese}

// Lines encodes what others are told of an event: one line or, for a long or many-lined text,
// several.
func (w *Words) Lines(e chat.Event) [][]byte {
	switch e := e.(type) {
	case chat.Entered:
		return [][]byte{[]byte(e.Message.Nick + w.enters)}
	case chat.Left:
		return [][]byte{[]byte(e.Message.Nick + w.quits)}
	case chat.Posted:
		if e.Message.Kind == chat.KindAction {
			return prefixed(e.Message.Nick+said, "* "+e.Message.Text)
		}
		return prefixed(e.Message.Nick+said, e.Message.Text)
	case chat.Told:
		return prefixed(e.Message.Nick+said+w.privately, e.Message.Text)
	case chat.Renamed: // in words that every client knows
		return [][]byte{[]byte(e.Message.Nick + w.quits), []byte(e.Message.Text + w.enters)}
	case chat.Announced:
		return prefixed(w.announce, e.Message.Text)
	case chat.Wanted:
		return [][]byte{[]byte(w.Asked)}
	}
	return nil
}

// Refusal says why a request is refused, in one line.
func (w *Words) Refusal(r *chat.Refusal) string { return locale.Refusal(r, w.lang) }

// Lost says that lines did not reach the client because too many waited for it.
func (w *Words) Lost(lines int) []byte { return fmt.Appendf(nil, w.lost, lines) }

// Removal says that a member is not inside any more, and why; detail is the administrator's reason.
// told is false if the member asked for it and is answered.
func (w *Words) Removal(reason chat.Reason, detail string) (line string, told bool) {
	why, told := w.removals[reason]
	if reason == chat.ReasonKicked {
		why, told = detail, true
	}
	if why == "" {
		return w.removed, told
	}
	return w.removed + w.because + why, told
}

// IsEvent reports whether a line reads like what Lines makes of an event, in any language, and so
// does not answer a request. A server of another make may word a refusal such that it does; then
// only time tells.
func IsEvent(line string) bool {
	if _, announced := Announcement(line); announced {
		return true
	}
	name, _, spaced := strings.Cut(line, " ")
	_, _, coming := Coming(line)
	return coming || spaced && strings.HasSuffix(name, said[:1])
}

// Announcement reads the administrator's message; ok is false for every other line.
func Announcement(line string) (text string, ok bool) {
	for _, w := range everyWords {
		if text, ok = strings.CutPrefix(line, w.announce); ok {
			return text, true
		}
	}
	return "", false
}

// Private reads a private message, which looks as if its sender had begun with the words for it;
// ok is false for every other line.
func Private(line string) (nick, text string, ok bool) {
	nick, rest, _ := strings.Cut(line, said)
	if strings.Contains(nick, " ") {
		return "", "", false
	}
	for _, w := range everyWords {
		if text, ok = strings.CutPrefix(rest, w.privately); ok {
			return nick, text, true
		}
	}
	return "", "", false
}

// Coming reads a line that says who enters or leaves; ok is false for every other line.
func Coming(line string) (nick string, enter, ok bool) {
	nick, rest, _ := strings.Cut(line, " ")
	if nick == "" || strings.HasSuffix(nick, said[:1]) { // nothing of the kind, or somebody says so
		return "", false, false
	}
	for _, w := range everyWords {
		switch " " + rest {
		case w.enters:
			return nick, true, true
		case w.quits:
			return nick, false, true
		}
	}
	return "", false, false
}

// RefusalCode returns the Code that a server of ours words as line, chat.OK if there is none.
func RefusalCode(line string) chat.Code {
	for _, c := range chat.Codes() {
		for _, w := range everyWords {
			if c != chat.OK && w.Refusal(chat.Refuse(c)) == line {
				return c
			}
		}
	}
	return chat.OK
}

// IsAsked reports whether a line says that somebody asks for the reader's nickname.
func IsAsked(line string) bool { return line == english.Asked || line == chinese.Asked }

// IsStopping reports whether a line says that the server shuts down.
func IsStopping(line string) bool { return line == english.Stopping || line == chinese.Stopping }

// IsIdle reports whether a line warns a member that it is silent for too long.
func IsIdle(line string) bool { return line == english.Idle || line == chinese.Idle }

// Removal reads a line that says that the reader was removed, and why; ok is false for every other.
func Removal(line string) (reason string, ok bool) {
	for _, w := range everyWords {
		rest, removed := strings.CutPrefix(line, w.removed)
		reason, because := strings.CutPrefix(rest, strings.TrimSpace(w.because))
		if removed && (because || rest == "") {
			return strings.TrimSpace(reason), true
		}
	}
	return "", false
}

// LostLines reads what Lost says; ok is false for every other line.
func LostLines(line string) (lines int, ok bool) {
	for _, w := range everyWords {
		if !strings.HasPrefix(line, w.lost[:3]) { // much faster, for a load
			continue
		}
		n, err := fmt.Sscanf(line, w.lost, &lines)
		if n == 1 && err == nil && string(w.Lost(lines)) == line {
			return lines, true
		}
	}
	return 0, false
}

// Translate words a line of one of our servers in a language. Texts of members and of the
// administrator, and lines of other servers, stay as they are.
func Translate(line string, lang locale.Lang) string {
	to := In(lang)
	if code := RefusalCode(line); code != chat.OK {
		return to.Refusal(chat.Refuse(code))
	}
	if nick, enter, ok := Coming(line); ok && enter {
		return nick + to.enters
	} else if ok {
		return nick + to.quits
	}
	if text, ok := Announcement(line); ok {
		return to.announce + text
	}
	if nick, text, ok := Private(line); ok {
		return nick + said + to.privately + text
	}
	if lines, ok := LostLines(line); ok {
		return string(to.Lost(lines))
	}
	for _, from := range everyWords {
		switch line {
		case from.Help:
			return to.Help
		case from.Asked:
			return to.Asked
		case from.Idle:
			return to.Idle
		case from.Stopping:
			return to.Stopping
		}
		for reason := range from.removals {
			if said, _ := from.Removal(reason, ""); said == line {
				removed, _ := to.Removal(reason, "")
				return removed
			}
		}
	}
	if reason, ok := Removal(line); ok {
		removed, _ := to.Removal(chat.ReasonKicked, reason)
		return removed
	}
	return line
}
