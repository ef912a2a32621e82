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
	return []setting.Setting{
		{
			Key: "udp.allow", Default: "", Field: setting.Networks(&c.Allow),
			Help: locale.Text{EN: "networks served beside loopback and private ones, such as 203.0.113.0/24,2001:db8::/32", ZH: "除本机和私有网络外允许的网段，如 203.0.113.0/24"},
		},
		{
			Key: "udp.words", Default: "en", Field: setting.OneOf(&c.Words, "en", "zh"),
			Help: locale.Text{EN: "language of notices and refusals in the chat room: en or zh", ZH: "聊天室内通知和提示的语言：en（英文）或 zh（中文）"},
		},
		{
			Key: "udp.ok", Default: "OK", Field: setting.OneOf(&c.OK, "OK", "ok", "Ok"),
			Help: locale.Text{EN: "answer to L, for clients that compare it exactly: OK, ok or Ok", ZH: "对 L 的回答，供严格比较的客户端使用：OK、ok 或 Ok"},
		},
		{
			Key: "udp.echo", Default: "false", Field: setting.YesNo(&c.Echo),
			Help: locale.Text{EN: "send members their own lines too", ZH: "发送者也收到自己的消息"},
		},
		{
			Key: "udp.join", Default: "16", Field: setting.Count(&c.Join, 0, 1<<20),
			Help: locale.Text{EN: "queued lines above which they are joined in datagrams; 0: never", ZH: "等待同一客户端的行数超过此值时合并发送；0 表示从不"},
		},
		{
			Key: "udp.idle", Default: "12h", Field: setting.Duration(&c.Idle),
			Help: locale.Text{EN: "silence after which a member is removed", ZH: "多久不说话即视为离开"},
		},
		{
			Key: "udp.members", Default: "20000", Field: setting.Count(&c.Members, 1, 1<<20),
			Help: locale.Text{EN: "members inside at once", ZH: "同时在线人数上限"},
		},
		{
			Key: "udp.per-address", Default: "1000", Field: setting.Count(&c.PerAddress, 0, 1<<20),
			Help: locale.Text{EN: "members from one IP address, loopback excepted; 0: no limit", ZH: "每个 IP 地址的在线人数上限（本机除外）；0 表示不限"},
		},
		{
			Key: "udp.resume", Default: "10m", Field: setting.Duration(&c.Resume),
			Help: locale.Text{EN: "members stay inside if the server is down for less than this", ZH: "服务器停机不超过此时间时成员仍在聊天室内"},
		},
		{
			Key: "udp.rate", Default: "20", Field: setting.PerSecond(&c.Rate),
			Help: locale.Text{EN: "lines a second from one member; 0: no limit", ZH: "每个成员每秒的行数；0 表示不限"},
		},
		{
			Key: "udp.burst", Default: "100", Field: setting.Count(&c.Burst, 1, 1<<20),
			Help: locale.Text{EN: "lines at once from one member", ZH: "每个成员一次可连续发送的行数"},
		},
		{
			Key: "udp.enter-rate", Default: "50", Field: setting.PerSecond(&c.EnterRate),
			Help: locale.Text{EN: "requests a second from one IP address to enter, and from each member to leave; 0: no limit", ZH: "每个 IP 每秒的进入请求数，以及每个成员每秒的退出请求数；0 表示不限"},
		},
		{
			Key: "udp.outbox", Default: "256KiB", Field: setting.Size(&c.OutboxBytes, 4<<10, 1<<30),
			Help: locale.Text{EN: "bytes queued for one member; beyond them its oldest lines are dropped", ZH: "等待发送给单个成员的数据上限"},
		},
		{
			Key: "udp.buffer", Default: "4MiB", Field: setting.Size(&c.Buffer, 0, 1<<30),
			Help: locale.Text{EN: "bytes of the socket's buffers, as far as the system grants them", ZH: "套接字缓冲区大小（以系统允许为限）"},
		},
	}
}
