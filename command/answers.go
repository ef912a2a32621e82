package command

import (
	"strings"
	"time"

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
		return locale.Text{EN: "%s was removed from the chat room", ZH: "已将 %s 移出聊天室"}.Format(l, d.Nick)
	}
	return locale.Text{EN: "announced, %d inside", ZH: "已发布，在线 %d 人"}.Format(l, d.Members)
}

// Member is somebody inside.
type Member struct {
	Nick    string        `json:"nick"`
	Door    string        `json:"door"`
	Rooms   []chat.RoomID `json:"rooms"`
	Entered time.Time     `json:"entered"`
}

// Text implements Answer.
func (m *Member) Text(l locale.Lang) string {
	return locale.Text{EN: "%s  (%s, since %s)", ZH: "%s （%s，进入于 %s）"}.Format(l, m.Nick, m.Door, m.Entered.Local().Format(clock))
}

// Line is a line of history.
type Line struct{ chat.Message }

// Text implements Answer. A message of several lines is shown as such, the following ones set in.
func (h *Line) Text(l locale.Lang) string {
	said := ""
	switch h.Kind {
	case chat.KindMessage:
		said = h.Nick + ": " + h.Message.Text
	case chat.KindAnnouncement:
		said = locale.Text{EN: "Administrator message: %s", ZH: "管理员公告：%s"}.Format(l, h.Message.Text)
	case chat.KindEntered:
		said = locale.Text{EN: "%s enters the chat room", ZH: "%s 进入聊天室"}.Format(l, h.Nick)
	case chat.KindLeft:
		said = locale.Text{EN: "%s quits the chat room (%s)", ZH: "%s 离开聊天室（%s）"}.Format(l, h.Nick, reason(h.Message.Text, l))
	default:
		said = h.Nick + " " + string(h.Kind) + " " + h.Message.Text
	}
	return h.Time.Local().Format(clock) + "  " + strings.ReplaceAll(said, "\n", "\n"+strings.Repeat(" ", len(clock)+2))
}

// reason words why somebody left: a chat.Reason, and perhaps a detail behind a colon.
func reason(text string, l locale.Lang) string {
	why, detail, detailed := strings.Cut(text, ": ")
	zh := map[chat.Reason]string{
		chat.ReasonQuit: "主动退出", chat.ReasonGone: "失去联系", chat.ReasonIdle: "长时间未发言",
		chat.ReasonKicked: "被移出", chat.ReasonEnded: "服务器曾停机",
	}[chat.Reason(why)]
	switch {
	case l != locale.Chinese || zh == "":
		return text
	case detailed:
		return zh + "：" + detail
	}
	return zh
}
