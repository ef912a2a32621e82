package main

import (
	"slices"
	"testing"

	"parley/client"
	"parley/locale"
	"parley/tui"
)

// screen is a terminal of which only the lines shown are kept.
type screen struct {
	tui.Console
	shown []string
}

func (*screen) Interactive() bool { return true }

func (s *screen) Print(text string) { s.shown = append(s.shown, text) }

func TestJoinExplainsWhatItsReaderShouldKnow(t *testing.T) {
	conn, err := client.Dial(t.Context(), "127.0.0.1:8888", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := &screen{}
	j := &joining{lang: locale.English, console: s, conn: conn}
	for _, line := range []string{
		"bob: (to you alone) psst", "bob: (to you alone) again", "bob: hello",
		"somebody asks for your nickname",
		"the server is shutting down", "bob: still here", "bob: on we go",
	} {
		j.hear(line)
	}
	want := []string{
		"bob: (to you alone) psst",
		"* only you read that, but everyone reads what you type; to answer in private, use " +
			"netcat: nc 127.0.0.1 8888, then Enter, and /msg",
		"bob: (to you alone) again",
		"bob: hello",
		"somebody asks for your nickname",
		"* the server has refused: you keep it and need not do anything",
		"the server is shutting down",
		"* waiting for the server to return; then you can go on talking. Ctrl-C ends",
		"* the server is back",
		"bob: still here",
		"bob: on we go",
	}
	if !slices.Equal(s.shown, want) {
		t.Errorf("it shows %q", s.shown)
	}
}
