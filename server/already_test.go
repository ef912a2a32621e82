package server

import (
	"log/slog"
	"net"
	"strings"
	"testing"

	"parley/locale"
)

func TestAStartBesideAServerSaysHowToJoinIt(t *testing.T) {
	start := func(data, listen string) (*Server, error) {
		config, err := Load(Sources{Flags: map[string]string{"data": data, "listen": listen}})
		if err != nil {
			t.Fatal(err)
		}
		return Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
	}
	dir := t.TempDir()
	s, err := start(dir, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := s.Addr().String()
	for _, c := range []struct{ data, en, zh string }{
		{dir, "to join it, run parley join " + at + "; ", "要加入它，请运行 parley join " + at + "；"},
		{
			t.TempDir(), "a Parley server already runs there; to join it, run parley join " + at,
			"已被另一个 Parley 服务器占用：要加入它，请运行 parley join " + at,
		},
	} {
		_, err := start(c.data, at)
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if said := locale.Explain(err, lang); !strings.Contains(said, want) {
				t.Errorf("%s, want %s", said, want)
			}
		}
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, err = start(t.TempDir(), other.Addr().String()+"/line")
	if err == nil || !strings.Contains(err.Error(), "is taken, perhaps by another Parley server") {
		t.Error(err)
	}
}
