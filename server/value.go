package server

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/locale"
)

// value is a field of Config that can be set from text. What set refuses it leaves as it was.
type value interface{ set(string) error }

type valueFunc func(string) error

func (f valueFunc) set(s string) error { return f(s) }

// yesNoValue is a type of its own: its flag may stand without a value.
type yesNoValue struct{ field *bool }

func (v yesNoValue) set(s string) error {
	on, err := strconv.ParseBool(s)
	if err != nil {
		return locale.Errorf(locale.Text{EN: "%q is neither true nor false", ZH: "%q 既不是 true 也不是 false"}, s)
	}
	*v.field = on
	return nil
}

func yesNo(field *bool) value { return yesNoValue{field} }

func text(field *string) value {
	return valueFunc(func(s string) error {
		if s == "" {
			return locale.Errorf(locale.Text{EN: "it must not be empty", ZH: "不能为空"})
		}
		*field = s
		return nil
	})
}

func address(field *string) value {
	return valueFunc(func(s string) error {
		if err := checkAddress(s); err != nil {
			return err
		}
		*field = s
		return nil
	})
}

func optionalAddress(field *string) value {
	return valueFunc(func(s string) error {
		if s == "" {
			*field = ""
			return nil
		}
		return address(field).set(s)
	})
}

// choiceValue is a type of its own: shells offer the choices.
type choiceValue struct {
	field   *string
	choices []string
}

func (v choiceValue) set(s string) error {
	if !slices.Contains(v.choices, s) {
		return locale.Errorf(locale.Text{EN: "%q is none of %s", ZH: "%q 不是以下之一：%s"}, s, strings.Join(v.choices, ", "))
	}
	*v.field = s
	return nil
}

func oneOf(field *string, choices ...string) value { return choiceValue{field, choices} }

func count(field *int64, least, most int64) value {
	return valueFunc(func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least || n > most {
			return locale.Errorf(locale.Text{EN: "%q is no whole number from %d to %d", ZH: "%q 不是 %d 到 %d 之间的整数"}, s, least, most)
		}
		*field = n
		return nil
	})
}

func perSecond(field *float64) value {
	return valueFunc(func(s string) error {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= 1e9) {
			return locale.Errorf(locale.Text{EN: "%q is no rate a second, such as 20 or 0.5", ZH: "%q 不是每秒速率，例如 20 或 0.5"}, s)
		}
		*field = n
		return nil
	})
}

func duration(field *time.Duration) value {
	return valueFunc(func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return locale.Errorf(locale.Text{EN: "%q is no duration, such as 12h or 90s", ZH: "%q 不是时长，例如 12h 或 90s"}, s)
		}
		*field = d
		return nil
	})
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

func size(field *int64, least, most int64) value {
	return valueFunc(func(s string) error {
		digits, factor := s, int64(1)
		for _, u := range units {
			if rest, ok := strings.CutSuffix(s, u.ending); ok {
				digits, factor = rest, u.factor
				break
			}
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > most/factor || n*factor < least {
			return locale.Errorf(locale.Text{EN: "%q is no size from %d to %d bytes, such as 64KiB or 1GiB", ZH: "%q 不是 %d 到 %d 字节之间的大小，例如 64KiB 或 1GiB"}, s, least, most)
		}
		*field = n * factor
		return nil
	})
}

func networks(field *[]netip.Prefix) value {
	return valueFunc(func(s string) error {
		var all []netip.Prefix
		for item := range strings.SplitSeq(s, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				continue
			}
			p, err := netip.ParsePrefix(item)
			if err != nil {
				return locale.Errorf(locale.Text{EN: "%q is no network, such as 203.0.113.0/24", ZH: "%q 不是网段，例如 203.0.113.0/24"}, item)
			}
			all = append(all, p.Masked())
		}
		*field = all
		return nil
	})
}
