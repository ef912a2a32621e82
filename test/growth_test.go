package test

import (
	"io"
	"net/netip"
	"strings"
	"testing"

	"parley/server"
)

// TestARoomThatManyJoinAtOnceIsOneNewRoom: a class behind one address that is told to join a room
// can create others afterwards.
func TestARoomThatManyJoinAtOnceIsOneNewRoom(t *testing.T) {
	r := openRoom(t, func(c *server.Config) {
		c.RoomsNew, c.Line.History = 2, 0
		c.Port.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	})
	var class []*caller
	for _, name := range []string{"ann", "bob", "cid", "dan", "eve", "fay"} {
		c := r.call()
		c.sends("PROXY TCP4 10.0.0.7 10.0.0.1 7 7\r\n")
		c.comesIn(name)
		class = append(class, c)
	}
	for _, c := range class {
		if _, err := io.WriteString(c.conn, "/join ex1\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range class {
		c.until(func(said string) bool {
			return strings.HasPrefix(said, "[ex1] you talk in this room now")
		})
	}
	class[0].types("/join ex2", "/join ex3")
	for _, want := range []string{
		"[ex2] you talk in this room now", "! too many new rooms from your address",
	} {
		class[0].until(func(said string) bool { return strings.HasPrefix(said, want) })
	}
}
