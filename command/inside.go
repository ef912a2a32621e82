package command

import (
	"cmp"
	"slices"
	"strings"

	"parley/chat"
	"parley/locale"
)

// The rows of this file are for who is inside.

var join = Command{
	Name:    "join",
	Aliases: []string{"j", "加入"},
	Help:    locale.Text{EN: "join a room and talk there", ZH: "加入房间（没有则新建）并在其中发言"},
	Example: locale.Text{EN: "dev", ZH: "开发"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "room", Chinese: "房间", Required: true, Help: locale.Text{
			EN: "name of the room",
			ZH: "房间名",
		}},
	},
	Answer: func() Answer { return new(Joined) },
	run: func(c call) error {
		room, err := c.room("room")
		if err != nil {
			return err
		}
		made, err := c.mayCreate(room, func(isNew bool) chat.Command {
			return chat.Join{
				By: chat.By(c.caller.Session), Room: room,
				Rooms: c.desk.Rooms, Joined: c.desk.Joined, New: isNew,
			}
		})
		if err != nil {
			return err
		}
		c.caller.Room = room
		joined := Joined{
			Room: room, Topic: c.desk.Hub.Topic(room), Others: max(0, c.desk.Hub.Present(room)-1),
		}
		joined.New = made && joined.Others == 0 // with others, one of them may have been faster
		return c.emit(&joined)
	},
}

var part = Command{
	Name:    "part",
	Aliases: []string{"leave", "离开"},
	Help: locale.Text{
		EN: "leave a room, by default the current one",
		ZH: "离开房间，默认离开当前房间",
	},
	Example: locale.Text{EN: "dev back tomorrow", ZH: "开发 明天再来"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "room", Chinese: "房间", Help: locale.Text{
			EN: "name of the room (default: the current room)",
			ZH: "房间，默认为当前房间",
		}},
		reasonToLeave,
	},
	Answer: func() Answer { return new(Parted) },
	run: func(c call) error {
		room, err := c.room("room")
		if err != nil {
			return err
		}
		why, err := c.reasonToLeave()
		if err != nil {
			return err
		}
		leave := chat.Part{By: chat.By(c.caller.Session), Room: room, Detail: why}
		err = c.do(room, leave)
		now, _ := c.desk.Hub.Session(c.caller.Session)
		gone := c.isGone(room, now.Rooms, err)
		if err != nil && !gone {
			return err
		}
		switch {
		case c.caller.Room != room:
		case slices.Contains(now.Rooms, chat.Lobby) || len(now.Rooms) == 0:
			c.caller.Room = chat.Lobby
		default:
			c.caller.Room = now.Rooms[0]
		}
		parted := Parted{Room: room, Gone: gone}
		if len(now.Rooms) > 0 {
			parted.Now = c.caller.Room
		}
		return c.emit(&parted)
	},
}

// isGone says whether the caller cannot leave the room where it talks because the administrator has
// removed it. Other members may have created it again.
func (c call) isGone(room chat.RoomID, rooms []chat.RoomID, err error) bool {
	return room == c.caller.Room && (isRefused(err, chat.RoomUnknown) ||
		isRefused(err, chat.RoomNotJoined) && len(rooms) > 0)
}

var msg = Command{
	Name:    "msg",
	Aliases: []string{"tell", "query", "私聊"},
	Help:    locale.Text{EN: "send a private message", ZH: "给某个成员发私聊"},
	Example: locale.Text{EN: "bob are you there?", ZH: "小明 在吗？"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "nick", Chinese: "昵称", Required: true, Help: locale.Text{
			EN: "nickname of the receiver",
			ZH: "对方的昵称",
		}},
		{Name: "text", Chinese: "内容", Required: true, Rest: true, Help: locale.Text{
			EN: "text of the message",
			ZH: "要发送的内容",
		}},
	},
	Answer: func() Answer { return new(Told) },
	run: func(c call) error {
		to, err := receiver(c.args["nick"])
		if err != nil {
			return err
		}
		text, err := chat.ParseText(c.args["text"], c.desk.TextMax)
		if err != nil {
			return err
		}
		other, room := c.direct(to)
		if other == 0 { // not inside: that costs no new conversation
			return chat.Refuse(chat.NickUnknown)
		}
		_, err = c.mayCreate(room, func(isNew bool) chat.Command {
			return chat.Direct{
				By: chat.By(c.caller.Session), ToKey: to.Key, To: other, Text: text, New: isNew,
			}
		})
		if err != nil {
			return err
		}
		receiver, _ := c.desk.Hub.Holder(to.Key)
		return c.emit(&Told{Nick: to.Name, Openly: receiver.Door == datagramDoor})
	},
}

