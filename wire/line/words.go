package line

import (
	"strings"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
)

// Words are what a server says over lines, in one language. `NAME: TEXT`, `* NAME TEXT`, `[ROOM] `
// and `! ` before a refusal are the same in all of them.
type Words struct {
	Prompt   string // asks for a nickname; without a line break: clients answer behind it
	Asked    string // to the holder of a nickname that another client asks for
	Stopping string // when the server shuts down
	Bye      string // to a member that has left
	Slow     string // to a member that is disconnected because it reads too slowly
	Unshown  string // in place of a line that could not be encoded
	NoProxy  string // to a client that sends a PROXY header but is not a known proxy
	TimedOut string // to a client that gave no nickname in time
	Latest   string // before the newest messages, for a member that was not there lately
	ToQuit   string // to a member that said a word such as quit to everyone
	ToHelp   string // the same for help

	lang      locale.Lang
	removed   string
	because   string // between removed and the administrator's reason
	privately string
	announce  string
}

// In returns the words of a language.
func In(lang locale.Lang) *Words {
	if lang == locale.Chinese {
		return chinese
	}
	return english
}

var english = &Words{
	Prompt:   "Please enter nickname: ",
	Asked:    "somebody asked for your nickname and was refused: you keep it",
	Stopping: "the server is shutting down",
	Bye:      "you have left the chat room",
	Slow:     "disconnected: your client reads too slowly",
	Unshown:  "! a message cannot be shown because of a fault of the server: see /history",
	NoProxy:  "! a PROXY header is accepted only from an address in port.proxies",
	TimedOut: "! timed out waiting for a nickname",
	Latest:   "--- recent messages ---",
	ToQuit:   "your text was sent; to leave, type /quit",
	ToHelp:   "your text was sent; for help, type /help",

	removed: "you were removed from the chat room", because: ": ",
	privately: "(to you alone) ", announce: "Administrator message: ",
}

var chinese = &Words{
	Prompt:   "请输入昵称：",
	Asked:    "有人想使用你的昵称，已被拒绝：昵称仍归你使用",
	Stopping: "服务器正在关闭",
	Bye:      "你已退出聊天室",
	Slow:     "已断开连接：你的客户端接收太慢",
	Unshown:  "! 服务器出错，有一条消息无法显示，请用 /history 查看",
	NoProxy:  "! 只接受 port.proxies 中的地址发来的 PROXY 协议头",
	TimedOut: "! 等待昵称超时",
	Latest:   "--- 最近的消息 ---",
	ToQuit:   "内容已发出；要退出请输入 /quit",
	ToHelp:   "内容已发出；要查看命令请输入 /help",

	lang:    locale.Chinese,
	removed: "你已被移出聊天室", because: "：",
	privately: "（仅你可见） ", announce: "管理员消息：",
}

// Refused words a refusal.
func (w *Words) Refused(r *chat.Refusal) string {
	if r.Detail == "" && (r.Code == chat.RoomNotJoined || r.Code == chat.RoomUnknown) {
		r = locale.Refuse(chat.RoomNotJoined, notThere) // of a text: commands name their room
	}
	return "! " + strings.ReplaceAll(locale.HelpfulRefusal(r, w.lang), "\n", " ")
}

// notThere refuses what a member says that has left its room, or whose room was removed.
var notThere = locale.Text{
	EN: "not sent: you have left that room, or it was removed; /join lobby first",
	ZH: "没有发出：你已离开那个房间，或它已被删除；请先输入 /join lobby",
}

// NickFirst refuses a command in place of a nickname.
var NickFirst = locale.Text{
	EN: "a nickname is needed first; to leave, type /quit",
	ZH: "请先输入昵称；要退出请输入 /quit",
}

// ToMsg refuses a text that begins with the name of /msg and a nickname, without the slash.
var ToMsg = locale.Text{
	EN: "not sent: type /%s TEXT to send TEXT to that member only, //%[1]s TEXT to show it to " +
		"everyone",
	ZH: "没有发出：如果只发给对方，请输入 /%s 内容；如果要让所有人看到，请输入 //%[1]s 内容",
}

