package port

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/pires/go-proxyproto"
	"parley/locale"
)

func textLog(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }

// response reads a whole HTTP response, and that the connection ends behind it.
func (c *client) response(method string) (*http.Response, string) {
	c.t.Helper()
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.hearsLast()
	return answer, string(body)
}

func TestWhoIsNotServedIsToldInWhatItSpeaks(t *testing.T) {
	r := openRoom(t, func(c *Config) {
		c.Handlers = nil
		c.Ways = []Way{
			{locale.Text{EN: "IRC"}, locale.Text{EN: "connect to <chat.example> & join #lobby"}},
			{locale.Text{EN: "datagrams"}, locale.Text{
				EN: "UDP port 8888",
				ZH: "UDP 端口 8888",
			}},
		}
	})
	for _, method := range []string{"GET", "HEAD", "POST"} {
		answer, body := r.dial(0).say(method + " / HTTP/1.1\r\nHost: x\r\n\r\n").response(method)
		if answer.StatusCode != http.StatusNotImplemented || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" || !answer.Close {
			t.Errorf("%s: the answer: %+v", method, answer)
		}
		if method == "HEAD" {
			continue
		}
		for _, part := range []string{
			"does not serve this protocol", "聊天室",
			"&lt;chat.example&gt; &amp; join #lobby", "UDP port 8888",
		} {
			if !strings.Contains(body, part) {
				t.Errorf("%s: the page does not say %q: %s", method, part, body)
			}
		}
	}
	if got := r.dial(0).say("NICK ann\r\n").hearsLast(); !strings.HasPrefix(got, "ERROR :") || strings.Count(got, "\r\n") != 1 {
		t.Errorf("IRC: %q", got)
	}
	for _, said := range []string{"\r\n", "SSH-2.0-x\r\n"} {
		got := r.dial(0).say(said).hearsLast("Parley chat room", "IRC: connect to <chat.example>", "datagrams: UDP port 8888\r\n")
		if strings.HasPrefix(got, "SSH-") { // or ssh takes it for a server
			t.Errorf("%q is answered %q", said, got)
		}
	}
	r.counted(6, "unserved")
	r.dial(0).inside(clientTLS()).say("GET / HTTP/1.1\r\n\r\n").response("GET")
	r.counted(7, "unserved")
}

func TestWithoutACertificateTLSIsRefusedInTLS(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Certificate = nil })
	if err := tls.Client(r.dial(0).Conn, clientTLS()).Handshake(); err == nil || !strings.Contains(err.Error(), "handshake failure") {
		t.Errorf("the client says: %v", err)
	}
	r.counted(1, "unserved")
}

func TestWhoIsAnsweredMayFinishItsSentence(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Handlers = nil })
	const size = 40_000
	c := r.dial(0).say(fmt.Sprintf("POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n", size))
	if answer, _ := c.response("POST"); answer.StatusCode != http.StatusNotImplemented {
		t.Errorf("the answer: %+v", answer)
	}
	for range 4 { // a door that had closed would reset the connection on the first, and fail the others
		c.say(strings.Repeat("x", size/4))
	}
}

func TestOneMoreThanThereIsRoomForIsTold(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Connections = 2 })
	silent, served := r.dial(0), r.dial(0).say("\n")
	served.greets(Line, "plain", "127.0.0.1", "\n")
	r.waits(1)
	r.dial(0).hearsLast("too many connections, try again later")
	r.dial(0).say("GET / HTTP/1.1\r\n\r\n").hearsLast("too many connections")
	r.counted(2, "crowded")
	served.Close()
	r.until("there is room again", func() bool { inside, _ := r.crowd.lens(); return inside == 1 })
	next := r.dial(0).say("\n")
	next.greets(Line, "plain", "127.0.0.1", "\n")
	if q := r.Report().Queues[0]; q.Name != "port.connections" || q.Length != 2 || q.Capacity != 2 {
		t.Errorf("the report: %+v", q)
	}
	silent.Close()
}

func TestACrowdOutsideIsNotToldEndlessly(t *testing.T) {
	r := newRoom(t, func(c *Config) { c.Connections = 0 })
	r.partings = make(chan struct{}, 1)
	r.open()
	told := r.dial(0) // holds the parting until it closes, or for a second
	told.hears("too many connections, try again later\r\n")
	r.dial(0).isEnded()
	r.dial(0).isEnded()
	r.counted(3, "crowded")
}

