package command

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"parley/chat"
	"parley/locale"
)

// clock is how times are shown to people: in their own zone, by the second.
const clock = "2006-01-02 15:04:05"

// Done says that something was done.
type Done struct {
	Done    string `json:"done"`
	Nick    string `json:"nick,omitempty"`
	Members int    `json:"members"` // how many were inside
}

// Text implements Answer.
func (d *Done) Text(l locale.Lang) string {
	if d.Nick != "" {
		return locale.Text{
			EN: "%s was removed from the chat room, and can join again",
			ZH: "已将 %s 踢出聊天室，对方可以重新加入",
		}.Format(l, d.Nick)
	}
	return locale.Text{
		EN: "announced to " + locale.Counted(d.Members, "member"),
		ZH: fmt.Sprintf("消息已发给 %d 人", d.Members),
	}.In(l)
}

// RoomRemoved says that a room was removed.
type RoomRemoved struct {
	Room     chat.RoomID `json:"room"`
	Messages uint64      `json:"messages"` // removed with it
}

// Text implements Answer.
func (r *RoomRemoved) Text(l locale.Lang) string {
	if r.Room.IsDirect() { // its name is a pair of numbers
		return locale.Text{
			EN: "removed " + locale.Counted(r.Messages, "private message"),
			ZH: "已删除 " + strconv.FormatUint(r.Messages, 10) + " 条私聊",
		}.In(l)
	}
	return locale.Text{
		EN: "removed %s with " + locale.Counted(r.Messages, "message"),
		ZH: "已删除 %s 及其 " + strconv.FormatUint(r.Messages, 10) + " 条消息",
	}.Format(l, r.Room)
}

// Member is somebody inside.
type Member struct {
	Nick    string        `json:"nick"`
	Door    string        `json:"door"`
	Rooms   []chat.RoomID `json:"rooms"` // empty: it has left the lobby, and is in no other one
	Entered time.Time     `json:"entered"`
	Away    string        `json:"away,omitempty"` // why it does not answer
}

// datagramDoor is the door whose clients have neither rooms nor private messages to send.
const datagramDoor = "udp"

// doorName names a door as people read it: by its protocol. Programs read its own name.
func doorName(door string) string {
	switch door {
	case datagramDoor:
		return "UDP"
	case "line":
		return "TCP"
	}
	return door
}

// Text implements Answer.
func (m *Member) Text(l locale.Lang) string {
	said := locale.Text{EN: "%s  (%s, since %s)", ZH: "%s（%s，%s 进入）"}.Format(
		l, m.Nick, doorName(m.Door), m.Entered.Local().Format(clock))
	if len(m.Rooms) == 0 {
		said += locale.Text{EN: "  in no room", ZH: "  不在任何房间"}.In(l)
	}
	if m.Away != "" {
		said += locale.Text{EN: "  away: %s", ZH: "  暂离：%s"}.Format(l, m.Away)
	}
	return said
}

// Elsewhere says how many members are not in the lobby, after those who are. It is for an
// administrator who named no room. Programs do not get it: each answer to them is a Member.
type Elsewhere struct {
	Count int
	Here  int  // members in the lobby
	Typed bool // at a prompt, where commands begin with a slash
}

// Matters says whether an Elsewhere follows what a caller asked, or with nil the administrator.
func (e *Elsewhere) Matters(caller *Caller, a Arguments) bool {
	return caller == nil && a["room"] == "" && e.Count > 0
}

// Text implements Answer.
func (e *Elsewhere) Text(l locale.Lang) string {
	said := locale.Text{
		EN: locale.Counted(e.Count, "more member") + " are not in the lobby: ",
		ZH: fmt.Sprintf("另有 %d 人不在大厅：", e.Count),
	}
	if e.Count == 1 {
		said.EN = "1 more member is not in the lobby: "
	}
	if e.Here == 0 { // then nothing else was said
		said.EN = nobodyHere.EN + "\n" + strings.Replace(said.EN, " more ", " ", 1)
		said.ZH = nobodyHere.ZH + "\n" + strings.Replace(said.ZH, "另有", "有", 1)
	}
	rooms := "parley rooms"
	if e.Typed {
		rooms = "/rooms"
	}
	return said.In(l) + locale.Text{
		EN: "%s lists the other rooms", ZH: "用 %s 查看其他房间",
	}.Format(l, rooms)
}

// Room is a room that somebody can join.
type Room struct {
	Room     chat.RoomID `json:"room"`
	Members  int         `json:"members"`
	Messages uint64      `json:"messages"`
	Topic    string      `json:"topic,omitempty"`
}

