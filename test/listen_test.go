package test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/server"
)

// elsewhere lists no address for datagrams.
var elsewhere = server.Listen{{Address: "127.0.0.1:0", Door: "another"}}

func TestAServerWithTheDatagramDoorShut(t *testing.T) {
	r := openLastingRoom(t, nil)
	open := r.config.Listen
	ann := r.enter("ann")
	ann.says("hello")
	ann.hearsNothing()
	r.close()
	ann.hears("the server is shutting down")

	r.config.Listen = elsewhere
	r.open()
	if addr := r.server.Addr(); addr.IsValid() || len(r.server.Reachable()) > 0 {
		t.Errorf("it is open at %v, %v", addr, r.server.Reachable())
	}
	if doors := r.server.Desk().Doors(); doors == nil || len(doors) > 0 {
		t.Errorf("doors: %+v", doors)
	}
	r.announce("is anybody there?")
	r.mustBeInside()
	r.close()

	r.config.Listen = open
	r.open()
	ann.hearsNothing() // the time without a door was no pause
	r.mustBeInside()
	ann.enter("ann")
	var kinds []string
	for _, m := range r.history() {
		kinds = append(kinds, string(m.Kind))
	}
	if want := fmt.Sprint([]chat.Kind{chat.KindEntered, chat.KindMessage, chat.KindLeft, chat.KindAnnouncement, chat.KindEntered}); fmt.Sprint(kinds) != want {
		t.Errorf("stored are %v, want %s", kinds, want)
	}
}

func TestAListIsAFlagThatMayStandMoreThanOnce(t *testing.T) {
	got := call(t, "config", "--udp-allow", "203.0.113.0/24", "--listen=:1", "--udp-allow", "2001:db8::/32,198.51.100.0/24", "--listen", ":2/udp")
	for _, part := range []string{`udp.allow = "203.0.113.0/24,2001:db8::/32,198.51.100.0/24"`, `listen = ":1,:2/udp"`} {
		if !strings.Contains(got.out, part) {
			t.Errorf("%q is not in\n%s", part, got.out)
		}
	}
	if got.status != 2 || strings.Count(got.err, "--listen: ") != 1 ||
		!strings.Contains(got.err, "--listen: :1 and :2/udp are both for UDP") {
		t.Errorf("status %d, %s", got.status, got.err)
	}
}

func TestAnAddressForOneDoor(t *testing.T) {
	c := command(t, "serve", "--data", t.TempDir())
	c.Env = append(c.Env, "PARLEY_LISTEN=127.0.0.1:0/udp")
	p, err := tryServe(t, c, "")
	if err != nil {
		t.Fatalf("%v\n%s", err, p.errs)
	}
	p.enter("ann").hearsNothing()
	p.stop()
	got := call(t, "serve", "--data", t.TempDir(), "--listen", ":0/gopher")
	if got.status != 2 || !strings.Contains(got.err, `unknown protocol "gopher" (valid: udp`) {
		t.Errorf("%+v", got)
	}
}
