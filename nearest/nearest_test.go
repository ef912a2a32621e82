package nearest

import (
	"strings"
	"testing"
)

func TestTheNearestNameIsFound(t *testing.T) {
	names := []string{"help", "history", "who", "kick", "quit", "status", "udp.rate", "udp.enter-rate", "小明的房间"}
	for typed, want := range map[string]string{
		"hlep": "help", "HELP": "help", "histroy": "history", "hist": "history", "wo": "who", "kcik": "kick", "quiit": "quit",
		"stauts": "status", "udp.rat": "udp.rate", "udp.entre-rate": "udp.enter-rate", "小明的房见": "小明的房间",
		"": "", "h": "", "x": "", "dance": "", "zz": "", strings.Repeat("h", 10_000): "",
	} {
		if got := Name(typed, names); got != want {
			t.Errorf("%.20q is near %q, want %q", typed, got, want)
		}
	}
}
