package port

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// insideNetwork marks the run of a test within a network of its own.
const insideNetwork = "PARLEY_PORT_NETWORK"

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
	if os.Getenv(insideNetwork) == "" {
		script := "ip link set lo up && exec \"$0\" -test.v -test.run '^" + t.Name() + "$'"
		inside := exec.Command("unshare", "--user", "--map-root-user", "--net", "sh", "-c", script,
			os.Args[0])
		inside.Env = append(os.Environ(), insideNetwork+"=1")
		out, err := inside.CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("--- FAIL")) {
			t.Skipf("a network of its own is not possible here: %v\n%s", err, out)
		}
		if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
			t.Errorf("%v\n%s", err, out)
		}
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
