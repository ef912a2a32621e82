package socket

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

// patience is how long a test waits for a packet that must arrive.
const patience = 10 * time.Second

func openSocket(t testing.TB, addr string, opts Options) *Conn {
	t.Helper()
	if opts.MaxSize == 0 {
		opts.MaxSize = 2048
	}
	c, err := Listen(t.Context(), addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// client is a program at the other end. Its socket is connected, so it reads only packets from the
// address that it asks.
type client struct {
	t testing.TB
	*net.UDPConn
}

func dial(t testing.TB, host string, server *Conn) client {
	t.Helper()
	to := netip.AddrPortFrom(netip.MustParseAddr(host), server.LocalAddr().Port())
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

// receive reads exactly count packets. Their Data stays valid.
func (c *Conn) receive(t testing.TB, count int) (got []Packet) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	into := make([]Packet, BatchSize)
	for len(got) < count {
		n, err := c.ReadBatch(into)
		if err != nil {
			t.Fatalf("after %d of %d packets: %v", len(got), count, err)
		}
		for _, p := range into[:n] {
			p.Data = bytes.Clone(p.Data)
			got = append(got, p)
		}
	}
	if len(got) > count {
		t.Fatalf("got %d packets, want %d", len(got), count)
	}
	return got
}

func (c *Conn) sendAll(t testing.TB, packets ...Packet) {
	t.Helper()
	sent := c.WriteBatch(packets, func(i int, err error) { t.Errorf("packet %d: %v", i, err) })
	if sent != len(packets) {
		t.Fatalf("sent %d of %d", sent, len(packets))
	}
}

// hosts returns the loopback addresses of this machine.
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
	server := openSocket(t, ":0", Options{})
	for _, host := range hosts(t) {
		ann := dial(t, host, server)
		ann.say("hello from " + host)
		got := server.receive(t, 1)[0]
		if got.Peer != ann.addr() || string(got.Data) != "hello from "+host || got.Truncated {
			t.Fatalf("got %v %q, want %v", got.Peer, got.Data, ann.addr())
		}
		server.sendAll(t, Packet{Peer: got.Peer, Local: got.Local, Data: []byte("welcome")})
		ann.expect("welcome")
	}
}

func TestOneFamily(t *testing.T) {
	for _, host := range hosts(t) {
		server := openSocket(t, net.JoinHostPort(host, "0"), Options{})
		if got := server.LocalAddr(); got.Addr().String() != host || got.Port() == 0 {
			t.Fatalf("bound to %v, want %s", got, host)
		}
		ann := dial(t, host, server)
		foreign := netip.MustParseAddrPort("[::1]:9")
		if host == "::1" {
			foreign = netip.MustParseAddrPort("127.0.0.1:9")
		}
		packets := []Packet{
			{Peer: foreign, Data: []byte("of the other family")},
			{Peer: ann.addr(), Data: []byte("welcome")},
			{Data: []byte("to nobody")},
		}
		var failed []int
		sent := server.WriteBatch(packets, func(i int, err error) { failed = append(failed, i) })
		if sent != 1 || !slices.Equal(failed, []int{0, 2}) {
			t.Fatalf("sent %d, failed %v", sent, failed)
		}
		ann.expect("welcome")
	}
}

func TestIPv4WildcardServesIPv4Alone(t *testing.T) {
	server := openSocket(t, "0.0.0.0:0", Options{})
	if !server.LocalAddr().Addr().Is4() {
		t.Fatalf("bound to %v", server.LocalAddr())
	}
	ann := dial(t, "127.0.0.1", server)
	ann.say("hello")
	if got := server.receive(t, 1)[0]; got.Peer != ann.addr() {
		t.Fatalf("got %v, want %v", got.Peer, ann.addr())
	}
}

func TestTakenAddressIsNamed(t *testing.T) {
	first := openSocket(t, "127.0.0.1:0", Options{})
	addr := first.LocalAddr().String()
	second, err := Listen(t.Context(), addr, Options{MaxSize: 1})
	if err == nil {
		second.Close()
		t.Fatal("two sockets on one address")
	}
	if !strings.Contains(err.Error(), addr) {
		t.Fatalf("%q does not name %s", err, addr)
	}
}

func TestBatchesKeepTheOrderOfEachPeer(t *testing.T) {
	server := openSocket(t, ":0", Options{Buffer: 1 << 20})
	var peers []client
	for _, host := range append(hosts(t), hosts(t)...) {
		peers = append(peers, dial(t, host, server))
	}
	for size := 1; size <= 2*BatchSize+1; size++ {
		var packets []Packet
		for i := range size {
			packets = append(packets, Packet{
				Peer: peers[i%len(peers)].addr(), Data: fmt.Appendf(nil, "%d of %d", i, size),
			})
		}
		server.sendAll(t, packets...)
		for i := range size {
			peers[i%len(peers)].expect(fmt.Sprintf("%d of %d", i, size))
		}
	}
}

func TestReadKeepsTheOrder(t *testing.T) {
	server := openSocket(t, ":0", Options{Buffer: 1 << 20})
	ann := dial(t, "127.0.0.1", server)
	const count = 3*BatchSize + 7
	for i := range count {
		ann.say(fmt.Sprint(i))
	}
	for i, p := range server.receive(t, count) {
		if string(p.Data) != fmt.Sprint(i) || p.Peer != ann.addr() {
			t.Fatalf("packet %d is %q from %v", i, p.Data, p.Peer)
		}
	}
}

func TestLargerThanTheBufferIsTruncated(t *testing.T) {
	server := openSocket(t, ":0", Options{MaxSize: 8, Buffer: 1 << 20})
	ann := dial(t, "127.0.0.1", server)
	long := strings.Repeat("x", 60000)
	for _, text := range []string{"exactly8", "more than 8", long, "", "less"} {
		ann.say(text)
		got := server.receive(t, 1)[0]
		want, truncated := text[:min(len(text), 8)], len(text) > 8
		if string(got.Data) != want || got.Truncated != truncated {
			t.Errorf("of %d bytes: %q, truncated %v", len(text), got.Data, got.Truncated)
		}
	}
}

func TestOversizedDatagramIsReportedAndItsNeighboursArrive(t *testing.T) {
	server := openSocket(t, ":0", Options{})
	for _, host := range hosts(t) {
		ann := dial(t, host, server)
		packets := []Packet{
			{Peer: ann.addr(), Data: []byte("before")},
			{Peer: ann.addr(), Data: make([]byte, 70_000)},
			{Peer: ann.addr(), Data: nil},
			{Peer: ann.addr(), Data: make([]byte, 70_000)},
			{Peer: ann.addr(), Data: []byte("after")},
		}
		var failed []int
		sent := server.WriteBatch(packets, func(i int, err error) {
			failed = append(failed, i)
			if err == nil {
				t.Error("failed without a reason")
			}
		})
		if sent != 3 || !slices.Equal(failed, []int{1, 3}) {
			t.Fatalf("sent %d, failed %v", sent, failed)
		}
		if server.WriteBatch(packets[1:2], nil) != 0 {
			t.Fatal("an oversized datagram was sent")
		}
		ann.expect("before")
		ann.expect("")
		ann.expect("after")
	}
}

func TestReadDeadline(t *testing.T) {
	server := openSocket(t, ":0", Options{})
	into := make([]Packet, BatchSize)
	for _, wait := range []time.Duration{-time.Second, time.Millisecond, 20 * time.Millisecond} {
		server.SetReadDeadline(time.Now().Add(wait))
		if n, err := server.ReadBatch(into); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read: %d, %v", n, err)
		}
	}
	server.SetReadDeadline(time.Time{})
	dial(t, "127.0.0.1", server).say("hello")
	if n, err := server.ReadBatch(into); n != 1 || err != nil {
		t.Fatalf("read after the deadline was lifted: %d, %v", n, err)
	}
}

