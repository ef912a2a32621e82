package port

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// spoken is what clients of each protocol begin with.
var spoken = map[Protocol]string{
	Line: "\r\n", HTTP: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", SSH: "SSH-2.0-x\r\n", IRC: "NICK ann\r\nUSER ann 0 * :ann\r\n",
}

// greets is what a client hears of the greeter who serves it: all that it said comes back, some of it as what was read first.
func (c *client) greets(p Protocol, how, from, said string) {
	c.t.Helper()
	c.hears(string(p) + " " + how + " " + from + " ")
	got := make([]byte, 0, len(said)+1)
	for len(got) < len(said)+1 {
		b, err := c.in.ReadByte()
		if err != nil {
			c.t.Fatalf("after %q: %v", got, err)
		}
		got = append(got, b)
	}
	if back := strings.Replace(string(got), "|", "", 1); back != said {
		c.t.Fatalf("%q came back as %q", said, back)
	}
}

func TestEveryProtocolReachesItsDoor(t *testing.T) {
	r := openRoom(t, nil)
	for p, said := range spoken {
		r.dial(0).say(said).greets(p, "plain", "127.0.0.1", said)
		r.dial(0).inside(clientTLS()).say(said).greets(p, "encrypted", "127.0.0.1", said)
		slow := r.dial(0)
		for _, b := range []byte(said) {
			slow.say(string(b))
		}
		slow.greets(p, "plain", "127.0.0.1", said)
		slow = r.dial(0).inside(clientTLS())
		for _, b := range []byte(said) {
			slow.say(string(b))
		}
		slow.greets(p, "encrypted", "127.0.0.1", said)
	}
	if got := r.Report(); got.Received != uint64(4*len(spoken)) || got.Name != Name || got.Address != r.Addrs()[0].String() {
		t.Errorf("the report: %+v", got)
	}
}

func TestWhatOnlyLooksLikeAProtocol(t *testing.T) {
	r := openRoom(t, nil)
	for said, served := range map[string]Protocol{
		"GETTTTTTTTTTTTTTTTTTTTTTT": Line, "SSH\r\n": Line, "\xff\xfb\x01\xff\xfd\x03": Line, "CAPITAL\r\n": Line,
	} {
		r.dial(0).say(said).greets(served, "plain", "127.0.0.1", said)
	}
	rubbish := []string{
		"\x00\x01\x02", "\x16\x02\x00", "\x03\x00\x00\x13", "hello\x00\n",
		"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n", signatureV2 + "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x00\x01\x00\x02\r\n",
	}
	for i, said := range rubbish {
		r.dial(0).say(said).hearsLast("with netcat, press Enter")
		r.counted(i+1, "unknown")
	}
	r.dial(0).say("\x16\x03\x01\xff\xff" + strings.Repeat("rubbish", 10)).hearsLast("\x15\x03") // an alert
	r.counted(1, "tls_failed")
	twice := r.dial(0).inside(clientTLS())
	twice.say("\x16\x03\x01\x00\x05hello").hearsLast("with netcat, press Enter")
	r.counted(len(rubbish)+1, "unknown")
}

func TestSilenceEnds(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Patience = 50 * time.Millisecond })
	r.dial(0).hearsLast("connect again and press Enter")
	r.dial(0).say("SSH").hearsLast("connect again and press Enter")
	r.dial(0).inside(clientTLS()).hearsLast("connect again and press Enter")
	r.counted(3, "silent")
	served := r.dial(0).say("\n")
	served.greets(Line, "plain", "127.0.0.1", "\n")
	r.dial(0).hearsLast("press Enter") // by then the patience of the one before has passed
	served.say("still here").hears("still here")
}

// TestASilentClientIsPrompted, as a person waits who does not know that Enter begins.
func TestASilentClientIsPrompted(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Prompt = 20 * time.Millisecond })
	r.dial(0).greets(Line, "plain", "127.0.0.1", "")
	if silent := r.Report().Dropped["silent"]; silent != 0 {
		t.Errorf("%d are counted as silent", silent)
	}
}

