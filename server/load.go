package server

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"parley/locale"
	"parley/nearest"
	"parley/setting"
)

// Sources is where settings come from.
type Sources struct {
	Flags   map[string]string // by setting.Setting.Flag: those that were given
	Environ []string          // as os.Environ has it
	File    string            // the TOML file
	Named   bool              // the operator named the file: it must be there
}

// ConfigEnv names the variable that names the TOML file.
const ConfigEnv = "PARLEY_CONFIG"

// Effective is a setting with the value in force, which need not be one that can be used, and where it comes from.
type Effective struct {
	setting.Setting
	Value  string
	Origin locale.Text
}

var (
	fromDefault     = locale.Text{EN: "the default", ZH: "默认值"}
	fromEnvironment = locale.Text{EN: "the environment", ZH: "环境变量"}
	fromCommandLine = locale.Text{EN: "the command line", ZH: "命令行"}
)

func fromFile(path string) locale.Text { return locale.Text{EN: path, ZH: "文件 " + path} }

// Load makes a Config of the sources. The error tells everything that is wrong at once: values that cannot be used and keys that
// do not exist, each with where it stands. The Config then has defaults in their place; it is empty if the file cannot be read.
func Load(from Sources) (Config, error) {
	config := Config{chosen: map[string]bool{}}
	all, err := resolve(config.settings(), from)
	problems := []error{err}
	config.given = givenBy(all, from.File)
	for _, e := range all {
		config.chosen[e.Key] = e.Origin != fromDefault
		if err := e.Field.Set(e.Value); err != nil {
			problems = append(problems, problem(e.Key, e.Origin, err))
			_ = e.Field.Set(e.Default) // the defaults can be used
		}
	}
	return config, errors.Join(problems...)
}

// Resolve returns every setting with the value in force. The error tells of every key that does not exist.
func Resolve(from Sources) ([]Effective, error) { return resolve(Settings(), from) }

func resolve(settings []setting.Setting, from Sources) ([]Effective, error) {
	file, err := readFile(from.File, from.Named)
	if err != nil {
		return nil, err
	}
	environ := map[string]string{}
	for _, variable := range from.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "PARLEY_") && name != ConfigEnv {
			environ[name] = value
		}
	}
	var all []Effective
	for _, s := range settings {
		e := Effective{s, s.Default, fromDefault}
		if v, ok := file[s.Key]; ok {
			e.Value, e.Origin = v, fromFile(from.File)
		}
		if v, ok := environ[s.Env()]; ok {
			e.Value, e.Origin = v, fromEnvironment
		}
		if v, ok := from.Flags[s.Flag()]; ok {
			e.Value, e.Origin = v, fromCommandLine
		}
		all = append(all, e)
		delete(file, s.Key)
		delete(environ, s.Env())
	}
	var keys, variables []string
	for _, s := range settings {
		keys, variables = append(keys, s.Key), append(variables, s.Env())
	}
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(file)) {
		problems = append(problems, problem(key, fromFile(from.File), noSetting(key, keys)))
	}
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		problems = append(problems, problem(name, fromEnvironment, noSetting(name, variables)))
	}
	return all, errors.Join(problems...)
}

// noSetting says that there is no setting of a name, and which one is near.
func noSetting(name string, all []string) error {
	if near := nearest.Name(name, all); near != "" {
		return locale.Errorf(locale.Text{
			EN: "unknown setting, did you mean %s?", ZH: "没有这个设置，是否想输入 %s？",
		}, near)
	}
	return locale.Errorf(locale.Text{EN: "unknown setting: parley config lists the valid ones", ZH: "没有这个设置：请用 parley config 查看全部设置"})
}

// problem says what is wrong with a setting, by the name under which it was given.
func problem(key string, origin locale.Text, err error) error {
	if origin == fromCommandLine {
		flag := setting.Setting{Key: key}.Flag()
		return locale.Errorf(locale.Text{EN: "--%s: %v", ZH: "--%s：%v"}, flag, err)
	}
	return locale.Errorf(locale.Text{
		EN: "%s (from " + verbatim(origin.EN) + "): %v", ZH: "%s（来自" + verbatim(origin.ZH) + "）：%v",
	}, key, err)
}

// verbatim makes text stand for itself in a format.
func verbatim(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// readFile reads the TOML file as keys with dots and values as text.
func readFile(path string, named bool) (map[string]string, error) {
	flat := map[string]string{}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return flat, nil
	}
	if err != nil {
		return nil, locale.Errorf(locale.Text{
			EN: "cannot read the configuration: %v; name a TOML file with --config",
			ZH: "无法读取配置：%v；请用 --config 指定 TOML 文件",
		}, err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(content, &tree); err != nil {
		return nil, tomlProblem(path, content, err)
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
