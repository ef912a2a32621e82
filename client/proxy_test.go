package client

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// proxy stands between clients and a room and loses, doubles and delays datagrams in both directions, as its seed says.
type proxy struct {
	t      *testing.T
	socket *net.UDPConn
	room   *net.UDPAddr
	done   sync.WaitGroup

	mu     sync.Mutex
	random *rand.Rand
	behind map[netip.AddrPort]*net.UDPConn // a client's socket on the room's side
}

func newProxy(t *testing.T, r *room, seed uint64) *proxy {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{
		t: t, socket: socket, room: r.socket.LocalAddr().(*net.UDPAddr),
		random: rand.New(rand.NewPCG(seed, 0)), behind: map[netip.AddrPort]*net.UDPConn{},
	}
	p.done.Go(p.serve)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) serve() {
	buffer := make([]byte, 2048)
	for {
		n, from, err := p.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		behind := p.socketOf(from)
		p.pass(buffer[:n], func(b []byte) { behind.Write(b) })
	}
}

func (p *proxy) socketOf(client netip.AddrPort) *net.UDPConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.behind[client]; s != nil {
		return s
	}
	s, err := net.DialUDP("udp", nil, p.room)
	if err != nil {
		p.t.Error(err)
	}
	p.behind[client] = s
	p.done.Go(func() {
		buffer := make([]byte, 2048)
		for {
			n, err := s.Read(buffer)
			if err != nil {
				return
			}
			p.pass(buffer[:n], func(b []byte) { p.socket.WriteToUDPAddrPort(b, client) })
		}
	})
	return s
}

// pass loses a third, doubles a third, and delays each copy by up to 20 ms, so that they overtake each other.
func (p *proxy) pass(b []byte, send func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b = append([]byte(nil), b...)
	for range p.random.IntN(3) {
		delay := time.Duration(p.random.IntN(20)) * time.Millisecond
		p.done.Go(func() {
			time.Sleep(delay)
			send(b)
		})
	}
}

func (p *proxy) stop() {
	p.socket.Close()
	p.mu.Lock()
	for _, s := range p.behind {
		s.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}
