package load

import (
	"net/netip"
	"time"

	"parley/locale"
)

// Plan is what a run does.
type Plan struct {
	Target   netip.AddrPort `json:"target"`
	Door     string         `json:"door"`      // UDP
	Members  int            `json:"members"`   // who enter, a socket each
	Senders  int            `json:"senders"`   // how many of them talk, in turn
	Rate     float64        `json:"rate"`      // messages a second of all senders together, evenly spaced; 0: as fast as accepted
	InFlight int            `json:"in_flight"` // as fast as accepted: how many may be under way at once
	Size     int            `json:"size"`      // of a text, in bytes
	WarmUp   time.Duration  `json:"warm_up_ns"`
	Duration time.Duration  `json:"duration_ns"` // of what is measured, after WarmUp
	Echo     bool           `json:"echo"`        // the server sends senders their own lines too
	Vanish   int            `json:"vanish"`      // how many at the end close their sockets without a word
}

// UDP is the door of plain datagrams, the only one that can be tried yet.
const UDP = "udp"

// SizeMin and SizeMax bound a text: it carries what it is checked by, and fits one line with its nickname.
const (
	SizeMin = 64
	SizeMax = 900
)

// accountsMax bounds Members × Senders: each member keeps account of each sender.
const accountsMax = 20_000_000

// Check says what is wrong with a plan.
func (p Plan) Check() error {
	heard := p.Members >= 2 || p.Echo
	for _, rule := range []struct {
		ok  bool
		why locale.Text
	}{
		{p.Door == UDP, locale.Text{EN: "the only door that can be tried is udp", ZH: "目前只能测试 udp 入口"}},
		{p.Members >= 1 && heard, locale.Text{EN: "at least two members are needed, so that somebody hears what is said", ZH: "至少需要两名成员，否则没有人能收到消息"}},
		{p.Senders >= 1 && p.Senders <= p.Members, locale.Text{EN: "senders must be from 1 to the number of members", ZH: "发送者数量必须在 1 到成员数之间"}},
		{p.Members*p.Senders <= accountsMax, locale.Text{EN: "members times senders must be at most 20 million: name fewer senders", ZH: "成员数乘以发送者数最多为两千万：请减少发送者"}},
		{p.Rate >= 0 && p.Rate <= 1e6, locale.Text{EN: "the rate must be from 0 to a million messages a second", ZH: "速率必须在每秒 0 到一百万条之间"}},
		{p.Rate > 0 || p.InFlight >= 1, locale.Text{EN: "at least one message must be allowed in flight", ZH: "至少允许一条消息在途"}},
		{p.Size >= SizeMin && p.Size <= SizeMax, locale.Text{EN: "the size of a text must be from 64 to 900 bytes", ZH: "消息大小必须在 64 到 900 字节之间"}},
		{p.Duration > 0 && p.WarmUp >= 0, locale.Text{EN: "the duration must be positive", ZH: "时长必须为正数"}},
		{p.Vanish >= 0 && p.Vanish < p.Members, locale.Text{EN: "fewer must vanish than there are members, so that somebody can see it", ZH: "消失的成员必须少于总数，否则没有人能看到"}},
	} {
		if !rule.ok {
			return locale.Errorf(rule.why)
		}
	}
	return nil
}
