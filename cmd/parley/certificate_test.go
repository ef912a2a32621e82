package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/certificate"
	"parley/locale"
	"parley/server"
)

// TestANewCertificateOfAnOldRoomIsShown, as after an import: every client has to compare it.
func TestANewCertificateOfAnOldRoomIsShown(t *testing.T) {
	dir := t.TempDir()
	config, err := server.Load(server.Sources{
		Flags: map[string]string{"data": dir, "listen": "127.0.0.1:0"},
	})
	if err != nil {
		t.Fatal(err)
	}
	said := func() string {
		s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		lines := greeting{server: s, config: config, lang: locale.English}.lines()
		return strings.Join(lines, "\n")
	}
	const words = "The certificate is new (SHA-256): "
	if first, second := said(), said(); strings.Contains(first+second, words) {
		t.Errorf("it says %s\n%s", first, second)
	}
	for _, name := range []string{certificate.CertName, certificate.KeyName} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if again := said(); !strings.Contains(again, words) || !strings.Contains(again,
		"data in "+dir) {
		t.Errorf("it says %s", again)
	}
}
