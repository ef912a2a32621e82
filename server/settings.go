package server

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

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

// Settings returns the table, in the order in which help lists it.
func Settings() []Setting {
	return []Setting{
		{
			"data", "parley-data",
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

// IsSwitch says whether the flag may stand without a value.
func (s Setting) IsSwitch() bool {
	_, is := s.field(new(Config)).(yesNoValue)
	return is
}

// Sources is where settings come from.
type Sources struct {
	Flags   map[string]string // by Setting.Flag: those that were given
	Environ []string          // as os.Environ has it
	File    string            // the TOML file
	Named   bool              // the operator named the file: it must be there
}

// ConfigEnv names the variable that names the TOML file.
const ConfigEnv = "PARLEY_CONFIG"

// Load makes a Config of the sources. The error tells everything that is wrong at once: values that cannot be used and keys that
// do not exist, each with where it stands.
func Load(from Sources) (Config, error) {
	file, err := readFile(from.File, from.Named)
	if err != nil {
		return Config{}, err
	}
	environ := map[string]string{}
	for _, variable := range from.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PARLEY_") && name != ConfigEnv {
			environ[name] = value
		}
	}
	var config Config
	var problems []error
	for _, s := range Settings() {
		given, origin := s.Default, fromDefault
		if v, ok := file[s.Key]; ok {
			given, origin = v, fromFile(from.File)
		}
		if v, ok := environ[s.Env()]; ok {
			given, origin = v, fromEnvironment
		}
		if v, ok := from.Flags[s.Flag()]; ok {
			given, origin = v, fromCommandLine
		}
		if err := s.field(&config).set(given); err != nil {
			problems = append(problems, locale.Errorf(locale.Text{EN: "%s (from %v): %v", ZH: "%s（来自%v）：%v"}, s.Key, origin, err))
		}
		delete(file, s.Key)
		delete(environ, s.Env())
	}
	for _, key := range slices.Sorted(maps.Keys(file)) {
		problems = append(problems, noSetting(key, fromFile(from.File)))
	}
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		problems = append(problems, noSetting(name, fromEnvironment))
	}
	return config, errors.Join(problems...)
}

// Where a setting comes from, as Load's errors say it.
var (
	fromDefault     = locale.Errorf(locale.Text{EN: "the default", ZH: "默认值"})
	fromEnvironment = locale.Errorf(locale.Text{EN: "the environment", ZH: "环境变量"})
	fromCommandLine = locale.Errorf(locale.Text{EN: "the command line", ZH: "命令行"})
)

func fromFile(path string) error { return locale.Errorf(locale.Text{EN: "%s", ZH: "文件 %s"}, path) }

func noSetting(key string, origin error) error {
	return locale.Errorf(locale.Text{EN: "%s (from %v): there is no such setting", ZH: "%s（来自%v）：没有这个设置"}, key, origin)
}

// readFile reads the TOML file as keys with dots and values as text.
func readFile(path string, named bool) (map[string]string, error) {
	flat := map[string]string{}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return flat, nil
	}
	if err != nil {
		return nil, locale.Errorf(locale.Text{EN: "read the configuration: %v", ZH: "无法读取配置：%v"}, err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(content, &tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			row, column := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %w", path, row, column, err)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	flatten(flat, "", tree)
	return flat, nil
}

func flatten(into map[string]string, prefix string, tree map[string]any) {
	for key, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			flatten(into, prefix+key+".", v)
		case []any:
			items := make([]string, len(v))
			for i := range v {
				items[i] = fmt.Sprint(v[i])
			}
			into[prefix+key] = strings.Join(items, ",")
		default:
			into[prefix+key] = fmt.Sprint(v)
		}
	}
}

// checkAddress says what is wrong with an address to listen on.
func checkAddress(s string) error {
	if _, port, err := net.SplitHostPort(s); err != nil || port == "" {
		return locale.Errorf(locale.Text{EN: "%q is no address to listen on, such as :8888 or 127.0.0.1:8888", ZH: "%q 不是监听地址，例如 :8888 或 127.0.0.1:8888"}, s)
	}
	return nil
}
