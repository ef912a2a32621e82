package line

import (
	"parley/door/stream"
	"parley/locale"
	"parley/setting"
)

// Config is how the door works. An operator can set the fields that Settings returns. The caller of
// New sets the others.
type Config struct {
	stream.Config // with lines as messages

	TextMax int         // bytes of one message
	Lang    locale.Lang // what Words means with auto
	Words   string      // the language of the door: auto, en or zh
	History int         // messages shown to a member that enters; 0: none
}

// Language returns what members are spoken to in.
func (c *Config) Language() locale.Lang {
	switch c.Words {
	case "en":
		return locale.English
	case "zh":
		return locale.Chinese
	}
	return c.Lang
}

// Settings returns the door's rows of the table of settings, each for its field.
func (c *Config) Settings() []setting.Setting {
	return []setting.Setting{
		{
			Key: "line.words", Default: "auto", Field: setting.OneOf(&c.Words, "auto", "en", "zh"),
			Help: locale.Text{
				EN: "language of prompts and notices: en, zh, or auto for that of the " +
					"server's screen",
				ZH: "发给 netcat、telnet 等客户端的提示和通知的语言：en（英文）、zh（中文），或 auto（与服务器界面相同）",
			},
		},
		{
			Key: "line.rate", Default: "20", Field: setting.PerSecond(&c.Rate),
			Help: locale.Text{
				EN: "lines a second from one member, above which it is throttled; 0: no limit",
				ZH: "每个成员每秒的行数上限，超出则放慢接收；0 表示不限",
			},
		},
		{
			Key: "line.burst", Default: "400", Field: setting.Count(&c.Burst, 1, 1<<20),
			Help: locale.Text{
				EN: "lines that one member may send in a burst before line.rate applies",
				ZH: "每个成员一次可连续发送的行数上限，超出后按 line.rate 限速",
			},
		},
		{
			Key: "line.history", Default: "20", Field: setting.Count(&c.History, 0, 1000),
			Help: locale.Text{
				EN: "recent messages shown to a member that joins; 0: none",
				ZH: "成员加入时显示的最近消息条数；0 表示不显示",
			},
		},
		{
			Key: "line.patience", Default: "5m", Field: setting.Duration(&c.Patience),
			Help: locale.Text{
				EN: "close connections that give no nickname within this time",
				ZH: "输入昵称的时限，超时则断开连接",
			},
		},
		{
			Key: "line.outbox", Default: "1MiB", Field: setting.Size(&c.Outbox, 64<<10, 1<<30),
			Help: locale.Text{
				EN: "bytes queued for one member before it is disconnected",
				ZH: "待发给单个成员的数据量上限，超出则断开连接",
			},
		},
	}
}
