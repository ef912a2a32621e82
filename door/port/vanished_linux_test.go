package port

import (
	"errors"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"parley/test/namespace"
)

// cutOff serves a connection that the network loses, and tells why reading from it ends.
type cutOff struct{ connected, ended chan error }

func (c cutOff) Serve(conn net.Conn, _ []byte) {
	defer conn.Close()
	c.connected <- exec.Command("ip", "link", "set", "lo", "down").Run()
	_, err := conn.Write([]byte("nobody acknowledges this"))
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(3 * patience)) // bounds the test if it fails
	}
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	c.ended <- err
}

// TestAVanishedPeerWithDataUnacknowledgedIsGone: the system's own limit is some 15 minutes.
func TestAVanishedPeerWithDataUnacknowledgedIsGone(t *testing.T) {
	if !namespace.Inside(t, "ip link set lo up") {
		return
	}
	c := cutOff{make(chan error, 1), make(chan error, 1)}
	r := newRoom(t, func(config *Config) { config.Handlers[Line] = c })
	if r.vanished != 2*time.Minute {
		t.Errorf("unless a test sets it, it is %v", r.vanished)
	}
	r.vanished = time.Second
	r.open()
	r.dial(0).say("\n")
	if err := <-c.connected; err != nil {
		t.Fatal(err)
	}
	if err := <-c.ended; !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("the connection ends with %v", err)
	}
}
