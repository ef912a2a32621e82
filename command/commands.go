package command

import (
	"cmp"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/locale"
)

// historyMax is the most messages that one history command reads at once; --follow goes on from there.
const historyMax = 100_000

// historyMaxGuest is the same for who is inside.
const historyMaxGuest = 1000

// Desk is what commands work on.
type Desk struct {
	Hub     *hub.Hub
	Version string
	Started time.Time
	TextMax int                 // bytes of one message
	Rooms   int                 // how many there may be
	Joined  int                 // how many of them one member may be in
	Growth  *Growth             // bounds new rooms; nil: no bound
	Doors   func() []hub.Report // of the moment
	Refused hub.Refusals        // commands answered with no

	ways atomic.Pointer[func() *Ways]
}

// TellWays has the address command answer with what ways returns. Any goroutine.
func (d *Desk) TellWays(ways func() *Ways) { d.ways.Store(&ways) }

var address = Command{
	Name:    "address",
	Aliases: []string{"地址"},
	Help: locale.Text{
		EN: "show the commands and addresses with which others join",
		ZH: "显示加入方式和地址",
	},
	Role:   Administrator,
	Answer: func() Answer { return new(Ways) },
	run: func(c call) error {
		ways := c.desk.ways.Load()
		if ways == nil { // the server has only just opened
			return chat.Refuse(chat.Busy)
		}
		return c.emit((*ways)())
	},
}

var announce = Command{
	Name:    "announce",
	Aliases: []string{"广播"},
	Help: locale.Text{
		EN: "send a message to every member, in every room",
		ZH: "向所有房间的所有成员发布管理员消息",
	},
	Example: locale.Text{EN: "lunch is ready", ZH: "开饭了"},
	Changes: true,
	Parameters: []Parameter{
		{Name: "text", Chinese: "内容", Required: true, Rest: true, Help: locale.Text{
			EN: "text of the announcement",
			ZH: "消息内容",
		}},
	},
	Answer: func() Answer { return new(Done) },
	Role:   Administrator,
	run: func(c call) error {
		text, err := chat.ParseText(c.args["text"], c.desk.TextMax)
		if err != nil {
			return err
		}
		if err := c.desk.Hub.Do(c.ctx, chat.Announce{
			By:   chat.ByOperator(),
			Text: text,
		}); err != nil {
			return err
		}
		return c.emit(&Done{Done: "announced", Members: c.desk.Hub.Status().Inside()})
	},
}

var who = Command{
	Name:    "who",
	Aliases: []string{"names", "users", "成员", "谁"},
	Help:    locale.Text{EN: "list the members of a room", ZH: "列出房间里的成员"},
	Outside: locale.Text{
		EN: "list the members of a room (default: lobby)",
		ZH: "列出房间（默认为 lobby）里的成员",
	},
	Example: locale.Text{EN: "lobby", ZH: "大厅"},
	Parameters: []Parameter{
		roomToShow,
	},
	Answer: func() Answer { return new(Member) },
	Empty:  nobodyHere,
	run: func(c call) error {
		room, err := c.existingRoom()
		if err != nil {
			return err
		}
		here := c.desk.Hub.Present(room)
		if err = listed(c, c.desk.Hub.Who(room), here, memberOf); err != nil {
			return err
		}
		if c.caller == nil && c.args["room"] == "" { // no other list has them
			for _, s := range c.desk.Hub.Roomless() {
				if err := c.emit(memberOf(s)); err != nil {
					return err
				}
				here++
			}
		}
		others := Elsewhere{Count: c.desk.Hub.Status().Inside() - here, Here: here, Typed: true}
		if !c.typed || !others.Matters(c.caller, c.args) {
			return nil
		}
		return c.emit(&others)
	},
}

// memberOf is the answer that tells of a session.
func memberOf(s chat.Session) Answer {
	return &Member{
		Nick: s.Nick.Name, Door: s.Door, Rooms: s.Rooms, Entered: s.Entered, Away: s.Away,
	}
}

var nobodyHere = locale.Text{EN: "nobody is here", ZH: "房间里没有人"}

// roomToShow is the room that who and history tell of.
var roomToShow = Parameter{
	Name:    "room",
	Chinese: "房间",
	Help:    locale.Text{EN: "name of the room (default: the current room)", ZH: "房间名，默认为当前房间"},
	Outside: locale.Text{EN: "name of the room (default: lobby)", ZH: "房间名，默认为 lobby"},
	Check:   checkRoom,
}

