package port

import (
	"parley/locale"
	"parley/setting"
)

// Settings returns the door's rows of the table of settings, each for its field.
func (c *Config) Settings() []setting.Setting {
	return []setting.Setting{
		{
			Key: "port.allow", Default: "", Field: setting.Networks(&c.Allow),
			Help: locale.Text{
				EN: "networks that may connect without TLS, such as " +
					"203.0.113.0/24,2001:db8::/32, in addition to loopback and private networks",
				ZH: "除本机和私有网络外，允许不加密连接的网段，如 203.0.113.0/24,2001:db8::/32",
			},
		},
		{
			Key: "port.proxies", Default: "", Field: setting.Networks(&c.Proxies),
			Help: locale.Text{
				EN: "networks of proxies, such as 192.0.2.7/32, that send a PROXY header",
				ZH: "代理服务器所在的网段（代理须发送 PROXY 协议头），如 192.0.2.7/32",
			},
		},
		{
			Key: "port.patience", Default: "1m", Field: setting.Duration(&c.Patience),
			Help: locale.Text{
				EN: "close connections that send nothing within this time",
				ZH: "客户端连接后须在此时间内发来内容，超时则断开连接",
			},
		},
		{
			Key: "port.prompt", Default: "5s", Field: setting.OptionalDuration(&c.Prompt),
			Help: locale.Text{
				EN: "silence after which a client without TLS is asked for a nickname; 0: never",
				ZH: "未加密的连接静默多久后提示输入昵称；0 表示从不",
			},
		},
		{
			Key: "port.connections", Default: "20000", Field: setting.Count(&c.Connections, 1, 1<<20),
			Help: locale.Text{EN: "maximum number of simultaneous connections", ZH: "同时连接数上限"},
		},
		{
			Key: "port.per-address", Default: "1000", Field: setting.Count(&c.PerAddress, 0, 1<<20),
			Help: locale.Text{
				EN: "maximum number of connections per IP address; 0: no limit",
				ZH: "每个 IP 地址的连接数上限；0 表示不限",
			},
		},
		{
			Key: "port.rate", Default: "100", Field: setting.PerSecond(&c.Rate),
			Help: locale.Text{
				EN: "maximum number of new connections a second per IP address; 0: no limit",
				ZH: "每个 IP 地址每秒的新连接数上限；0 表示不限",
			},
		},
	}
}
