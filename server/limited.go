package server

import (
	"net"
	"sync"
)

// limited is a listener with a bounded number of open connections. More of them wait in the
// system's queue.
type limited struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	close  func() // closed, once
}

// limit bounds the connections of a listener.
func limit(l net.Listener, most int) *limited {
	closed := make(chan struct{})
	return &limited{
		Listener: l,
		places:   make(chan struct{}, most),
		closed:   closed,
		close:    sync.OnceFunc(func() { close(closed) }),
	}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close implements net.Listener. It also ends an Accept that waits for a place.
func (l *limited) Close() error {
	l.close()
	return l.Listener.Close()
}

// placed is a connection that gives its place back.
type placed struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (p *placed) Close() error {
	defer p.leave()
	return p.Conn.Close()
}
