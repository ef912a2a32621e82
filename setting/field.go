package setting

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/locale"
)

// Field is where a setting goes. What Set refuses it leaves as it was.
type Field interface{ Set(text string) error }

type fieldFunc func(string) error

func (f fieldFunc) Set(s string) error { return f(s) }

// kindField is a Field with the kind of its values, for help.
type kindField struct {
	Field
	kind string
}

// yesNoField is a type of its own: its flag may stand without a value.
type yesNoField struct{ field *bool }

func (v yesNoField) Set(s string) error {
	on, err := strconv.ParseBool(s)
	if err != nil {
		return locale.Errorf(locale.Text{EN: "invalid value %q: true or false", ZH: "值 %q 无效：应为 true 或 false"}, s)
	}
	*v.field = on
	return nil
}

// YesNo is true or false, as strconv.ParseBool reads them.
func YesNo(field *bool) Field { return yesNoField{field} }

// Directory is the path of a directory.
func Directory(field *string) Field {
	return kindField{fieldFunc(func(s string) error {
		if s == "" {
			return locale.Errorf(locale.Text{
				EN: "invalid value \"\": must not be empty", ZH: "值不能为空",
			})
		}
		*field = s
		return nil
	}), "DIR"}
}

// CheckAddress says what is wrong with an address to listen on.
func CheckAddress(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil && port != "" && '0' <= port[0] && port[0] <= '9' { // else a name, such as http
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return locale.Errorf(locale.Text{
				EN: "invalid port %q: a number from 1 to 65535",
				ZH: "端口 %q 无效：应为 1 到 65535 的整数",
			}, port)
		}
	}
	if n, numberErr := strconv.ParseUint(s, 10, 16); numberErr == nil && n > 0 {
		return locale.Errorf(locale.Text{
			EN: "invalid address %q: did you mean :%d?", ZH: "地址 %q 无效：是否想输入 :%d？",
		}, s, n)
	}
	if err != nil || port == "" {
		return locale.Errorf(locale.Text{
			EN: "invalid address %q: HOST:PORT, such as :8888 or 127.0.0.1:8888",
			ZH: "地址 %q 无效：应为 主机:端口，例如 :8888 或 127.0.0.1:8888",
		}, s)
	}
	return nil
}

// Address is one to listen on, HOST:PORT, where HOST may be left out.
func Address(field *string) Field {
	return kindField{fieldFunc(func(s string) error {
		if err := CheckAddress(s); err != nil {
			return err
		}
		*field = s
		return nil
	}), "ADDRESS"}
}

// OptionalFile is the path of a file, or empty.
func OptionalFile(field *string) Field {
	return kindField{fieldFunc(func(s string) error {
		*field = s
		return nil
	}), "FILE"}
}

// OptionalAddress is one to listen on, or empty.
func OptionalAddress(field *string) Field {
	return kindField{fieldFunc(func(s string) error {
		if s == "" {
			*field = ""
			return nil
		}
		return Address(field).Set(s)
	}), "ADDRESS"}
}

// choiceField is a type of its own: shells offer the choices.
type choiceField struct {
	field   *string
	choices []string
}

func (v choiceField) Set(s string) error {
	if !slices.Contains(v.choices, s) {
		return locale.Errorf(locale.Text{
			EN: "invalid value %q: one of %s",
			ZH: "值 %q 无效：应为 %s 之一",
		}, s, locale.List(v.choices))
	}
	*v.field = s
	return nil
}

// OneOf is one of a few words.
func OneOf(field *string, choices ...string) Field { return choiceField{field, choices} }

// whole is what counts and sizes are kept in.
type whole interface{ int | int64 }

// Count is a whole number within bounds.
func Count[N whole](field *N, least, most N) Field {
	return kindField{fieldFunc(func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < int64(least) || n > int64(most) {
			return locale.Errorf(locale.Text{
				EN: "invalid number %q: a whole number from %d to %d", ZH: "数值 %q 无效：应为 %d 到 %d 之间的整数",
			}, s, least, most)
		}
		*field = N(n)
		return nil
	}), "N"}
}

