package udp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

func openSocket(t testing.TB, addr string, opts options) *socket {
	t.Helper()
	if opts.maxDatagram == 0 {
		opts.maxDatagram = 2048
	}
	s, err := listen(t.Context(), addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	return s
}

// client is a program on the other side: its socket is connected, so it sees only what comes from the address it asks.
type client struct {
	t testing.TB
	*net.UDPConn
}

func dial(t testing.TB, host string, server *socket) client {
	t.Helper()
	to := netip.AddrPortFrom(netip.MustParseAddr(host), server.addr().Port())
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return client{t, conn}
}

func (c client) addr() netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func (c client) say(text string) {
	c.t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c client) expect(want string) {
	c.t.Helper()
	buffer := make([]byte, 1<<16)
	n, err := c.Read(buffer)
	if err != nil {
		c.t.Fatalf("waiting for %q: %v", want, err)
	}
	if got := string(buffer[:n]); got != want {
		c.t.Fatalf("got %q, want %q", got, want)
	}
}

// receive reads exactly count packets, whose data stays valid.
func (s *socket) receive(t testing.TB, count int) (got []packet) {
	t.Helper()
	s.setReadDeadline(time.Now().Add(patience))
	into := make([]packet, batchSize)
	for len(got) < count {
		n, err := s.read(into)
		if err != nil {
			t.Fatalf("after %d of %d packets: %v", len(got), count, err)
		}
		for _, p := range into[:n] {
			p.data = bytes.Clone(p.data)
			got = append(got, p)
		}
	}
	if len(got) > count {
		t.Fatalf("got %d packets, want %d", len(got), count)
	}
	return got
}

func (s *socket) sendAll(t testing.TB, packets ...packet) {
	t.Helper()
	if sent := s.send(packets, func(i int, err error) { t.Errorf("packet %d: %v", i, err) }); sent != len(packets) {
		t.Fatalf("sent %d of %d", sent, len(packets))
	}
}

// hosts are the loopback addresses this machine has.
func hosts(t testing.TB) []string {
	conn, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Logf("no IPv6 here: %v", err)
		return []string{"127.0.0.1"}
	}
	conn.Close()
	return []string{"127.0.0.1", "::1"}
}

func TestOneSocketServesBothFamilies(t *testing.T) {
	server := openSocket(t, ":0", options{})
	for _, host := range hosts(t) {
		ann := dial(t, host, server)
		ann.say("hello from " + host)
		got := server.receive(t, 1)[0]
		if got.peer != ann.addr() || string(got.data) != "hello from "+host || got.truncated {
			t.Fatalf("got %v %q, want %v", got.peer, got.data, ann.addr())
		}
		server.sendAll(t, packet{peer: got.peer, local: got.local, data: []byte("welcome")})
		ann.expect("welcome")
	}
}

func TestOneFamily(t *testing.T) {
	for _, host := range hosts(t) {
		server := openSocket(t, net.JoinHostPort(host, "0"), options{})
		if got := server.addr(); got.Addr().String() != host || got.Port() == 0 {
			t.Fatalf("bound to %v, want %s", got, host)
		}
		ann := dial(t, host, server)
		foreign := netip.MustParseAddrPort("[::1]:9")
		if host == "::1" {
			foreign = netip.MustParseAddrPort("127.0.0.1:9")
		}
		packets := []packet{
			{peer: foreign, data: []byte("of the other family")},
			{peer: ann.addr(), data: []byte("welcome")},
			{data: []byte("to nobody")},
		}
		var failed []int
		sent := server.send(packets, func(i int, err error) { failed = append(failed, i) })
		if sent != 1 || !slices.Equal(failed, []int{0, 2}) {
			t.Fatalf("sent %d, failed %v", sent, failed)
		}
		ann.expect("welcome")
	}
}

func TestIPv4WildcardServesIPv4Alone(t *testing.T) {
	server := openSocket(t, "0.0.0.0:0", options{})
	if !server.addr().Addr().Is4() {
		t.Fatalf("bound to %v", server.addr())
	}
	ann := dial(t, "127.0.0.1", server)
	ann.say("hello")
	if got := server.receive(t, 1)[0]; got.peer != ann.addr() {
		t.Fatalf("got %v, want %v", got.peer, ann.addr())
	}
}

func TestTakenAddressIsNamed(t *testing.T) {
	first := openSocket(t, "127.0.0.1:0", options{})
	addr := first.addr().String()
	second, err := listen(t.Context(), addr, options{maxDatagram: 1})
	if err == nil {
		second.close()
		t.Fatal("two sockets on one address")
	}
	if !strings.Contains(err.Error(), addr) {
		t.Fatalf("%q does not name %s", err, addr)
	}
}

