package command

import (
	"errors"
	"strconv"
	"strings"

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
			EN: "the private messages of two members are @NICK+NICK, such as @%s+bob",
			ZH: "两名成员的私聊写作 @昵称+昵称，例如 @%s+小红",
		}.Fill(strings.Trim(chat.Quote(nick), `"`)))
	}
	return room, badRoom(name, err)
}

// findRoom reads the name of any room as the administrator types it: a private conversation is
// named by the nicknames of its two members, in any order, such as @ann+Bob.
func (c call) findRoom(name string) (chat.RoomID, error) {
	room, err := anyRoom(name)
	pair, direct := strings.CutPrefix(name, "@")
	if !direct {
		return room, err
	}
	if _, unknown := c.desk.Hub.Newest(room); err == nil && unknown == nil {
		return room, nil
	}
	for i := range pair {
		if pair[i] != '+' { // nicknames may have one
			continue
		}
		first, isFirst := c.holder(pair[:i])
		second, isSecond := c.holder(pair[i+1:])
		if isFirst && isSecond {
			return chat.DirectRoom(first.User, second.User), nil
		}
	}
	if strings.Contains(pair, "+") {
		return "", c.noRoom(chat.RoomID(name))
	}
	return room, err
}

// holder returns the member that has a nickname.
func (c call) holder(name string) (chat.Session, bool) {
	nick, err := chat.ParseNick(name)
	if err != nil {
		return chat.Session{}, false
	}
	return c.desk.Hub.Holder(nick.Key)
}

// checkRoom is the Parameter.Check of a room's name, as the administrator types it.
func checkRoom(name string) error {
	if strings.HasPrefix(name, "@") && strings.Contains(name, "+") {
		return nil // a conversation of two members, who may be inside
	}
	_, err := anyRoom(name)
	return err
}

// checkNick is the Parameter.Check of a nickname.
func checkNick(name string) error {
	_, err := chat.ParseNick(name)
	return err
}

// badRoom words why a text is not the name of a room.
func badRoom(name string, err error) error {
	if err == nil {
		return nil
	}
	return locale.Refuse(chat.RoomName, locale.Text{
		EN: "invalid room name %s: at most %d characters, without spaces or , : ! @ …",
		ZH: "房间名 %s 无效：最多 %d 个字符，不能含空格和 , : ! @ …",
	}.Fill(chat.Quote(name), chat.NickMaxGraphemes))
}

// noRoom refuses a room that does not exist. In a shell, commands have no slash.
func (c call) noRoom(room chat.RoomID) error {
	text := locale.Text{
		EN: "no room %s: /rooms lists the rooms",
		ZH: "没有房间 %s，输入 /rooms 查看所有房间",
	}
	if c.caller == nil && !c.typed {
		text = locale.Text{
			EN: "no room %s: parley rooms lists the rooms",
			ZH: "没有房间 %s，用 parley rooms 查看所有房间",
		}
	}
	return locale.Refuse(chat.RoomUnknown, text.Fill(chat.Quote(room)))
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

// shownRoom returns the room whose history is asked for. A member reads its private messages with
// another one as @NICK, while both are inside.
func (c call) shownRoom() (chat.RoomID, error) {
	name, private := strings.CutPrefix(c.args["room"], "@")
	if !private || c.caller == nil {
		room, err := c.existingRoom()
		return room, c.notPrivate(notNumber(c.args["room"], err))
	}
	nick, err := chat.ParseNick(name)
	if err != nil {
		return "", err
	}
	_, room := c.direct(nick)
	if _, err := c.desk.Hub.Newest(room); err != nil {
		return "", locale.Refuse(chat.RoomUnknown, locale.Text{
			EN: "no private messages with %s: they can be read while both of you are in " +
				"the chat room",
			ZH: "没有与 %s 的私聊：双方都在聊天室时才能查看",
		}.Fill(chat.Quote(nick.Name)))
	}
	return room, nil
}

// notPrivate adds to a refusal of a room that does not exist: a member was perhaps meant.
func (c call) notPrivate(err error) error {
	var refusal *chat.Refusal
	nick, notANick := chat.ParseNick(c.args["room"])
	_, notANumber := strconv.Atoi(c.args["room"])
	if c.caller == nil || notANick != nil || notANumber == nil ||
		!errors.As(err, &refusal) || refusal.Code != chat.RoomUnknown {
		return err
	}
	return locale.Refuse(refusal.Code, locale.Text{
		EN: refusal.Detail + "; your private messages with " + nick.Name +
			": /history @" + nick.Name,
		ZH: refusal.Chinese + "；查看与 " + nick.Name + " 的私聊请输入 /history @" + nick.Name,
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
