package server

import (
	"net"
	"strings"
	"testing"
)

func TestTheSystemChoosesOneNumberForAllDoors(t *testing.T) {
	l := numbered(t.Context(), Listen{{Address: "127.0.0.1:0"}, {Address: "127.0.0.1:0", Door: "line"}, {Address: "127.0.0.1:7"}})
	host, number, err := net.SplitHostPort(l[0].Address)
	if err != nil || host != "127.0.0.1" || number == "0" || l[1].String() != "127.0.0.1:0/line" || l[2].Address != "127.0.0.1:7" {
		t.Errorf("to listen on: %v", l)
	}
	if l := numbered(t.Context(), Listen{{Address: "no.such.host.invalid:0"}}); l[0].Address != "no.such.host.invalid:0" {
		t.Errorf("where nothing can be opened: %v", l)
	}
	var h house
	s, err := h.open(t, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if all := s.StreamAddrs(); len(all) != 1 || s.config.Listen.String() != all[0].String() {
		t.Errorf("connections are taken on %v, to listen on was %v", all, s.config.Listen)
	}
}

func TestWhereAServerWithoutDatagramsIsReached(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:0/line,127.0.0.1:0/irc": "127.0.0.1:",
		"127.0.0.1:0/udp":                  "", // its door is of paper
	} {
		var h house
		s, err := h.open(t, listen)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Reachable(), " "); !strings.HasPrefix(got, want) || (got == "") != (want == "") || len(s.StreamAddrs()) > 0 && got != s.StreamAddrs()[0].String() {
			t.Errorf("%s: others type %q", listen, got)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
