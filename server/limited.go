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
}

// limit bounds the connections of a listener.
func limit(l net.Listener, most int) *limited { return &limited{l, make(chan struct{}, most)} }

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	l.places <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
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