func TestBatchesKeepTheOrderOfEachPeer(t *testing.T) {
	server := openSocket(t, ":0", options{buffer: 1 << 20})
	var peers []client
	for _, host := range append(hosts(t), hosts(t)...) {
		peers = append(peers, dial(t, host, server))
	}
	for size := 1; size <= 2*batchSize+1; size++ {
		var packets []packet
		for i := range size {
			packets = append(packets, packet{peer: peers[i%len(peers)].addr(), data: fmt.Appendf(nil, "%d of %d", i, size)})
		}
		server.sendAll(t, packets...)
		for i := range size {
			peers[i%len(peers)].expect(fmt.Sprintf("%d of %d", i, size))
		}
	}
}

func TestReadKeepsTheOrder(t *testing.T) {
	server := openSocket(t, ":0", options{buffer: 1 << 20})
	ann := dial(t, "127.0.0.1", server)
	const count = 3*batchSize + 7
	for i := range count {
		ann.say(fmt.Sprint(i))
	}
	for i, p := range server.receive(t, count) {
		if string(p.data) != fmt.Sprint(i) || p.peer != ann.addr() {
			t.Fatalf("packet %d is %q from %v", i, p.data, p.peer)
		}
	}
}

func TestLargerThanTheBufferIsTruncated(t *testing.T) {
	server := openSocket(t, ":0", options{maxDatagram: 8, buffer: 1 << 20})
	ann := dial(t, "127.0.0.1", server)
	for _, text := range []string{"exactly8", "more than 8", strings.Repeat("x", 60000), "", "less"} {
		ann.say(text)
		got := server.receive(t, 1)[0]
		if want := text[:min(len(text), 8)]; string(got.data) != want || got.truncated != (len(text) > 8) {
			t.Errorf("of %d bytes: %q, truncated %v", len(text), got.data, got.truncated)
		}
	}
}

func TestOversizedDatagramIsReportedAndItsNeighboursArrive(t *testing.T) {
	server := openSocket(t, ":0", options{})
	for _, host := range hosts(t) {
		ann := dial(t, host, server)
		packets := []packet{
			{peer: ann.addr(), data: []byte("before")},
			{peer: ann.addr(), data: make([]byte, 70_000)},
			{peer: ann.addr(), data: nil},
			{peer: ann.addr(), data: make([]byte, 70_000)},
			{peer: ann.addr(), data: []byte("after")},
		}
		var failed []int
		sent := server.send(packets, func(i int, err error) {
			failed = append(failed, i)
			if err == nil {
				t.Error("failed without a reason")
			}
		})
		if sent != 3 || !slices.Equal(failed, []int{1, 3}) {
			t.Fatalf("sent %d, failed %v", sent, failed)
		}
		if server.send(packets[1:2], nil) != 0 {
			t.Fatal("an oversized datagram was sent")
		}
		ann.expect("before")
		ann.expect("")
		ann.expect("after")
	}
}

func TestReadDeadline(t *testing.T) {
	server := openSocket(t, ":0", options{})
	into := make([]packet, batchSize)
	for _, wait := range []time.Duration{-time.Second, time.Millisecond, 20 * time.Millisecond} {
		server.setReadDeadline(time.Now().Add(wait))
		if n, err := server.read(into); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read: %d, %v", n, err)
		}
	}
	server.setReadDeadline(time.Time{})
	dial(t, "127.0.0.1", server).say("hello")
	if n, err := server.read(into); n != 1 || err != nil {
		t.Fatalf("read after the deadline was lifted: %d, %v", n, err)
	}
}

func TestCloseEndsReadAndSend(t *testing.T) {
	server := openSocket(t, ":0", options{})
	ann := dial(t, "127.0.0.1", server)
	ended, first := make(chan error), make(chan bool)
	go func() {
		into := make([]packet, batchSize)
		if _, err := server.read(into); err != nil {
			t.Error(err)
		}
		close(first)
		_, err := server.read(into)
		ended <- err
	}()
	ann.say("hello")
	<-first
	server.close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("read ended with %v", err)
	}
	var failed []error
	sent := server.send(make([]packet, 2), nil)
	sent += server.send(slices.Repeat([]packet{{peer: ann.addr()}}, 100), func(_ int, err error) { failed = append(failed, err) })
	if sent != 0 || len(failed) != 100 || !errors.Is(failed[99], net.ErrClosed) {
		t.Fatalf("sent %d, failed %v", sent, failed)
	}
}

func BenchmarkSendAndRead(b *testing.B) {
	for _, size := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			server, peer := openSocket(b, ":0", options{buffer: 1 << 20}), openSocket(b, "127.0.0.1:0", options{buffer: 1 << 20})
			local := netip.MustParseAddr("127.0.0.1")
			packets := slices.Repeat([]packet{{peer: peer.addr(), local: local, data: make([]byte, 100)}}, size)
			into := make([]packet, batchSize)
			b.ReportAllocs()
			for b.Loop() {
				server.send(packets, nil)
				for got := 0; got < size; {
					n, err := peer.read(into)
					if err != nil {
						b.Fatal(err)
					}
					got += n
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/datagram")
		})
	}
}
