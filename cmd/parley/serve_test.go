package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"parley/locale"
	"parley/server"
	"parley/tui"
)

func TestAServerThatIsStoppedDuringItsStartStopsInGoodOrder(t *testing.T) {
	config, err := server.Load(server.Sources{Flags: map[string]string{
		"data": t.TempDir(), "listen": "127.0.0.1:0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, typed := io.Pipe()
	defer typed.Close()
	var screen strings.Builder
	terminal := tui.NewSpool(tui.NewPlain(in, &screen, false), nil)
	err = serve(ctx, config, terminal, false, locale.English)
	terminal.Flush()
	if err != nil || !strings.Contains(screen.String(), "The server has stopped") {
		t.Errorf("it ends with %v and shows %q", err, screen.String())
	}
}