// TestOnlySilentPlainClientsArePrompted: a client of another protocol speaks first, in however many
// pieces, and inside TLS a browser may open a connection long before it uses it.
func TestOnlySilentPlainClientsArePrompted(t *testing.T) {
	short := func(c *Config) { c.Prompt, c.Patience = 20*time.Millisecond, 300*time.Millisecond }
	r := openRoom(t, short)
	r.dial(0).say("SSH").hearsLast("connect again and press Enter") // when its patience ends
	r.dial(0).inside(clientTLS()).hearsLast("connect again and press Enter")
	r.counted(2, "silent")
	late := openRoom(t, func(c *Config) { c.Prompt = patience / 2 })
	late.dial(0).say("GE").say("T /").greets(HTTP, "plain", "127.0.0.1", "GET /")
	late.dial(0).say("\n").greets(Line, "plain", "127.0.0.1", "\n")
	late.dial(0).inside(clientTLS()).say("\n").greets(Line, "encrypted", "127.0.0.1", "\n")
	patient := openRoom(t, func(c *Config) {
		c.Prompt, c.Patience = time.Hour, 50*time.Millisecond
	})
	patient.dial(0).hearsLast("connect again and press Enter") // its patience ends first
	unserved := openRoom(t, func(c *Config) {
		short(c)
		delete(c.Handlers, Line)
	})
	unserved.dial(0).hearsLast("connect again and press Enter")
}

// TestAClientThatLeavesByItselfIsNotCountedAsSilent: such as a health check that only connects.
func TestAClientThatLeavesByItselfIsNotCountedAsSilent(t *testing.T) {
	r := openRoom(t, nil)
	short := r.dial(0).say("SSH")
	short.Conn.(*net.TCPConn).CloseWrite()
	short.hearsLast("press Enter first")
	r.waits(0)
	for _, linger := range []int{-1, 0} { // 0: Close resets the connection
		c := r.dial(0)
		r.waits(1)
		if err := c.Conn.(*net.TCPConn).SetLinger(linger); err != nil {
			t.Fatal(err)
		}
		c.Close()
		r.waits(0)
	}
	for name, n := range r.Report().Dropped {
		if want := map[string]uint64{"unknown": 1}[name]; n != want { // "SSH" alone
			t.Errorf("%d are counted as %s, want %d", n, name, want)
		}
	}
}

func TestHandshakesThatNeverEndKeepNobodyWaiting(t *testing.T) {
	r := newRoom(t, nil)
	r.handshake = 200 * time.Millisecond
	r.open()
	const stuck = 20
	clients := make([]*client, stuck)
	for i := range clients {
		clients[i] = r.dial(0).say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	}
	r.waits(stuck)
	r.dial(0).inside(clientTLS()).say("\n").greets(Line, "encrypted", "127.0.0.1", "\n")
	for _, c := range clients {
		c.isEnded()
	}
	r.counted(stuck, "tls_failed")
	if len(r.turns) != 0 {
		t.Errorf("%d turns are held", len(r.turns))
	}
}

func TestTLSIsWhatClientsExpect(t *testing.T) {
	r := openRoom(t, nil)
	for offered, want := range map[string]string{"": "", "http/1.1": "http/1.1", "h2,http/1.1": "http/1.1", "h2": "", "irc": "irc", "x,y": ""} {
		config := clientTLS()
		if offered != "" {
			config.NextProtos = strings.Split(offered, ",")
		}
		c := r.dial(0).inside(config)
		if got := c.Conn.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != want {
			t.Errorf("who offers %q gets %q, want %q", offered, got, want)
		}
		c.say("\n").greets(Line, "encrypted", "127.0.0.1", "\n")
	}
	config := clientTLS("http/1.1")
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for _, resumes := range []bool{false, true} {
		c := r.dial(0).inside(config)
		c.say("\n").greets(Line, "encrypted", "127.0.0.1", "\n") // the ticket comes before that
		if got := c.Conn.(*tls.Conn).ConnectionState().DidResume; got != resumes {
			t.Errorf("resumed: %v, want %v", got, resumes)
		}
	}
	old := clientTLS()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	c := r.dial(0)
	if err := tls.Client(c.Conn, old).Handshake(); err == nil {
		t.Error("TLS 1.1 is served")
	}
	c.Close()
	r.counted(1, "tls_failed")
	older := clientTLS()
	older.MaxVersion = tls.VersionTLS12
	r.dial(0).inside(older).say("\n").greets(Line, "encrypted", "127.0.0.1", "\n")
}

func TestAnAddressOfItsOwn(t *testing.T) {
	r := newRoom(t, nil).open(Address{Address: "127.0.0.1:0"}, Address{Address: "127.0.0.1:0", Only: SSH})
	r.dial(1).hears("ssh plain 127.0.0.1 |") // before anything was said
	r.dial(1).say("GET ").hears("ssh plain 127.0.0.1 |GET ")
	r.dial(0).say("\n").greets(Line, "plain", "127.0.0.1", "\n")
	if addresses := r.Report().Address; addresses != r.Addrs()[0].String()+", "+r.Addrs()[1].String() {
		t.Errorf("the report names %s", addresses)
	}
}

