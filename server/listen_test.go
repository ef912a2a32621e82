package server

import (
	"io/fs"
	"net"
	"slices"
	"strings"
	"testing"

	"parley/locale"
)

// someDoors is a table with doors of both kinds.
func someDoors() []doorRow {
	return []doorRow{{name: "udp"}, {name: "line", streams: []string{"line"}}, {name: "irc", streams: []string{"irc", "ircs"}}}
}

func TestWhereDoorsAreMet(t *testing.T) {
	for given, want := range map[string]struct{ datagrams, streams string }{
		":8888":                              {":8888", ":8888"},
		":8888/udp":                          {":8888/udp", ""},
		":2323/line":                         {"", ":2323/line"},
		":8888,127.0.0.1:2323/line":          {":8888", ":8888,127.0.0.1:2323/line"},
		" [::1]:1 , ,[::1]:2/irc,:3/line,":   {"[::1]:1", "[::1]:1,[::1]:2/irc,:3/line"},
		":8888/udp,:8888/line":               {":8888/udp", ":8888/line"},
		"127.0.0.1:0/line,127.0.0.1:0/irc":   {"", "127.0.0.1:0/line,127.0.0.1:0/irc"},
		"localhost:1/line,localhost:irc/irc": {"", "localhost:1/line,localhost:irc/irc"},
	} {
		var l Listen
		if err := listenField(&l, someDoors()).Set(given); err != nil {
			t.Errorf("%s: %v", given, err)
		}
		if got := l.among([]string{"udp"}); got.String() != want.datagrams || strings.TrimSuffix(want.datagrams, "/udp") != l.Datagrams() {
			t.Errorf("%s: for datagrams %q, at %q", given, got, l.Datagrams())
		}
		if got := l.streams(someDoors()); got.String() != want.streams {
			t.Errorf("%s: for streams %q", given, got)
		}
		for _, row := range someDoors() {
			met := want.streams
			if row.takesDatagrams() {
				met = want.datagrams
			}
			isMet := slices.ContainsFunc(strings.Split(met, ","), func(e string) bool {
				return e != "" && (!strings.Contains(e, "/") || strings.HasSuffix(e, "/"+row.name))
			})
			if l.opens(row.name) != isMet {
				t.Errorf("%s: %s is open: %v", given, row.name, !isMet)
			}
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for given, why := range map[string]string{
		"":                            "nobody could join",
		" , ":                         "nobody could join",
		"8888":                        `invalid address "8888"`,
		"127.0.0.1:99999":             `invalid port "99999": a number from 1 to 65535`,
		":8x":                         `invalid port "8x": a number from 1 to 65535`,
		"/udp":                        `invalid address ""`,
		":8888,nowhere/line":          `invalid address "nowhere"`,
		":8888/":                      `unknown protocol "" (valid: udp, line, irc; line is TCP)`,
		":8888/tcp":                   `"tcp" (valid: udp, line, irc; line is TCP)`,
		":8888/udp/line":              `unknown protocol "udp/line"`,
		":8888,:9999":                 ":8888 and :9999 are both for UDP",
		":8888/udp,:2323/line,:9999":  ":8888/udp and :9999 are both for UDP",
		":1/line,:2/udp,:1/irc":       `":1" is listed twice`,
		"127.0.0.1:1/irc,127.0.0.1:1": `"127.0.0.1:1" is listed twice`,
	} {
		before := Listen{{Address: ":7"}}
		l := slices.Clone(before)
		if err := listenField(&l, someDoors()).Set(given); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", given, err, why)
		}
		if !slices.Equal(l, before) {
			t.Errorf("%q is refused and left %q", given, l)
		}
	}
}

func TestListenComesFromEverySource(t *testing.T) {
	for what, from := range map[string]Sources{
		"file, a list": {File: writeFile(t, "listen = ['127.0.0.1:1/udp']\n")},
		"file, text":   {File: writeFile(t, "listen = '127.0.0.1:1/udp'\n")},
		"environment":  {Environ: []string{"PARLEY_LISTEN=127.0.0.1:1/udp"}},
		"flag":         {Flags: map[string]string{"listen": "127.0.0.1:1/udp"}},
	} {
		c, err := Load(from)
		if err != nil || c.Listen.Datagrams() != "127.0.0.1:1" || !slices.Equal(c.Listen, Listen{{"127.0.0.1:1", "udp"}}) {
			t.Errorf("%s: %q, %v", what, c.Listen, err)
		}
	}
	_, err := Load(Sources{File: writeFile(t, "listen = [':1', ':2/udp', ':3/gopher']\n")})
	if err == nil || !strings.Contains(err.Error(), `unknown protocol "gopher" (valid: udp`) {
		t.Errorf("got %v", err)
	}
	_, err = Load(Sources{File: writeFile(t, "listen = [':1', ':2/udp']\n")})
	if err == nil || !strings.Contains(err.Error(), ":1 and :2/udp are both for UDP") {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressOfAnotherMachineIsNamedWithWhatToDo(t *testing.T) {
	socket, err := net.ListenPacket("udp", "192.0.2.5:8888")
	if err == nil {
		socket.Close()
		t.Skip("this machine takes any address")
	}
	for lang, want := range map[locale.Lang]string{
		locale.English: `cannot listen on "192.0.2.5:8888" (udp): this machine does not have the ` +
			"address 192.0.2.5; use one of its own, or :8888 for all of them",
		locale.Chinese: `无法监听 "192.0.2.5:8888"（udp）：本机没有地址 192.0.2.5；` +
			"请改用本机的地址，或用 :8888 监听所有地址",
	} {
		err := ListenError("192.0.2.5:8888", "udp", "--listen", err)
		if got := locale.Explain(err, lang); got != want {
			t.Errorf("%s", got)
		}
	}
}

func TestAnAddressThatCannotBeListenedOnSaysWhichCan(t *testing.T) {
	for _, c := range []struct {
		address string
		err     error
		en, zh  string
	}{
		{
			"chat.lan:9", &net.DNSError{Err: "no such host", Name: "chat.lan", IsNotFound: true},
			"no address is known for chat.lan; " +
				"use an address of this machine, or :9 for all of them",
			"找不到 chat.lan 的地址；请改用本机的地址，或用 :9 监听所有地址",
		},
		{
			":80", fs.ErrPermission, "choose a higher one, such as --listen :8888",
			"请换一个更大的端口，例如 --listen :8888",
		},
	} {
		err := ListenError(c.address, "tcp", "--listen", c.err)
		for lang, want := range map[locale.Lang]string{locale.English: c.en, locale.Chinese: c.zh} {
			if got := locale.Explain(err, lang); !strings.HasSuffix(got, want) {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}