// NickNotUTF8 and TextNotUTF8 refuse a line that is not UTF-8, as telnet clients make it that drop
// a byte of a character.
var (
	NickNotUTF8 = locale.Text{
		EN: "the nickname is not UTF-8 text" + damagedEnglish,
		ZH: "昵称不是 UTF-8 文本" + damagedChinese,
	}
	TextNotUTF8 = locale.Text{
		EN: "the message is not UTF-8 text" + damagedEnglish,
		ZH: "消息不是 UTF-8 文本" + damagedChinese,
	}
)

const (
	damagedEnglish = " (some telnets damage Chinese: use telnet -E -- HOST -PORT, or netcat)"
	damagedChinese = "（有些 telnet 会损坏汉字：请改用 telnet -E -- 主机 -端口，或用 netcat）"
)

// Removed tells a member that the administrator removed it; reason may be empty.
func (w *Words) Removed(reason string) string {
	if reason == "" {
		return w.removed
	}
	return w.removed + w.because + reason
}

// Welcome greets a member that has entered, with how many others are here.
func (w *Words) Welcome(nick string, others int) string {
	here := locale.Text{EN: "%d others are here.", ZH: "另有 %d 人在线。"}.Format(w.lang, others)
	switch others {
	case 0:
		here = locale.Text{EN: "Nobody else is here.", ZH: "现在只有你一个人。"}.In(w.lang)
	case 1:
		here = locale.Text{EN: "1 other is here.", ZH: "另有 1 人在线。"}.In(w.lang)
	}
	return locale.Text{
		EN: "Welcome to the chat room, %s. %s /help lists commands.",
		ZH: "欢迎来到聊天室，%s。%s输入 /help 查看命令。",
	}.Format(w.lang, nick, here)
}

// Topic tells a member that has entered the lobby's topic.
func (w *Words) Topic(topic string) string {
	return locale.Text{EN: "The topic is: ", ZH: "主题："}.In(w.lang) + topic
}

// Missed introduces what was said while a member was away: so many messages, or with orMore at
// least so many, of which the last shown follow.
func (w *Words) Missed(missed, shown int, orMore bool) string {
	count := locale.Text{EN: "%d messages", ZH: "%d 条消息"}
	if missed == 1 {
		count.EN = "%d message"
	}
	if orMore {
		count = locale.Text{EN: count.EN + " or more", ZH: "至少 " + count.ZH}
	}
	said := count.Format(w.lang, missed)
	if shown < missed {
		said += locale.Text{EN: ", the last %d follow", ZH: "，以下是最后 %d 条"}.Format(w.lang, shown)
	}
	return "--- " + locale.Text{EN: "you missed ", ZH: "你错过了 "}.In(w.lang) + said + " ---"
}

// IsAway tells the sender of a private message why its receiver may not answer.
func (w *Words) IsAway(nick, why string) string {
	return locale.Text{EN: "%s is away: %s", ZH: "%s 暂离：%s"}.Format(w.lang, nick, why)
}

// shortMax is how many bytes of a message are repeated for a member that enters.
const shortMax = 600

// Shortened returns the beginning of a text that has more than 600 bytes, and how to read the rest.
func (w *Words) Shortened(text string) string {
	if len(text) <= shortMax {
		return text
	}
	cut := shortMax
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + locale.Text{
		EN: " … (%d more bytes, see /history)", ZH: "……（还有 %d 字节，用 /history 查看）",
	}.Format(w.lang, len(text)-cut)
}

