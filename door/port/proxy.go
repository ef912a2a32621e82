package port

import (
	"bufio"
	"net"

	"github.com/pires/go-proxyproto"
)

// headerRoom holds any header of version 1, which has to come in one piece, and most of version 2.
const headerRoom = 256

// proxied is a connection through a proxy: its other end is the client.
type proxied struct {
	*net.TCPConn
	client net.Addr
}

// RemoteAddr implements net.Conn.
func (p *proxied) RemoteAddr() net.Addr { return p.client }

// readHeader reads what a proxy says of its client. A connection of the proxy itself (LOCAL, UNKNOWN) stays its own.
func (d *Door) readHeader(v *visit) bool {
	from := bufio.NewReaderSize(v.tcp, headerRoom)
	header, err := proxyproto.Read(from)
	if err != nil {
		return false
	}
	rest, err := from.Peek(from.Buffered())
	if err != nil {
		return false
	}
	v.first = append(v.first, rest...)
	if header.Command.IsLocal() {
		return true
	}
	client, _, ok := header.TCPAddrs()
	if !ok {
		return false
	}
	v.peer = unmap(client)
	v.conn = &proxied{v.tcp, client}
	return true
}
