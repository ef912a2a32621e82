package ways

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/certificate"
	"parley/locale"
)

// wait is how long a test waits for an answer that must come.
const wait = 20 * time.Second

// desk is a door behind a listener.
type desk struct {
	t *testing.T
	*Door
	net.Listener
}

// openDesk listens on an address, and hands what connects to the door.
func openDesk(t *testing.T, encrypted bool, change func(*Door)) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if encrypted {
		own, err := certificate.Own(t.TempDir(), slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		l = tls.NewListener(l, &tls.Config{GetCertificate: own.GetCertificate})
	}
	d := New(Config{
		Datagrams:   netip.MustParseAddrPort("[::]:7777"),
		Fingerprint: func() string { return "AB:CD" },
	})
	d.own = func() []string { return []string{"localhost", "chat-1.lan", "192.168.1.20", "fd00::1", "-e", "a b"} }
	if change != nil {
		change(d)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { d.Serve(conn, nil) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		d.Close()
		serving.Wait()
	})
	return &desk{t, d, l}
}

func (d *desk) dial() net.Conn {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		d.t.Fatal(err)
	}
	if _, plain := d.Listener.(*net.TCPListener); !plain {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	return conn
}

// ask sends a request as it is, and returns the answer and its body after the server's end.
func (d *desk) ask(request string) (*http.Response, string) {
	d.t.Helper()
	conn := d.dial()
	if _, err := io.WriteString(conn, request); err != nil {
		d.t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	from := bufio.NewReader(conn)
	answer, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		d.t.Fatalf("%.60q: %v", request, err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if rest, err := io.ReadAll(from); len(rest) > 0 || err != nil {
		d.t.Errorf("%.60q: after the answer comes %q, %v", request, rest, err)
	}
	return answer, string(body)
}

func get(path, host string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + strings.Join(append(headers, "", ""), "\r\n")
}

func TestThePageHasEveryWayInTheReadersLanguage(t *testing.T) {
	d := openDesk(t, false, nil)
	for accepts, says := range map[string]string{
		"":                           "Join the chat room",
		"de":                         "Join the chat room",
		"zh-CN,zh;q=0.9,en;q=0.8":    "加入聊天室",
		"de, ZH-tw;q=0.5, en;q=0.4":  "加入聊天室",
		"en-GB, zh;q=0.9":            "Join the chat room",
		"zh;q=0, en;q=0":             "Join the chat room",
		"zh;q=x":                     "Join the chat room",
		strings.Repeat("zh,,;", 900): "加入聊天室",
	} {
		for _, path := range []string{"/", "/ways?from=a"} {
			answer, body := d.ask(get(path, "chat-1.lan:9000", "Accept-Language: "+accepts))
			if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("%s is answered %+v", path, answer)
			}
			for _, part := range []string{
				"<h1>" + says + "</h1>", `python3 -c &#34;$(curl -fsS http://chat-1.lan:9000/join.py)&#34;`, "(&#39;chat-1.lan&#39;,9000)",
				">nc chat-1.lan 9000<", ">telnet -E -- chat-1.lan -9000<",
				">openssl s_client -quiet -connect chat-1.lan:9000<",
				"AB:CD", ">parley join chat-1.lan:7777<", `<meta charset="utf-8">`,
			} {
				if !strings.Contains(body, part) {
					t.Errorf("%.40q: no %q in %s", accepts, part, body)
				}
			}
			if strings.Contains(body, "<script") || strings.Index(body, "netcat") > strings.Index(body, "openssl") {
				t.Errorf("there is a script, or openssl comes first: %s", body)
			}
		}
	}
}

func TestThePagePromisesAPromptOnlyIfTheServerSendsOne(t *testing.T) {
	for _, prompts := range []bool{true, false} {
		d := openDesk(t, false, func(d *Door) { d.config.Prompts = prompts })
		for language, waits := range map[string]string{
			"en": "Press Enter once to start, or wait", "zh": "连接后按一次回车，或稍等",
		} {
			_, body := d.ask(get("/", "chat-1.lan:9000", "Accept-Language: "+language))
			if strings.Contains(body, waits) != prompts {
				t.Errorf("prompts: %v: %s", prompts, body)
			}
		}
	}
}

func TestWithTLSTheEncryptedWayComesFirst(t *testing.T) {
	d := openDesk(t, true, func(d *Door) { d.config.Datagrams = netip.AddrPort{} })
	_, body := d.ask(get("/", "chat-1.lan:9000"))
	if first := strings.Index(body, "openssl s_client"); first < 0 || first > strings.Index(body, "python3") {
		t.Errorf("openssl is not first: %s", body)
	}
	if strings.Contains(body, "parley join") {
		t.Error("a door for datagrams is told that is shut")
	}
}

func TestAForgedHostGetsIntoNoCommand(t *testing.T) {
	d := openDesk(t, false, nil)
	local := d.Addr().String()
	_, port, _ := net.SplitHostPort(local)
	for host, want := range map[string]string{
		"":                    local,
		"localhost:9000":      "localhost:9000",
		"CHAT-1.lan:9000":     "chat-1.lan:9000",
		"chat-1.lan":          "chat-1.lan:" + port,
		"192.168.1.20:9000":   "192.168.1.20:9000",
		"[fd00::1]:9000":      "[fd00::1]:9000",
		"[fd00::1]":           "[fd00::1]:" + port,
		"192.168.1.21:9000":   local,
		"evil.example:9000":   local,
		"localhost.evil:9000": local,
		"localhost:$(reboot)": local,
		"localhost:0":         local,
		"localhost:-1":        local,
		"localhost:99999":     local,
		"localhost;reboot":    local,
		"localhost`id`:9000":  local,
		"-e:9000":             local,
		"a b:9000":            local,
		`x");import os#:9000`: local,
		"[localhost]:9000":    "localhost:9000",
		"[fd00::1%eth0]:9000": local,
		"localhost:9000:9000": local,
		"\u202elocalhost:80":  local,
	} {
		answer, body := d.ask(get("/", host))
		if answer.StatusCode == http.StatusBadRequest {
			continue // refused as a whole
		}
		if !strings.Contains(body, "-connect "+want+"<") || strings.Count(body, "/join.py") != 3 {
			t.Errorf("Host %q: want %s in %s", host, want, body)
		}
		_, script := d.ask(get("/join.py", host))
		name, number, _ := net.SplitHostPort(want)
		if !strings.Contains(script, "\nHOST, PORT = \""+name+"\", "+number+"\n") {
			t.Errorf("Host %q: want %s in %s", host, want, script)
		}
	}
	own := ownNames()
	for _, want := range []string{"localhost", "127.0.0.1"} {
		if !strings.Contains(strings.Join(own, " ")+" ", want+" ") {
			t.Errorf("%s is not among the names of this machine: %q", want, own)
		}
	}
}

func TestDatagramsAreToldAtTheirOwnAddress(t *testing.T) {
	v := visitor{at: address{"chat.lan", 9000}, local: netip.MustParseAddrPort("192.168.1.20:8888")}
	for bound, want := range map[string]string{
		"[::]:8888":         "chat.lan:9000", // a router changes both numbers
		"0.0.0.0:7777":      "chat.lan:7777",
		"192.168.1.20:8888": "chat.lan:9000",
		"192.168.1.21:8888": "192.168.1.21:9000",
	} {
		d := New(Config{Datagrams: netip.MustParseAddrPort(bound)})
		if got := d.datagramsAt(v).String(); got != want {
			t.Errorf("bound to %s: %s, want %s", bound, got, want)
		}
	}
}

func TestRequestsAreAnsweredInHTTP(t *testing.T) {
	for _, encrypted := range []bool{false, true} {
		d := openDesk(t, encrypted, nil)
		for _, c := range []struct {
			request string
			status  int
		}{
			{get("/", "x"), 200},
			{get("/join.py", "x"), 200},
			{"GET / HTTP/1.0\r\n\r\n", 200},
			{"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 200},
			{get("/", "x") + get("/join.py", "x"), 200}, // the second has no answer
			{get("/nothing", "x"), 404},
			{get("//", "x"), 404},
			{get("/../join.py", "x"), 404},
			{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405},
			{"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405},
			{"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405},
			{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405},
			{"GET nothing\r\n\r\n", 400},
			{"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
			{"GET /" + strings.Repeat("a", headerMax), 431},
			{"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", headerMax) + "\r\n\r\n", 431},
		} {
			answer, body := d.ask(c.request)
			isHead := strings.HasPrefix(c.request, "HEAD ")
			if answer.StatusCode != c.status || (body == "") != isHead {
				t.Errorf("encrypted %v: %.40q is answered %d, %.100q, want %d", encrypted, c.request, answer.StatusCode, body, c.status)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Server":                  "Parley",
				"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%.40q: %s is %q", c.request, name, got)
				}
			}
			if !answer.Close {
				t.Errorf("%.40q: the connection is said to go on", c.request)
			}
		}
	}
}

func TestAConnectionEndsThatSaysTooLittle(t *testing.T) {
	d := openDesk(t, false, func(d *Door) { d.patience = time.Millisecond })
	conn := d.dial()
	if _, err := io.WriteString(conn, "GET / HT"); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after %q: %v", got, err)
	}
}

func TestCloseEndsEveryConnection(t *testing.T) {
	d := openDesk(t, false, nil)
	conn := d.dial()
	for is := false; !is; time.Sleep(time.Millisecond) { // until the door has it
		d.mu.Lock()
		is = len(d.conns) == 1
		d.mu.Unlock()
	}
	d.Door.Close()
	for _, c := range []net.Conn{conn, d.dial()} {
		if got, err := io.ReadAll(c); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %q: %v", got, err)
		}
	}
}

