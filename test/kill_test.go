package test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

const (
	writers      = 4
	readers      = 3
	roundsPerDir = 10 // then a new data directory: what is checked grows with each round
)

// TestKilledServersLoseNothingThatWasSeen kills -9 a server while four clients write and others read, and starts it again on
// the same data. Whatever anybody was shown must be in the history, once, in the same order. The clients never enter again:
// they were inside, and go on talking.
func TestKilledServersLoseNothingThatWasSeen(t *testing.T) {
	rounds := 20
	if given := os.Getenv("TORTURE_ROUNDS"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	var total tally
	for done := 0; done < rounds; done += roundsPerDir {
		total.add(tortureOneDirectory(t, random, min(roundsPerDir, rounds-done)))
		if t.Failed() {
			break
		}
		t.Logf("%d rounds: %s", min(done+roundsPerDir, rounds), total)
	}
	t.Logf("seed %d: %s", seed, total)
}

// tally counts, over all clients, lines shown, and messages stored, lost (shown and not stored) and doubled (stored or shown
// more than once).
type tally struct{ seen, stored, lost, twice int }

func (t *tally) add(o tally) {
	t.seen += o.seen
	t.stored += o.stored
	t.lost += o.lost
	t.twice += o.twice
}

func (t tally) String() string {
	return fmt.Sprintf("seen %d, stored %d, lost %d, twice %d", t.seen, t.stored, t.lost, t.twice)
}

func tortureOneDirectory(t *testing.T, random *rand.Rand, rounds int) tally {
	dir := t.TempDir()
	p := serve(t, dir, "--listen", "127.0.0.1:0", "--no-limits")
	listen := p.addr.String()
	var clients []*witness
	for i := range writers + readers {
		clients = append(clients, newWitness(t, p.addr, fmt.Sprintf("client%d", i)))
	}
	for round := range rounds {
		talkUntilKilled(t, p, clients, round, 1+random.IntN(400))
		p = serve(t, dir, "--listen", listen, "--no-limits")
	}
	var all tally
	stored := p.history()
	all.stored = len(stored)
	all.twice += doubled(t, stored)
	for _, c := range clients {
		all.add(c.check(t, stored))
		c.conn.Close()
	}
	p.kill()
	return all
}

// talkUntilKilled lets the writers write until a reader has seen so many lines, and then kills the server.
func talkUntilKilled(t *testing.T, p *program, clients []*witness, round, lines int) {
	var dead atomic.Bool
	var threads sync.WaitGroup
	enough := make(chan struct{})
	for i, c := range clients {
		c.revive(t)
		if i < writers {
			threads.Go(func() { c.write(round, &dead) })
		} else {
			limit := 0
			if i == writers {
				limit = lines
			}
			threads.Go(func() { c.read(&dead, limit, enough) })
		}
	}
	select {
	case <-enough:
	case <-time.After(patience):
		t.Errorf("round %d: nothing is heard\n%s", round, p.errs)
	}
	p.kill()
	dead.Store(true)
	for _, c := range clients {
		if err := c.conn.SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
	}
	threads.Wait()
	for _, c := range clients {
		c.drain()
	}
}

// witness is a client that writes what it sees to the disk before it looks on.
type witness struct {
	*peer
	file *os.File
}

func newWitness(t *testing.T, server netip.AddrPort, name string) *witness {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	w := &witness{peer: dial(t, server), file: file}
	w.peer.name = name
	w.send("L " + name)
	w.hears(datagram.OK)
	return w
}

func (w *witness) revive(t *testing.T) {
	t.Helper()
	if err := w.conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// see reads a datagram and records its lines. false: the server is dead, and nothing is left to read.
func (w *witness) see(dead *atomic.Bool) (lines []string, ok bool) {
	buffer := make([]byte, 2048)
	n, err := w.conn.Read(buffer)
	if err != nil {
		return nil, !dead.Load() && isRefused(err)
	}
	lines = strings.Split(string(buffer[:n]), "\n")
	for _, l := range lines {
		if l != datagram.Exit {
			fmt.Fprintln(w.file, l)
		}
	}
	return lines, true
}

// write says lines, a few at a time, as fast as they are taken.
func (w *witness) write(round int, dead *atomic.Bool) {
	for i := 0; !dead.Load(); i++ {
		_, err := fmt.Fprintf(w.conn, "C %s round %d line %d", w.name, round, i)
		if err != nil || i%8 != 7 {
			continue
		}
		w.send("Q nobody-of-that-name")
		for {
			lines, ok := w.see(dead)
			if !ok {
				return
			}
			if slices.Contains(lines, datagram.Exit) {
				break
			}
		}
	}
}

// read sees lines until the server is dead. When it has seen limit, it says that it is enough.
func (w *witness) read(dead *atomic.Bool, limit int, enough chan struct{}) {
	for seen := 0; ; {
		lines, ok := w.see(dead)
		if !ok {
			return
		}
		before := seen
		seen += len(lines)
		if before < limit && seen >= limit {
			close(enough)
		}
	}
}

// drain sees what had reached the socket when the server died.
func (w *witness) drain() {
	var no atomic.Bool
	for {
		if err := w.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			w.t.Fatal(err)
		}
		if _, ok := w.see(&no); !ok {
			return
		}
	}
}

// shown is how a stored message was shown to the others.
func shown(m chat.Message) string {
	switch m.Kind {
	case chat.KindEntered:
		return m.Nick + " enters the chat room"
	case chat.KindLeft:
		return m.Nick + " quits the chat room"
	default:
		return m.Nick + ": " + m.Text
	}
}

// doubled counts messages that are stored twice: what the writers say never repeats.
func doubled(t *testing.T, stored []chat.Message) int {
	seen := map[string]bool{}
	n := 0
	for _, m := range stored {
		if seen[shown(m)] {
			n++
			t.Errorf("stored twice: %q", shown(m))
		}
		seen[shown(m)] = true
	}
	return n
}

// check looks for each line seen, in the order seen, in what is stored.
func (w *witness) check(t *testing.T, stored []chat.Message) tally {
	place := map[string]int{}
	for i, m := range stored {
		place[shown(m)] = i + 1
	}
	content, err := os.Open(w.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var of tally
	last := 0
	for scan := bufio.NewScanner(content); scan.Scan(); {
		of.seen++
		switch at := place[scan.Text()]; {
		case at == 0:
			of.lost++
			t.Errorf("%s saw %q, which is not stored", w.name, scan.Text())
		case at == last:
			of.twice++
			t.Errorf("%s saw %q twice", w.name, scan.Text())
		case at < last:
			t.Errorf("%s saw %q after what follows it in the history", w.name, scan.Text())
		default:
			last = at
		}
	}
	return of
}