// PerSecond is a rate; whoever reads the field says what 0 means.
func PerSecond(field *float64) Field {
	return kindField{fieldFunc(func(s string) error {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= 1e9) {
			return locale.Errorf(locale.Text{
				EN: "invalid rate %q: a number per second, such as 20 or 0.5", ZH: "速率 %q 无效：应为每秒次数，例如 20 或 0.5",
			}, s)
		}
		*field = n
		return nil
	}), "N"}
}

// Duration is longer than nothing.
func Duration(field *time.Duration) Field {
	return kindField{fieldFunc(func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return locale.Errorf(locale.Text{
				EN: "invalid duration %q: a positive number with a unit, such as 12h or 90s",
				ZH: "时长 %q 无效：应大于 0 并带单位，例如 12h 或 90s",
			}, s)
		}
		*field = d
		return nil
	}), "DURATION"}
}

// OptionalDuration is a duration, or 0 for never.
func OptionalDuration(field *time.Duration) Field {
	return kindField{fieldFunc(func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return locale.Errorf(locale.Text{
				EN: "invalid duration %q: 0, or a number with a unit, such as 5s or 90s",
				ZH: "时长 %q 无效：应为 0，或带单位的数，例如 5s 或 90s",
			}, s)
		}
		*field = d
		return nil
	}), "DURATION"}
}

// units are the endings of a size. Both families count in powers of 1024.
var units = []struct {
	ending string
	factor int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"K", 1 << 10},
	{"M", 1 << 20},
	{"G", 1 << 30},
	{"T", 1 << 40},
	{"B", 1},
}

// sizeText writes a number of bytes as somebody would, with the largest unit in which it is whole.
func sizeText(n int64) string {
	if n == 0 {
		return "0"
	}
	text := strconv.FormatInt(n, 10) + "B"
	for _, u := range units[:4] { // KiB and above
		if n%u.factor == 0 {
			text = strconv.FormatInt(n/u.factor, 10) + u.ending
		}
	}
	return text
}

// sizeExamples returns two sizes within bounds, round ones if there are any.
func sizeExamples(least, most int64) (small, large string) {
	found := make([]int64, 0, 2)
	for _, n := range []int64{64 << 10, 1 << 30, 1 << 10, 16 << 10, 1 << 20, least, most} {
		if least <= n && n <= most && len(found) < cap(found) {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	return sizeText(found[0]), sizeText(found[1])
}

// Size is a number of bytes within bounds, with or without a unit.
func Size[N whole](field *N, least, most N) Field {
	return kindField{fieldFunc(func(s string) error {
		digits, factor := s, int64(1)
		for _, u := range units {
			if rest, ok := strings.CutSuffix(s, u.ending); ok {
				digits, factor = rest, u.factor
				break
			}
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > int64(most)/factor || n*factor < int64(least) {
			small, large := sizeExamples(int64(least), int64(most))
			return locale.Errorf(locale.Text{
				EN: "invalid size %q: from %s to %s, such as %s or %s", ZH: "大小 %q 无效：应为 %s 到 %s，例如 %s 或 %s",
			}, s, sizeText(int64(least)), sizeText(int64(most)), small, large)
		}
		*field = N(n * factor)
		return nil
	}), "SIZE"}
}

// listField is a type of its own: its flag may stand more than once.
type listField struct {
	kind string
	set  func(items []string) error
}

func (v listField) Set(s string) error {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return v.set(items)
}

// List is any number of things, with commas between them; set gets those that are not empty. A text
// that it refuses must leave everything as it was. Help shows kind as the value of the flag.
func List(kind string, set func(items []string) error) Field { return listField{kind, set} }

// Networks are address prefixes.
func Networks(field *[]netip.Prefix) Field {
	return List("NETWORK", func(items []string) error {
		var all []netip.Prefix
		for _, item := range items {
			p, err := netip.ParsePrefix(item)
			if err != nil {
				return locale.Errorf(locale.Text{
					EN: "invalid network %q: ADDRESS/BITS, such as 203.0.113.0/24", ZH: "网段 %q 无效：应为 地址/位数，例如 203.0.113.0/24",
				}, item)
			}
			all = append(all, p.Masked())
		}
		*field = all
		return nil
	})
}
