//go:build !linux || portable

package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// This is the socket where the system offers what the net package does and no more: a datagram per system call, no
// local addresses, and no word of whom an ICMP error was about. On Linux the build tag 'portable' puts it under test.

// mostTries bounds how often a datagram is offered that fails with ICMP errors about others.
const mostTries = 100

// socket is one UDP socket for both families.
type socket struct {
	conn *net.UDPConn

	receiveBuffer, sendBuffer int

	icmp atomic.Uint64

	// read's goroutine
	inData      []byte // holds any datagram: Windows gives no sender of one that it had to cut
	maxDatagram int
}

// prepare has nothing to set before the socket is bound.
func (o options) prepare(_, _ string, _ syscall.RawConn) error { return nil }

func newSocket(conn *net.UDPConn, opts options) (*socket, error) {
	s := &socket{conn: conn, inData: make([]byte, max(opts.maxDatagram, 1<<16)), maxDatagram: opts.maxDatagram}
	if opts.buffer > 0 && conn.SetReadBuffer(opts.buffer) == nil {
		s.receiveBuffer = opts.buffer
	}
	if opts.buffer > 0 && conn.SetWriteBuffer(opts.buffer) == nil {
		s.sendBuffer = opts.buffer
	}
	return s, nil
}

// addr is the address the socket is bound to, with the port the kernel chose. Any goroutine.
func (s *socket) addr() netip.AddrPort {
	bound := s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
}

// setReadDeadline makes a read that waits beyond t, the one in progress too, return os.ErrDeadlineExceeded. The zero
// time: never. Any goroutine.
func (s *socket) setReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// close ends a read and a send in progress with net.ErrClosed and waits until both have left the system. Any goroutine.
func (s *socket) close() error { return s.conn.Close() }

// buffers are the sizes the system accepted; 0: unknown. Any goroutine.
func (s *socket) buffers() (receive, send int) { return s.receiveBuffer, s.sendBuffer }

// counts tells what the socket has seen. Any goroutine.
func (s *socket) counts() counts { return counts{icmp: s.icmp.Load()} }

// read waits for a datagram and puts it into packets[0]. It returns none only with an error: net.ErrClosed,
// os.ErrDeadlineExceeded, or one after which the socket is of no use; an ICMP error is none. One goroutine.
func (s *socket) read(packets []packet) (int, error) {
	for len(packets) > 0 {
		n, peer, err := s.conn.ReadFromUDPAddrPort(s.inData)
		if err == nil {
			packets[0] = packet{
				peer:      netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()),
				data:      s.inData[:min(n, s.maxDatagram)],
				truncated: n > s.maxDatagram,
			}
			return 1, nil
		}
		if !isICMP(err) {
			return 0, err
		}
		s.icmp.Add(1)
	}
	return 0, nil
}

// isICMP says whether err is about an earlier datagram to whatever peer. Windows tells it as connection or network reset.
func isICMP(err error) bool {
	const wsaNetReset, wsaConnReset = syscall.Errno(10052), syscall.Errno(10054)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaNetReset) || errors.Is(err, wsaConnReset)
}

// send gives every packet to the system once, in order, or reports it to failed, which may be nil, with its index and
// the reason: net.ErrClosed, os.ErrDeadlineExceeded or ENOBUFS when there was no room for sendPatience, or the system's
// reason to refuse that datagram. ICMP errors about other datagrams are no reason. It returns how many were taken. One
// goroutine.
func (s *socket) send(packets []packet, failed func(i int, err error)) (sent int) {
	stuck := false
	for i, p := range packets {
		if !stuck { // once the patience is spent, the rest gets none
			_ = s.conn.SetWriteDeadline(time.Now().Add(sendPatience))
		}
		err := s.offer(p)
		stuck = errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case err == nil:
			sent++
		case failed != nil:
			failed(i, err)
		}
	}
	return sent
}

// offer gives p to the system, again when that failed with an error about another datagram or for a full device queue.
func (s *socket) offer(p packet) error {
	patience := time.Now().Add(sendPatience)
	for tries := 1; ; tries++ {
		_, err := s.conn.WriteToUDPAddrPort(p.data, p.peer)
		switch {
		case err == nil:
			return nil
		case isICMP(err) && tries < mostTries:
			s.icmp.Add(1)
		case errors.Is(err, syscall.ENOBUFS) && time.Now().Before(patience):
			time.Sleep(sendRest)
		default:
			return err
		}
	}
}