func TestClientsAreShort(t *testing.T) {
	if lines := strings.Count(script, "\n"); lines > 76 {
		t.Errorf("join.py has %d lines", lines)
	}
	if !strings.Contains(script, "\n"+scriptAddress+"\n") {
		t.Error("join.py has no address to fill in")
	}
	for _, line := range []string{
		Lines("fd00::1", "8888", true, locale.English), Lines("192.168.1.20", "8888", false, locale.Chinese),
		Datagrams("192.168.1.20", "8888"), Datagrams("fd00::1", "8888"),
	} {
		_, code, _ := strings.Cut(line, `"`)
		code, isWhole := strings.CutSuffix(code, `"`)
		if !isWhole || strings.ContainsAny(code, "\"$`!\n") {
			t.Errorf("a shell changes something in %s", line)
		}
	}
}

// TestAPublicPageShowsWhatWorksFromThere: without TLS only private networks are served.
func TestAPublicPageShowsWhatWorksFromThere(t *testing.T) {
	d := New(Config{
		Datagrams:   netip.MustParseAddrPort("[::]:8888"),
		Fingerprint: func() string { return "AB:CD" },
	})
	for host, want := range map[string]int{
		"203.0.113.7": 1, "[2001:db8::7]": 1, "192.168.1.20": 7, "chat.lan": 7, "[fd00::1]": 7,
	} {
		all := d.ways(visitor{at: address{host, 8888}, encrypted: true}, locale.English)
		if len(all) != want || !strings.HasPrefix(all[0].command, "openssl s_client ") {
			t.Errorf("%s: %d ways, the first %q, want %d", host, len(all), all[0].command, want)
		}
	}
}