// receiver reads the nickname of the member that a private message is for. The @ that /history
// needs before it, and that other programs have, is ignored: no nickname has one.
func receiver(name string) (chat.Nick, error) {
	for _, at := range []string{"@", "＠"} {
		name = strings.TrimPrefix(name, at)
	}
	nick, err := locale.ParseNick(name)
	if isRefused(err, chat.NickReserved) {
		return nick, locale.Refuse(chat.NickReserved, locale.Text{
			EN: "the administrator gets no private messages: write in the lobby, which the " +
				"administrator can read",
			ZH: "不能给管理员发私聊：请在大厅里说，管理员能看到",
		})
	}
	return nick, err
}

var me = Command{
	Name:    "me",
	Aliases: []string{"动作"},
	Help:    locale.Text{EN: "describe an action, such as /me waves", ZH: "描述自己的动作，例如 /me 挥手"},
	Example: locale.Text{EN: "waves", ZH: "挥手"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "text", Chinese: "动作", Required: true, Rest: true, Help: locale.Text{
			EN: "what you do; shown after your nickname",
			ZH: "所做的动作，显示在你的昵称之后",
		}},
	},
	Answer: func() Answer { return new(Told) },
	run: func(c call) error {
		text, err := chat.ParseText(c.args["text"], c.desk.TextMax)
		if err != nil {
			return err
		}
		post := chat.Post{
			By: chat.By(c.caller.Session), Room: c.caller.Room, Text: text,
			Action: true,
		}
		if err := c.do(c.caller.Room, post); err != nil {
			return err
		}
		return c.emit(&Told{Room: c.caller.Room})
	},
}

var nick = Command{
	Name:    "nick",
	Aliases: []string{"name", "改名", "昵称"},
	Help:    locale.Text{EN: "change your nickname", ZH: "更改昵称"},
	Example: locale.Text{EN: "anna", ZH: "小刚"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "nick", Chinese: "昵称", Required: true, Help: locale.Text{
			EN: "the new nickname",
			ZH: "新昵称",
		}},
	},
	Answer: func() Answer { return new(Renamed) },
	run: func(c call) error {
		nick, err := locale.ParseNick(c.args["nick"])
		if err != nil {
			return err
		}
		if err := c.caller.Do(c.ctx, chat.Rename{
			By:   chat.By(c.caller.Session),
			Nick: nick,
		}); err != nil {
			return err
		}
		return c.emit(&Renamed{Nick: nick.Name})
	},
}

// noText is typed where a text is to be removed.
const noText = "-"

var topic = Command{
	Name:    "topic",
	Aliases: []string{"主题"},
	Help:    locale.Text{EN: "set or show the room's topic; - removes it", ZH: "设置或查看房间主题；- 表示清除"},
	Example: locale.Text{EN: "tea at five", ZH: "五点喝茶"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "text", Chinese: "主题", Rest: true, Help: locale.Text{
			EN: "the new topic (-: remove it; default: show it)",
			ZH: "新的主题；- 表示清除，不写则查看",
		}},
	},
	Answer: func() Answer { return new(Topic) },
	run: func(c call) error {
		room := c.caller.Room
		if c.args["text"] != "" {
			text, err := oneLine(c.args["text"])
			if err != nil {
				return err
			}
			set := chat.SetTopic{By: chat.By(c.caller.Session), Room: room, Text: text}
			if err := c.do(room, set); err != nil {
				return err
			}
		}
		if _, err := c.desk.Hub.Newest(room); err != nil {
			return removed(room)
		}
		return c.emit(&Topic{Room: room, Topic: c.desk.Hub.Topic(room)})
	},
}