func TestAllAddressesAreOpenedOrNone(t *testing.T) {
	taken := openRoom(t, nil).Addrs()[0].String()
	r := newRoom(t, nil)
	var opened []net.Listener
	system := r.listen
	r.listen = func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := system(ctx, network, address)
		if err == nil {
			opened = append(opened, l)
		}
		return l, err
	}
	err := r.Open(t.Context(), []Address{{Address: "127.0.0.1:0"}, {Address: taken}})
	var failed *AddressError
	if !errors.As(err, &failed) || failed.Address.Address != taken || !strings.Contains(err.Error(), taken) || errors.Unwrap(err) == nil {
		t.Errorf("the error: %v", err)
	}
	if len(opened) != 1 {
		t.Fatalf("%d were opened", len(opened))
	}
	if _, err := opened[0].Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error("one of them is still open")
	}
	if err := newRoom(t, nil).Open(t.Context(), []Address{{Address: "127.0.0.1:0", Only: "gopher"}}); !errors.As(err, &failed) {
		t.Errorf("a protocol that nobody serves has an address: %v", err)
	}
}

func TestStopEndsWhoIsUndecidedAndNobodyElse(t *testing.T) {
	r := openRoom(t, nil)
	served := r.dial(0).say("\n")
	served.greets(Line, "plain", "127.0.0.1", "\n")
	hidden := r.dial(0).inside(clientTLS())
	waiting := []*client{r.dial(0), r.dial(0).say("SS"), r.dial(0).say("\x16\x03\x01\x02\x00"), hidden}
	r.waits(len(waiting))
	r.Stop()
	for _, c := range waiting {
		c.isEnded()
	}
	r.waits(0)
	if _, err := net.Dial("tcp", r.Addrs()[0].String()); err == nil {
		t.Error("connections are still taken")
	}
	served.say("still here").hears("still here")
	r.Stop()
	if silent := r.Report().Dropped["silent"]; silent != 0 {
		t.Errorf("%d are counted as silent whom the door ended", silent)
	}
}

func TestWhatIsAcceptedDuringStopIsEnded(t *testing.T) {
	r := openRoom(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r.Stop()
	r.takeUp(accepted.(*net.TCPConn), "")
	newClient(t, conn).isEnded()
}

// weary is a listener that fails, now and then.
type weary struct {
	net.Listener
	fails chan error
}

func (w *weary) Accept() (net.Conn, error) {
	select {
	case err := <-w.fails:
		return nil, &net.OpError{Op: "accept", Err: err}
	default:
		return w.Listener.Accept()
	}
}

func TestASystemThatHasRunOutOfSomethingIsAskedAgain(t *testing.T) {
	var said strings.Builder
	r := newRoom(t, nil)
	r.log = textLog(&said)
	failures := []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ECONNABORTED}
	fails := make(chan error, len(failures))
	for _, err := range failures {
		fails <- err
	}
	system := r.listen
	r.listen = func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := system(ctx, network, address)
		return &weary{l, fails}, err
	}
	r.open()
	r.dial(0).say("\n").greets(Line, "plain", "127.0.0.1", "\n")
	r.counted(len(failures), "accept_failed")
	fails <- syscall.EMFILE
	r.dial(0).say("\n").greets(Line, "plain", "127.0.0.1", "\n") // the accept that already waited
	r.dial(0).say("\n").greets(Line, "plain", "127.0.0.1", "\n")
	r.counted(len(failures)+1, "accept_failed")
	r.end()
	for line, times := range map[string]int{"cannot be accepted": 2, "accepted again": 2, "failures=4": 1} {
		if got := strings.Count(said.String(), line); got != times {
			t.Errorf("%q is logged %d times, want %d: %s", line, got, times, &said)
		}
	}
}

func TestStopDoesNotWaitForASystemThatHasRunOut(t *testing.T) {
	r := newRoom(t, nil)
	fails := make(chan error, 100)
	for range cap(fails) {
		fails <- syscall.EMFILE
	}
	system := r.listen
	r.listen = func(ctx context.Context, network, address string) (net.Listener, error) {
		l, err := system(ctx, network, address)
		return &weary{l, fails}, err
	}
	r.open()
	r.until("it fails", func() bool { return r.Report().Dropped["accept_failed"] > 2 })
}

// clumsy is a Handler that panics.
type clumsy struct{}

func (clumsy) Serve(net.Conn, []byte) { panic("clumsy") }

func TestADoorThatPanicsDropsOneConnection(t *testing.T) {
	r := openRoom(t, func(c *Config) { c.Handlers[SSH] = clumsy{} })
	other := r.dial(0).say("\n")
	other.greets(Line, "plain", "127.0.0.1", "\n")
	r.dial(0).say("SSH-").isEnded()
	r.counted(1, "panicked")
	other.say("still here").hears("still here")
}