func TestThePageIsInTheServersLanguageForAClientThatPrefersNone(t *testing.T) {
	for header, want := range map[string]string{
		"": "加入聊天室", "Accept-Language: *": "加入聊天室", "Accept-Language: de": "Join the chat room",
		"Accept-Language: en": "Join the chat room",
	} {
		d := openDesk(t, false, func(d *Door) { d.config.Lang = locale.Chinese })
		headers := []string{}
		if header != "" {
			headers = append(headers, header)
		}
		_, body := d.ask(get("/", "x", headers...))
		if !strings.Contains(body, "<h1>"+want+"</h1>") {
			t.Errorf("%q is answered %s", header, body)
		}
	}
}

func TestThePageSaysHowToCompareTheCertificate(t *testing.T) {
	for lang, part := range map[locale.Lang]string{
		locale.English: "is expected", locale.Chinese: "是正常的",
	} {
		d := openDesk(t, true, func(d *Door) { d.config.Lang = lang })
		_, body := d.ask(get("/", "chat-1.lan:9"))
		const command = "openssl s_client -connect chat-1.lan:9 &lt;/dev/null 2&gt;/dev/null | " +
			"openssl x509 -noout -sha256 -fingerprint"
		if !strings.Contains(body, part) || !strings.Contains(body, ">"+command+"<") {
			t.Errorf("no %q or %q in %s", part, command, body)
		}
	}
}
