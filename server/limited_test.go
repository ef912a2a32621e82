package server

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/health"
	"parley/hub"
)

// piped is a listener to which a test connects through pipes.
type piped struct {
	dialed chan net.Conn
	closed chan struct{}
	close  func()
}

func newPiped() *piped {
	closed := make(chan struct{})
	return &piped{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

func (p *piped) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialed:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *piped) Close() error {
	p.close()
	return nil
}

func (p *piped) Addr() net.Addr { return &net.TCPAddr{} }

// dial connects, and returns the client's end once it is accepted.
func (p *piped) dial() net.Conn {
	client, server := net.Pipe()
	p.dialed <- server
	return client
}

// ask connects, sends a request, and reads what comes until the connection ends.
func (p *piped) ask(request string) {
	conn := p.dial()
	_, _ = io.WriteString(conn, request)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
}

// TestSilentWatchersMakeRoom: connections that wait neither starve the others, nor keep the server
// from closing.
func TestSilentWatchersMakeRoom(t *testing.T) {
	for name, request := range map[string]string{
		"idle":           "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
		"without a body": "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silentWatchersMakeRoom(t, request) })
		})
	}
}

func silentWatchersMakeRoom(t *testing.T, request string) {
	s := &Server{log: slog.New(slog.DiscardHandler), health: health.New()}
	s.health.Watch(health.Source{Status: func() hub.Status { return hub.Status{} }})
	l := newPiped()
	h := s.newPublic()
	s.serve(h, limit(l, 1))
	l.ask(request)
	began := time.Now()
	conn := l.dial()
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	conn.Close()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the answer takes %v", took)
	}
	l.ask(request)
	synctest.Wait()
	began = time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if h.Shutdown(ctx) != nil {
		_ = h.Close()
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("closing takes %v", took)
	}
}
