package test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"parley/chat"
	"parley/server"
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
	var reading sync.WaitGroup
	t.Cleanup(reading.Wait) // nobody reads on when the connections are closed
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
		c.reads(english.Prompt + "Welcome to the chat room, " + c.name + ".*")
	}
	speaker, readers := all[0], all[1:members-stopped]
	said, most := 0, 0
	counts := make([]int, len(readers))
	heard := make(chan int, linesMax+1) // by the first of them
	for i, c := range readers {
		var tell chan<- int
		if i == 0 {
			tell = heard
		}
		reading.Go(func() { counts[i] = c.followsTheTalk(stopped, tell) })
	}
	for ; r.report("line").Dropped["slow"] < uint64(stopped); said++ {
		if said == linesMax {
			t.Fatalf("%d of %d are dropped after %d lines", r.report("line").Dropped["slow"], stopped, said)
		}
		speaker.types(fmt.Sprintf("line %d %s", said, strings.Repeat("x", size)))
		if _, ok := <-heard; !ok {
			break // it failed
		}
		most = max(most, r.queue("line.outboxes"))
	}
	speaker.types("over")
	reading.Wait()
	for i, n := range counts {
		if n != said {
			t.Errorf("%s reads %d lines of %d", readers[i].name, n, said)
		}
	}
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

// followsTheTalk reads until it is over and returns how many lines were said: each, in order. Others may have come before, and been
// dropped meanwhile. It looks at what it reads where it is read: with the race detector, copies are what this test would spend its
// time with.
func (c *caller) followsTheTalk(stopped int, tell chan<- int) (next int) {
	if tell != nil {
		defer close(tell)
	}
	c.in = bufio.NewReaderSize(c.in, 8<<10)
	told := newComers()
	for {
		if err := c.conn.SetReadDeadline(time.Now().Add(2 * patience)); err != nil {
			c.t.Error(err)
			return next
		}
		got, err := c.in.ReadSlice('\n')
		switch {
		case err != nil:
			c.t.Errorf("%s reads %.60q after %d lines: %v", c.name, got, next, err)
			return next
		case bytes.HasPrefix(got, fmt.Appendf(nil, "m0: line %d x", next)):
			if tell != nil {
				tell <- next
			}
			next++
		case string(got) == "m0: over\n":
			if told.went > stopped {
				c.t.Errorf("%s hears that %d left, want at most %d", c.name, told.went, stopped)
			}
			return next
		default:
			told.take(c.t, c.name, string(got))
		}
	}
}
