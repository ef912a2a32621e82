package udp

import (
	"net/netip"
	"time"

	"parley/locale"
	"parley/setting"
	"parley/wire/datagram"
)

// Config is how the door works. Settings tells what an operator can set of it; whoever makes the door says the rest.
type Config struct {
	Listen  string // address of the socket, such as ":8888"
	TextMax int    // bytes of one message

	Allow       []netip.Prefix // networks served beside loopback and private ones
	Words       string         // the language in which members are told things: en or zh
	OK          string         // the answer to L: datagram.OK in some case
	Echo        bool           // senders receive their own lines too
	Join        int            // more lines than this waiting for one client are joined in datagrams; 0: never
	Idle        time.Duration  // who is silent for longer leaves
	Members     int            // how many may be inside through this door
	PerAddress  int            // how many of them from one IP address (IPv6: /64); 0: no bound
	Resume      time.Duration  // members stay inside if the server is down for less; the hub's to keep
	Rate        float64        // lines a second that a member may say; 0: no limit
	Burst       int            // lines at once
	EnterRate   float64        // requests a second other than saying lines, per IP address (IPv6: /64) and per member; 0: no limit
	OutboxBytes int            // what may wait for one member
	Buffer      int            // bytes of the socket's buffers
}

// words returns what members are told things with.
func (c *Config) words() *datagram.Words {
	if c.Words == "zh" {
		return datagram.In(locale.Chinese)
	}
	return datagram.In(locale.English)
}

// ok returns the answer to L.
func (c *Config) ok() string {
	if c.OK == "" {
		return datagram.OK
	}
	return c.OK
}

// Settings returns the door's rows of the table of settings, each for its field.
func (c *Config) Settings() []setting.Setting {
	return append(c.manners(), c.bounds()...)
}

// manners are the settings of how the door treats its clients.
func (c *Config) manners() []setting.Setting {
	return []setting.Setting{
		{
			Key: "udp.allow", Default: "", Field: setting.Networks(&c.Allow),
			Help: locale.Text{
				EN: "networks that may send datagrams, such as 203.0.113.0/24,2001:db8::/32, in " +
					"addition to loopback and private networks",
				ZH: "除本机和私有网络外，允许用 UDP 加入的网段，如 203.0.113.0/24,2001:db8::/32",
			},
		},
		{
			Key: "udp.words", Default: "en", Field: setting.OneOf(&c.Words, "en", "zh"),
			Help: locale.Text{
				EN: "language of the server's messages to datagram clients: en or zh",
				ZH: "发给 UDP 客户端的通知和提示的语言：en（英文）或 zh（中文）",
			},
		},
		{
			Key: "udp.ok", Default: "OK", Field: setting.OneOf(&c.OK, "OK", "ok", "Ok"),
			Help: locale.Text{
				EN: "answer to a successful join (L), for clients that expect exact text: " +
					"OK, ok or Ok",
				ZH: "对 L（进入）命令的应答，供逐字比较的客户端使用：OK、ok 或 Ok",
			},
		},
		{
			Key: "udp.echo", Default: "false", Field: setting.YesNo(&c.Echo),
			Help: locale.Text{EN: "send members their own lines too", ZH: "发送者也收到自己的消息"},
		},
		{
			Key: "udp.join", Default: "16", Field: setting.Count(&c.Join, 0, 1<<20),
			Help: locale.Text{
				EN: "number of queued lines above which the server packs several into a " +
					"datagram; 0: never",
				ZH: "待发给同一客户端的行数超过此值时，合并到一个数据报中发送；0 表示从不合并",
			},
		},
	}
}

// bounds are the settings of how much the door takes, and for how long.
func (c *Config) bounds() []setting.Setting {
	return []setting.Setting{
		{
			Key: "udp.idle", Default: "12h", Field: setting.Duration(&c.Idle),
			Help: locale.Text{
				EN: "silence after which a member is removed",
				ZH: "成员不发言的时限，超时则移出聊天室",
			},
		},
		{
			Key: "udp.members", Default: "20000", Field: setting.Count(&c.Members, 1, 1<<20),
			Help: locale.Text{EN: "maximum number of datagram members", ZH: "UDP 成员数上限"},
		},
		{
			Key: "udp.per-address", Default: "1000", Field: setting.Count(&c.PerAddress, 0, 1<<20),
			Help: locale.Text{
				EN: "maximum number of datagram members per IP address (loopback is exempt); " +
					"0: no limit",
				ZH: "每个 IP 地址的 UDP 成员数上限（本机除外）；0 表示不限",
			},
		},
		{
			Key: "udp.resume", Default: "10m", Field: setting.Duration(&c.Resume),
			Help: locale.Text{
				EN: "longest downtime after which members need not join again",
				ZH: "停机不超过此时长，重启后 UDP 成员无须重新加入",
			},
		},
		{
			Key: "udp.rate", Default: "20", Field: setting.PerSecond(&c.Rate),
			Help: locale.Text{
				EN: "maximum number of lines a second from one member; 0: no limit",
				ZH: "每个成员每秒的行数上限；0 表示不限",
			},
		},
		{
			Key: "udp.burst", Default: "100", Field: setting.Count(&c.Burst, 1, 1<<20),
			Help: locale.Text{
				EN: "number of lines that one member may send in a burst before udp.rate applies",
				ZH: "每个成员一次可连续发送的行数上限，超出后按 udp.rate 限速",
			},
		},
		{
			Key: "udp.enter-rate", Default: "50", Field: setting.PerSecond(&c.EnterRate),
			Help: locale.Text{
				EN: "maximum number of join requests a second per IP address, and of leave and " +
					"rename requests per member; 0: no limit",
				ZH: "每个 IP 地址每秒的进入请求数上限，也是每个成员每秒的退出和改名请求数上限；0 表示不限",
			},
		},
		{
			Key: "udp.outbox", Default: "256KiB", Field: setting.Size(&c.OutboxBytes, 4<<10, 1<<30),
			Help: locale.Text{
				EN: "size of the queue for one member; if it is full, the oldest lines are dropped",
				ZH: "待发给单个成员的数据量上限；超出则丢弃最早的行",
			},
		},
		{
			Key: "udp.buffer", Default: "4MiB", Field: setting.Size(&c.Buffer, 0, 1<<30),
			Help: locale.Text{
				EN: "size of the UDP socket buffers; the system may grant less",
				ZH: "UDP 套接字缓冲区的大小；系统可能只允许更小的值",
			},
		},
	}
}
