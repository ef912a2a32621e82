package main

import (
	"fmt"
	"log/slog"
	"os"
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
	config.Listen = server.Listen{{Address: "127.0.0.1:0", Door: "line"}}
	for _, isNew := range []bool{true, false} {
		s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		at := s.StreamAddrs()[0]
		netcat := typed(fmt.Sprintf("nc %v %d", at.Addr(), at.Port()))
		said := strings.Join(greeting{server: s, config: config, lang: locale.English}.lines(), "\n")
		if !strings.Contains(said, "open on "+at.String()+" (TCP).") || strings.Contains(said, "UDP") || strings.Contains(said, "parley join") ||
			!strings.Contains(said, netcat) || strings.Contains(said, "parley status") != isNew {
			t.Errorf("new: %v: %s", isNew, said)
		}
		if strings.Contains(said, "Others") || !strings.Contains(said,
			"Only this machine can join") {
			t.Errorf("new: %v: others are told of an address that only this machine has: %s", isNew,
				said)
		}
		if got := (manager{server: s, lang: locale.English}).status(); got != "STATUS=0 inside; open on "+at.String()+" (TCP); storage: ok" {
			t.Errorf("%q", got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAPageForThisMachineAloneIsNotOfferedToOthers, in whatever order the server listens.
func TestAPageForThisMachineAloneIsNotOfferedToOthers(t *testing.T) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		listen := server.Listen{{Address: "127.0.0.1:0"}, {Address: "0.0.0.0:0", Door: "line"}}
		config.Listen = server.Listen{listen[order[0]], listen[order[1]]}
		for range 2 { // also the short screen of a later start
			s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range (greeting{server: s, config: config, lang: locale.English}).lines() {
				if strings.Contains(l, "Others") && strings.Contains(l, "http://127.0.0.1") {
					t.Errorf("listening on %v: %s", config.Listen, l)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestWaysForThisMachineAloneAreNotOfferedToOthers: they come behind those of others, in order.
func TestWaysForThisMachineAloneAreNotOfferedToOthers(t *testing.T) {
	for _, c := range []struct {
		listen  server.Listen
		en, zh  []string // in this order
		shortly string   // at a later start
	}{
		{
			server.Listen{
				{Address: "0.0.0.0:0", Door: "udp"}, {Address: "127.0.0.1:0", Door: "line"},
			},
			[]string{
				"Others join with Parley (lobby only):", "or paste this", "or with netcat: nc -u ",
				"On this machine, also with netcat: \x1b[1mnc 127.0.0.1 ",
			},
			[]string{
				"其他人用 Parley 加入（只有大厅）：", "或在终端粘贴下面这行", "或用 netcat：nc -u ",
				"在本机也可以用 netcat 加入：\x1b[1mnc 127.0.0.1 ",
			},
			"Others join with \x1b[1mparley join ",
		},
		{
			server.Listen{
				{Address: "127.0.0.1:0", Door: "udp"}, {Address: "0.0.0.0:0", Door: "line"},
			},
			[]string{
				"Others join with netcat: ", "or paste this",
				"On this machine, also with Parley (lobby only): \x1b[1mparley join 127.0.0.1:",
			},
			[]string{
				"其他人用 netcat 加入：", "或在终端粘贴下面这行",
				"在本机也可以用 Parley 加入（只有大厅）：\x1b[1mparley join 127.0.0.1:",
			},
			"Others join with \x1b[1mnc ",
		},
		{
			server.Listen{{Address: "127.0.0.1:0"}, {Address: "0.0.0.0:0", Door: "line"}},
			[]string{
				"On this machine, a browser shows", "Others join with netcat: ", "or paste this",
				"On this machine, also with Parley (lobby only): \x1b[1mparley join 127.0.0.1:",
			},
			[]string{"在本机用浏览器打开", "其他人用 netcat 加入：", "在本机也可以用 Parley 加入"},
			"Others join with \x1b[1mnc ",
		},
	} {
		config, err := server.Load(server.Sources{Flags: map[string]string{"data": t.TempDir()}})
		if err != nil {
			t.Fatal(err)
		}
		config.Listen = c.listen
		for _, isNew := range []bool{true, false} {
			s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			for lang, parts := range map[locale.Lang][]string{
				locale.English: c.en,
				locale.Chinese: c.zh,
			} {
				said := strings.Join(greeting{server: s, config: config, lang: lang}.lines(), "\n")
				rest := said
				for _, part := range parts {
					_, after, found := strings.Cut(rest, part)
					if isNew && !found {
						t.Errorf("%v: %q is not there, or too early: %s", c.listen, part, said)
					}
					rest = after
				}
				if !isNew && lang == locale.English && !strings.Contains(said, c.shortly) {
					t.Errorf("%v, a later start: %s", c.listen, said)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAServerWithPublicAddressesAloneOffersTLS(t *testing.T) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": t.TempDir(), "listen": "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Open(t.Context(), config, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const at = "203.0.113.5:8888"
	for lang, want := range map[locale.Lang]string{
		locale.English: at + ", then Enter",
		locale.Chinese: at + "，连接后再按一次回车",
	} {
		said := strings.Join(greeting{server: s, config: config, lang: lang}.withTLS([]string{at}), "\n")
		said = strings.NewReplacer(typedOn, "", typedOff, "").Replace(said)
		if !strings.Contains(said, tlsClient+want) || !strings.Contains(said, s.Fingerprint()) || strings.Contains(said, "nc ") {
			t.Errorf("it says %s", said)
		}
	}
}

func TestAServerInTheBackgroundDoesNotOfferItsPrompt(t *testing.T) {
	for lang, want := range map[locale.Lang]string{
		locale.English: "The server runs in the background. " +
			"fg brings it to the front, kill %d stops it.",
		locale.Chinese: "服务器在后台运行。fg 把它切换到前台，kill %d 停止服务器。",
	} {
		g := greeting{withConsole: true, background: true, lang: lang}
		if got := g.hint(); got != fmt.Sprintf(want, os.Getpid()) {
			t.Errorf("in the background: %s", got)
		}
		g.background = false
		if got := g.hint(); !strings.Contains(got, "Ctrl-C") || strings.Contains(got, "kill") {
			t.Errorf("in front: %s", got)
		}
	}
}