// roomToRead is the room whose history is shown.
var roomToRead = func() Parameter {
	p := roomToShow
	p.Outside = locale.Text{
		EN: "room (default: lobby), or @NICK+NICK for private messages",
		ZH: "房间名，默认为 lobby；@昵称+昵称 为两人的私聊",
	}
	p.Help = locale.Text{
		EN: "room, or @NICK for private messages (default: the current room)",
		ZH: "房间名，默认为当前房间；@昵称 为与该成员的私聊",
	}
	return p
}()

// listMax is how many rows of a list a member is shown: it shares the server with others.
const listMax = 100

// listed tells a list of so many rows, a member at most listMax of them and how many more there are.
func listed[T any](c call, rows iter.Seq[T], count int, answer func(T) Answer) error {
	shown := 0
	for row := range rows {
		if c.caller != nil && shown == listMax {
			return c.emit(&More{Count: max(1, count-shown)})
		}
		if err := c.emit(answer(row)); err != nil {
			return err
		}
		shown++
	}
	return nil
}

var removeRoom = Command{
	Name:    "rooms remove",
	Aliases: []string{"rooms 删除"},
	Help:    locale.Text{EN: "remove a room and its history", ZH: "删除房间及其聊天记录"},
	Example: locale.Text{EN: "dev --yes", ZH: "开发 --yes"},
	Changes: true,
	Role:    Administrator,
	Parameters: []Parameter{
		{Name: "room", Chinese: "房间", Required: true, Check: checkRoom, Help: locale.Text{
			EN: "name of the room",
			ZH: "房间名",
		}},
		{Name: Confirmation, Flag: true, Switch: true, Help: locale.Text{
			EN: "confirm that it is removed for good",
			ZH: "确认删除（删除后无法恢复）",
		}},
	},
	Answer: func() Answer { return new(RoomRemoved) },
	run: func(c call) error {
		room, err := c.existingRoom()
		if err != nil {
			return err
		}
		messages, err := c.desk.Hub.Newest(room)
		if err != nil {
			return err
		}
		err = mayRemove(room, messages, c.desk.Hub.Present(room), c.args[Confirmation] == "true")
		if err != nil {
			return err
		}
		err = c.desk.Hub.Do(c.ctx, chat.RemoveRoom{By: chat.ByOperator(), Room: room})
		if isRefused(err, chat.RoomUnknown) { // another operator was faster
			return c.noRoom(room)
		}
		if err != nil {
			return err
		}
		return c.emit(&RoomRemoved{Room: room, Messages: uint64(messages)})
	},
}

// Confirmation is the parameter without which a command does nothing, as its effect cannot be
// undone.
const Confirmation = "yes"

var kick = Command{
	Name:    "kick",
	Aliases: []string{"踢出"},
	Help: locale.Text{
		EN: "remove a member, who can join again",
		ZH: "将成员踢出聊天室（对方可以重新加入）",
	},
	Example: locale.Text{EN: "bob too loud", ZH: "小明 刷屏"},
	Changes: true,
	Parameters: []Parameter{
		{Name: "nick", Chinese: "昵称", Required: true, Check: checkNick, Help: locale.Text{
			EN: "nickname of the member",
			ZH: "成员的昵称",
		}},
		{Name: "reason", Chinese: "原因", Rest: true, Help: locale.Text{
			EN: "reason shown to the member",
			ZH: "告知对方的原因",
		}},
	},
	Answer: func() Answer { return new(Done) },
	Role:   Administrator,
	run: func(c call) error {
		nick, err := locale.ParseNick(c.args["nick"])
		if err != nil {
			return err
		}
		reason := c.args["reason"]
		if reason != "" {
			if reason, err = chat.ParseText(reason, chat.NoteMaxBytes); err != nil {
				return err
			}
			reason = strings.ReplaceAll(reason, "\n", " ")
		}
		if err := c.desk.Hub.Do(c.ctx, chat.Kick{
			By: chat.ByOperator(), NickKey: nick.Key,
			Detail: reason,
		}); err != nil {
			return err
		}
		return c.emit(&Done{Done: "removed", Nick: nick.Name})
	},
}

