// Package client talks to a chat room over the plain datagram protocol, with any server of it.
//
// It knows nothing of terminals, languages or how a server works.
//
// Its laws:
//   - Datagrams may be lost, doubled, reordered: L is repeated until it is answered, answers may come twice.
//   - The simplest server survives it: Q is sent once unless the server has shown that it tolerates repeats.
//   - A silent client keeps its NAT mapping open by L, unless the server has refused such a repeat.
//   - An answer (OK, EXIT, a refusal) is a datagram of one line. A datagram of several lines is never an answer.
//   - A session never ends by itself. What happens to it is told as an Event, and the caller decides.
//   - What Receive returns is safe to show: no control characters, no line breaks, UTF-8.
//   - No address is left with a nickname inside that is not used.
//   - Of several addresses the first that says OK is used, or one that refuses twice. Only then the others are sent Q.
package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley/wire/datagram"
)

// ErrNotEntered is what Say returns before Enter succeeded.
var ErrNotEntered = errors.New("client: not in the chat room")

// Refused is a server's no, in its own words.
type Refused struct {
	Text string // one line, cleaned; datagram.RefusalCode may know it
}

func (r *Refused) Error() string { return r.Text }

// Options are what a Conn can be told. The zero value is good.
type Options struct {
	// Silent is called once in each call of Enter, from its goroutine, when the server has not answered
	// for Timings.Patience, whatever else it has sent. Enter goes on trying.
	Silent func(address string, why Silence)

	// Timings are changed by tests.
	Timings Timings
}

// Silence says what is known of a server that does not answer.
type Silence int

const (
	Unanswered Silence = iota // nothing is known
	Closed                    // the machine is there, but nothing listens at that port
	NoRoute                   // this machine cannot send to the address
)

// Timings are how long things may take; a zero is replaced by the default.
type Timings struct {
	Next     time.Duration   // one of several addresses is silent: try the next (300 ms)
	Repeat   []time.Duration // a request is unanswered: repeat it, the last one again and again (1 s, 2 s, 3 s)
	Patience time.Duration   // tell Options.Silent (3 s)
	Doubt    time.Duration   // a line could be an event or a refusal: repeat the request, look whether the line comes again (1 s)
	Leave    time.Duration   // Leave in all (2 s)
	Keep     time.Duration   // nothing was sent: repeat L, so that NATs keep the mapping (25 s)
}

func (t Timings) orDefault() Timings {
	or := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	or(&t.Next, 300*time.Millisecond)
	or(&t.Patience, 3*time.Second)
	or(&t.Doubt, time.Second)
	or(&t.Leave, 2*time.Second)
	or(&t.Keep, 25*time.Second)
	if len(t.Repeat) == 0 {
		t.Repeat = []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}
	}
	return t
}

// Lines that may be said: below the 20 lines/s and burst of 100 of our servers, so that none is refused.
const (
	linesPerSecond = 15
	linesBurst     = 60
)

// Conn is one place in a chat room. Enter and Leave must not overlap each other; everything else may be called from any
// goroutine. Who made it calls Close.
type Conn struct {
	address   string           // as given, with the port
	addresses []netip.AddrPort // what it means; not empty
	options   Options
	timings   Timings
	pace      *rate.Limiter
	readers   sync.WaitGroup
	done      chan struct{} // closed by Close

	mu      sync.Mutex // guards all below
	link    *link      // the address that has answered; nil before
	trying  []*link    // before: one for each of addresses, nil if it was not tried yet
	nick    string     // of the last Enter that succeeded
	inside  bool       // as far as is known
	held    string     // the nickname that the server may hold for us, so that it has to be let go
	down    bool       // Unreachable was told, and nothing has come since
	rivaled time.Time  // when use left addresses that L may have reached; zero if there were none
	echoes  echoes     // lines that the server may send back
	keeping keeping    // the NAT mapping
	closed  bool
	asking  *question // Enter's or Leave's, while they wait for an answer
	inbox   inbox
}

// Dial makes a Conn for a server: "host", "host:port", "::1", "[::1]:port"; without a port datagram.Port. It looks the address
// up but sends nothing: there are no connections in this protocol, Enter is the first to hear whether somebody is there.
func Dial(ctx context.Context, address string, options Options) (*Conn, error) {
	host, port, err := SplitAddress(address)
	if err != nil {
		return nil, fmt.Errorf("client: %q: %w", address, err)
	}
	ips, err := lookup(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	c := &Conn{
		address: net.JoinHostPort(host, strconv.Itoa(int(port))),
		options: options, timings: options.Timings.orDefault(),
		pace:  rate.NewLimiter(linesPerSecond, linesBurst),
		inbox: inbox{ready: make(chan struct{}, 1)},
		done:  make(chan struct{}),
	}
	for _, ip := range ips {
		c.addresses = append(c.addresses, netip.AddrPortFrom(ip.Unmap(), port))
	}
	return c, nil
}

// Address returns the server's address with its port, as it was given.
func (c *Conn) Address() string { return c.address }

// Addresses returns the IP addresses with the port that Address was resolved to.
func (c *Conn) Addresses() []netip.AddrPort { return slices.Clone(c.addresses) }

// ErrNoHost is returned for an address without a host.
var ErrNoHost = errors.New("no host")

// PortError is returned for an address whose port is not a number from 1 to 65535.
type PortError struct{ Port string }

// Error implements error.
func (e *PortError) Error() string {
	return fmt.Sprintf("port %q is not a number from 1 to 65535", e.Port)
}

// SplitAddress takes the port off an address, if it has one; otherwise it is datagram.Port. More
// than one colon without brackets is IPv6 alone. Errors are ErrNoHost, a *PortError, and those of
// net.SplitHostPort.
func SplitAddress(address string) (host string, port uint16, err error) {
	host, service := address, strconv.Itoa(datagram.Port)
	switch {
	case strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]"):
		host = address[1 : len(address)-1]
	case strings.HasPrefix(address, "[") || strings.Count(address, ":") == 1:
		if host, service, err = net.SplitHostPort(address); err != nil {
			return "", 0, err
		}
	}
	if host == "" {
		return "", 0, ErrNoHost
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil || n == 0 {
		return "", 0, &PortError{service}
	}
	return host, uint16(n), nil
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if host == "localhost" { // both, whatever the machine's files say: a server may listen on one of them only
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err == nil && len(ips) == 0 {
		err = fmt.Errorf("%s has no address", host)
	}
	return ips, err
}
