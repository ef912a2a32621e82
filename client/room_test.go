package client

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"parley/wire/datagram"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is a server as people write their first: a map from address to name, and forwarding.
type room struct {
	t      *testing.T
	socket *net.UDPConn
	done   sync.WaitGroup

	mu    sync.Mutex
	came  *sync.Cond // something was added to got
	names map[netip.AddrPort]string
	got   []string // every datagram that came
	hook  func(from netip.AddrPort, line string) (handled bool)
}

func newRoom(t *testing.T, address string) *room {
	t.Helper()
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenUDP("udp", at)
	if err != nil {
		t.Skip(err)
	}
	r := &room{t: t, socket: socket, names: map[netip.AddrPort]string{}}
	r.came = sync.NewCond(&r.mu)
	r.done.Go(r.serve)
	t.Cleanup(r.stop)
	return r
}

func (r *room) stop() {
	r.socket.Close()
	r.done.Wait()
}

func (r *room) address() string { return r.socket.LocalAddr().String() }

func (r *room) port() int { return r.socket.LocalAddr().(*net.UDPAddr).Port }

func (r *room) serve() {
	buffer := make([]byte, 1024)
	for {
		n, from, err := r.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		r.handle(from, string(buffer[:n]))
	}
}

func (r *room) handle(from netip.AddrPort, line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, line)
	r.came.Broadcast()
	if r.hook == nil || !r.hook(from, line) {
		r.answer(from, line)
	}
}

// answer, send and others are called with r.mu held.
func (r *room) answer(from netip.AddrPort, line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "L":
		for other, name := range r.names {
			if name == rest && other != from {
				r.send(from, "the nickname is occupied")
				r.send(other, datagram.Asked)
				return
			}
		}
		r.send(from, "OK")
		if r.names[from] != rest {
			r.names[from] = rest
			r.others(from, rest+" enters the chat room")
		}
	case "C":
		if name, text, _ := strings.Cut(rest, " "); r.names[from] == name {
			r.others(from, name+": "+text)
		}
	case "Q":
		r.send(from, "EXIT")
		if r.names[from] == rest {
			delete(r.names, from)
			r.others(from, rest+" quits the chat room")
		}
	}
}

func (r *room) send(to netip.AddrPort, line string) { r.socket.WriteToUDPAddrPort([]byte(line), to) }

func (r *room) others(from netip.AddrPort, line string) {
	for to := range r.names {
		if to != from {
			r.send(to, line)
		}
	}
}

// tell sends a line to everybody inside.
func (r *room) tell(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.others(netip.AddrPort{}, line)
}

func (r *room) setHook(hook func(from netip.AddrPort, line string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook = hook
}

// mute hears and says nothing.
func mute(netip.AddrPort, string) bool { return true }

// heard returns every datagram that came, once the last one has.
func (r *room) heard(last string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.got) == 0 || r.got[len(r.got)-1] != last {
		r.came.Wait()
	}
	return slices.Clone(r.got)
}

func (r *room) inside() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range r.names {
		names = append(names, name)
	}
	return names
}
