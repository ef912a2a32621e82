package ways

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"parley/locale"
)

// What a request may cost. headerMax bounds the request line and the header, in bytes. After the
// answer, lingerBytes of what the client still sends are read: a connection that is closed with
// unread bytes is reset, and the answer can be lost.
const (
	headerMax   = 8 << 10
	patience    = 10 * time.Second
	linger      = 2 * time.Second
	lingerBytes = 64 << 10
)

// Config is what the page tells beside the address.
type Config struct {
	Datagrams   netip.AddrPort // where datagrams are received; the zero address: nowhere
	Fingerprint func() string  // of the certificate, by SHA-256
	Prompts     bool           // the server asks a silent client for a nickname
	Lang        locale.Lang    // of the page for a client that prefers none
}

// Door answers HTTP on connections that are handed to it.
type Door struct {
	config   Config
	own      func() []string // addresses and names of this machine
	patience time.Duration

	mu     sync.Mutex // guards the rest
	conns  map[net.Conn]struct{}
	closed bool
}

// New makes a door, which is open at once.
func New(config Config) *Door {
	return &Door{config: config, own: ownNames, patience: patience, conns: map[net.Conn]struct{}{}}
}

// Close ends every connection, and each that Serve is given from then on. It does not wait for the
// goroutines in Serve, which return at once.
func (d *Door) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for conn := range d.conns {
		_ = conn.Close()
	}
}

// Serve answers one request and closes the connection. first was read of it already. Any goroutine.
func (d *Door) Serve(conn net.Conn, first []byte) {
	defer conn.Close()
	if !d.enter(conn) {
		return
	}
	defer d.leave(conn)
	if conn.SetDeadline(time.Now().Add(d.patience)) != nil {
		return
	}
	answer := d.hear(conn, first)
	if answer == nil {
		return
	}
	if _, err := conn.Write(answer); err != nil {
		return
	}
	part(conn)
}

func (d *Door) enter(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.conns[conn] = struct{}{}
	}
	return !d.closed
}

func (d *Door) leave(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, conn)
}

// part ends a connection so that the client reads the whole answer.
func part(conn net.Conn) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || conn.SetDeadline(time.Now().Add(linger)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, conn, lingerBytes) // whatever it is
}

// hear reads a request and returns the whole answer; nil: the connection has ended or stalled.
func (d *Door) hear(conn net.Conn, first []byte) []byte {
	limited := &io.LimitedReader{R: io.MultiReader(bytes.NewReader(first), conn), N: headerMax}
	read := &watched{Reader: limited}
	request, err := http.ReadRequest(bufio.NewReader(read))
	switch {
	case err == nil:
		return d.respond(request, conn).bytes(request.Method == http.MethodHead)
	case read.failed:
		return nil
	case limited.N == 0:
		return problem(http.StatusRequestHeaderFieldsTooLarge).bytes(false)
	}
	return problem(http.StatusBadRequest).bytes(false)
}

// watched notes if reading failed other than by the end.
type watched struct {
	io.Reader
	failed bool
}

// Read implements io.Reader.
func (w *watched) Read(b []byte) (n int, err error) {
	n, err = w.Reader.Read(b)
	w.failed = w.failed || err != nil && err != io.EOF
	return n, err
}

// respond returns the answer to a request that came over conn.
func (d *Door) respond(r *http.Request, conn net.Conn) response {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refusal := problem(http.StatusMethodNotAllowed)
		refusal.headers = append(refusal.headers, "Allow: GET, HEAD")
		return refusal
	}
	switch r.URL.Path {
	case "/", "/ways":
		lang := accepted(r.Header.Values("Accept-Language"), d.config.Lang)
		return d.page(d.visitorOf(r, conn), lang)
	case "/join.py":
		at := d.visitorOf(r, conn).at
		return response{
			status: http.StatusOK, kind: "text/x-python; charset=utf-8",
			body:    joinScript(at.host, at.number()),
			headers: []string{`Content-Disposition: attachment; filename="join.py"`},
		}
	}
	return problem(http.StatusNotFound)
}