// Text implements Answer.
func (r *Room) Text(l locale.Lang) string {
	said := locale.Text{EN: "%s  (%d inside)", ZH: "%s（%d 人）"}.Format(l, r.Room, r.Members)
	if r.Topic != "" {
		said += "  " + r.Topic
	}
	return said
}

// Ways are the ways into the chat room.
type Ways struct {
	Datagrams   []string `json:"datagrams"`             // HOST:PORT for parley join, best first
	Lines       []string `json:"lines"`                 // HOST:PORT for netcat and TLS, best first
	Certificate string   `json:"certificate,omitempty"` // SHA-256; empty: no TLS
	English     string   `json:"en"`                    // all of it in words
	Chinese     string   `json:"zh"`
}

// Text implements Answer.
func (w *Ways) Text(l locale.Lang) string {
	return locale.Text{EN: w.English, ZH: w.Chinese}.In(l)
}

// More says that a list goes on.
type More struct {
	Count int `json:"more"`
}

// Text implements Answer.
func (m *More) Text(l locale.Lang) string {
	return locale.Text{EN: "and %d more", ZH: "另有 %d 项未显示"}.Format(l, m.Count)
}

// Joined says that the caller is in a room and talks there.
type Joined struct {
	Room   chat.RoomID `json:"room"`
	Topic  string      `json:"topic,omitempty"`
	Others int         `json:"others"`
	New    bool        `json:"new,omitempty"` // it did not exist
}

// Text implements Answer.
func (j *Joined) Text(l locale.Lang) string {
	said := locale.Text{EN: "[%s] you talk in this room now", ZH: "[%s] 已切换到这个房间"}.Format(l, j.Room)
	switch {
	case j.New:
		said = locale.Text{
			EN: "[%s] you talk in this room now; the room is new",
			ZH: "[%s] 已新建并切换到这个房间",
		}.Format(l, j.Room)
	case j.Others > 0:
		said += locale.Text{
			EN: ", with " + locale.Counted(j.Others, "other"),
			ZH: fmt.Sprintf("，另有 %d 人", j.Others),
		}.In(l)
	default:
		said += locale.Text{EN: "; nobody else is here", ZH: "，这里只有你"}.In(l)
	}
	if j.Topic != "" {
		said += locale.Text{EN: "; topic: %s", ZH: "；主题：%s"}.Format(l, j.Topic)
	}
	return said
}

// Told says that the caller's words are stored and told to one other, or to a room.
type Told struct {
	Nick string      `json:"nick,omitempty"`
	Room chat.RoomID `json:"room,omitempty"`

	Openly bool `json:"openly,omitempty"` // the receiver's client can answer only to everyone
}

// Text implements Answer.
func (t *Told) Text(l locale.Lang) string {
	if t.Openly {
		return locale.Text{
			EN: "sent to %s only, whose client cannot answer in private",
			ZH: "私聊消息已发给 %s（对方的客户端不能回复私聊）",
		}.Format(l, t.Nick)
	}
	if t.Nick != "" {
		return locale.Text{EN: "sent to %s only", ZH: "私聊消息已发给 %s"}.Format(l, t.Nick)
	}
	return locale.Text{EN: "sent to %s", ZH: "已发给 %s 的所有成员"}.Format(l, t.Room)
}

// Parted says that the caller has left a room, and where it talks now.
type Parted struct {
	Room chat.RoomID `json:"room"`
	Now  chat.RoomID `json:"now"`            // empty: it is in no room any more
	Gone bool        `json:"gone,omitempty"` // the room was removed before
}

// Text implements Answer.
func (p *Parted) Text(l locale.Lang) string {
	left := locale.Text{EN: "you have left this room", ZH: "你已离开这个房间"}
	if p.Gone {
		left = locale.Text{EN: "this room was removed", ZH: "这个房间已被删除"}
	}
	if p.Now == "" {
		return locale.Text{
			EN: "[%s] %s. You are not in any room now: /join %s, or /quit",
			ZH: "[%s] %s，现在不在任何房间；输入 /join %s 继续发言，或 /quit 退出",
		}.Format(l, p.Room, left.In(l), chat.Lobby)
	}
	return locale.Text{
		EN: "[%s] %s; you talk in %s", ZH: "[%s] %s；现在在 %s 发言",
	}.Format(l, p.Room, left.In(l), p.Now)
}

// Renamed says what the caller is called from now on.
type Renamed struct {
	Nick string `json:"nick"`
}

