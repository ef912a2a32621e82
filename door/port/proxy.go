package port

import (
	"bufio"
	"bytes"
	"net"

	"github.com/pires/go-proxyproto"
)

// headerRoom holds any header of version 1, and most of version 2.
const headerRoom = 256

// headerMax bounds a header of version 1, in bytes.
const headerMax = 107

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
	header, err := parseHeader(from)
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

// parseHeader reads a header that may come in pieces. For version 1 the library returns an error
// unless the header has been buffered whole.
func parseHeader(from *bufio.Reader) (*proxyproto.Header, error) {
	for n := 1; n <= headerMax; n = from.Buffered() + 1 {
		if _, err := from.Peek(n); err != nil {
			return nil, err
		}
		begun, err := from.Peek(from.Buffered())
		if err != nil {
			return nil, err
		}
		if begun[0] != proxyproto.SIGV1[0] || bytes.IndexByte(begun, '\n') >= 0 {
			break
		}
	}
	return proxyproto.Read(from)
}
