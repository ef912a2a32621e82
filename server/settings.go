package server

import (
	"net"
	"slices"
	"strings"

	"parley/locale"
)

// Setting is one thing that an operator can set: as a flag, in the environment, or in the TOML file, in that order of
// precedence. The table of settings is the one definition of all three.
type Setting struct {
	Key     string // in the file: `udp.idle`; the flag is --udp-idle, the variable PARLEY_UDP_IDLE
	Default string
	Help    locale.Text
	field   func(*Config) value
}

// DefaultData is the data directory of who names none.
const DefaultData = "parley-data"

// Settings returns the table, in the order in which help lists it.
func Settings() []Setting { return slices.Concat(generalSettings(), udpSettings()) }

func generalSettings() []Setting {
	return []Setting{
		{
			"data", DefaultData,
			locale.Text{EN: "directory of everything that is kept", ZH: "数据目录"},
			func(c *Config) value { return text(&c.Data) },
		},
		{
			"listen", ":8888",
			locale.Text{EN: "address of the chat room", ZH: "聊天室的监听地址"},
			func(c *Config) value { return address(&c.Listen) },
		},
		{
			"no-limits", "false",
			locale.Text{EN: "switch all rates off: benchmarks, trusted networks", ZH: "关闭所有速率限制：用于测试或可信网络"},
			func(c *Config) value { return yesNo(&c.NoLimits) },
		},
		{
			"log.level", "info",
			locale.Text{EN: "what is logged: debug, info, warn or error", ZH: "日志级别：debug、info、warn 或 error"},
			func(c *Config) value { return oneOf(&c.LogLevel, "debug", "info", "warn", "error") },
		},
		{
			"metrics.listen", "",
			locale.Text{EN: "address of /healthz and /metrics beside the control socket, such as 127.0.0.1:9888; empty: none", ZH: "/healthz 和 /metrics 的监听地址，例如 127.0.0.1:9888；空表示不开放"},
			func(c *Config) value { return optionalAddress(&c.MetricsListen) },
		},
		{
			"flight-recorder", "false",
			locale.Text{EN: "keep the last seconds of the scheduler for /debug/flight", ZH: "保留最近几秒的调度记录，供 /debug/flight 使用"},
			func(c *Config) value { return yesNo(&c.FlightRecorder) },
		},
		{
			"message.max", "16KiB",
			locale.Text{EN: "the largest message", ZH: "单条消息的最大长度"},
			func(c *Config) value { return size(&c.MessageMax, 256, 60<<10) },
		},
		{
			"store.max-size", "0",
			locale.Text{EN: "the database grows no further than this; 0: until the disk is full", ZH: "数据库大小上限；0 表示直到磁盘写满"},
			func(c *Config) value { return size(&c.StoreMaxSize, 0, 1<<50) },
		},
		{
			"ledger.queue", "4096",
			locale.Text{EN: "commands that may wait for the disk", ZH: "等待写盘的命令数上限"},
			func(c *Config) value { return count(&c.LedgerQueue, 1, 1<<20) },
		},
	}
}

// udpSettings are the datagram door's.
func udpSettings() []Setting {
	return []Setting{
		{
			"udp.allow", "",
			locale.Text{EN: "networks served beside loopback and private ones, such as 203.0.113.0/24,2001:db8::/32", ZH: "除本机和私有网络外允许的网段，如 203.0.113.0/24"},
			func(c *Config) value { return networks(&c.UDPAllow) },
		},
		{
			"udp.echo", "false",
			locale.Text{EN: "senders receive their own lines too", ZH: "发送者也收到自己的消息"},
			func(c *Config) value { return yesNo(&c.UDPEcho) },
		},
		{
			"udp.join", "16",
			locale.Text{EN: "more lines than this waiting for one client are joined in datagrams; 0: never", ZH: "等待同一客户端的行数超过此值时合并发送；0 表示从不"},
			func(c *Config) value { return count(&c.UDPJoin, 0, 1<<20) },
		},
		{
			"udp.idle", "12h",
			locale.Text{EN: "who says nothing for this long leaves", ZH: "多久不说话即视为离开"},
			func(c *Config) value { return duration(&c.UDPIdle) },
		},
		{
			"udp.members", "20000",
			locale.Text{EN: "how many may be inside at once", ZH: "同时在线人数上限"},
			func(c *Config) value { return count(&c.UDPMembers, 1, 1<<20) },
		},
		{
			"udp.resume", "10m",
			locale.Text{EN: "members stay inside if the server is down for less than this", ZH: "服务器停机不超过此时间时成员仍在聊天室内"},
			func(c *Config) value { return duration(&c.UDPResume) },
		},
		{
			"udp.rate", "20",
			locale.Text{EN: "lines a second from one member; 0: no limit", ZH: "每个成员每秒的行数；0 表示不限"},
			func(c *Config) value { return perSecond(&c.UDPRate) },
		},
		{
			"udp.burst", "100",
			locale.Text{EN: "lines at once from one member", ZH: "每个成员一次可连续发送的行数"},
			func(c *Config) value { return count(&c.UDPBurst, 1, 1<<20) },
		},
		{
			"udp.enter-rate", "50",
			locale.Text{EN: "requests a second from one IP address to enter, to leave, or from outside; 0: no limit", ZH: "每个 IP 每秒的进入、退出等请求数；0 表示不限"},
			func(c *Config) value { return perSecond(&c.UDPEnterRate) },
		},
		{
			"udp.outbox", "256KiB",
			locale.Text{EN: "what may wait to be sent to one member", ZH: "等待发送给单个成员的数据上限"},
			func(c *Config) value { return size(&c.UDPOutbox, 4<<10, 1<<30) },
		},
		{
			"udp.buffer", "4MiB",
			locale.Text{EN: "the socket's buffers, as far as the system grants them", ZH: "套接字缓冲区大小（以系统允许为限）"},
			func(c *Config) value { return size(&c.UDPBuffer, 0, 1<<30) },
		},
	}
}

// Flag returns the setting's name on the command line.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, ".", "-") }

// Env returns the setting's name in the environment.
func (s Setting) Env() string {
	return "PARLEY_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.Key))
}

// Choices returns what the setting can be where that is one of a few words, else nothing.
func (s Setting) Choices() []string {
	v, _ := s.field(new(Config)).(choiceValue)
	return v.choices
}

// IsSwitch says whether the flag may stand without a value.
func (s Setting) IsSwitch() bool {
	_, is := s.field(new(Config)).(yesNoValue)
	return is
}

// checkAddress says what is wrong with an address to listen on.
func checkAddress(s string) error {
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" {
		return locale.Errorf(locale.Text{EN: "%q is no address to listen on, such as :8888 or 127.0.0.1:8888", ZH: "%q 不是监听地址，例如 :8888 或 127.0.0.1:8888"}, s)
	}
	return nil
}
