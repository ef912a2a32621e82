//go:build !portable

package socket

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestAnswersComeFromTheAddressAsked(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0"} {
		server := openSocket(t, addr, Options{})
		asked := []string{"127.0.0.1", "127.0.0.2", "127.1.2.3"}
		if addr == ":0" {
			asked = append(asked, hosts(t)[1:]...)
		}
		for _, host := range asked {
			from := "127.0.0.1" // the kernel would reply to it from 127.0.0.1 too
			if host == "::1" {
				from = host
			}
			ann := dialFrom(t, from, host, server)
			ann.say("hello")
			got := server.receive(t, 1)[0]
			if got.Local.String() != host {
				t.Fatalf("on %s: asked %s, got local address %v", addr, host, got.Local)
			}
			if host == "127.0.0.2" {
				unseen := []byte("from an address that the kernel chooses, so not for her")
				server.sendAll(t, Packet{Peer: got.Peer, Data: unseen})
			}
			server.sendAll(t, Packet{Peer: got.Peer, Local: got.Local, Data: []byte("welcome")})
			ann.expect("welcome")
		}
	}
}

func dialFrom(t *testing.T, from, host string, server *Conn) client {
	t.Helper()
	to := netip.AddrPortFrom(netip.MustParseAddr(host), server.LocalAddr().Port())
	local := &net.UDPAddr{IP: net.ParseIP(from)}
	conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return client{t, conn}
}

// TestPacketsThatArrivedAreReadAfterTheDeadline: a server that ends reads them, also on a busy
// machine.
func TestPacketsThatArrivedAreReadAfterTheDeadline(t *testing.T) {
	server := openSocket(t, ":0", Options{})
	ann := dial(t, "127.0.0.1", server)
	const said = 2*BatchSize + 1
	for i := range said {
		ann.say(fmt.Sprint(i))
	}
	server.SetReadDeadline(time.Now().Add(-time.Second))
	into := make([]Packet, BatchSize)
	read := 0
	for {
		n, err := server.ReadBatch(into)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, p := range into[:n] {
			if string(p.Data) != fmt.Sprint(read) {
				t.Fatalf("%q in place of %d", p.Data, read)
			}
			read++
		}
	}
	if read != said {
		t.Errorf("%d of %d are read", read, said)
	}
}

func TestRefusedSourceIsLeftToTheKernel(t *testing.T) {
	sources := []string{
		"127.0.0.1", "203.0.113.7", "224.0.0.1", "255.255.255.255", "127.255.255.255", "0.0.0.0",
		"2001:db8::7", "ff02::1", "fe80::7", "::1", "::", "127.0.0.1",
	}
	for _, addr := range []string{":0", "0.0.0.0:0"} {
		server := openSocket(t, addr, Options{})
		asked := hosts(t)
		if addr != ":0" {
			asked = asked[:1]
		}
		for _, host := range asked {
			ann := dial(t, host, server)
			var packets []Packet
			for _, source := range sources {
				packets = append(packets, Packet{
					Peer: ann.addr(), Local: netip.MustParseAddr(source), Data: []byte(source),
				})
			}
			server.sendAll(t, packets...)
			for _, source := range sources {
				ann.expect(source)
			}
		}
	}
}

// graveyard counts the reports about each unreachable peer.
type graveyard struct {
	mu    sync.Mutex
	gone  map[netip.AddrPort]int
	first chan bool // closed with the first report
}

func newGraveyard() *graveyard {
	return &graveyard{gone: map[netip.AddrPort]int{}, first: make(chan bool)}
}

func (g *graveyard) bury(peer netip.AddrPort) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.gone) == 0 {
		close(g.first)
	}
	g.gone[peer]++
}

