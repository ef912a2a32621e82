package load

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parley/wire/datagram"
)

// standIn is a forwarding loop that can be told to do badly.
type standIn struct {
	socket *net.UDPConn
	names  map[netip.AddrPort]string
	ended  sync.WaitGroup

	// Told before anybody enters; nil is as it must be. Members are called by their numbers, messages are counted from 0.
	answer  func(r datagram.Request, times int) string  // instead of OK or EXIT; "" is none
	hand    func(message, to int, line string) []string // what a member is sent of what somebody says
	notices func(who, to int, line string) []string     // and of others coming and going
	knocked func(inside []string) (gone string)         // who is found gone when somebody knocks
	echo    bool

	asked map[string]int // how often each request came
	count int            // messages
}

func newStandIn(t *testing.T) *standIn {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadBuffer(1 << 20)
	s := &standIn{socket: socket, names: map[netip.AddrPort]string{}, asked: map[string]int{}}
	t.Cleanup(s.stop)
	return s
}

func (s *standIn) start() { s.ended.Go(s.serve) }

// stop ends the loop; then its fields can be read.
func (s *standIn) stop() {
	_ = s.socket.Close()
	s.ended.Wait()
}

func (s *standIn) addr() netip.AddrPort { return s.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

func (s *standIn) serve() {
	for buffer := make([]byte, 4096); ; {
		n, from, err := s.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		r, err := datagram.Parse(buffer[:n])
		if err != nil {
			continue
		}
		s.take(from, r)
	}
}

func (s *standIn) take(from netip.AddrPort, r datagram.Request) {
	answer := map[datagram.Verb]string{datagram.Enter: datagram.OK, datagram.Quit: datagram.Exit}[r.Verb]
	if s.answer != nil && r.Verb != datagram.Say {
		key := string(r.Append(nil))
		answer = s.answer(r, s.asked[key])
		s.asked[key]++
	}
	switch {
	case r.Verb == datagram.Say && r.Text == knock && s.knocked != nil:
		if gone := s.knocked(slices.Sorted(maps.Values(s.names))); gone != "" {
			s.tell(from, gone+" quits the chat room", s.notices, true)
		}
	case r.Verb == datagram.Say:
		s.tell(from, r.Name+": "+r.Text, s.hand, s.echo)
		s.count++
	case answer == datagram.OK:
		s.names[from] = r.Name
		s.tell(from, r.Name+" enters the chat room", s.notices, false)
	case answer == datagram.Exit:
		delete(s.names, from)
		s.tell(from, r.Name+" quits the chat room", s.notices, false)
	}
	if answer != "" {
		s.send(from, answer)
	}
}

// tell sends a line to everybody inside but one, as how has it.
func (s *standIn) tell(from netip.AddrPort, line string, how func(which, to int, line string) []string, self bool) {
	which := s.count
	if !strings.Contains(line, ": ") {
		which = numberOf(line)
	}
	for peer, name := range s.names {
		lines := []string{line}
		switch {
		case peer == from && !self:
			continue
		case how != nil:
			lines = how(which, numberOf(name), line)
		}
		for _, l := range lines {
			s.send(peer, l)
		}
	}
}

// numberOf returns the number of a member in its nickname.
func numberOf(line string) int {
	nick, _, _ := strings.Cut(line, " ")
	_, digits, _ := strings.Cut(nick, "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

func (s *standIn) send(to netip.AddrPort, line string) {
	_, _ = s.socket.WriteToUDPAddrPort([]byte(line), to) // who is gone is gone
}