func TestANetworkHasItsShare(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.PerAddress, c.Proxies = 2, prefixes("127.0.0.0/8") })
	for _, network := range []string{"10.0.0.%d", "fd00:0:0:%d::1"} {
		address := func(n int) string { return fmt.Sprintf(network, n) }
		r.through(v1(address(1))).say("\n").greets(Line, "plain", address(1), "\n")
		held := r.through(v1(address(1))).say("\n")
		held.greets(Line, "plain", address(1), "\n")
		r.through(v1(address(1))).hearsLast("too many connections from your address")
		r.through(v1(address(2))).say("\n").greets(Line, "plain", address(2), "\n")
		held.Close()
		r.until("there is room again", func() bool {
			c := r.through(v1(address(1))).say("\n")
			defer c.Close()
			word, _ := c.in.ReadString(' ')
			return word == "line "
		})
	}
	r.through(v1("fd00::1")).say("\n").greets(Line, "plain", "fd00::1", "\n")
	r.through(v1("fd00::2")).say("\n").greets(Line, "plain", "fd00::2", "\n")
	r.through(v1("fd00::3")).hearsLast("too many connections from your address")
}

func TestANetworkHasItsRate(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Rate, c.Proxies = 1, prefixes("127.0.0.1/32") })
	r.through(v1("10.0.0.1")).say("\n").greets(Line, "plain", "10.0.0.1", "\n")
	r.through(v1("10.0.0.1")).hearsLast("too many connections in a short time")
	r.through(v1("10.0.0.2")).say("\n").greets(Line, "plain", "10.0.0.2", "\n")
	r.counted(1, "too_fast")
}

func TestFromOutsideOnlyEncrypted(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Proxies, c.Allow = prefixes("127.0.0.1/32"), prefixes("198.51.100.0/24") })
	const outside = "203.0.113.7"
	r.through(v1(outside)).say("\n").hearsLast("connect to the same port with TLS",
		"openssl s_client -quiet -connect HOST:PORT, ")
	r.through(v1(outside)).say("\x00\x00").hearsLast("connect to the same port with TLS")
	r.through(v1(outside)).say("NICK ann\r\n").hearsLast("ERROR :", "TLS")
	if answer, body := r.through(v1(outside)).say("GET / HTTP/1.1\r\n\r\n").response("GET"); answer.StatusCode != http.StatusForbidden || !strings.Contains(body, "TLS") {
		t.Errorf("HTTP: %+v %s", answer, body)
	}
	r.counted(4, "foreign")
	r.through(v1(outside)).inside(clientTLS()).say("\n").greets(Line, "encrypted", outside, "\n")
	r.through(v1(outside)).say("SSH-2.0-x\r\n").greets(SSH, "plain", outside, "SSH-2.0-x\r\n")
	r.through(v1("198.51.100.7")).say("\n").greets(Line, "plain", "198.51.100.7", "\n")
	r.through(v1("192.168.7.7")).say("\n").greets(Line, "plain", "192.168.7.7", "\n")
}

// TestTheOutsideIsToldOnlyOfWaysThatWork: netcat and datagrams are not among them.
func TestTheOutsideIsToldOnlyOfWaysThatWork(t *testing.T) {
	for lang, enter := range map[locale.Lang]string{
		locale.English: ", then Enter", locale.Chinese: "，连接后再按一次回车",
	} {
		r := openRoom(t, func(c *Config) {
			c.Proxies, c.Lang = prefixes("127.0.0.1/32"), lang
			netcat := locale.Text{EN: "nc HOST PORT", ZH: "nc 主机 端口"}
			c.Ways = []Way{{Name: locale.Text{EN: "netcat", ZH: "netcat"}, How: netcat}}
		})
		const way = "openssl s_client -quiet -connect HOST:PORT" // the local end is private
		r.through(v1("203.0.113.7")).say("\n").hearsLast(way + enter + "\r\n")
		for method, isHead := range map[string]bool{"GET": false, "HEAD": true} {
			ask := method + " / HTTP/1.1\r\n\r\n"
			answer, body := r.through(v1("203.0.113.7")).say(ask).response(method)
			if answer.StatusCode != http.StatusForbidden || strings.Contains(body, "nc ") ||
				!isHead && body != foreignPage("HOST:PORT", false) {
				t.Errorf("%s: %+v %s", method, answer, body)
			}
			ask = method + " /join.py HTTP/1.1\r\n\r\n"
			answer, body = r.through(v1("203.0.113.7")).say(ask).response(method)
			script := "import sys\nsys.exit(\"" + reasons[foreign].says.In(lang) + `\n` + way +
				enter + "\")\n"
			if answer.StatusCode != http.StatusOK || !isHead && body != script {
				t.Errorf("%s: %+v %s, want %s", method, answer, body, script)
			}
		}
		r.counted(5, "foreign")
	}
}

func TestAPublicAddressIsNamedToTheOutside(t *testing.T) {
	for local, want := range map[string]string{
		"203.0.113.1:8888": "203.0.113.1:8888", "[2001:db8::1]:9000": "[2001:db8::1]:9000",
		"192.168.1.20:8888": "HOST:PORT", "[fe80::1%eth0]:8888": "HOST:PORT",
	} {
		tcp := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
		at, known := reachedAt(tcp)
		if at != want || known != (local == want) {
			t.Errorf("%s is named %s (known: %v)", local, at, known)
		}
		page := foreignPage(at, known)
		link := `<a href="https://` + at + `/">https://` + at + `/</a>`
		if !strings.Contains(page, "openssl s_client -quiet -connect "+want+"<") ||
			strings.Contains(page, link) != known {
			t.Errorf("%s: %s", local, page)
		}
	}
}

