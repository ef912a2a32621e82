package server

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"parley/door/port"
)

// TestFilesAreKeptFromConnections: whatever the limit, the operator gets in, and so does somebody.
func TestFilesAreKeptFromConnections(t *testing.T) {
	for limit := uint64(0); limit < 25_000; limit++ {
		f, ok := ShareFiles(limit, 20_000)
		if ok != (limit >= FilesLeast) {
			t.Fatalf("with %d files it is enough: %v", limit, ok)
		}
		if !ok {
			continue
		}
		least := min(filesKept, max(filesScarce, int(limit)/2))
		left := int(limit) - least
		if f.Connections < 1 || f.Connections > 20_000 || f.watchers < 2 {
			t.Fatalf("with %d files: %+v", limit, f)
		}
		if port.Descriptors(f.Connections) > left {
			t.Fatalf("with %d files, %d are not kept: %+v", limit, least, f)
		}
		if f.Connections < 20_000 && int(limit) >= FilesFor(20_000) {
			t.Fatalf("%d files are enough, and it is %+v", limit, f)
		}
		if f.Connections < 20_000 && port.Descriptors(f.Connections+1) <= left {
			t.Fatalf("with %d files there is room for more than %+v", limit, f)
		}
	}
	if f, _ := ShareFiles(1<<63, 20_000); f.Connections != 20_000 {
		t.Errorf("without a limit: %+v", f)
	}
}

// TestTooFewFilesForWhatTheOperatorChoseAreAWarning; for a default they are not.
func TestTooFewFilesForWhatTheOperatorChoseAreAWarning(t *testing.T) {
	for _, c := range []struct {
		from Sources
		want string
	}{
		{Sources{}, "level=DEBUG"},
		{Sources{Flags: map[string]string{"port-connections": "20000"}}, "level=WARN"},
		{Sources{Environ: []string{"PARLEY_PORT_CONNECTIONS=30000"}}, "level=WARN"},
	} {
		config, err := Load(c.from)
		if err != nil {
			t.Fatal(err)
		}
		var logged bytes.Buffer
		handler := slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})
		s := &Server{config: config, log: slog.New(handler)}
		if err := s.divideFiles(20_000); err != nil || s.config.Port.Connections >= 20_000 {
			t.Errorf("%+v: %d connections, %v", c.from, s.config.Port.Connections, err)
		}
		if !strings.Contains(logged.String(), c.want) || strings.Count(logged.String(), "\n") != 1 {
			t.Errorf("%+v: %s", c.from, logged.String())
		}
	}
}

// endless is a listener to which somebody always connects.
type endless struct{ net.Listener }

func (endless) Accept() (net.Conn, error) {
	conn, _ := net.Pipe()
	return conn, nil
}

// TestWatchersAreBounded: one more than may connect waits until another one leaves.
func TestWatchersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit(endless{}, 2)
		accept := func() net.Conn {
			conn, err := l.Accept()
			if err != nil {
				t.Error(err)
			}
			return conn
		}
		first, second := accept(), accept()
		third := make(chan net.Conn, 1)
		go func() { third <- accept() }()
		synctest.Wait()
		if len(third) > 0 {
			t.Error("one more than may connect is accepted")
		}
		first.Close()
		first.Close() // as net/http may
		(<-third).Close()
		second.Close()
		if len(l.places) > 0 {
			t.Errorf("%d places are taken after all have left", len(l.places))
		}
	})
}