var history = Command{
	Name:    "history",
	Aliases: []string{"log", "记录", "历史", "聊天记录"},
	Help:    locale.Text{EN: "show the history, oldest first", ZH: "查看聊天记录（按时间顺序）"},
	Outside: locale.Text{
		EN: "show the history of a room (default: lobby), oldest first",
		ZH: "查看房间（默认为 lobby）的聊天记录（按时间顺序）",
	},
	Example: locale.Text{EN: "lobby --last 20 --follow", ZH: "大厅 --last 20 --follow"},
	Parameters: []Parameter{
		roomToRead,
		{
			Name: "last", Flag: true, Default: "100",
			Help: locale.Text{EN: "number of messages", ZH: "条数"},
			Check: func(value string) error {
				_, err := parseLast(value, historyMax)
				return err
			},
		},
		{Name: "follow", Flag: true, Switch: true, Endless: true, Help: locale.Text{EN: "keep showing new messages", ZH: "继续显示新消息"}},
	},
	Answer: func() Answer { return new(Line) },
	run:    runHistory,
}

// parseLast reads how many messages to show, at most most.
func parseLast(value string, most int) (int, error) {
	last, err := strconv.Atoi(value)
	if err != nil || last < 0 || last > most {
		return 0, badArgument(locale.Text{
			EN: "--last takes a number from 0 to %d, not %s", ZH: "--last 应为 0 到 %d 的整数，不能是 %s",
		}, most, chat.Quote(value))
	}
	return last, nil
}

func runHistory(c call) error {
	most := historyMax
	if c.caller != nil {
		most = historyMaxGuest
	}
	last, err := parseLast(cmp.Or(c.args["last"], "100"), most)
	if err != nil {
		return err
	}
	follow, err := strconv.ParseBool(cmp.Or(c.args["follow"], "false"))
	if err != nil {
		return badArgument(locale.Text{
			EN: "--follow takes true or false, not %s", ZH: "--follow 应为 true 或 false，不能是 %s",
		}, chat.Quote(c.args["follow"]))
	}
	room, err := c.shownRoom()
	if err != nil {
		return err
	}
	show := func(messages []chat.Message) error {
		for _, m := range messages {
			if err := c.emit(&Line{m}); err != nil {
				return err
			}
		}
		return nil
	}
	if follow {
		after, _, err := c.desk.Hub.Back(c.ctx, room, last)
		if err != nil {
			return err
		}
		if err := c.emit(nil); err != nil { // the first may be long in coming
			return err
		}
		return wasRemoved(room, c.desk.Hub.Follow(c.ctx, room, after, show))
	}
	recent, err := c.desk.Hub.Recent(c.ctx, room, last)
	if err != nil {
		return err
	}
	for recent.More() {
		if err := c.emit(nil); err != nil {
			return err
		}
		messages, err := recent.Next(c.ctx, historyPage)
		if err != nil {
			return wasRemoved(room, err)
		}
		if err := show(messages); err != nil {
			return err
		}
	}
	return nil
}

// wasRemoved words that a room was removed while its history was read.
func wasRemoved(room chat.RoomID, err error) error {
	if !isRefused(err, chat.RoomUnknown) {
		return err
	}
	if room.IsDirect() {
		return locale.Refuse(chat.RoomUnknown, locale.Text{
			EN: "these private messages were deleted", ZH: "这些私聊已被删除",
		})
	}
	return locale.Refuse(chat.RoomUnknown, locale.Text{
		EN: "the room " + string(room) + " was removed",
		ZH: "房间 " + string(room) + " 已被删除",
	})
}

// historyPage is the most messages that are in memory at once for a reader that may be slow.
const historyPage = 100

// existingRoom returns the room that the argument "room" names, which must exist. Only the
// administrator can name a private conversation.
func (c call) existingRoom() (chat.RoomID, error) {
	room, err := c.room("room")
	if err != nil {
		return "", err
	}
	if _, err := c.desk.Hub.Newest(room); err != nil {
		return "", c.noRoom(cmp.Or(chat.RoomID(c.args["room"]), room))
	}
	return room, nil
}

var rooms = Command{
	Name:    "rooms",
	Aliases: []string{"list", "房间", "列表"},
	Help:    locale.Text{EN: "list the rooms", ZH: "列出所有房间"},
	Group:   locale.Text{EN: "list the rooms, or remove one", ZH: "列出所有房间，或删除一个房间"},
	Answer:  func() Answer { return new(Room) },
	run: func(c call) error {
		return listed(c, c.desk.Hub.Rooms(), c.desk.Hub.RoomCount(), func(r hub.Room) Answer {
			return &Room{Room: r.ID, Members: r.Members, Topic: r.Topic, Messages: uint64(r.Seq)}
		})
	},
}
