package command

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
)

// publicRoom reads the name of a room that members join. A refusal says what a name can be.
func publicRoom(name string) (chat.RoomID, error) {
	room, err := chat.ParseRoom(name)
	return room, badRoom(name, err)
}

// anyRoom reads the name of any room, also of a direct one, which only the administrator sees.
func anyRoom(name string) (chat.RoomID, error) {
	room, err := chat.ParseAnyRoom(name)
	if nick, private := strings.CutPrefix(name, "@"); err != nil && private {
		return "", locale.Refuse(chat.RoomName, locale.Text{
			EN: "the private messages of two members are @NICK+NICK, such as @%s+NICK",
			ZH: "两名成员的私聊写作 @昵称+昵称，例如 @%s+昵称",
		}.Fill(strings.Trim(chat.Quote(strings.TrimSuffix(nick, "+")), `"`)))
	}
	return room, badRoom(name, err)
}

// checkRoom is the Parameter.Check of a room's name, as the administrator types it.
func checkRoom(name string) error {
	name = plainSigns(name)
	if strings.HasPrefix(name, "@") && strings.Contains(name, "+") {
		return nil // a conversation of two members, who may be inside
	}
	_, err := anyRoom(name)
	return err
}

// checkNick is the Parameter.Check of a nickname.
func checkNick(name string) error {
	_, err := locale.ParseNick(name)
	return err
}

// badRoom words why a text is not the name of a room.
func badRoom(name string, err error) error {
	if err == nil {
		return nil
	}
	return locale.Refuse(chat.RoomName, locale.Text{
		EN: "invalid room name %s: %s", ZH: "房间名 %s 无效：%s",
	}.Fill(chat.Quote(name), whyNoRoom(strings.TrimPrefix(name, "#"))))
}

// whyNoRoom returns why no room can have a name. Names of rooms follow the rules of nicknames.
func whyNoRoom(name string) locale.Text {
	if !utf8.ValidString(name) {
		return locale.Text{EN: "it is not UTF-8 text", ZH: "不是 UTF-8 文本"}
	}
	if r, found := chat.Unfit(name); found {
		return locale.Text{EN: "it cannot contain %s", ZH: "不能含有%s"}.Fill(locale.Character(r))
	}
	_, err := chat.ParseNick(name)
	switch {
	case isRefused(err, chat.NickEmpty):
		return locale.Text{EN: "it is empty", ZH: "名称为空"}
	case isRefused(err, chat.NickScripts):
		return locale.Text{EN: "it mixes alphabets that look alike", ZH: "混用了容易混淆的文字"}
	case isRefused(err, chat.NickCharacters):
		return locale.Text{EN: "it needs a letter or a digit", ZH: "至少要有一个文字或数字"}
	}
	return locale.Text{
		EN: "at most %d characters and %d bytes in UTF-8", ZH: "最多 %d 个字符，且不超过 %d 字节（UTF-8）",
	}.Fill(chat.NickMaxGraphemes, chat.RoomMaxBytes)
}

// noRoom refuses a room that does not exist.
func (c call) noRoom(room chat.RoomID) error {
	if room.IsDirect() {
		return c.noTalk(string(room))
	}
	text := locale.Text{
		EN: "no room %s: %s lists the rooms",
		ZH: "没有房间 %s，输入 %s 查看所有房间",
	}
	if c.inShell() {
		text.ZH = "没有房间 %s，用 %s 查看所有房间"
	}
	return locale.Refuse(chat.RoomUnknown, text.Fill(chat.Quote(room), c.spelled("rooms")))
}

// inShell says whether the caller types commands in a shell, or is a program.
func (c call) inShell() bool { return c.caller == nil && !c.typed }

// spelled returns a command as the caller types it: in a shell, commands have no slash.
func (c call) spelled(command string) string {
	if c.inShell() {
		return "parley " + command
	}
	return "/" + command
}

