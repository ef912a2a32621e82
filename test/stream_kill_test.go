package test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// TestKilledServersLoseNothingThatWasSeenOverConnections kills -9 a server with people at the line door, who connect and enter again
// when it is back, beside clients of datagrams, who need not. Whatever anybody was shown must be in the history, once, in the same
// order, and so must what somebody said before a command of theirs was answered.
func TestKilledServersLoseNothingThatWasSeenOverConnections(t *testing.T) {
	torture(t, func(t *testing.T, server netip.AddrPort) (all []*witness) {
		for i, w := range []struct {
			name   string
			writes bool
			way    way
		}{
			{"reader", false, &lineWay{server: server}},
			{"reader", false, &lineWay{server: server, encrypted: true}},
			{"reader", false, newDatagramWay(t, server)},
			{"writer", true, &lineWay{server: server}},
			{"writer", true, &lineWay{server: server, encrypted: true}},
			{"writer", true, &lineWay{server: server}},
			{"writer", true, newDatagramWay(t, server)},
			{"writer", true, newDatagramWay(t, server)},
		} {
			all = append(all, newWitness(t, fmt.Sprint(w.name, i), w.writes, w.way))
		}
		return all
	})
}

// lineWay is the line door's, with a connection for each life of the server.
type lineWay struct {
	*caller
	server    netip.AddrPort
	encrypted bool
}

func (l *lineWay) begin(t *testing.T, who string) []string {
	t.Helper()
	l.close()
	l.caller = ring(t, l.server)
	if l.encrypted {
		l.caller = l.caller.encrypted()
	}
	l.comesIn(who)
	return []string{who + " enters the chat room"}
}

func (l *lineWay) say(text string) error {
	_, err := fmt.Fprintln(l.conn, text)
	return err
}

func (l *lineWay) ask() { _ = l.say(fence) } // unheard when the server is dead, which see finds out

func (l *lineWay) acknowledges() bool { return true }

// see takes no part of a line for one: the rest of it died with the server.
func (l *lineWay) see(*atomic.Bool) (lines []string, answered, ok bool) {
	got, err := l.next()
	switch {
	case err != nil:
		return nil, false, false
	case got == unheardOf:
		return nil, true, true
	case strings.HasPrefix(got, "! ") || strings.HasPrefix(got, english.Prompt):
		l.t.Errorf("%s reads %q", l.name, got)
		return nil, false, true
	}
	return []string{got}, false, true
}

func (l *lineWay) wake() {} // its connection is dead as well

func (l *lineWay) left() (all []string) {
	for {
		lines, _, ok := l.see(nil)
		if !ok {
			return all
		}
		all = append(all, lines...)
	}
}

func (l *lineWay) close() {
	if l.caller != nil {
		l.conn.Close()
	}
}