// deadPeers returns addresses whose sockets are closed.
func deadPeers(t *testing.T, count int, hosts []string) (dead []netip.AddrPort) {
	var open []net.PacketConn
	for i := range count {
		conn, err := net.ListenPacket("udp", net.JoinHostPort(hosts[i%len(hosts)], "0"))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		dead = append(dead, conn.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	for _, conn := range open {
		conn.Close()
	}
	return dead
}

func TestDeadPeersCostTheLivingNothing(t *testing.T) {
	const peers, rounds = 500, 20
	graves := newGraveyard()
	server := openSocket(t, ":0", Options{Buffer: 4 << 20, PortUnreachable: graves.bury})
	reading := make(chan error)
	go func() { // some of the errors reach the reader
		_, err := server.ReadBatch(make([]Packet, BatchSize))
		reading <- err
	}()

	var living []client
	for i := range peers {
		living = append(living, dial(t, hosts(t)[i%len(hosts(t))], server))
	}
	dead := deadPeers(t, peers, hosts(t))
	var listening sync.WaitGroup
	for _, ann := range living {
		listening.Go(func() {
			buffer := make([]byte, 64)
			for round := range rounds {
				n, err := ann.Read(buffer)
				if err != nil || string(buffer[:n]) != fmt.Sprint(round) {
					t.Errorf("%v in round %d: %q, %v", ann.addr(), round, buffer[:n], err)
					return
				}
			}
		})
	}
	for round := range rounds {
		var packets []Packet
		for i := range peers {
			packets = append(packets, Packet{Peer: dead[i], Data: fmt.Append(nil, round)})
			packets = append(packets, Packet{Peer: living[i].addr(), Data: fmt.Append(nil, round)})
		}
		server.sendAll(t, packets...)
	}
	listening.Wait()
	living[0].say("the end")
	if err := <-reading; err != nil {
		t.Errorf("read: %v", err)
	}

	graves.mu.Lock()
	defer graves.mu.Unlock()
	for peer := range graves.gone {
		if !slices.Contains(dead, peer) {
			t.Errorf("%v is alive", peer)
		}
	}
	if len(graves.gone) < 20 { // the kernel sends a burst of 50, then 1,000 a second
		t.Errorf("%d of %d dead peers were reported", len(graves.gone), peers)
	}
	t.Logf("%d of %d dead peers were reported: %+v", len(graves.gone), peers, server.Stats())
}

func TestIdleReaderHearsOfADeadPeer(t *testing.T) {
	for _, host := range hosts(t) {
		graves := newGraveyard()
		server := openSocket(t, ":0", Options{PortUnreachable: graves.bury})
		ended := make(chan error)
		go func() {
			_, err := server.ReadBatch(make([]Packet, 1))
			ended <- err
		}()
		dead := deadPeers(t, 1, []string{host})[0]
		// The kernel limits the rate of ICMP errors: ask until one arrives.
		for tries, reported := 0, false; !reported; tries++ {
			if tries == 200 {
				t.Fatalf("%v was never reported", dead)
			}
			server.sendAll(t, Packet{Peer: dead, Data: []byte("are you there?")})
			select {
			case <-graves.first:
				reported = true
			case <-time.After(50 * time.Millisecond):
			}
		}
		dial(t, host, server).say("hello")
		if err := <-ended; err != nil {
			t.Fatalf("read: %v", err)
		}
		if graves.gone[dead] == 0 || len(graves.gone) != 1 {
			t.Fatalf("reported %v, want %v", graves.gone, dead)
		}
	}
}

func TestKernelDropsAreCounted(t *testing.T) {
	server := openSocket(t, "127.0.0.1:0", Options{Buffer: 8192})
	if receive, send := server.Buffers(); receive != 8192 || send != 8192 {
		t.Errorf("buffers of %d and %d bytes", receive, send)
	}
	if granted, err := ReceiveBuffer(t.Context(), 8192); granted != 8192 || err != nil {
		t.Errorf("another socket would be granted %d bytes, %v", granted, err)
	}
	ann := dial(t, "127.0.0.1", server)
	for range 1000 {
		ann.say("hello")
	}
	into := make([]Packet, BatchSize)
	got, err := server.ReadBatch(into)
	if err != nil {
		t.Fatal(err)
	}
	ann.say("again") // a packet brings the number of packets dropped before it
	more, err := server.ReadBatch(into)
	if err != nil || string(into[more-1].Data) != "again" {
		t.Fatalf("read: %q, %v", into[more-1].Data, err)
	}
	if dropped := server.Stats().Dropped; dropped != uint64(1001-got-more) {
		t.Errorf("%d dropped, but %d of 1001 arrived", dropped, got+more)
	}
}

func TestNoAllocationPerDatagram(t *testing.T) {
	server, peer := openSocket(t, ":0", Options{}), openSocket(t, "127.0.0.1:0", Options{})
	local := netip.MustParseAddr("127.0.0.1")
	packet := Packet{Peer: peer.LocalAddr(), Local: local, Data: []byte("hello")}
	packets := slices.Repeat([]Packet{packet}, BatchSize)
	into := make([]Packet, BatchSize)
	allocations := testing.AllocsPerRun(100, func() {
		server.sendAll(t, packets...)
		for got := 0; got < len(packets); {
			n, err := peer.ReadBatch(into)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
	})
	if allocations > 4 { // the test's own
		t.Errorf("%v allocations for %d datagrams", allocations, BatchSize)
	}
}
