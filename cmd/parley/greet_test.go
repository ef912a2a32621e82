package main

import (
	"log/slog"
	"strings"
	"testing"

	"parley/locale"
	"parley/server"
)

func TestAServerWithoutDatagramsOffersNone(t *testing.T) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	config.Listen = server.Listen{{Address: ":2323", Door: "line"}}
	for _, isNew := range []bool{true, false} {
		s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		said := strings.Join(greeting{server: s, config: config, lang: locale.English}.lines(), "\n")
		if !strings.Contains(said, "Datagrams are not served: no address of :2323/line is for them.") || strings.Contains(said, "enter") ||
			strings.Contains(said, "parley status") != isNew {
			t.Errorf("new: %v: %s", isNew, said)
		}
		if got := (manager{server: s, lang: locale.English}).status(); got != "STATUS=0 inside; storage: ok" {
			t.Errorf("%q", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
