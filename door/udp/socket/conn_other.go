//go:build !linux || portable

package socket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// This file uses only what the net package offers on every system: one packet in a system call, no
// local addresses, and ICMP errors that do not name a peer. On Linux, the build tag "portable"
// selects it for tests.

// mostTries limits how often a packet is offered that fails with ICMP errors about others.
const mostTries = 100

// conn is the socket of a Conn.
type conn struct {
	udp *net.UDPConn

	receiveBuffer, sendBuffer int

	icmp atomic.Uint64

	// The goroutine of ReadBatch only.
	inData  []byte // has room for any packet: for a truncated one, Windows returns no peer
	maxSize int
}

// control is the Control function of a net.ListenConfig. It has nothing to set.
func (o Options) control(_, _ string, _ syscall.RawConn) error { return nil }

func (c *conn) open(udp *net.UDPConn, opts Options) error {
	c.udp, c.maxSize = udp, opts.MaxSize
	c.inData = make([]byte, max(opts.MaxSize, 1<<16))
	if opts.Buffer > 0 && udp.SetReadBuffer(opts.Buffer) == nil {
		c.receiveBuffer = opts.Buffer
	}
	if opts.Buffer > 0 && udp.SetWriteBuffer(opts.Buffer) == nil {
		c.sendBuffer = opts.Buffer
	}
	return nil
}

func (c *conn) localAddr() netip.AddrPort {
	bound := c.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port())
}

func (c *conn) setReadDeadline(t time.Time) error { return c.udp.SetReadDeadline(t) }

func (c *conn) close() error { return c.udp.Close() }

func (c *conn) buffers() (receive, send int) { return c.receiveBuffer, c.sendBuffer }

func (c *conn) stats() Stats { return Stats{ICMPErrors: c.icmp.Load()} }

func (c *conn) readBatch(packets []Packet) (int, error) {
	for len(packets) > 0 {
		n, peer, err := c.udp.ReadFromUDPAddrPort(c.inData)
		if err == nil {
			packets[0] = Packet{
				Peer:      netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()),
				Data:      c.inData[:min(n, c.maxSize)],
				Truncated: n > c.maxSize,
			}
			return 1, nil
		}
		if !isICMP(err) {
			return 0, err
		}
		c.icmp.Add(1)
	}
	return 0, nil
}

// isICMP reports whether err is about an earlier packet to any peer. Windows reports that as a
// connection or network reset.
func isICMP(err error) bool {
	const wsaNetReset, wsaConnReset = syscall.Errno(10052), syscall.Errno(10054)
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaNetReset) ||
		errors.Is(err, wsaConnReset)
}

func (c *conn) writeBatch(packets []Packet, failed func(i int, err error)) (sent int) {
	stuck := false
	for i, p := range packets {
		if !stuck { // after one packet without room, the others are not waited for
			_ = c.udp.SetWriteDeadline(time.Now().Add(sendPatience))
		}
		err := c.offer(p)
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

// offer gives p to the system. It tries again after an error about another packet, and while the
// queue of the network device is full.
func (c *conn) offer(p Packet) error {
	patience := time.Now().Add(sendPatience)
	for tries := 1; ; tries++ {
		_, err := c.udp.WriteToUDPAddrPort(p.Data, p.Peer)
		switch {
		case err == nil:
			return nil
		case isICMP(err) && tries < mostTries:
			c.icmp.Add(1)
		case errors.Is(err, syscall.ENOBUFS) && time.Now().Before(patience):
			time.Sleep(sendRest)
		default:
			return err
		}
	}
}
