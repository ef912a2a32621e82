package command

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/locale"
)

// historyMax is the most messages that one history command reads at once; --follow goes on from there.
const historyMax = 100_000

// Desk is what commands work on.
type Desk struct {
	Hub     *hub.Hub
	Version string
	Started time.Time
	TextMax int                 // bytes of one message
	Doors   func() []hub.Report // of the moment
	Refused hub.Refusals        // commands answered with no
}

var announce = Command{
	Name:    "announce",
	Help:    locale.Text{EN: "tell everybody, in every room", ZH: "向所有房间的所有人发布公告"},
	Example: "lunch is ready",
	Changes: true,
	Parameters: []Parameter{
		{Name: "text", Required: true, Rest: true, Help: locale.Text{EN: "what everybody reads", ZH: "公告内容"}},
	},
	Answer: func() Answer { return new(Done) },
	run: func(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error {
		text, err := chat.ParseText(a["text"], d.TextMax)
		if err != nil {
			return err
		}
		if err := d.Hub.Do(ctx, chat.Announce{Text: text}); err != nil {
			return err
		}
		return emit(&Done{Done: "announced", Members: len(d.Hub.Who(chat.Lobby))})
	},
}

var who = Command{
	Name:    "who",
	Help:    locale.Text{EN: "who is in the chat room", ZH: "谁在聊天室里"},
	Example: "",
	Answer:  func() Answer { return new(Member) },
	run: func(_ context.Context, d *Desk, _ Arguments, emit func(Answer) error) error {
		for _, s := range d.Hub.Who(chat.Lobby) {
			if err := emit(&Member{Nick: s.Nick.Name, Door: s.Door, Rooms: s.Rooms, Entered: s.Entered}); err != nil {
				return err
			}
		}
		return nil
	},
}

var kick = Command{
	Name:    "kick",
	Help:    locale.Text{EN: "remove somebody from the chat room", ZH: "将某人移出聊天室"},
	Example: "bob too loud",
	Changes: true,
	Parameters: []Parameter{
		{Name: "nick", Required: true, Help: locale.Text{EN: "who", ZH: "昵称"}},
		{Name: "reason", Rest: true, Help: locale.Text{EN: "what they are told", ZH: "告知对方的原因"}},
	},
	Answer: func() Answer { return new(Done) },
	run: func(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error {
		nick, err := chat.ParseNick(a["nick"])
		if err != nil {
			return err
		}
		reason := a["reason"]
		if reason != "" {
			if reason, err = chat.ParseText(reason, reasonMax); err != nil {
				return err
			}
			reason = strings.ReplaceAll(reason, "\n", " ")
		}
		if err := d.Hub.Do(ctx, chat.Kick{NickKey: nick.Key, Detail: reason}); err != nil {
			return err
		}
		return emit(&Done{Done: "removed", Nick: nick.Name})
	},
}

// reasonMax bounds a reason such that every door can show it on one line, in bytes.
const reasonMax = 400

var history = Command{
	Name:    "history",
	Help:    locale.Text{EN: "what was said, oldest first", ZH: "查看聊天记录，从早到晚"},
	Example: "lobby --last 20 --follow",
	Parameters: []Parameter{
		{Name: "room", Default: string(chat.Lobby), Help: locale.Text{EN: "which room", ZH: "房间"}},
		{Name: "last", Flag: true, Default: "100", Help: locale.Text{EN: "how many lines", ZH: "条数"}},
		{Name: "follow", Flag: true, Switch: true, Endless: true, Help: locale.Text{EN: "go on with what is said from now on", ZH: "继续显示新消息"}},
	},
	Answer: func() Answer { return new(Line) },
	run:    runHistory,
}

func runHistory(ctx context.Context, d *Desk, a Arguments, emit func(Answer) error) error {
	last, err := strconv.Atoi(cmp.Or(a["last"], "100"))
	if err != nil || last < 0 || last > historyMax {
		return badArgument("--last takes a number from 0 to %d, not %q", historyMax, a["last"])
	}
	follow, err := strconv.ParseBool(cmp.Or(a["follow"], "false"))
	if err != nil {
		return badArgument("--follow is given or not, it has no value %q", a["follow"])
	}
	room := chat.RoomID(cmp.Or(a["room"], string(chat.Lobby)))
	show := func(messages []chat.Message) error {
		for _, m := range messages {
			if err := emit(&Line{m}); err != nil {
				return err
			}
		}
		return nil
	}
	newest, err := d.Hub.Newest(room)
	if err != nil {
		return err
	}
	if follow {
		return d.Hub.Follow(ctx, room, newest-min(newest, chat.Seq(last)), show)
	}
	messages, err := d.Hub.Last(ctx, room, last)
	if err != nil {
		return err
	}
	return show(messages)
}
