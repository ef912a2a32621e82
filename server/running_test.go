package server

import (
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestARunningServerTellsHowItWasStarted(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "parley.toml")
	if err := os.WriteFile(file, []byte("message.max = \"4KiB\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	config, err := Load(Sources{
		Flags:   map[string]string{"data": "data", "listen": "127.0.0.1:0"},
		Environ: []string{"PARLEY_UDP_IDLE=2h"}, File: "parley.toml",
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	holder, err := FindHolder("data")
	if err != nil {
		t.Fatal(err)
	}
	given, err := AskSettings(t.Context(), holder)
	if err != nil {
		t.Fatal(err)
	}
	typed := map[string]string{
		"data": filepath.Join(dir, "data"), "listen": "127.0.0.1:0", "udp-idle": "2h",
	}
	written := map[string]string{"message-max": "4KiB"}
	if !maps.Equal(given.Typed, typed) || !maps.Equal(given.Written, written) ||
		given.File != file {
		t.Errorf("%+v", given)
	}
	again, err := Load(Sources{Flags: given.Flags()})
	if err != nil || again.MessageMax != 4<<10 ||
		!again.Chooses("udp.idle") || again.Chooses("udp.rate") {
		t.Errorf("%+v, %v", again, err)
	}
	nobody := Holder{Socket: filepath.Join(dir, "nobody.sock")}
	if _, err := AskSettings(t.Context(), nobody); err == nil {
		t.Error("a server that is not there told its settings")
	}
}
