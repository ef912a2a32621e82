package socket

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// BatchSize is the largest number of packets that ReadBatch returns, and that one system call
// carries.
const BatchSize = 64

const (
	// sendPatience is how long WriteBatch waits for room in a full send buffer while the system
	// takes no packet at all.
	sendPatience = time.Second

	// sendRest is the pause before a packet is offered again when the queue of the network device
	// is full. That queue cannot be polled.
	sendRest = time.Millisecond
)

// Packet is the data of a UDP datagram and the addresses it travels between.
type Packet struct {
	// Peer is the address at the other end. An IPv4 address is never mapped into IPv6.
	Peer netip.AddrPort

	// Local is the address at this end: the packet's destination when it was read, and its source
	// when it is sent. With the zero Addr, the system chooses the source. Linux only.
	Local netip.Addr

	Data []byte

	// Truncated reports whether a packet that was read is larger than Options.MaxSize. Data then
	// has its beginning.
	Truncated bool
}

// Options are the options of Listen.
type Options struct {
	// MaxSize is how many bytes of a packet are read.
	MaxSize int

	// Buffer is the size in bytes of the receive buffer, and of the send buffer, as far as the
	// system grants it. 0 leaves the system's sizes.
	Buffer int

	// PortUnreachable, if not nil, is called for each ICMP or ICMPv6 error "port unreachable"
	// about a packet to peer that comes from the peer's own address. A host that can forge this
	// address can forge the error too, so the caller decides whether to believe it.
	//
	// The goroutines of ReadBatch and WriteBatch call it, possibly at the same time. It must not
	// call either of them. Linux only.
	PortUnreachable func(peer netip.AddrPort)
}

// Stats are numbers of events since the socket was opened.
type Stats struct {
	Dropped    uint64 // packets that found the receive buffer full, as of the last read; Linux only
	ICMPErrors uint64 // ICMP and ICMPv6 errors of every kind
}

// Conn is a UDP socket. ReadBatch is for one goroutine at a time, and so is WriteBatch. Both may
// run at the same time. The other methods may be called from any goroutine.
type Conn struct {
	conn // the system's: conn_linux.go or conn_other.go
}

// Listen opens a UDP socket. The address ":8888" serves IPv6 and IPv4, or IPv4 alone where the
// system has no IPv6. An IPv4 address, 0.0.0.0 too, serves IPv4 alone. Port 0 lets the system
// choose a port. Errors name the address.
func Listen(ctx context.Context, address string, opts Options) (*Conn, error) {
	network := "udp"
	if host, _, err := net.SplitHostPort(address); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "udp4" // with "udp", the net package makes 0.0.0.0 serve both
		}
	}
	// Options are set before the socket is bound: no packet arrives without its local address.
	config := net.ListenConfig{Control: opts.control}
	udp, err := config.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := new(Conn)
	if err := c.open(udp.(*net.UDPConn), opts); err != nil {
		udp.Close()
		return nil, err
	}
	return c, nil
}

// ReceiveBuffer returns how many bytes of a receive buffer of this size the system would grant a
// socket of this process; 0: it does not tell. It opens a socket on loopback and closes it.
func ReceiveBuffer(ctx context.Context, size int) (granted int, err error) {
	c, err := Listen(ctx, "127.0.0.1:0", Options{MaxSize: 1, Buffer: size})
	if err != nil {
		return 0, err
	}
	granted, _ = c.Buffers()
	return granted, c.Close()
}

// LocalAddr returns the address that the socket is bound to.
func (c *Conn) LocalAddr() netip.AddrPort { return c.localAddr() }

// Buffers returns the sizes in bytes that the system granted, as Options.Buffer counts them. On
// systems other than Linux it returns 0 for a size that the system refused.
func (c *Conn) Buffers() (receive, send int) { return c.buffers() }

// Stats returns what the socket has counted.
func (c *Conn) Stats() Stats { return c.stats() }

// ReadBatch waits for packets, reads at most BatchSize of them into packets, and returns their
// number. Their Data is valid until the next call. packets must not be empty.
//
// Without a packet it returns an error: net.ErrClosed after Close, os.ErrDeadlineExceeded after
// the read deadline, or an error after which the socket cannot be read any more. ICMP errors are
// not returned. On Linux, packets that have arrived are read even after the deadline. On other
// systems, ReadBatch reads one packet.
func (c *Conn) ReadBatch(packets []Packet) (int, error) { return c.readBatch(packets) }

// SetReadDeadline sets the deadline of ReadBatch, also for a call in progress. The zero time means
// no deadline.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setReadDeadline(t) }

// WriteBatch sends packets and returns how many the system has taken. It calls failed, if not nil,
// for each of the others with its index and the reason. It keeps no reference to packets.
//
// The reason is net.ErrClosed after Close. It is EAGAIN, ENOBUFS or os.ErrDeadlineExceeded if the
// send buffer had no room for a second. Otherwise it is why the system rejects that packet. ICMP
// errors about other packets are not reported.
func (c *Conn) WriteBatch(packets []Packet, failed func(i int, err error)) (sent int) {
	return c.writeBatch(packets, failed)
}

// Close closes the socket. A ReadBatch or a WriteBatch in progress ends with net.ErrClosed. Close
// returns when neither uses the socket any more.
func (c *Conn) Close() error { return c.close() }
