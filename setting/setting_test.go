package setting

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSizes(t *testing.T) {
	for given, want := range map[string]int64{"0": 0, "300": 300, "64KiB": 64 << 10, "64K": 64 << 10, "1MiB": 1 << 20, "2 GiB": 2 << 30, "5B": 5} {
		var got int64
		if err := Size(&got, 0, 1<<50).Set(given); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", given, got, err, want)
		}
	}
	for _, given := range []string{"", "KiB", "-1", "1.5MiB", "1e9", "9999999TiB", "12 apples"} {
		var got int64
		if err := Size(&got, 0, 1<<50).Set(given); err == nil || got != 0 {
			t.Errorf("%q is accepted as %d", given, got)
		}
	}
}

// fields are one of each kind.
type fields struct {
	text, address, maybe, word string
	count, size                int
	rate                       float64
	idle                       time.Duration
	on                         bool
	networks                   []netip.Prefix
}

func (f *fields) settings() map[string]Setting {
	all := map[string]Setting{}
	for key, field := range map[string]Field{
		"text": Directory(&f.text), "address": Address(&f.address),
		"maybe": OptionalAddress(&f.maybe), "word": OneOf(&f.word, "a", "b"),
		"count": Count(&f.count, 1, 9), "size": Size(&f.size, 4, 1<<20), "rate": PerSecond(&f.rate), "idle": Duration(&f.idle),
		"on": YesNo(&f.on), "networks": Networks(&f.networks),
	} {
		all[key] = Setting{Key: key, Field: field}
	}
	return all
}

func TestEachSetsItsOwnField(t *testing.T) {
	var f fields
	settings := f.settings()
	for key, given := range map[string]string{
		"text": "x y", "address": ":1", "maybe": "[::1]:2", "word": "b", "count": "9", "size": "1KiB", "rate": "0.5", "idle": "90s", "on": "true",
		"networks": "203.0.113.7/24, ,2001:db8::/32",
	} {
		if err := settings[key].Field.Set(given); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if f.text != "x y" || f.address != ":1" || f.maybe != "[::1]:2" || f.word != "b" || f.count != 9 || f.size != 1024 || f.rate != 0.5 ||
		f.idle != 90*time.Second || !f.on ||
		!slices.Equal(f.networks, []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}) {
		t.Errorf("got %+v", f)
	}
	for _, key := range []string{"maybe", "networks"} {
		if err := settings[key].Field.Set(""); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if f.maybe != "" || len(f.networks) > 0 {
		t.Errorf("emptied: %q, %v", f.maybe, f.networks)
	}
}

func TestWhatIsRefusedLeavesTheFieldAsItWas(t *testing.T) {
	before := fields{"x", ":1", ":2", "a", 3, 4, 5, 6, true, nil}
	for key, wrong := range map[string][]string{
		"text": {""}, "address": {"", "8888", ":", "host"}, "maybe": {"8888"}, "word": {"", "c"}, "count": {"", "0", "10", "1.5", "x"},
		"size": {"3", "2MiB"}, "rate": {"", "-1", "x", "NaN", "1e10"}, "idle": {"", "0s", "-1h", "5"}, "on": {"", "perhaps"},
		"networks": {"203.0.113.0/24,203.0.113.0/99", "x"},
	} {
		for _, given := range wrong {
			f := before
			if err := f.settings()[key].Field.Set(given); err == nil {
				t.Errorf("%s takes %q", key, given)
			}
			if f.networks != nil {
				t.Errorf("%s: %q left %v", key, given, f.networks)
			}
			f.networks = nil
			if f.text != before.text || f.address != before.address || f.maybe != before.maybe || f.word != before.word ||
				f.count != before.count || f.size != before.size || f.rate != before.rate || f.idle != before.idle || f.on != before.on {
				t.Errorf("%s: %q left %+v", key, given, f)
			}
		}
	}
}

func TestNames(t *testing.T) {
	s := Setting{Key: "udp.enter-rate"}
	if s.Flag() != "udp-enter-rate" || s.Env() != "PARLEY_UDP_ENTER_RATE" {
		t.Errorf("%s, %s", s.Flag(), s.Env())
	}
}

func TestKinds(t *testing.T) {
	for key, s := range new(fields).settings() {
		if s.IsSwitch() != (key == "on") || s.IsList() != (key == "networks") || (len(s.Choices()) == 2) != (key == "word") {
			t.Errorf("%s: switch %v, list %v, choices %v", key, s.IsSwitch(), s.IsList(), s.Choices())
		}
	}
}

func TestExamplesOfSizesAreWithinTheirBounds(t *testing.T) {
	for _, bounds := range [][2]int64{{0, 1 << 50}, {256, 60 << 10}, {4 << 10, 1 << 30}, {4, 1 << 20}, {3, 5}, {7, 7}} {
		small, large := sizeExamples(bounds[0], bounds[1])
		for _, example := range []string{small, large, sizeText(bounds[0]), sizeText(bounds[1])} {
			var got int64
			if err := Size(&got, bounds[0], bounds[1]).Set(example); err != nil {
				t.Errorf("%s within %v: %v", example, bounds, err)
			}
		}
	}
	for n, want := range map[int64]string{0: "0", 256: "256B", 60 << 10: "60KiB", 1 << 50: "1024TiB", 1<<20 + 1: "1048577B"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestAPortAloneIsAnsweredWithTheAddressMeant(t *testing.T) {
	err := CheckAddress("18999")
	if err == nil || err.Error() != `invalid address "18999": did you mean :18999?` {
		t.Error(err)
	}
	for _, s := range []string{"0", "99999", "x"} {
		if err := CheckAddress(s); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestPathsSayWhatTheyAreOf(t *testing.T) {
	for want, field := range map[string]Field{
		"DIR": Directory(new(string)), "FILE": OptionalFile(new(string)),
	} {
		if got := (Setting{Field: field}).Takes(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
