package port

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// measured is a Handler that tells the size of its connection's send buffer.
type measured struct{ size chan int }

func (m measured) Serve(conn net.Conn, _ []byte) {
	defer conn.Close()
	defer close(m.size)
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if size, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF); err == nil {
			m.size <- size
		}
	})
}

// TestTheSystemKeepsLittleOfWhatIsNotRead: Linux doubles what it is asked for, for its own use.
func TestTheSystemKeepsLittleOfWhatIsNotRead(t *testing.T) {
	m := measured{make(chan int, 1)}
	r := openRoom(t, func(config *Config) { config.Handlers[Line] = m })
	r.dial(0).say("\n")
	if size := <-m.size; size != 2*sendBuffer {
		t.Errorf("the send buffer is %d bytes, want %d", size, 2*sendBuffer)
	}
}