// Text implements Answer.
func (r *Renamed) Text(l locale.Lang) string {
	return locale.Text{EN: "you are %s now", ZH: "你现在叫 %s"}.Format(l, r.Nick)
}

// Topic says what a room is about.
type Topic struct {
	Room  chat.RoomID `json:"room"`
	Topic string      `json:"topic"`
}

// Text implements Answer.
func (t *Topic) Text(l locale.Lang) string {
	if t.Topic == "" {
		return locale.Text{EN: "%s has no topic", ZH: "%s 没有主题"}.Format(l, t.Room)
	}
	return locale.Text{EN: "the topic of %s: %s", ZH: "%s 的主题：%s"}.Format(l, t.Room, t.Topic)
}

// Away says whether the caller answers.
type Away struct {
	Reason string `json:"reason"`
}

// Text implements Answer.
func (a *Away) Text(l locale.Lang) string {
	if a.Reason == "" {
		return locale.Text{EN: "you are back", ZH: "你已取消暂离"}.In(l)
	}
	return locale.Text{EN: "you are away: %s", ZH: "你已标记为暂离：%s"}.Format(l, a.Reason)
}

// Help tells what can be typed.
type Help struct {
	Rows   []Command `json:"-"`
	One    bool      `json:"-"` // it was asked about: all of it is told
	Inside bool      `json:"-"` // who asks is inside; else it is the administrator
}

// The first and the last line of help.
var (
	helpInside = locale.Text{
		EN: "Text goes to the current room. Type //TEXT to send /TEXT. Commands:",
		ZH: "输入的内容发到当前房间；要发送以 / 开头的内容，请写成 //内容。命令：",
	}
	helpAdministrator = locale.Text{
		EN: "Text that you type here goes to every member. Commands:",
		ZH: "直接输入的内容会发给所有人。命令：",
	}
	helpEnd = locale.Text{EN: "Ctrl-C stops the server.", ZH: "按 Ctrl-C 停止服务器。"}
)

// helpColumns is how wide help is at most; helpIndent is where what a command does stands.
const (
	helpColumns = 72
	helpIndent  = 26
)

// Text implements Answer: lines of at most helpColumns.
func (h *Help) Text(l locale.Lang) string {
	var lines []string
	for _, row := range h.Rows {
		lines = append(lines, helpRow("  /"+row.Usage().In(l), row.Help.In(l))...)
		if !h.One {
			continue
		}
		for _, p := range row.Parameters {
			lines = append(lines, helpRow("      "+p.Typed().In(l), p.Help.In(l))...)
		}
		if aliases := row.aliases(l); len(aliases) > 0 {
			label := locale.Text{EN: "      aliases: /", ZH: "      别名：/"}.In(l)
			between := locale.Text{EN: ", /", ZH: "、/"}.In(l)
			lines = append(lines, label+strings.Join(aliases, between))
		}
		label := locale.Text{EN: "      example: /", ZH: "      示例：/"}.In(l)
		lines = append(lines, strings.TrimRight(label+row.Name+" "+row.Example.In(l), " "))
	}
	switch {
	case h.One:
	case h.Inside:
		lines = append([]string{helpInside.In(l)}, lines...)
	default:
		lines = append(append([]string{helpAdministrator.In(l)}, lines...), helpEnd.In(l))
	}
	if !h.One && l == locale.Chinese {
		lines = append(lines, h.chineseNames()...)
	}
	return strings.Join(lines, "\n")
}

// chineseNames lists the first Chinese name of each command, in lines of at most helpColumns.
func (h *Help) chineseNames() []string {
	lines := []string{"中文名称："}
	for _, row := range h.Rows {
		i := slices.IndexFunc(row.Aliases, func(name string) bool {
			return name[0] >= utf8.RuneSelf
		})
		if i < 0 {
			continue
		}
		word := "/" + row.Aliases[i] + "（/" + row.Name + "）"
		last := &lines[len(lines)-1]
		if displaywidth.String(*last+word) > helpColumns {
			lines = append(lines, "  "+word)
		} else {
			*last += word
		}
	}
	return lines
}

// helpRow sets what is typed beside what it does, or above where one of them is too long.
func helpRow(typed, does string) []string {
	room, wide := helpColumns-helpIndent, displaywidth.String(typed)
	switch {
	case wide < helpIndent && displaywidth.String(does) <= room:
		return []string{typed + strings.Repeat(" ", helpIndent-wide) + does}
	case displaywidth.String(does) <= room:
		return []string{typed, strings.Repeat(" ", helpIndent) + does}
	}
	return []string{typed, "      " + does}
}

