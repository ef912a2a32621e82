package port

import (
	"cmp"
	"errors"
	"net"
	"time"
)

// A system that has run out of something is asked again after restMin, and each time after twice as long, up to restMax.
const (
	restMin = 5 * time.Millisecond
	restMax = time.Second
)

// sendBuffer is what the system may keep of what a client has not acknowledged. By itself, Linux
// grants some 4 MB to each connection (tcp_wmem): a few hundred clients that read nothing then use up
// the memory of all connections (tcp_mem), and clients that do read are disconnected as slow.
const sendBuffer = 64 << 10

// accept is the goroutine that takes up what connects to one address.
func (d *Door) accept(l net.Listener, only Protocol) {
	var s spell
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			if !d.rest(&s, err) {
				return
			}
			continue
		}
		d.heal(&s)
		d.counts.received.Add(1)
		tcp := conn.(*net.TCPConn)
		if err := d.bound(tcp); err != nil {
			d.log.Debug("a connection is not bounded", "door", Name, "err", err)
		}
		d.takeUp(tcp, only)
	}
}

// bound limits the memory that the system spends on what a peer does not read, and how long a
// connection lasts whose peer has vanished with something unacknowledged. Keep-alives do not end it:
// none are sent meanwhile.
func (d *Door) bound(tcp *net.TCPConn) error {
	raw, err := tcp.SyscallConn()
	err = cmp.Or(err, tcp.SetWriteBuffer(sendBuffer))
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = limitUnacknowledged(fd, d.vanished) })
	return cmp.Or(err, failed)
}

// spell is a time during which nothing can be accepted.
type spell struct {
	failures int
	pause    time.Duration
}

// rest waits before the system is asked again. False: the door stops.
func (d *Door) rest(s *spell, err error) bool {
	d.counts.dropped[acceptFailed].Add(1)
	if s.failures++; s.failures == 1 {
		d.log.Warn("connections cannot be accepted, and are tried again", "door", Name, "err", err)
	}
	s.pause = min(max(restMin, 2*s.pause), restMax)
	again := time.NewTimer(s.pause)
	defer again.Stop()
	select {
	case <-again.C:
		return true
	case <-d.stopping:
		return false
	}
}

// heal ends a spell.
func (d *Door) heal(s *spell) {
	if s.failures > 0 {
		d.log.Info("connections are accepted again", "door", Name, "failures", s.failures)
	}
	*s = spell{}
}

// takeUp starts what becomes of a connection. It never waits.
func (d *Door) takeUp(tcp *net.TCPConn, only Protocol) {
	v := &visit{tcp: tcp, conn: tcp, peer: unmap(tcp.RemoteAddr()), only: only}
	v.first = v.room[:0]
	if d.crowd.enter(v) {
		d.running.Add(1)
		go d.receive(v)
		return
	}
	d.count(v, crowded)
	select {
	case d.partings <- struct{}{}:
		d.running.Go(func() {
			defer d.crowd.leave(v)
			d.part(v, Unknown, crowded)
			<-d.partings
		})
	default: // so many that nobody is told
		d.crowd.leave(v)
		_ = tcp.Close()
	}
}
