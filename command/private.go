package command

import (
	"errors"
	"strconv"
	"strings"

	"parley/chat"
	"parley/locale"
)

// findRoom reads the name of any room as the administrator types it: a private conversation is
// named by the nicknames of its two members, in any order, such as @ann+Bob.
func (c call) findRoom(name string) (chat.RoomID, error) {
	name = plainSigns(name)
	room, err := anyRoom(name)
	pair, direct := strings.CutPrefix(name, "@")
	if !direct {
		return room, err
	}
	if _, unknown := c.desk.Hub.Newest(room); err == nil && unknown == nil {
		return room, nil
	}
	absent := ""
	for i := range pair {
		if pair[i] != '+' { // nicknames of former versions may have one
			continue
		}
		first, isFirst := c.holder(pair[:i])
		second, isSecond := c.holder(pair[i+1:])
		switch {
		case isFirst && isSecond:
			return chat.DirectRoom(first.User, second.User), nil
		case isFirst:
			absent = pair[i+1:]
		case isSecond || absent == "":
			absent = pair[:i]
		}
	}
	if absent != "" {
		return "", c.noPair(name, absent)
	}
	return room, err
}

// plainSigns returns the name of a private conversation with plain signs in place of full-width
// ones, which Chinese keyboards type. No nickname can have them.
func plainSigns(name string) string {
	rest, wide := strings.CutPrefix(name, "＠")
	if !wide && !strings.HasPrefix(name, "@") {
		return name
	}
	if wide {
		name = "@" + rest
	}
	return strings.ReplaceAll(name, "＋", "+")
}

// holder returns the member that has a nickname.
func (c call) holder(name string) (chat.Session, bool) {
	nick, err := chat.ParseNick(name)
	if err != nil {
		return chat.Session{}, false
	}
	return c.desk.Hub.Holder(nick.Key)
}

// noPair refuses the private messages of two members because one of them is not inside.
func (c call) noPair(pair, absent string) error {
	text := locale.Text{
		EN: "no private messages %s: no member is called %s now, and private messages are " +
			"deleted when one of the two members leaves the chat room; %s lists the members",
		ZH: "没有 %s 的私聊：聊天室里没有 %s，一方退出后私聊即被删除；用 %s 查看在线成员",
	}
	return locale.Refuse(chat.RoomUnknown,
		text.Fill(chat.Quote(pair), chat.Quote(absent), c.spelled("who")))
}

// noTalk refuses the private messages of two members that have none. Named by their users and not
// by nicknames, the two may have left.
func (c call) noTalk(name string) error {
	text := locale.Text{EN: "no private messages %s yet", ZH: "还没有 %s 的私聊"}
	if !strings.Contains(name, "+") {
		text = locale.Text{
			EN: "no private messages %s: they are deleted when one of the two members leaves the " +
				"chat room",
			ZH: "没有 %s 的私聊：其中一人退出聊天室后，私聊即被删除",
		}
	}
	return locale.Refuse(chat.RoomUnknown, text.Fill(chat.Quote(name)))
}

// shownRoom returns the room whose history is asked for. A member reads its private messages with
// another one as @NICK, while both are inside.
func (c call) shownRoom() (chat.RoomID, error) {
	name, private := strings.CutPrefix(plainSigns(c.args["room"]), "@")
	if !private || c.caller == nil {
		room, err := c.existingRoom()
		return room, c.notPrivate(notNumber(c.args["room"], err))
	}
	nick, err := locale.ParseNick(name)
	if err != nil {
		return "", err
	}
	other, room := c.direct(nick)
	if _, err := c.desk.Hub.Newest(room); err == nil {
		return room, nil
	}
	none := locale.Text{EN: "no private messages with %s yet", ZH: "还没有与 %s 的私聊"}
	if other == 0 {
		none = locale.Text{
			EN: "no private messages with %s: no member has that nickname now, and they are " +
				"deleted when one of you leaves the chat room",
			ZH: "没有与 %s 的私聊：聊天室里没有叫这个昵称的成员，一方退出聊天室后私聊即被删除",
		}
	}
	return "", locale.Refuse(chat.RoomUnknown, none.Fill(chat.Quote(nick.Name)))
}

// notPrivate adds to a refusal of a room that does not exist: a member was perhaps meant.
func (c call) notPrivate(err error) error {
	var refusal *chat.Refusal
	nick, notANick := chat.ParseNick(c.args["room"])
	_, notANumber := strconv.Atoi(c.args["room"])
	if notANick != nil || notANumber == nil ||
		!errors.As(err, &refusal) || refusal.Code != chat.RoomUnknown {
		return err
	}
	typed := c.spelled("history @" + nick.Name)
	if c.caller != nil {
		return locale.Refuse(refusal.Code, locale.Text{
			EN: refusal.Detail + "; your private messages with " + nick.Name + ": " + typed,
			ZH: refusal.Chinese + "；查看与 " + nick.Name + " 的私聊请输入 " + typed,
		})
	}
	if _, isInside := c.desk.Hub.Holder(nick.Key); !isInside {
		return err
	}
	return locale.Refuse(refusal.Code, locale.Text{
		EN: refusal.Detail + "; private messages of " + nick.Name + ": " + typed + "+NICK",
		ZH: refusal.Chinese + "；查看 " + nick.Name + " 的私聊请用 " + typed + "+昵称",
	})
}
