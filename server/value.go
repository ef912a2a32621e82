package server

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
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
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*v.field = on
	return nil
}

func yesNo(field *bool) value { return yesNoValue{field} }

func text(field *string) value {
	return valueFunc(func(s string) error {
		if s == "" {
			return fmt.Errorf("it must not be empty")
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

func oneOf(field *string, choices ...string) value {
	return valueFunc(func(s string) error {
		if !slices.Contains(choices, s) {
			return fmt.Errorf("%q is none of %s", s, strings.Join(choices, ", "))
		}
		*field = s
		return nil
	})
}

func count(field *int64, least, most int64) value {
	return valueFunc(func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is no whole number from %d to %d", s, least, most)
		}
		*field = n
		return nil
	})
}

func perSecond(field *float64) value {
	return valueFunc(func(s string) error {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(n >= 0 && n <= 1e9) {
			return fmt.Errorf("%q is no rate a second, such as 20 or 0.5", s)
		}
		*field = n
		return nil
	})
}

func duration(field *time.Duration) value {
	return valueFunc(func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is no duration, such as 12h or 90s", s)
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
			return fmt.Errorf("%q is no size from %d to %d bytes, such as 64KiB or 1GiB", s, least, most)
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
				return fmt.Errorf("%q is no network, such as 203.0.113.0/24", item)
			}
			all = append(all, p.Masked())
		}
		*field = all
		return nil
	})
}