// oneLine reads what is shown beside a name: one line, short, or nothing for noText.
func oneLine(typed string) (string, error) {
	if strings.TrimSpace(typed) == noText {
		return "", nil
	}
	text, err := chat.ParseText(strings.TrimSpace(typed), chat.NoteMaxBytes)
	return strings.ReplaceAll(text, "\n", " "), err
}

var away = Command{
	Name:    "away",
	Aliases: []string{"暂离"},
	Help: locale.Text{
		EN: "mark yourself as away; without REASON, as back",
		ZH: "标记为暂离并说明原因；不带原因表示已回来",
	},
	Example: locale.Text{EN: "back at two", ZH: "两点回来"},
	Inside:  true,
	Changes: true,
	Parameters: []Parameter{
		{Name: "reason", Chinese: "原因", Rest: true, Help: locale.Text{
			EN: "why you are away (default: you are back)",
			ZH: "暂离的原因；不写表示已回来",
		}},
	},
	Answer: func() Answer { return new(Away) },
	run: func(c call) error {
		reason, err := oneLine(cmp.Or(c.args["reason"], noText))
		if err != nil {
			return err
		}
		if err := c.caller.Do(c.ctx, chat.SetAway{
			By:   chat.By(c.caller.Session),
			Text: reason,
		}); err != nil {
			return err
		}
		return c.emit(&Away{Reason: reason})
	},
}

var quit = Command{
	Name:       "quit",
	Aliases:    []string{"exit", "bye", "退出"},
	Help:       locale.Text{EN: "leave the chat room", ZH: "退出聊天室"},
	Example:    locale.Text{EN: "back tomorrow", ZH: "明天见"},
	Inside:     true,
	Typed:      true,
	Parameters: []Parameter{reasonToLeave},
	Answer:     func() Answer { return new(Done) },
	run: func(c call) error {
		why, err := c.reasonToLeave()
		if err != nil {
			return err
		}
		c.caller.Quits, c.caller.Bye = true, why
		return nil
	},
}

var reasonToLeave = Parameter{
	Name: "reason", Chinese: "原因", Rest: true, Help: locale.Text{
		EN: "reason shown to the others",
		ZH: "告知其他人的原因",
	},
}

// reasonToLeave returns the argument of that name as one line; empty: none was given.
func (c call) reasonToLeave() (string, error) {
	if strings.TrimSpace(c.args["reason"]) == "" {
		return "", nil
	}
	return oneLine(c.args["reason"])
}

// help is a function, as it looks at the table that it is in.
func help() Command {
	return Command{
		Name:    "help",
		Aliases: []string{"h", "?", "帮助"},
		Help:    locale.Text{EN: "list the commands, or explain one", ZH: "列出所有命令，或说明某个命令的用法"},
		Example: locale.Text{EN: "join", ZH: "加入"},
		Typed:   true,
		Parameters: []Parameter{
			{Name: "command", Chinese: "命令", Rest: true, Help: locale.Text{
				EN: "name of the command",
				ZH: "命令名",
			}},
		},
		Answer: func() Answer { return new(Help) },
		run: func(c call) error {
			if name := strings.TrimPrefix(c.args["command"], "/"); name != "" {
				row, ok := Find(strings.ToLower(name))
				if !ok {
					return unknown(name, c.caller)
				}
				if err := row.Barred(c.caller); err != nil {
					return err
				}
				return c.emit(&Help{Rows: []Command{row.typed(c.caller)}, One: true})
			}
			return c.emit(&Help{Rows: Offered(c.caller), Inside: c.caller != nil})
		},
	}
}