// Append encodes what a room, or one member, is told of an event, behind b: lines, or nothing for
// an event that is not told.
func (w *Words) Append(b []byte, e chat.Event) []byte {
	switch e := e.(type) {
	case chat.Posted:
		if e.Message.Kind == chat.KindAction {
			return appendLines(b, in(e.Message.Room)+"* "+e.Message.Nick+" ", e.Message.Text)
		}
		return appendLines(b, in(e.Message.Room)+e.Message.Nick+": ", e.Message.Text)
	case chat.Told:
		return appendLines(b, w.privately+e.Message.Nick+": ", e.Message.Text)
	case chat.Entered:
		return appendLine(b, w.Entering(e))
	case chat.Left:
		return appendLine(b, w.Leaving(e))
	case chat.Renamed:
		said := locale.Text{EN: " is now ", ZH: " 改名为 "}.In(w.lang)
		return appendLine(b, in(e.Message.Room)+e.Message.Nick+said+e.Message.Text)
	case chat.TopicSet:
		said := locale.Text{EN: " changes the topic to: ", ZH: " 将主题改为："}.In(w.lang)
		if e.Message.Text == "" {
			said = locale.Text{EN: " removes the topic", ZH: " 清除了主题"}.In(w.lang)
		}
		return appendLine(b, in(e.Message.Room)+e.Message.Nick+said+e.Message.Text)
	case chat.RoomRemoved:
		return appendLine(b, in(e.Room)+locale.Text{
			EN: "the administrator removed this room and its messages; /join another room to talk",
			ZH: "管理员已删除这个房间及其聊天记录，请用 /join 加入其他房间",
		}.In(w.lang))
	case chat.Announced:
		return appendLines(b, w.announce, e.Message.Text)
	case chat.Wanted:
		return appendLine(b, w.Asked)
	}
	return b
}

// Coming says that members enter a room, or leave it, as one does who leaves the chat room. The
// first of them are named.
func (w *Words) Coming(room chat.RoomID, enter bool, count int, named ...string) string {
	did := comingEnglish
	if w.lang == locale.Chinese {
		did = comingChinese
	}
	return in(room) + locale.Members(w.lang, count, named...) + did(room, enter, count)
}

func comingEnglish(room chat.RoomID, enter bool, count int) string {
	does, what := "enter", "the room"
	if room == chat.Lobby {
		what = "the chat room"
	}
	switch {
	case !enter && room == chat.Lobby:
		does = "quit"
	case !enter:
		does = "leave"
	}
	if count == 1 {
		does += "s"
	}
	return does + " " + what
}

func comingChinese(room chat.RoomID, enter bool, _ int) string {
	switch lobby := room == chat.Lobby; {
	case enter && lobby:
		return "进入聊天室"
	case enter:
		return "进入房间"
	case lobby:
		return "退出聊天室"
	}
	return "离开房间"
}

// Entering says that a member enters a room.
func (w *Words) Entering(e chat.Entered) string {
	if e.Message.IsReturn() {
		return w.Returning(e.Message.Room, 1, e.Message.Nick)
	}
	return w.Coming(e.Message.Room, true, 1, e.Message.Nick)
}

// Returning says that members enter a room that were inside already, in other rooms. The first of
// them are named.
func (w *Words) Returning(room chat.RoomID, count int, named ...string) string {
	if room != chat.Lobby {
		return w.Coming(room, true, count, named...)
	}
	does := locale.Text{EN: "enter the lobby", ZH: "进入大厅"}
	if count == 1 {
		does.EN = "enters the lobby"
	}
	return locale.Members(w.lang, count, named...) + does.In(w.lang)
}

// Parting says that members leave a room and stay inside, in other rooms. The first of them are
// named.
func (w *Words) Parting(room chat.RoomID, count int, named ...string) string {
	if room != chat.Lobby {
		return w.Coming(room, false, count, named...)
	}
	does := locale.Text{EN: "leave the lobby", ZH: "离开大厅"}
	if count == 1 {
		does.EN = "leaves the lobby"
	}
	return locale.Members(w.lang, count, named...) + does.In(w.lang)
}

// Leaving says that a member leaves a room, with the reason that it gave.
func (w *Words) Leaving(e chat.Left) string {
	said := w.Coming(e.Message.Room, false, 1, e.Message.Nick)
	if e.Reason == chat.ReasonParted {
		said = w.Parting(e.Message.Room, 1, e.Message.Nick)
	}
	if e.Detail != "" && (e.Reason == chat.ReasonQuit || e.Reason == chat.ReasonParted) {
		said += locale.Text{EN: " (%s)", ZH: "（%s）"}.Format(w.lang, e.Detail)
	}
	return said
}
