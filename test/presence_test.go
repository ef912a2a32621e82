package test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/server"
	"parley/wire/datagram"
)

func TestADeadHolderLosesTheNicknameAtTheSecondTry(t *testing.T) {
	r := openRoom(t, nil)
	bob := r.enter("bob")
	dead := r.enter("ann")
	bob.hears("ann enters the chat room")
	dead.conn.Close()
	again := r.peer()
	again.name = "ann, back"
	again.send("L ann")
	again.hears("the nickname is occupied")
	bob.hears("ann quits the chat room") // the log knows: the fence between the tries
	again.send("L ann")
	again.hears(datagram.OK)
	bob.hears("ann enters the chat room")
}

func TestMembersThatVanishLeaveByThemselves(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	ann := r.enter("ann")
	for _, name := range []string{"b1", "b2", "b3"} {
		p := r.enter(name)
		ann.hears(name + " enters the chat room")
		p.conn.Close()
	}
	left := 0
	for left < 3 {
		ann.says("anybody?")
		for _, line := range ann.untilExit() {
			if strings.HasSuffix(line, " quits the chat room") {
				left++
			}
		}
	}
	r.mustBeInside("ann")
}

func TestSilentMembersAreWarnedAndLeave(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Idle = 400 * time.Millisecond })
	silent := r.enter("silent")
	silent.hears("say something to stay in the chat room", "you were removed from the chat room: nothing was said for too long")
	r.mustBeInside()
}

func TestWhoIsTooFastIsToldAndKeptAtTheRate(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Burst, c.UDP.Rate = 10, 0.001 })
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	for range 30 {
		bob.says("spam")
	}
	bob.hears("too many lines, please slow down")
	bob.hearsNothing()
	if got := len(ann.untilExit()); got != 10 {
		t.Errorf("%d lines came through, want 10", got)
	}
}

// TestAReaderWithASmallSocketLosesNothing: five hundred long lines at once are more than seven times what the socket of a
// client that never asked for more can hold. At the pace of a member they take most of the second that a line may wait, so a slow
// machine refuses some; whatever it took arrives.
func TestAReaderWithASmallSocketLosesNothing(t *testing.T) {
	const speakers, each = 10, 50
	r := openRoom(t, nil)
	reader := r.enter("reader")
	if err := reader.conn.SetReadBuffer(106_496); err != nil { // the system doubles it to its default
		t.Fatal(err)
	}
	var all []*peer
	for i := range speakers {
		all = append(all, r.enter(fmt.Sprint("speaker-", i)))
	}
	for i := range speakers {
		reader.hears(fmt.Sprintf("speaker-%d enters the chat room", i))
	}
	for n := range each {
		for _, p := range all {
			p.says(fmt.Sprintf("%02d %s", n, strings.Repeat("x", 1000)))
		}
	}
	heard, next := 0, map[string]int{}
	for stuck := 0; heard+int(r.counts().Refused["busy"]) < speakers*each; stuck++ {
		if stuck == 3 {
			t.Fatalf("%d lines after %v; counted %+v", heard, next, r.counts())
		}
		for _, line := range reader.untilExit() {
			stuck = 0
			name, text, _ := strings.Cut(line, ": ")
			if n, err := strconv.Atoi(text[:2]); err != nil || n < next[name] {
				t.Fatalf("of %s comes %.10q after %d", name, text, next[name]-1)
			} else {
				heard, next[name] = heard+1, n+1
			}
		}
	}
	reader.hearsNothing()
	if got := len(r.history()) - speakers - 1; got != heard {
		t.Errorf("%d lines were heard, %d are stored", heard, got)
	}
}

func TestOneAddressEntersOnlySoOften(t *testing.T) {
	const sent = 50
	const seldom = 0.001 // one in a quarter of an hour
	r := openRoom(t, func(c *server.Config) { c.UDP.EnterRate = seldom })
	for range sent {
		r.peer().send("L")
	}
	elsewhere, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, net.UDPAddrFromAddrPort(r.server.Addr()))
	if err != nil {
		t.Skipf("this machine has no second loopback address: %v", err)
	}
	defer elsewhere.Close()
	(&peer{t: t, conn: elsewhere}).hearsNothing() // the door has read what came before
	counts := r.counts()
	if counts.Refused["nick_empty"] != 1 || counts.Dropped["too_fast"] != sent-1 {
		t.Errorf("counted %+v", counts)
	}
}

func TestMembersGoOnTalkingAfterARestart(t *testing.T) {
	r := openLastingRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	ann.says("before")
	bob.hears("ann: before")
	r.reopen()
	ann.hears("the server is shutting down")
	bob.hears("the server is shutting down")
	ann.says("after")
	bob.hears("ann: after")
	bob.says("indeed")
	ann.hears("bob: indeed")
	other := r.peer()
	other.send("L ann")
	other.hears("the nickname is occupied")
	if got := len(r.history()); got != 5 {
		t.Errorf("%d messages stored, want 5", got)
	}
}

func TestMembersLeaveWhenTheServerWasDownForTooLong(t *testing.T) {
	r := openLastingRoom(t, func(c *server.Config) { c.UDP.Resume = time.Nanosecond })
	ann := r.enter("ann")
	r.reopen()
	ann.hears("the server is shutting down", "you were removed from the chat room: the server was down for too long, enter again")
	r.mustBeInside()
	ann.enter("ann")
}

func TestAReaderThatNeverReadsHurtsOnlyItself(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	deaf := r.enter("deaf")
	if err := deaf.conn.SetReadBuffer(2048); err != nil {
		t.Fatal(err)
	}
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	for i := range 2000 {
		line := fmt.Sprint("line ", i)
		ann.says(line)
		bob.hears("ann: " + line)
	}
	bob.hearsNothing()
	r.mustBeInside("ann", "bob", "deaf")
}

func TestNoMoreEnterThanMayBeInside(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Members = 2 })
	ann := r.enter("ann")
	bob := r.enter("bob")
	ann.hears("bob enters the chat room")
	cleo := r.peer()
	cleo.send("L cleo")
	cleo.hears("the chat room is full")
	ann.enter("ann") // who is inside may enter again
	bob.leaves()
	cleo.enter("cleo")
}

func TestARepeatedLIsNotStoredAndNobodyElseTakesTheNickname(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	stored := len(r.history())
	for range 5 {
		ann.send("L ann")
		ann.hears(datagram.OK)
	}
	if got := len(r.history()); got != stored {
		t.Errorf("%d messages are stored for repeating L", got-stored)
	}
	other := r.peer()
	other.send("L ann")
	other.hears("the nickname is occupied")
	ann.hears("somebody asks for your nickname")
	other.send("C ann hello")
	other.hears("this nickname is in use from another address")
	bob.says("still there?")
	ann.hears("bob: still there?")
}
