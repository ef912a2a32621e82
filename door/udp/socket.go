package udp

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	// batchSize is how many datagrams one read returns at most, and how many one system call carries.
	batchSize = 64

	// sendPatience is how long send waits for room in a full send buffer without a single datagram leaving.
	sendPatience = time.Second

	// sendRest is the pause before a datagram is offered again when the device's queue, which cannot be polled, is full.
	sendRest = time.Millisecond
)

// packet is one datagram with the two addresses it travels between.
type packet struct {
	peer  netip.AddrPort // IPv4 peers as plain IPv4, never mapped into IPv6
	local netip.Addr     // the address that was asked, or to send from; zero: the kernel chooses
	data  []byte         // of a packet read: valid until the next read

	// truncated marks a datagram larger than maxDatagram; data holds its beginning.
	truncated bool
}

// options are what listen needs besides the address.
type options struct {
	maxDatagram int // bytes of a datagram that read keeps
	buffer      int // bytes wanted for each of the kernel's two buffers; 0: as the system has them

	// gone is called for each ICMP or ICMPv6 error 'port unreachable' that comes from a peer's own
	// address and is about a datagram to it. A host that can forge that address can forge the error,
	// so the owner decides whether to believe it. It is called from read's or send's goroutine, also
	// from both at a time, and must call neither. nil: nobody wants to know.
	gone func(peer netip.AddrPort)
}

// counts is what the socket has seen since it was opened.
type counts struct {
	dropped uint64 // datagrams the kernel dropped on receive, as far as the last one read told; Linux only
	icmp    uint64 // ICMP errors of every kind
}

// listen opens a UDP socket: ":8888" serves IPv6 and IPv4 with one socket, or IPv4 alone where there is no IPv6; a
// literal IPv4 address, 0.0.0.0 too, serves IPv4 alone. The error names the address.
func listen(ctx context.Context, addr string, opts options) (*socket, error) {
	network := "udp"
	if host, _, err := net.SplitHostPort(addr); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "udp4" // the net package would make 0.0.0.0 serve both
		}
	}
	// The options are set before the socket is bound: no datagram comes in without its local address.
	config := net.ListenConfig{Control: opts.prepare}
	conn, err := config.ListenPacket(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	s, err := newSocket(conn.(*net.UDPConn), opts)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// ReceiveBuffer returns how many bytes of Config.Buffer a socket of this process is granted for what comes in: it opens one on a
// port of loopback and closes it. 0: the system refuses that size.
func ReceiveBuffer(ctx context.Context, buffer int) (int, error) {
	s, err := listen(ctx, "127.0.0.1:0", options{maxDatagram: 1, buffer: buffer})
	if err != nil {
		return 0, err
	}
	receive, _ := s.buffers()
	return receive, s.close()
}
