package server

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/locale"
)

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultsLoad(t *testing.T) {
	c, err := Load(Sources{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen.String() != ":8888" || c.Data != "parley-data" || c.UDP.Idle != 12*time.Hour || c.UDP.Resume != 10*time.Minute || c.UDP.Join != 16 ||
		c.UDP.Rate != 20 || c.UDP.Burst != 100 || c.UDP.EnterRate != 50 || c.UDP.Echo || c.NoLimits || len(c.UDP.Allow) != 0 || c.MessageMax != 16<<10 {
		t.Errorf("got %+v", c)
	}
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	file := writeFile(t, "listen = ':1'\ndata = 'from-file'\n[udp]\nidle = '1h'\njoin = 3\nallow = ['203.0.113.0/24', '2001:db8::/32']\necho = true\n")
	c, err := Load(Sources{
		File: file, Named: true,
		Environ: []string{"PARLEY_LISTEN=:2", "PARLEY_UDP_IDLE=2h", "HOME=/", "PARLEY_CONFIG=x"},
		Flags:   map[string]string{"listen": ":3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen.String() != ":3" || c.UDP.Idle != 2*time.Hour || c.Data != "from-file" || c.UDP.Join != 3 || len(c.UDP.Allow) != 2 || !c.UDP.Echo {
		t.Errorf("got %+v", c)
	}
}

func TestAllThatIsWrongIsToldAtOnce(t *testing.T) {
	file := writeFile(t, "lisen = ':1'\n[udp]\nidle = 'long'\nrate = -1\nwords = 'fr'\nok = 'yes'\n[irc]\nport = 6667\n")
	c, err := Load(Sources{
		File:    file,
		Environ: []string{"PARLEY_UDP_BURST=many", "PARLEY_COLOUR=red", "PARLEY_UPD_RATE=1"},
		Flags:   map[string]string{"listen": "8888", "message-max": "1GiB", "udp-allow": "203.0.113.0/99"},
	})
	if err == nil {
		t.Fatal("all of it is accepted")
	}
	if c.Listen.String() != ":8888" || c.UDP.Idle != 12*time.Hour || c.MessageMax != 16<<10 || c.Data != "parley-data" {
		t.Errorf("the defaults do not stand in their place: %+v", c)
	}
	for _, part := range []string{
		"lisen (from " + file, "did you mean listen?", "unknown setting", "irc.port",
		`invalid duration "long"`, "udp.rate", "PARLEY_COLOUR", "did you mean PARLEY_UDP_RATE?",
		`udp.words (from ` + file + `): invalid value "fr"`,
		`udp.ok (from ` + file + `): invalid value "yes"`,
		`udp.burst (from the environment): invalid number "many"`,
		`--listen: invalid address "8888"`, "--message-max", "--udp-allow",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not told:\n%v", part, err)
		}
	}
}

func TestAFileThatIsNamedMustBeThere(t *testing.T) {
	if _, err := Load(Sources{File: "no-such-file.toml"}); err != nil {
		t.Errorf("the default file is missed: %v", err)
	}
	if _, err := Load(Sources{File: "no-such-file.toml", Named: true}); err == nil || !strings.Contains(err.Error(), "no-such-file.toml") {
		t.Errorf("a named file is not missed: %v", err)
	}
	if _, err := Load(Sources{File: writeFile(t, "listen = \n")}); err == nil || !strings.Contains(err.Error(), ":1:") {
		t.Errorf("a mistake in the file is not placed: %v", err)
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		if !strings.Contains(string(page), "`"+s.Key+"`") {
			t.Errorf("docs/operating.md does not tell of `%s`", s.Key)
		}
		if s.Help.EN == "" || s.Help.ZH == "" {
			t.Errorf("%s has no help in both languages", s.Key)
		}
	}
}

func TestALongDataDirectoryPutsTheSocketElsewhere(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	long := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	d, err := openDataDir(long)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	socket, err := d.socket()
	if err != nil || len(socket) > socketPathMax || !strings.HasPrefix(socket, os.Getenv("XDG_RUNTIME_DIR")) {
		t.Errorf("the socket is at %q, %v", socket, err)
	}
	if err := d.sign(Holder{PID: 7, Socket: socket}); err != nil {
		t.Fatal(err)
	}
	if _, err := openDataDir(long); err == nil || !strings.Contains(err.Error(), "process 7") {
		t.Errorf("a second server is told %v", err)
	}
	if h, err := FindHolder(long); err != nil || h.Socket != socket {
		t.Errorf("found %+v, %v", h, err)
	}
}

func TestNobodyHoldsADirectoryThatWasNeverServed(t *testing.T) {
	if _, err := FindHolder(t.TempDir()); err != ErrNotRunning {
		t.Errorf("got %v", err)
	}
}

func TestWhereOthersFindASocket(t *testing.T) {
	own := netip.MustParseAddrPort("203.0.113.5:8888")
	if got := LAN(own); len(got) != 1 || got[0] != own {
		t.Errorf("bound to %v it is found at %v", own, got)
	}
	for _, a := range LAN(netip.MustParseAddrPort("[::]:8888")) {
		if !a.Addr().Is4() || !a.Addr().IsPrivate() || a.Port() != 8888 {
			t.Errorf("%v is not private", a)
		}
	}
}

func TestTheAddressOfTheDefaultRouteComesFirst(t *testing.T) {
	parse := func(texts ...string) (all []netip.Addr) {
		for _, text := range texts {
			all = append(all, netip.MustParseAddr(text))
		}
		return all
	}
	own := parse("127.0.0.1", "172.17.0.1", "169.254.1.1", "192.168.1.20", "203.0.113.5", "198.51.100.1", "fe80::1")
	private, public := sorted(own, netip.MustParseAddr("192.168.1.20"))
	if !slices.Equal(private, parse("192.168.1.20", "172.17.0.1")) || !slices.Equal(public, parse("203.0.113.5", "198.51.100.1")) {
		t.Errorf("private %v, public %v", private, public)
	}
	if _, public := sorted(own, netip.MustParseAddr("198.51.100.1")); public[0] != netip.MustParseAddr("198.51.100.1") {
		t.Errorf("public %v", public)
	}
}

func TestOnlyPublicAddressesNeedTLS(t *testing.T) {
	for bound, want := range map[string][]string{
		"203.0.113.5:8888": {"203.0.113.5:8888"}, "[2001:db8::1]:1": {"[2001:db8::1]:1"},
		"127.0.0.1:8888": nil, "192.168.1.20:8888": nil, "[fd00::1]:1": nil,
	} {
		if got := PublicOnly(netip.MustParseAddrPort(bound)); !slices.Equal(got, want) {
			t.Errorf("bound to %s: %v", bound, got)
		}
	}
}

// examples finds what a text offers as one: such as A or B, 例如 A 或 B.
var examples = regexp.MustCompile(`(?:such as|例如) ?(\S+?)(?:(?: or | 或 )(\S+?))?(?:[;；]|, | \(|$)`)

func TestEverySettingTakesTheExamplesThatItOffers(t *testing.T) {
	offered := 0
	for _, s := range Settings() {
		var texts []string
		for _, wrong := range []string{"", "x", "-1", "999999999TiB", "1/2/3"} {
			if err := s.Field.Set(wrong); err != nil {
				texts = append(texts, locale.Explain(err, locale.English), locale.Explain(err, locale.Chinese))
			}
		}
		texts = append(texts, s.Help.EN, s.Help.ZH)
		for _, text := range texts {
			found := examples.FindStringSubmatch(text)
			if found == nil {
				if strings.Contains(text, "such as") {
					t.Errorf("no example is found in %q", text)
				}
				continue
			}
			for _, example := range found[1:] {
				if example == "" {
					continue
				}
				offered++
				if err := s.Field.Set(example); err != nil {
					t.Errorf("%s offers %q and refuses it: %v", s.Key, example, err)
				}
			}
		}
	}
	t.Log(offered, "examples")
	if offered < 40 {
		t.Errorf("only %d examples are found", offered)
	}
}
