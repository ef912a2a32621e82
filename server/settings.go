package server

import (
	"slices"

	"parley/locale"
	"parley/setting"
)

// DefaultData is the data directory of who names none.
const DefaultData = "parley-data"

// Settings returns the table, in the order in which help lists it.
func Settings() []setting.Setting { return new(Config).settings() }

// settings are those that set the Config's fields: the general ones, then those of each door.
func (c *Config) settings() []setting.Setting {
	all := slices.Concat(c.general(), c.sizes(), c.certificate(), c.Port.Settings())
	for _, row := range doorTable() {
		all = append(all, row.settings(c)...)
	}
	return all
}

func (c *Config) general() []setting.Setting {
	return []setting.Setting{
		{
			Key: "data", Default: DefaultData, Field: setting.Directory(&c.Data),
			Help: locale.Text{
				EN: "data directory: database, certificate, control socket",
				ZH: "数据目录：数据库、证书、控制套接字",
			},
		},
		{
			Key: "listen", Default: ":8888", Field: listenField(&c.Listen, doorTable()),
			Help: locale.Text{
				EN: "addresses to listen on: HOST:PORT, or HOST:PORT/udp or HOST:PORT/line " +
					"for one protocol",
				ZH: "监听地址，默认同时用于 UDP 和 TCP；写成 地址/udp 则只用于 UDP，地址/line 则只用于 TCP",
			},
		},
		{
			Key: "no-limits", Default: "false", Field: setting.YesNo(&c.NoLimits),
			Help: locale.Text{
				EN: "disable all rate limits and limits per IP address (benchmarks, trusted networks)",
				ZH: "关闭所有速率限制，以及每个 IP 地址的连接数和人数限制（用于测试或可信网络）",
			},
		},
		{
			Key: "log.level", Default: "info", Field: setting.OneOf(&c.LogLevel, "debug", "info", "warn", "error"),
			Help: locale.Text{
				EN: "log level: debug, info, warn or error",
				ZH: "日志级别：debug、info、warn 或 error",
			},
		},
		{
			Key: "console.show", Default: "true", Field: setting.YesNo(&c.ConsoleShow),
			Help: locale.Text{
				EN: "show the lobby's messages above the administrator's prompt",
				ZH: "在管理员提示符上方显示大厅（lobby）的消息",
			},
		},
		{
			Key: "metrics.listen", Default: "", Field: setting.OptionalAddress(&c.MetricsListen),
			Help: locale.Text{
				EN: "extra address for /healthz and /metrics, such as 127.0.0.1:9888; empty: none",
				ZH: "另开一个提供 /healthz 和 /metrics 的监听地址（控制套接字上始终提供），例如 127.0.0.1:9888；空表示不另开",
			},
		},
		{
			Key: "flight-recorder", Default: "false", Field: setting.YesNo(&c.FlightRecorder),
			Help: locale.Text{
				EN: "record a Go execution trace of the last seconds, for /debug/flight",
				ZH: "记录 Go 调度器最近几秒的活动，供 /debug/flight 使用",
			},
		},
	}
}

// sizes are the settings of how much there may be of everything.
func (c *Config) sizes() []setting.Setting {
	return []setting.Setting{
		{
			Key: "message.max", Default: "16KiB", Field: setting.Size(&c.MessageMax, 256, 60<<10),
			Help: locale.Text{EN: "maximum size of a message", ZH: "单条消息的最大长度"},
		},
		{
			Key: "store.max-size", Default: "0", Field: setting.Size(&c.StoreMaxSize, 0, 1<<50),
			Help: locale.Text{
				EN: "maximum size of the database; 0: until the disk is full",
				ZH: "数据库大小上限；0 表示直到磁盘写满",
			},
		},
		{
			Key: "ledger.queue", Default: "4096", Field: setting.Count(&c.LedgerQueue, 1, 1<<20),
			Help: locale.Text{
				EN: "maximum number of commands that wait for the disk",
				ZH: "等待写盘的命令数上限",
			},
		},
		{
			Key: "rooms.max", Default: "10000", Field: setting.Count(&c.RoomsMax, 1, 1<<20),
			Help: locale.Text{EN: "maximum number of rooms", ZH: "房间数上限"},
		},
		{
			Key: "rooms.joined", Default: "100", Field: setting.Count(&c.RoomsJoined, 1, 1<<20),
			Help: locale.Text{
				EN: "maximum number of rooms that one member can be in",
				ZH: "每个成员可同时加入的房间数上限",
			},
		},
		{
			Key: "rooms.new", Default: "10", Field: setting.Count(&c.RoomsNew, 0, 1<<20),
			Help: locale.Text{
				EN: "maximum number of new rooms an hour from one IP address; 0: no limit",
				ZH: "每个 IP 地址每小时新建的房间数上限；0 表示不限",
			},
		},
		{
			Key: "rooms.new-direct", Default: "60", Field: setting.Count(&c.DirectsNew, 0, 1<<20),
			Help: locale.Text{
				EN: "maximum number of private conversations that one member begins an hour; " +
					"0: no limit",
				ZH: "每个成员每小时新开始的私聊数上限；0 表示不限",
			},
		},
	}
}

func (c *Config) certificate() []setting.Setting {
	return []setting.Setting{
		{
			Key: "tls.cert", Default: "", Field: setting.OptionalFile(&c.TLSCert),
			Help: locale.Text{
				EN: "TLS certificate (PEM file), reloaded when it changes; empty: the server's own",
				ZH: "TLS 证书文件（PEM），更改后自动重新读取；空表示使用自签名证书",
			},
		},
		{
			Key: "tls.key", Default: "", Field: setting.OptionalFile(&c.TLSKey),
			Help: locale.Text{EN: "private key of tls.cert (PEM file)", ZH: "tls.cert 的私钥文件（PEM）"},
		},
	}
}
