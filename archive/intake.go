package archive

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/locale"
)

// textMaxBytes is more than any message's text takes: the most that a server can be set to allow, and a reason before it.
const textMaxBytes = 64 << 10

// intake is an export being read: it knows what may come next.
type intake struct {
	lines *lineReader
	now   time.Time

	format   int
	room     chat.RoomID // the only one, empty: all
	entities []chat.Change
	state    *chat.State // of the entities
	last     chat.Message
	messages uint64
	newest   time.Time
	place    chat.Place // the highest one of a message
}

// decode reads an export: known is called with all entities, then said with each message, in order.
// It returns the progress of a log that begins with the import. The log goes on behind the highest
// place that the export names: users are named by places, and none may be named again. The log's
// time is that of the newest message, or 1970 without messages, and its hash is the file's. Errors
// name their line. After an error the caller keeps nothing.
func decode(from io.Reader, now time.Time, known func([]chat.Change) error,
	said func(chat.Message) error,
) (chat.Progress, error) {
	in := &intake{
		lines: newLineReader(from), now: now, state: chat.NewState(), newest: time.Unix(0, 0).UTC(),
	}
	var sum chat.Hash
	end, err := in.all(known, said)
	if err == nil {
		err = in.finish(end)
	}
	if err == nil {
		sum = chat.Hash(in.lines.sum.Sum(nil))
		err = in.lines.end()
	}
	if err != nil {
		return chat.Progress{}, locale.Errorf(locale.Text{EN: "line %d: %v", ZH: "第 %d 行：%v"},
			in.lines.number, err)
	}
	return chat.Progress{Place: max(in.place, 1), Time: in.newest, Hash: sum}, nil
}

