package client

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// link is a socket connected to one of the server's addresses: being connected, it hears when nothing listens there.
type link struct {
	socket *net.UDPConn
	closed chan struct{}
}

// errorPause keeps a socket that fails at every read from spinning.
const errorPause = 20 * time.Millisecond

// open makes a link to an address and reads from it until it is closed.
func (c *Conn) open(address netip.AddrPort) (*link, error) {
	socket, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, err
	}
	l := &link{socket, make(chan struct{})}
	c.readers.Go(func() { l.read(c) })
	return l, nil
}

func (l *link) read(c *Conn) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := l.socket.Read(buffer)
		switch {
		case err == nil:
			c.take(l, packet{text: trim(buffer[:n])})
		case errors.Is(err, net.ErrClosed):
			return
		default: // ICMP, by whatever name the system gives it
			c.take(l, packet{refused: true})
			select {
			case <-time.After(errorPause):
			case <-l.closed:
			}
		}
	}
}

// send sends a datagram. A system reports a refusal of what was sent before instead of sending; then it is sent again.
func (l *link) send(c *Conn, b []byte) {
	if _, err := l.socket.Write(b); err != nil && !errors.Is(err, net.ErrClosed) {
		c.take(l, packet{refused: true})
		_, _ = l.socket.Write(b)
	}
}

func (l *link) close() {
	close(l.closed)
	_ = l.socket.Close()
}
