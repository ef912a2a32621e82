package test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"parley/chat"
	"parley/server"
	"parley/wire/line"
)

// smallSocket makes a socket hold little, and the server's side of it too: what is sent in small packets has a small buffer.
func smallSocket(_, _ string, raw syscall.RawConn) error {
	var err error
	controlled := raw.Control(func(descriptor uintptr) {
		if err = unix.SetsockoptInt(int(descriptor), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096); err == nil {
			err = unix.SetsockoptInt(int(descriptor), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 536)
		}
	})
	if controlled != nil {
		return controlled
	}
	return err
}

func TestOneStoppedReaderAmongAThousand(t *testing.T)         { stoppedReaders(t, 1) }
func TestTwoHundredStoppedReadersAmongAThousand(t *testing.T) { stoppedReaders(t, 200) }

// stoppedReaders lets some of a thousand members read nothing while one talks: they are dropped and nobody else notices.
func stoppedReaders(t *testing.T, stopped int) {
	const members, size, linesMax = 1000, 4000, 500
	needFiles(t, 2*members+200)
	r := openRoom(t, func(c *server.Config) {
		quiet(c)
		c.Line.Outbox = 64 << 10
	})
	small := net.Dialer{Control: smallSocket}
	all := make([]*caller, members)
	for i := range all {
		if i < members-stopped {
			all[i] = r.call()
		} else {
			conn, err := small.Dial("tcp", r.stream().String())
			if err != nil {
				t.Fatal(err)
			}
			all[i] = newCaller(t, conn)
		}
		all[i].name = fmt.Sprint("m", i)
		all[i].types("", all[i].name)
	}
	for _, c := range all {
		c.reads(line.Prompt + "Welcome to the chat room, " + c.name + ".*")
	}
	speaker, readers := all[0], all[1:members-stopped]
	text := func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", size)) }
	speaker.types("now")
	start := func(said string) bool { return said == "m0: now" }

	var reading sync.WaitGroup
	for _, c := range readers[1:] {
		reading.Go(func() {
			c.until(start)
			c.mustReadInOrder(text, stopped)
		})
	}
	readers[0].until(start)
	said, most := 0, 0
	for ; r.report("line").Dropped["slow"] < uint64(stopped); said++ {
		if said > linesMax {
			t.Fatalf("%d of %d are dropped after %d lines", r.report("line").Dropped["slow"], stopped, said)
		}
		speaker.types(text(said))
		readers[0].until(func(got string) bool { return got == "m0: "+text(said) })
		most = max(most, r.queue("line.outboxes"))
	}
	speaker.types("over")
	readers[0].until(func(got string) bool { return got == "m0: over" })
	reading.Wait()
	r.until("the stopped have left", func() bool { return len(r.inside()) == members-stopped })
	left := 0
	for _, m := range r.history() {
		if m.Kind == chat.KindLeft && m.Text == string(chat.ReasonSlow) {
			left++
		}
	}
	if left != stopped {
		t.Errorf("%d left as too slow, want %d", left, stopped)
	}
	if most > members*r.config.Line.Outbox {
		t.Errorf("%d bytes waited", most)
	}
	t.Logf("%d lines of %d bytes; %d bytes waited at most", said, size, most)
}

// mustReadInOrder reads texts until it is over: each, in order, and who was dropped meanwhile.
func (c *caller) mustReadInOrder(text func(int) string, stopped int) {
	next, left := 0, newComers()
	for _, got := range c.until(func(said string) bool { return said == "m0: over" }) {
		if got == "m0: "+text(next) {
			next++
		} else if m := coming.FindStringSubmatch(got); m != nil {
			left.take(c.t, c.name, got)
		} else {
			c.t.Errorf("%s reads %.60q after %d lines", c.name, got, next)
			return
		}
	}
	if left.went > stopped || left.came > 0 {
		c.t.Errorf("%s hears that %d left, want at most %d, and that %d came", c.name, left.went, stopped, left.came)
	}
}