// Line is a line of history.
type Line struct{ chat.Message }

// Text implements Answer. A message of several lines is shown as such, the following ones set in.
func (h *Line) Text(l locale.Lang) string { return h.at(clock, l) }

// Brief is Text with the time of day alone, for a screen on which messages appear as they come.
func (h *Line) Brief(l locale.Lang) string { return h.at(BriefClock, l) }

// BriefClock is the time of day in front of what is shown as it comes.
const BriefClock = "15:04"

// at returns the line behind its time.
func (h *Line) at(layout string, l locale.Lang) string {
	said := strings.ReplaceAll(h.said(l), "\n", "\n"+strings.Repeat(" ", len(layout)+2))
	return h.Time.Local().Format(layout) + "  " + said
}

// said words what happened.
func (h *Line) said(l locale.Lang) string {
	switch h.Kind {
	case chat.KindMessage:
		return h.Nick + ": " + h.Message.Text
	case chat.KindAction:
		return "* " + h.Nick + " " + h.Message.Text
	case chat.KindRenamed:
		return locale.Text{EN: "%s is now %s", ZH: "%s 改名为 %s"}.Format(l, h.Nick, h.Message.Text)
	case chat.KindTopic:
		if h.Message.Text == "" {
			return locale.Text{EN: "%s removes the topic", ZH: "%s 清除了主题"}.Format(l, h.Nick)
		}
		return locale.Text{EN: "%s changes the topic to: %s", ZH: "%s 将主题改为：%s"}.Format(l, h.Nick, h.Message.Text)
	case chat.KindAnnouncement:
		return locale.Text{
			EN: "Administrator message: %s",
			ZH: "管理员消息：%s",
		}.Format(l, h.Message.Text)
	case chat.KindEntered, chat.KindLeft:
		return h.moved(l)
	}
	return h.Nick + " " + string(h.Kind) + " " + h.Message.Text
}

// moved words that somebody entered the room or left it.
func (h *Line) moved(l locale.Lang) string {
	why := reason(h.Message.Text, l)
	if why != "" {
		why = locale.Text{EN: " (%s)", ZH: "（%s）"}.Format(l, why)
	}
	switch lobby := h.Room == chat.Lobby; {
	case h.IsReturn():
		return locale.Text{EN: "%s enters the lobby", ZH: "%s 进入大厅"}.Format(l, h.Nick)
	case h.Kind == chat.KindEntered && lobby:
		return locale.Text{EN: "%s enters the chat room", ZH: "%s 进入聊天室"}.Format(l, h.Nick)
	case h.Kind == chat.KindEntered:
		return locale.Text{EN: "%s enters the room", ZH: "%s 进入房间"}.Format(l, h.Nick)
	case lobby && h.Reason() == chat.ReasonParted:
		return locale.Text{EN: "%s leaves the lobby%s", ZH: "%s 离开大厅%s"}.Format(l, h.Nick, why)
	case lobby:
		return locale.Text{EN: "%s quits the chat room%s", ZH: "%s 退出聊天室%s"}.Format(l, h.Nick, why)
	}
	return locale.Text{EN: "%s leaves the room%s", ZH: "%s 离开房间%s"}.Format(l, h.Nick, why)
}

// reasons are why members leave, as the history tells it. A member that leaves by its own wish has
// no reason but its detail.
var reasons = map[chat.Reason]locale.Text{
	chat.ReasonQuit: {}, chat.ReasonParted: {},
	chat.ReasonGone:   {EN: "connection lost", ZH: "失去联系"},
	chat.ReasonIdle:   {EN: "silent for too long", ZH: "长时间未发言"},
	chat.ReasonKicked: {EN: "removed by the administrator", ZH: "被踢出"},
	chat.ReasonEnded:  {EN: "the server was down", ZH: "服务器曾停机"},
	chat.ReasonSlow:   {EN: "read too slowly", ZH: "接收太慢"},
}

// reason words why a member left: a chat.Reason, and perhaps a detail behind a colon.
func reason(text string, l locale.Lang) string {
	code, detail, detailed := strings.Cut(text, ": ")
	why, known := reasons[chat.Reason(code)]
	switch {
	case !known:
		return text
	case why.EN == "":
		return detail
	case detailed:
		return why.In(l) + locale.Text{EN: ": ", ZH: "："}.In(l) + detail
	}
	return why.In(l)
}