// notNumber adds to a refusal of the room that history is asked for: a number was perhaps meant to
// say how many messages.
func notNumber(room string, err error) error {
	var refusal *chat.Refusal
	if _, notANumber := strconv.Atoi(room); notANumber != nil || !errors.As(err, &refusal) {
		return err
	}
	return locale.Refuse(refusal.Code, locale.Text{
		EN: refusal.Detail + "; for the last " + room + " messages, use --last " + room,
		ZH: refusal.Chinese + "；查看最近 " + room + " 条消息请用 --last " + room,
	})
}

// removed refuses a command because the caller's current room was removed.
func removed(room chat.RoomID) error {
	return locale.Refuse(chat.RoomUnknown, locale.Text{
		EN: "the room %s was removed: /part leaves it, /join enters another",
		ZH: "房间 %s 已被删除：输入 /part 离开，或用 /join 加入其他房间",
	}.Fill(chat.Quote(room)))
}

// do carries out a command that is about a room. A refusal names the room and what helps.
func (c call) do(room chat.RoomID, command chat.Command) error {
	err := c.caller.Do(c.ctx, command)
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Code {
	case chat.RoomUnknown:
		if room == c.caller.Room {
			return removed(room)
		}
		return c.noRoom(room)
	case chat.RoomNotJoined:
		return c.notJoined(room)
	}
	return err
}

// notJoined refuses a command in a room that the caller is not in.
func (c call) notJoined(room chat.RoomID) error {
	if s, ok := c.desk.Hub.Session(c.caller.Session); ok && len(s.Rooms) == 0 {
		return locale.Refuse(chat.RoomNotJoined, locale.Text{
			EN: "you are not in any room: /join %s first",
			ZH: "你不在任何房间，请先输入 /join %s",
		}.Fill(chat.Lobby))
	}
	return locale.Refuse(chat.RoomNotJoined, locale.Text{
		EN: "you are not in the room %s: /join %s first",
		ZH: "你不在房间 %s，请先输入 /join %s",
	}.Fill(chat.Quote(room), room))
}

// mayRemove refuses to remove a room that must stay, or whose removal is not confirmed.
func mayRemove(room chat.RoomID, messages chat.Seq, members int, confirmed bool) error {
	switch {
	case room == chat.Lobby:
		return badArgument(locale.Text{EN: "the lobby cannot be removed", ZH: "大厅不能删除"})
	case room == chat.Everywhere:
		return badArgument(locale.Text{
			EN: "announcements cannot be removed", ZH: "管理员消息不能删除",
		})
	case !confirmed && room.IsDirect():
		return badArgument(locale.Text{
			EN: "these two members have " + locale.Counted(messages, "private message") +
				", which cannot be restored after a removal" + toConfirm.EN,
			ZH: "这两名成员的 " + strconv.FormatUint(uint64(messages), 10) + " 条私聊删除后无法恢复" +
				toConfirm.ZH,
		})
	case !confirmed:
		return badArgument(locale.Text{
			EN: "%s has " + locale.Counted(messages, "message") +
				" (joins and leaves included) and " + locale.Counted(members, "member") +
				", and cannot be restored after a removal" + toConfirm.EN,
			ZH: "%s 有 " + strconv.FormatUint(uint64(messages), 10) + " 条消息（含进出记录）、" +
				strconv.Itoa(members) + " 名成员，删除后无法恢复" + toConfirm.ZH,
		}, room)
	}
	return nil
}

// toConfirm ends the refusal of a command that is not confirmed.
var toConfirm = locale.Text{EN: ": add --yes to remove it", ZH: "：加上 --yes 确认删除"}

// Unconfirmed returns what a command would do that a server refuses because it is not confirmed;
// false: the error is another one.
func Unconfirmed(err error) (what locale.Text, is bool) {
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) {
		return locale.Text{}, false
	}
	var inEnglish, inChinese bool
	what.EN, inEnglish = strings.CutSuffix(refusal.Detail, toConfirm.EN)
	what.ZH, inChinese = strings.CutSuffix(refusal.Chinese, toConfirm.ZH)
	return what, inEnglish && inChinese
}