// all reads everything up to the last line, and returns that.
func (in *intake) all(known func([]chat.Change) error, said func(chat.Message) error) (*endLine, error) {
	first, err := in.lines.next()
	if err != nil && !errors.As(err, new(notObject)) {
		return nil, err
	}
	header, ok := first.(*headerLine)
	if !ok {
		return nil, locale.Errorf(locale.Text{
			EN: `not an export: the first line must be {"type":"export",…}`,
			ZH: `不是导出文件：首行应为 {"type":"export",…}`,
		})
	}
	if header.Format < 1 || header.Format > exportFormat {
		return nil, locale.Errorf(locale.Text{
			EN: "unknown format %d: this version reads formats 1 to %d",
			ZH: "格式为 %d，本版本只支持 1 到 %d",
		}, header.Format, exportFormat)
	}
	in.format, in.room = header.Format, header.Room
	line, err := in.lines.next()
	for ; err == nil; line, err = in.lines.next() {
		e, ok := line.(*entityLine)
		if !ok {
			break
		}
		if err := in.entity(e); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	if err := known(in.entities); err != nil {
		return nil, err
	}
	for ; err == nil; line, err = in.lines.next() {
		switch line := line.(type) {
		case *endLine:
			return line, nil
		case *messageLine:
			if err := in.message(line.Message); err != nil {
				return nil, err
			}
			if err := said(in.last); err != nil {
				return nil, err
			}
		default:
			return nil, errOrder
		}
	}
	return nil, err
}

var errOrder = locale.Errorf(locale.Text{
	EN: "wrong order: one line of type export, then entities by kind and key, messages by " +
		"room and seq, and one line of type end",
	ZH: "顺序有误：应先是一行 export，再是按 kind、key 排序的 entity，再是按 room、seq 排序的 message，最后一行 end",
})

func (in *intake) entity(line *entityLine) error {
	e := chat.Change{Kind: line.Kind, Key: line.Key, Value: line.Value}
	switch {
	case !chat.Lasts(e.Kind):
		return locale.Errorf(locale.Text{
			EN: "unknown kind of entity %s",
			ZH: "无法导入的实体类型 %s",
		}, chat.Quote(e.Kind))
	case in.room != "" && !isOf(in.room, e):
		return locale.Errorf(locale.Text{
			EN: "it belongs to another room than %s, the only room in this export",
			ZH: "不属于所导出的房间 %s",
		}, chat.Quote(in.room))
	}
	if len(in.entities) > 0 {
		before := in.entities[len(in.entities)-1]
		if e.Kind < before.Kind || e.Kind == before.Kind && e.Key <= before.Key {
			return errOrder
		}
	}
	if _, user, direct := chat.RoomID(e.Key).Users(); direct && e.IsRoom() {
		if user > placeMax {
			return errPlace(chat.Place(user))
		}
		in.place = max(in.place, chat.Place(user)) // the next user is another one
	}
	if err := in.state.AddEntity(e); err != nil {
		return invalid(e, err)
	}
	if room, _ := in.state.Room(chat.RoomID(e.Key)); in.format < 2 && room.Amended != 0 {
		return errLater
	}
	in.entities = append(in.entities, e)
	return nil
}

var errLater = locale.Errorf(locale.Text{
	EN: "author, reply, place and amended exist since format 2, but this is format 1",
	ZH: "author、reply、place 和 amended 从格式 2 才有，而此文件为格式 1",
})

// invalid says what is wrong with an entity.
func invalid(e chat.Change, why error) error {
	return locale.Errorf(locale.Text{EN: "invalid entity %s %s: %v", ZH: "实体 %s %s 无效：%v"},
		chat.Quote(e.Kind), chat.Quote(e.Key), why)
}

// message takes the next message. last is then that, its time in UTC.
func (in *intake) message(m chat.Message) error {
	m.Time = m.Time.UTC()
	before := in.last
	if m.Room != before.Room {
		if m.Room < before.Room {
			return errOrder
		}
		if err := in.complete(before); err != nil {
			return err
		}
		before = chat.Message{Room: m.Room}
	}
	room, exists := in.state.Room(m.Room)
	switch {
	case in.format < 2 && (m.Author != 0 || m.Reply != 0 || m.Place != 0):
		return errLater
	case m.Place > placeMax:
		return errPlace(m.Place)
	case m.Place < before.Place:
		return locale.Errorf(locale.Text{
			EN: "its place in the log is %d, but must be at least %d, that of the message " +
				"before it",
			ZH: "其在日志中的位置为 %d，不应小于前一条消息的位置 %d",
		}, m.Place, before.Place)
	case !exists:
		return locale.Errorf(locale.Text{
			EN: "its room %s has no entity",
			ZH: "没有房间 %s 的实体",
		}, chat.Quote(m.Room))
	case in.room != "" && !isShown(in.room, m.Room):
		return locale.Errorf(locale.Text{
			EN: "it belongs to another room than %s, the only room in this export",
			ZH: "不属于所导出的房间 %s",
		}, chat.Quote(in.room))
	case m.Seq != before.Seq+1 || m.Seq > room.Seq:
		return locale.Errorf(locale.Text{
			EN: "room %s: message %d follows message %d, and the newest should be %d",
			ZH: "房间 %[1]s：第 %[3]d 条之后出现第 %[2]d 条：编号应连续，且不超过 %[4]d",
		}, m.Room, m.Seq, before.Seq, room.Seq)
	case m.Time.Before(before.Time):
		return locale.Errorf(locale.Text{
			EN: "it is older than the message before it",
			ZH: "其时间早于前一条消息",
		})
	case m.Time.After(in.now.Add(clockSlack)):
		return locale.Errorf(locale.Text{
			EN: "its time %v is in the future: check this machine's clock",
			ZH: "其时间 %v 晚于当前时间：本机时钟正确吗？",
		}, m.Time.Format(time.RFC3339))
	}
	if err := checkMessage(m, room); err != nil {
		return err
	}
	in.last = m
	in.messages++
	in.place = max(in.place, m.Place)
	if m.Time.After(in.newest) {
		in.newest = m.Time
	}
	return nil
}

func errPlace(place chat.Place) error {
	return locale.Errorf(locale.Text{
		EN: "its place in the log is %d, but must be at most %d",
		ZH: "其在日志中的位置为 %d，不应大于 %d",
	}, place, chat.Place(placeMax))
}

// placeMax is the last place that a message may have, as the log continues behind it.
const placeMax = 1 << 62

// clockSlack is how far another machine's clock may be ahead. Beyond it a time is refused: a server's never goes back, so that
// all that is said later would have it.
const clockSlack = time.Hour

// checkMessage checks that a server could have written a message in a room: no door lets anything
// else in.
func checkMessage(m chat.Message, room chat.Room) error {
	text, err := chat.ParseText(m.Text, textMaxBytes)
	switch {
	case !slices.Contains(chat.Kinds(), m.Kind):
		return locale.Errorf(locale.Text{
			EN: "unknown kind of message %s",
			ZH: "未知的消息类型 %s",
		}, chat.Quote(m.Kind))
	case m.Author > chat.UserID(m.Place): // users are as old as disk format 3, which has places
		return locale.Errorf(locale.Text{
			EN: "its author %d is later in the log than the message, at %d",
			ZH: "作者的日志位置 %d 晚于该消息的日志位置 %d",
		}, m.Author, m.Place)
	case m.Reply >= m.Seq:
		return locale.Errorf(locale.Text{
			EN: "it replies to message %d, which is not before it",
			ZH: "所回复的第 %d 条消息不在它之前",
		}, m.Reply)
	case !chat.IsStorable(m.Time):
		return locale.Errorf(locale.Text{EN: "its time is out of range", ZH: "其时间超出可保存的范围"})
	case room.Quiet && !m.Kind.IsNotice():
		return locale.Errorf(locale.Text{
			EN: "its room is marked as quiet, but a quiet room has only joins, leaves and " +
				"changed nicknames",
			ZH: "其房间标记为 quiet，这样的房间只能有进出和改名记录",
		})
	case m.Room == chat.Everywhere && (m.Kind != chat.KindAnnouncement || m.Place == 0):
		return locale.Errorf(locale.Text{
			EN: "the room %s must have announcements only, each with its place in the log",
			ZH: "房间 %s 只能有管理员消息，且每条都必须有日志位置",
		}, chat.Quote(m.Room))
	case (m.Kind == chat.KindAnnouncement) != (m.Nick == ""):
		return locale.Errorf(locale.Text{
			EN: "an announcement must have no nick, and other messages must have one",
			ZH: "管理员消息不应有昵称，其他消息必须有昵称",
		})
	case m.Nick != "" && !chat.IsNick(m.Nick):
		return locale.Errorf(locale.Text{
			EN: "its nick is too long or has invalid characters",
			ZH: "昵称太长或含有不允许的字符",
		})
	case m.Kind == chat.KindEntered && m.Text != "":
		return locale.Errorf(locale.Text{
			EN: "a message of kind entered must have no text",
			ZH: "entered 类型的消息不应有内容",
		})
	case m.Kind == chat.KindEntered, m.Kind == chat.KindTopic && m.Text == "": // it is about nothing any more
		return nil
	}
	if m.Kind == chat.KindRenamed && !chat.IsNick(m.Text) {
		return locale.Errorf(locale.Text{
			EN: "invalid new nickname %s", ZH: "新昵称 %s 无效",
		}, chat.Quote(m.Text))
	}
	if m.Kind == chat.KindTopic && !chat.IsLine(m.Text, chat.NoteMaxBytes) {
		return locale.Errorf(locale.Text{
			EN: "invalid topic: must be one line of at most %d bytes, without control characters",
			ZH: "主题无效：应为一行，最多 %d 字节，不含控制字符",
		}, chat.NoteMaxBytes)
	}
	if m.Kind == chat.KindLeft && !isReason(m.Text) {
		return locale.Errorf(locale.Text{
			EN: "unknown reason %s for leaving", ZH: "未知的离开原因 %s",
		}, chat.Quote(m.Text))
	}
	var refusal *chat.Refusal
	if errors.As(err, &refusal) {
		return locale.Errorf(locale.Text{EN: locale.Refusal(refusal, locale.English), ZH: locale.Refusal(refusal, locale.Chinese)})
	}
	if text != m.Text {
		return locale.Errorf(locale.Text{
			EN: "its text has control characters or wrong line breaks", ZH: "内容含有控制字符，或换行方式不对",
		})
	}
	return nil
}

// isReason says whether a text is why somebody left: a Reason, perhaps with more behind a colon.
func isReason(text string) bool {
	reason, detail, more := strings.Cut(text, ": ")
	return slices.Contains(chat.Reasons(), chat.Reason(reason)) &&
		(!more || chat.IsLine(detail, chat.NoteMaxBytes))
}

// complete checks that a room's last message is the one that its entity says.
func (in *intake) complete(last chat.Message) error {
	room, _ := in.state.Room(last.Room)
	if last.Seq == room.Seq {
		return nil
	}
	return locale.Errorf(locale.Text{
		EN: "room %s: the last message is %d, but should be %d", ZH: "房间 %s：最后一条消息是第 %d 条，应为第 %d 条",
	}, last.Room, last.Seq, room.Seq)
}

// finish compares everything with the last line.
func (in *intake) finish(end *endLine) error {
	if err := in.complete(in.last); err != nil {
		return err
	}
	total := uint64(expected(in.state, ""))
	switch {
	case end.Entities != uint64(len(in.entities)) || end.Messages != in.messages || total != in.messages:
		return locale.Errorf(locale.Text{
			EN: "the last line counts %d entities and %d messages, but the file has %d and %d; " +
				"by the seq of its rooms, it should have %d messages",
			ZH: "最后一行记录 %d 个实体、%d 条消息，文件中实际为 %d 个、%d 条；" +
				"按各房间的 seq 应有 %d 条消息",
		}, end.Entities, end.Messages, len(in.entities), in.messages, total)
	case end.SHA256 != chat.Hash(in.lines.sum.Sum(nil)).String():
		return locale.Errorf(locale.Text{
			EN: "the lines before it have the sha256 %v, but it records another: the file " +
				"was changed",
			ZH: "之前各行的 sha256 为 %v，与记录不符：文件被修改过",
		}, chat.Hash(in.lines.sum.Sum(nil)))
	}
	return nil
}
