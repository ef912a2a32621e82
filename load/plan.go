package load

import (
	"net/netip"
	"time"

	"parley/locale"
)

// Plan is what a run does.
type Plan struct {
	Target   netip.AddrPort `json:"target"`
	Door     Door           `json:"door"`      // by its name in JSON
	Members  int            `json:"members"`   // who enter, a socket each
	Rooms    int            `json:"rooms"`     // that they are spread over evenly; 0 is one, too
	Senders  int            `json:"senders"`   // how many of them talk, in turn, spread over the rooms like everybody
	Rate     float64        `json:"rate"`      // messages a second of all senders together, evenly spaced; 0: as fast as accepted
	InFlight int            `json:"in_flight"` // as fast as accepted: how many may be under way at once, in each room
	Size     int            `json:"size"`      // of a text, in bytes
	WarmUp   time.Duration  `json:"warm_up_ns"`
	Duration time.Duration  `json:"duration_ns"` // of what is measured, after WarmUp
	Echo     bool           `json:"echo"`        // the server sends senders their own lines too
	Stopped  int            `json:"stopped"`     // how many stop reading when the talking begins, none of them a sender
	Vanish   int            `json:"vanish"`      // how many at the end close their sockets without a word
	Idle     string         `json:"idle"`        // Entered or Silent: nobody talks for Duration; else ""
}

// How members are idle.
const (
	Entered = "entered"
	Silent  = "silent" // they only connect
)

// SizeMin and SizeMax bound a text: it carries what it is checked by, and fits one line with its nickname.
const (
	SizeMin = 64
	SizeMax = 900
)

// accountsMax bounds how many accounts are kept: each member keeps one of each sender in its room.
const accountsMax = 20_000_000

// rooms is how many there are.
func (p Plan) rooms() int { return max(1, p.Rooms) }

// readers is how many members read to the end. Those who stop are the last.
func (p Plan) readers() int { return p.Members - p.Stopped }

// Check says what is wrong with a plan.
func (p Plan) Check() error {
	talk, rooms, udp := p.Idle == "", p.rooms(), p.Door.isUDP()
	heard := p.readers() >= 2*rooms || p.Echo || !talk
	if p.Door.Name == "" {
		return invalidDoor("")
	}
	for _, rule := range []struct {
		ok  bool
		why locale.Text
	}{
		{p.Members >= 1 && p.Rooms >= 0 && heard, locale.Text{
			EN: "each room needs at least two members that read",
			ZH: "每个房间至少需要两名读取消息的成员，否则没有人能收到消息",
		}},
		{rooms == 1 || !udp, locale.Text{EN: "udp has only one room", ZH: "udp 只有一个房间"}},
		{!talk || p.Senders >= rooms && p.Senders <= p.Members, locale.Text{EN: "senders must be at least 1 in each room and at most the number of members", ZH: "每个房间至少要有 1 名发送者，且发送者不能多于成员"}},
		{p.Members <= accountsMax && p.Members*((max(1, p.Senders)+rooms-1)/rooms) <= accountsMax, locale.Text{EN: "members times senders of a room must be at most 20 million: name fewer senders", ZH: "成员数乘以每个房间的发送者数最多为两千万：请减少发送者"}},
		{p.Rate >= 0 && p.Rate <= 1e6, locale.Text{EN: "the rate must be from 0 to a million messages a second", ZH: "速率必须在每秒 0 到一百万条之间"}},
		{!talk || p.Rate > 0 || p.InFlight >= 1, locale.Text{EN: "at least one message must be allowed in flight", ZH: "至少允许一条消息在途"}},
		{p.Size >= SizeMin && p.Size <= SizeMax, locale.Text{EN: "the size of a text must be from 64 to 900 bytes", ZH: "消息大小必须在 64 到 900 字节之间"}},
		{p.Duration > 0 && p.WarmUp >= 0, locale.Text{EN: "the duration must be positive", ZH: "时长必须为正数"}},
		{!p.Echo || udp, locale.Text{EN: "only a udp server can echo", ZH: "只有 udp 可以回显"}},
		{p.Stopped >= 0 && (p.Stopped == 0 || !udp), locale.Text{
			EN: "members cannot stop reading with udp (--stopped): unread datagrams are lost",
			ZH: "--stopped 不能用于 udp：未读的数据报会直接丢失",
		}},
		{p.Stopped == 0 || talk && p.Stopped+p.Senders <= p.Members && p.Vanish == 0, locale.Text{
			EN: "members that stop reading (--stopped) cannot send, and --stopped cannot be " +
				"combined with --vanish or --idle",
			ZH: "--stopped 的成员不能发言，且 --stopped 不能与 --vanish、--idle 同用",
		}},
		{p.Vanish >= 0 && p.Vanish < p.Members, locale.Text{
			EN: "at least one member must stay to see the others vanish (--vanish)",
			ZH: "消失的成员必须少于总数，否则没有人能看到",
		}},
		{p.Vanish == 0 || talk && rooms == 1 && p.Door.Notices, locale.Text{
			EN: "vanishing is measured in one room, with a door that announces leaves",
			ZH: "只有在单个房间、且入口会通知成员退出时，才能看到谁消失",
		}},
	} {
		if !rule.ok {
			return locale.Errorf(rule.why)
		}
	}
	if most := p.Door.SizeMax; most > 0 && p.Size > most {
		return locale.Errorf(locale.Text{
			EN: "the size of a text must be at most %d bytes with %s",
			ZH: "使用 %[2]s 时消息最多 %[1]d 字节",
		}, most, p.Door.Name)
	}
	if !talk && p.Idle != Entered && (p.Idle != Silent || udp) {
		return locale.Errorf(locale.Text{
			EN: "invalid value %q for --idle: entered or silent (with --door udp only entered)",
			ZH: "--idle 的值 %q 无效：应为 entered 或 silent（用 --door udp 时只能是 entered）",
		}, p.Idle)
	}
	return nil
}
