package port

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"parley/guard"
	"parley/locale"
)

// Name is the door's name in the log and in reports.
const Name = "port"

// Handler serves what one protocol's clients say. Serve is called on the connection's own goroutine, which it keeps until the
// connection has ended, and it closes the connection. first is what was read already, and is Serve's from then on. A connection
// that is encrypted is a *tls.Conn; any other has SyscallConn. RemoteAddr is the client's, also behind a proxy that is trusted.
// Serve may be called until Stop returns, and for a moment after: a Handler that has ended closes what it gets.
type Handler interface {
	Serve(conn net.Conn, first []byte)
}

// Way is a way into the chat room, told to a client of a protocol that is not served: plain text,
// such as "IRC" and "connect to port 8888".
type Way struct {
	Name locale.Text
	How  locale.Text
}

// Config is what an operator can set, and who serves what.
type Config struct {
	Handlers    map[Protocol]Handler // by what clients speak; a protocol without one is answered with no
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Ways        []Way          // told to those whose protocol is not served
	Lang        locale.Lang    // of what clients in plain text are told
	Allow       []netip.Prefix // networks served without encryption beside loopback and private ones
	Proxies     []netip.Prefix // from where each connection begins with a PROXY header (version 1 or 2), and only from there
	Patience    time.Duration  // how long it may take until it is told what a client speaks; a minute is sensible
	Prompt      time.Duration  // silence until a plain connection is served as lines; 0: never
	Connections int            // how many there may be at once, served ones too; 20,000 is sensible
	PerAddress  int            // how many of them from one IPv4 address or IPv6 /64; 0: no bound
	Rate        float64        // new connections a second from one IPv4 address or IPv6 /64, and as many at once; 0: no limit
}

// Address is where the door listens.
type Address struct {
	Address string   // such as ":8888"
	Only    Protocol // all who connect there speak it, without encryption around it: nothing is told apart. "": tell
}

// AddressError says which address could not be opened.
type AddressError struct {
	Address Address
	Err     error
}

// Error implements error.
func (e *AddressError) Error() string {
	return fmt.Sprintf("listen on %s (tcp): %v", e.Address.Address, e.Err)
}

// Unwrap returns what the system said.
func (e *AddressError) Unwrap() error { return e.Err }

// A client that has vanished is detected within two minutes: by keep-alives while nothing waits for
// it, else by the time for which it acknowledges nothing.
const (
	keepAliveIdle     = time.Minute
	keepAliveInterval = 15 * time.Second
	keepAliveCount    = 4
	vanishedAfter     = keepAliveIdle + keepAliveCount*keepAliveInterval
)

// Door is all stream doors' port.
type Door struct {
	config   Config
	log      *slog.Logger
	serves   guard.Networks // without encryption
	rates    *guard.Rates
	tls      *tls.Config   // nil: TLS is not served
	turns    chan struct{} // who computes a handshake holds one
	queued   chan struct{} // who waits to begin a handshake holds one
	partings chan struct{} // who is told that there are too many holds one
	crowd    *crowd
	counts   counters

	listeners []net.Listener // changed by Open only
	stopping  chan struct{}
	stop      sync.Once
	running   sync.WaitGroup // every goroutine of the door

	handshake time.Duration // how long one may take
	vanished  time.Duration // how long a peer may acknowledge nothing
	listen    func(ctx context.Context, network, address string) (net.Listener, error)
}

// New makes a door that is not open yet. now is the clock of rates.
func New(config Config, log *slog.Logger, now func() time.Time) *Door {
	system := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
	}}
	return &Door{
		config: config, log: log,
		serves:   config.Allow,
		rates:    guard.NewRates(config.Rate, now),
		tls:      tlsConfig(config.Certificate),
		turns:    make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		queued:   make(chan struct{}, handshakesMax),
		partings: make(chan struct{}, partings(config.Connections)),
		crowd:    newCrowd(config.Connections, config.PerAddress),
		stopping: make(chan struct{}),

		handshake: handshakePatience,
		vanished:  vanishedAfter,
		listen:    system.Listen,
	}
}

// Open opens all addresses, or none, and begins to accept. The error is an *AddressError. Called once.
func (d *Door) Open(ctx context.Context, addresses []Address) error {
	for _, a := range addresses {
		l, err := d.openOne(ctx, a)
		if err != nil {
			for _, l := range d.listeners {
				err = errors.Join(err, l.Close())
			}
			d.listeners = nil
			return &AddressError{a, err}
		}
		d.listeners = append(d.listeners, l)
	}
	for i, l := range d.listeners {
		d.running.Go(func() { d.accept(l, addresses[i].Only) })
	}
	if d.config.Rate > 0 {
		d.running.Go(d.forget)
	}
	return nil
}

func (d *Door) openOne(ctx context.Context, a Address) (net.Listener, error) {
	if a.Only != "" && d.config.Handlers[a.Only] == nil {
		return nil, fmt.Errorf("nobody serves %q", a.Only)
	}
	network := "tcp"
	if host, _, err := net.SplitHostPort(a.Address); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "tcp4" // the net package would make 0.0.0.0 serve both
		}
	}
	return d.listen(ctx, network, a.Address)
}

// Addrs returns where the door listens, in the order of Open, with the ports that the system chose.
func (d *Door) Addrs() []netip.AddrPort {
	all := make([]netip.AddrPort, len(d.listeners))
	for i, l := range d.listeners {
		all[i] = unmap(l.Addr())
	}
	return all
}

// unmap returns a TCP address with a plain IPv4 address where it is one.
func unmap(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	full := tcp.AddrPort()
	return netip.AddrPortFrom(full.Addr().Unmap(), full.Port())
}

// Stop stops accepting and ends the connections of whom it was not told yet what they speak. Any goroutine, also again.
func (d *Door) Stop() {
	d.stop.Do(func() {
		close(d.stopping)
		for _, l := range d.listeners {
			if err := l.Close(); err != nil {
				d.log.Warn("a listener cannot be closed", "door", Name, "err", err)
			}
		}
		d.crowd.stop()
	})
}

// Close stops and waits until every connection has ended: the doors that serve them end them first.
func (d *Door) Close() {
	d.Stop()
	d.running.Wait()
}

// forget is the goroutine that forgets who came.
func (d *Door) forget() {
	every := time.NewTicker(guard.Memory)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			d.rates.Forget()
		case <-d.stopping:
			return
		}
	}
}
