package test

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"parley/load"
)

func TestBenchReportsWhatAddsUp(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits")
	got := call(t, "bench", "--members", "20", "--senders", "4", "--rate", "100", "--warm-up", "200ms", "--duration", "800ms",
		"--vanish", "3", "--data", dir, "-o", "json", p.addr.String())
	if got.status != 0 || got.err != "" {
		t.Fatalf("%+v\n%s", got, p.errs)
	}
	var r load.Report
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatal(err)
	}
	if want := (load.Tally{Expected: 100 * 19, Received: 100 * 19}); r.Sent != 100 || r.Deliveries != want {
		t.Errorf("%d sent, %+v, want %+v", r.Sent, r.Deliveries, want)
	}
	if want := (load.Notices{Expected: 190, Received: 190}); r.Enter.Members != 20 || r.Enter.Notices != want {
		t.Errorf("%+v, want %+v", r.Enter, want)
	}
	if r.Latency.Count != 80*19 || r.Measured.Lines < r.Measured.Datagrams || r.Plan.Target != p.addr {
		t.Errorf("%+v %+v %+v", r.Latency, r.Measured, r.Plan)
	}
	if v := r.Vanished; v == nil || runtime.GOOS == "linux" && v.Seen != 3 || v.By != "server" {
		t.Errorf("%+v", v)
	}
	if s := r.Server; s == nil || s.RSSEntered < 1<<20 || s.CPU < 0 {
		t.Errorf("%+v", s)
	}
	said := 0
	for _, m := range p.history() {
		if m.Kind == "message" && strings.HasPrefix(m.Nick, "b") && len(m.Text) == 100 {
			said++
		}
	}
	if said != 100 {
		t.Errorf("%d messages are stored", said)
	}
	p.stop()
}

func TestBenchIsRefused(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0")
	other := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	address := p.addr.String()
	for name, c := range map[string]struct {
		args   []string
		status int
		reason string
	}{
		"another machine":         {[]string{"192.0.2.7"}, 1, "--yes-i-run-this-server"},
		"another machine, IPv6":   {[]string{"[2001:db8::1]:8888"}, 1, "2001:db8::1 is another"},
		"no address":              {[]string{"localhost:0"}, 2, "invalid port"},
		"two addresses":           {[]string{"localhost", "localhost"}, 2, "one word too many"},
		"no rate":                 {[]string{address, "--rate", "fast"}, 2, "positive number or max"},
		"a rate of nothing":       {[]string{address, "--rate", "0"}, 2, "positive number or max"},
		"no such door":            {[]string{address, "--door", "tcp"}, 2, "udp"},
		"no such output":          {[]string{address, "-o", "xml"}, 2, "text or json"},
		"more than files allowed": {[]string{address, "--members", "30000000", "--senders", "0"}, 2, "20 million"},
		"no server in the data":   {[]string{address, "--data", t.TempDir()}, 1, "no Parley server is running"},
		"another server's data":   {[]string{address, "--data", other.dir}, 1, "listens on " + other.addr.String()},
		"no such process":         {[]string{address, "--pid", "1073741824"}, 1, "1073741824"},
	} {
		got := call(t, append([]string{"bench"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.err, c.reason) || got.out != "" {
			t.Errorf("%s: %+v, want %d and %q", name, got, c.status, c.reason)
		}
	}
	for _, m := range p.history() {
		t.Errorf("%+v came of what was refused", m)
	}
}

// A server that hands nothing on is found out.
func TestBenchSaysWhatIsLost(t *testing.T) {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	go func() {
		answers := map[byte]string{'L': "OK", 'Q': "EXIT"}
		for b := make([]byte, 2048); ; {
			n, from, err := socket.ReadFromUDPAddrPort(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if n > 0 && answers[b[0]] != "" {
				_, _ = socket.WriteToUDPAddrPort([]byte(answers[b[0]]), from)
			}
		}
	}()
	got := call(t, "bench", "--members", "3", "--senders", "1", "--rate", "50", "--warm-up", "0s", "--duration", "200ms", socket.LocalAddr().String())
	if got.status != 1 || !strings.Contains(got.out, "20 lost") || !strings.Contains(got.err,
		"some lines were lost") {
		t.Errorf("%+v", got)
	}
}
