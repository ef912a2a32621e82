package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lines returns what was written as JSON, and fails the test for anything else.
func lines(t *testing.T, b *bytes.Buffer) (all []map[string]any) {
	t.Helper()
	for decoder := json.NewDecoder(b); ; {
		var line map[string]any
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}

func TestProgramsReadJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at 2000-01-01T00:00:00Z
		var b bytes.Buffer
		log, _ := New(&b, Options{})
		time.Sleep(120 * time.Millisecond)
		log.Debug("hidden")
		log.Info("told", "peer", netip.MustParseAddrPort("127.0.0.1:9"), "err", errors.New("a\nb\x1b[m"))
		want := `{"time":"2000-01-01T00:00:00.120000000Z","level":"INFO","msg":"told","peer":"127.0.0.1:9","err":"a\nb\u001b[m"}` + "\n"
		if b.String() != want {
			t.Errorf("%s\nwant %s", b.String(), want)
		}
	})
}

// named is text under a name of its own.
type named string

func TestPeopleReadText(t *testing.T) {
	var b bytes.Buffer
	log, _ := New(&b, Options{Terminal: true, Level: slog.LevelDebug})
	log.Debug("told", "nick", "小明", "records", 3)
	if got := b.String(); strings.Contains(got, "\x1b") || !strings.HasSuffix(got, " DBG told nick=小明 records=3\n") {
		t.Errorf("%q", got)
	}
	b.Reset()
	log, _ = New(&b, Options{Terminal: true, Color: true})
	log.Error("told", "door", "udp")
	if got := b.String(); !strings.Contains(got, "\x1b[91mERR\x1b[0m told") {
		t.Errorf("without color: %q", got)
	}
	b.Reset()
	for _, evil := range []any{"\x1b[2J", errors.New("\x1b[2J"), named("\x1b[2J")} {
		log.With("nick", evil).Error("\x1b[2J", "err", evil)
	}
	if got := b.String(); strings.Count(got, "\n") != 3 || strings.Contains(got, "\x1b[2J") || !strings.Contains(got, "\uFFFD[2J") {
		t.Errorf("a terminal could be steered: %q", got)
	}
}

// sharedBuffer is read by a test while a timer may write it.
type sharedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sharedBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

// take returns what was written since the last time.
func (s *sharedBuffer) take() *bytes.Buffer {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := bytes.NewBuffer(bytes.Clone(s.b.Bytes()))
	s.b.Reset()
	return taken
}

func TestRepeatedFaultsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b sharedBuffer
		log, flush := New(&b, Options{Level: slog.LevelDebug})
		udp := log.With("door", "udp")
		for i := range 100 {
			udp.Warn("cannot write", "n", i)
			log.Warn("cannot write", "door", "web")
			log.Debug("fine")
			time.Sleep(10 * time.Millisecond)
		}
		udp.Error("cannot write")
		count := map[string]int{}
		for _, l := range lines(t, b.take()) {
			count[fmt.Sprint(l["level"], " ", l["door"])]++
		}
		if want := map[string]int{"WARN udp": 5, "WARN web": 5, "ERROR udp": 1, "DEBUG <nil>": 100}; fmt.Sprint(count) != fmt.Sprint(want) {
			t.Errorf("written: %v", count)
		}
		time.Sleep(window)
		synctest.Wait()
		told := lines(t, b.take())
		if len(told) != 2 {
			t.Fatalf("after the minute: %v", told)
		}
		for _, l := range told {
			if l["repeated"] != 95.0 || l["msg"] != "cannot write" || l["door"] == "udp" && l["n"] != 99.0 {
				t.Errorf("after the minute: %v", l)
			}
		}
		for range 6 {
			udp.Warn("cannot write")
		}
		if n := len(lines(t, b.take())); n != 5 {
			t.Errorf("a new minute: %d lines", n)
		}
		flush()
		flush()
		if got := lines(t, b.take()); len(got) != 1 || got[0]["repeated"] != 1.0 {
			t.Errorf("at the end: %v", got)
		}
	})
}

func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		log, flush := New(&b, Options{})
		for i := range 10 * rowsMax {
			log.Error(fmt.Sprint("fault ", i))
		}
		if n := len(log.Handler().(*limiter).repeats.rows); n != rowsMax+1 {
			t.Errorf("%d faults are remembered", n)
		}
		if n := len(lines(t, &b)); n != rowsMax+passing {
			t.Errorf("%d lines", n)
		}
		flush()
		if got := lines(t, &b); len(got) != 1 || got[0]["repeated"] != float64(9*rowsMax-passing) {
			t.Errorf("at the end: %v", got)
		}
	})
}

func TestAnyGoroutineLogs(t *testing.T) {
	const goroutines, each = 8, 200
	var b bytes.Buffer
	log, flush := New(&b, Options{})
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range each {
				log.Error("again")
				flush()
			}
		})
	}
	all.Wait()
	flush()
	told := 0
	for _, l := range lines(t, &b) {
		told++
		if n, is := l["repeated"].(float64); is {
			told += int(n) - 1
		}
	}
	if told != goroutines*each {
		t.Errorf("%d of %d are told", told, goroutines*each)
	}
}

func TestADoorInAGroupIsNoDoor(t *testing.T) {
	var b bytes.Buffer
	log, _ := New(&b, Options{})
	grouped := log.WithGroup("request")
	for i := range 2 * passing {
		grouped.Error("again", "door", fmt.Sprint(i))
	}
	if n := len(lines(t, &b)); n != passing {
		t.Errorf("%d lines", n)
	}
}