func TestAnAddressOfItsOwnIsClosedToTheOutside(t *testing.T) {
	r := newRoom(t, func(c *Config) { c.Proxies = prefixes("127.0.0.1/32") }).
		open(Address{Address: "127.0.0.1:0", Only: IRC})
	r.through(v1("203.0.113.7")).hearsLast("ERROR :", "TLS")
	r.through(v1("10.0.0.1")).hears("irc plain 10.0.0.1 |")
}

// v1 and v2 are the headers of a proxy whose client has an address; v2's client has none: the proxy speaks for itself.
func v1(client string) string { return header(1, client) }

func v2(client string) string { return header(2, client) }

func header(version byte, client string) string {
	h := proxyproto.HeaderProxyFromAddrs(version, nil, nil)
	if client != "" {
		at := &net.TCPAddr{IP: net.ParseIP(client), Port: 7}
		h = proxyproto.HeaderProxyFromAddrs(version, at, at)
	}
	text, err := h.Format()
	if err != nil {
		panic(err)
	}
	return string(text)
}

// through connects as a proxy does.
func (r *room) through(header string) *client {
	r.t.Helper()
	return r.dial(0).say(header)
}

func TestAProxyTellsWhoItsClientIs(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Proxies = prefixes("127.0.0.1/32") })
	for header, from := range map[string]string{
		v1("10.0.0.7"): "10.0.0.7", v2("10.0.0.7"): "10.0.0.7", v1("fd00::7"): "fd00::7", v2("fd00::7"): "fd00::7",
		v2(""): "127.0.0.1", "PROXY UNKNOWN\r\n": "127.0.0.1", "PROXY UNKNOWN rubbish\r\n": "127.0.0.1",
		"PROXY TCP6 ::ffff:10.0.0.7 ::1 1 2\r\n": "10.0.0.7",
	} {
		r.dial(0).say(header).say("\r\n").greets(Line, "plain", from, "\r\n")
		r.dial(0).say(header+spoken[HTTP]).greets(HTTP, "plain", from, spoken[HTTP]) // in one piece
		r.dial(0).say(header+strings.Repeat("x", 1000)).greets(Line, "plain", from, strings.Repeat("x", 1000))
		r.dial(0).say(header).inside(clientTLS()).say("\n").greets(Line, "encrypted", from, "\n")
	}
	for i, wrong := range []string{
		"\n", "NICK ann\r\n", "PROXY TCP4 10.0.0.7 10.0.0.1 7\r\n", "PROXY " + strings.Repeat("x", 200), "PROXY TCP4 999.0.0.7 10.0.0.1 7 7\r\n",
		signatureV2 + "\x21\x12\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02", // a datagram's
		signatureV2 + "\x31\x11\x00\x0c", "GET / HTTP/1.1\r\n\r\n",
	} {
		if got := r.dial(0).say(wrong).hearsLast(); got != "" {
			t.Errorf("%q is answered %q", wrong, got)
		}
		r.counted(i+1, "proxy_failed")
	}
}

// TestWhatComesWithAHeaderIsKept: a proxy may send the first bytes of its client in one piece with
// the header, to a door that waits for a client to be silent.
func TestWhatComesWithAHeaderIsKept(t *testing.T) {
	r := openRoom(t, func(c *Config) {
		c.Proxies, c.Prompt = prefixes("127.0.0.1/32"), patience/2
	})
	for _, header := range []string{v1("10.0.0.7"), v2("10.0.0.7")} {
		for protocol, first := range spoken {
			r.dial(0).say(header+first).greets(protocol, "plain", "10.0.0.7", first)
		}
		c := r.dial(0)
		prefixed := newClient(t, &withHeader{Conn: c.Conn, header: header})
		prefixed.inside(clientTLS()).say("\n").greets(Line, "encrypted", "10.0.0.7", "\n")
	}
}

// withHeader sends a header in one piece with what is written first.
type withHeader struct {
	net.Conn
	header string
}

func (c *withHeader) Write(b []byte) (int, error) {
	header := c.header
	c.header = ""
	n, err := c.Conn.Write(append([]byte(header), b...))
	return max(n-len(header), 0), err
}

func TestOnlyNamedProxiesAreBelieved(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Proxies = prefixes("10.0.0.0/8") })
	r.dial(0).say(v1("192.0.2.1") + "\r\n").hearsLast("unknown protocol")
	r.dial(0).say(v2("192.0.2.1") + "\r\n").hearsLast("unknown protocol")
	r.dial(0).say("\r\n").greets(Line, "plain", "127.0.0.1", "\r\n")
	r.counted(2, "unknown")
}

func TestAProxyThatSaysNothingIsSilent(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Proxies = prefixes("127.0.0.1/32") })
	r.dial(0)
	r.waits(1)
	r.Stop()
	r.waits(0)
}