func TestCloseEndsReadAndSend(t *testing.T) {
	server := openSocket(t, ":0", Options{})
	ann := dial(t, "127.0.0.1", server)
	ended, first := make(chan error), make(chan bool)
	go func() {
		into := make([]Packet, BatchSize)
		if _, err := server.ReadBatch(into); err != nil {
			t.Error(err)
		}
		close(first)
		_, err := server.ReadBatch(into)
		ended <- err
	}()
	ann.say("hello")
	<-first
	server.Close()
	if err := server.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Fatalf("read ended with %v", err)
	}
	var failed []error
	sent := server.WriteBatch(make([]Packet, 2), nil)
	sent += server.WriteBatch(slices.Repeat([]Packet{{Peer: ann.addr()}}, 100),
		func(_ int, err error) { failed = append(failed, err) })
	if sent != 0 || len(failed) != 100 || !errors.Is(failed[99], net.ErrClosed) {
		t.Fatalf("sent %d, failed %v", sent, failed)
	}
}

func BenchmarkSendAndRead(b *testing.B) {
	for _, size := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			server := openSocket(b, ":0", Options{Buffer: 1 << 20})
			peer := openSocket(b, "127.0.0.1:0", Options{Buffer: 1 << 20})
			local := netip.MustParseAddr("127.0.0.1")
			packet := Packet{Peer: peer.LocalAddr(), Local: local, Data: make([]byte, 100)}
			packets := slices.Repeat([]Packet{packet}, size)
			into := make([]Packet, BatchSize)
			b.ReportAllocs()
			for b.Loop() {
				server.WriteBatch(packets, nil)
				for got := 0; got < size; {
					n, err := peer.ReadBatch(into)
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
