package test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	"parley/server"
)

// lastingAddress returns an address for a server that is stopped and started again on it. The
// system gives its number to no client, and no other test takes it: a listener on the number
// after it claims it until the test ends.
func lastingAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		number := 10_000 + 2*rand.IntN(10_000)
		claim, err := net.Listen("tcp", loopback(number+1))
		if err != nil {
			continue
		}
		if isFree(loopback(number)) {
			t.Cleanup(func() { claim.Close() })
			return loopback(number)
		}
		claim.Close()
	}
	t.Fatal("no address is free")
	return ""
}

func loopback(number int) string { return fmt.Sprintf("127.0.0.1:%d", number) }

// isFree reports whether a server could listen on an address now.
func isFree(address string) bool {
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer stream.Close()
	datagrams, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	defer datagrams.Close()
	return true
}

// openLastingRoom is openRoom for a server that is to be opened again: its address stays its own.
func openLastingRoom(t *testing.T, set func(*server.Config)) *room {
	t.Helper()
	address := lastingAddress(t)
	return openRoom(t, func(c *server.Config) {
		c.Listen = server.Listen{{Address: address}}
		if set != nil {
			set(c)
		}
	})
}
