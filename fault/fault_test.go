package fault

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func culprit() { panic("a fault") }

func TestAPanicIsLoggedWithTheStackWhereItHappened(t *testing.T) {
	for name, p := range map[string]*Panic{
		"once":                     Guard(culprit),
		"passed on to the starter": passedOn(),
	} {
		var out bytes.Buffer
		p.Log(slog.New(slog.NewTextHandler(&out, nil)), "it panics", "door", "udp")
		for _, want := range []string{`level=ERROR msg="it panics" door=udp panic="a fault"`, "fault.culprit("} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not in %s", name, want, &out)
			}
		}
	}
}

// passedOn is a panic of a goroutine that goes on in the one that waits for it.
func passedOn() *Panic {
	ended := make(chan *Panic)
	go func() { ended <- Guard(culprit) }()
	return Guard(func() { panic(<-ended) })
}

func TestAStepWithoutAPanicComesToItsEnd(t *testing.T) {
	ended := false
	if p := Guard(func() { ended = true }); p != nil || !ended {
		t.Errorf("panic %v, ended %v", p, ended)
	}
}

func BenchmarkGuard(b *testing.B) {
	n := 0
	for b.Loop() {
		Guard(func() { n++ })
	}
}
