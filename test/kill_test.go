package test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
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

const roundsPerDir = 10 // then a new data directory: what is checked grows with each round

// TestKilledServersLoseNothingThatWasSeen kills -9 a server while four clients write and others read, and starts it again on
// the same data. Whatever anybody was shown must be in the history, once, in the same order. The clients never enter again:
// they were inside, and go on talking.
func TestKilledServersLoseNothingThatWasSeen(t *testing.T) {
	torture(t, func(t *testing.T, server netip.AddrPort) (all []*witness) {
		for i := range 4 + 3 {
			all = append(all, newWitness(t, fmt.Sprintf("client%d", i), i < 4, newDatagramWay(t, server)))
		}
		return all
	})
}

// torture kills a server as often as it is told to, with witnesses at it.
func torture(t *testing.T, invite func(t *testing.T, server netip.AddrPort) []*witness) {
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
		total.add(tortureOneDirectory(t, random, min(roundsPerDir, rounds-done), invite))
		if t.Failed() {
			break
		}
		t.Logf("%d rounds: %s", min(done+roundsPerDir, rounds), total)
	}
	t.Logf("seed %d: %s", seed, total)
}

func tortureOneDirectory(t *testing.T, random *rand.Rand, rounds int, invite func(*testing.T, netip.AddrPort) []*witness) tally {
	dir := t.TempDir()
	settings := []string{"--no-limits", "--line-history", "0", "--listen", lastingAddress(t)}
	p := serve(t, dir, settings...)
	witnesses := invite(t, p.addr)
	for round := range rounds {
		talkUntilKilled(t, p, witnesses, round, 1+random.IntN(400))
		p = serve(t, dir, settings...)
	}
	var all tally
	stored := p.history()
	all.stored = len(stored)
	all.twice += doubled(t, stored)
	for _, m := range stored {
		if m.Kind == chat.KindLeft && m.Text == string(chat.ReasonSlow) {
			t.Errorf("%s was dropped as too slow", m.Nick)
		}
	}
	for _, w := range witnesses {
		all.add(w.saw.check(t, stored))
		w.knows.check(t, stored)
		w.way.close()
	}
	p.kill()
	return all
}

// talkUntilKilled lets the writers write until a reader has seen so many lines, and then kills the server.
func talkUntilKilled(t *testing.T, p *program, witnesses []*witness, round, lines int) {
	var dead atomic.Bool
	var threads sync.WaitGroup
	enough := make(chan struct{})
	counts := false // a reader does
	for _, w := range witnesses {
		w.knows.note(w.way.begin(t, w.saw.who)...)
	}
	for _, w := range witnesses {
		switch {
		case w.writes:
			threads.Go(func() { w.write(round, &dead) })
		case counts:
			threads.Go(func() { w.read(&dead, 0, nil) })
		default:
			counts = true
			threads.Go(func() { w.read(&dead, lines, enough) })
		}
	}
	select {
	case <-enough:
	case <-time.After(patience):
		t.Errorf("round %d: nothing is heard\n%s", round, p.errs)
	}
	p.kill()
	dead.Store(true)
	for _, w := range witnesses {
		w.way.wake()
	}
	threads.Wait()
	for _, w := range witnesses {
		w.drain()
	}
}

// way is how a witness and the server talk: what is needed here of a door's protocol.
type way interface {
	// begin enters, or enters again where that is needed, and returns what is stored of that as it is shown.
	begin(t *testing.T, who string) []string

	// say says a line. An error: it was not sent.
	say(text string) error

	// ask asks for something whose answer shows that what was said before was dealt with.
	ask()

	// acknowledges says whether that answer proves that all of it was stored, too.
	acknowledges() bool

	// see waits for what is shown, and says whether the answer was among it. ok is false when the server is dead and nothing is left.
	see(dead *atomic.Bool) (lines []string, answered, ok bool)

	// wake lets who waits in see know that the server is dead.
	wake()

	// left returns what had reached this side when the server died.
	left() []string

	close()
}

// witness is a client that writes what it sees to the disk before it looks on.
type witness struct {
	way    way
	writes bool
	saw    *notebook // what others did
	knows  *notebook // what the server said is done of its own
}

func newWitness(t *testing.T, who string, writes bool, w way) *witness {
	return &witness{way: w, writes: writes, saw: newNotebook(t, who), knows: newNotebook(t, who+" itself")}
}

func (w *witness) see(dead *atomic.Bool) (seen int, answered, ok bool) {
	lines, answered, ok := w.way.see(dead)
	w.saw.note(lines...)
	return len(lines), answered, ok
}

// write says lines, a few at a time, as fast as they are taken.
func (w *witness) write(round int, dead *atomic.Bool) {
	var said []string
	for i := 0; !dead.Load(); i++ {
		text := fmt.Sprintf("round %d line %d", round, i)
		if w.way.say(text) == nil {
			said = append(said, w.saw.who+": "+text)
		}
		if i%8 != 7 {
			continue
		}
		w.way.ask()
		for answered := false; !answered; {
			var ok bool
			if _, answered, ok = w.see(dead); !ok {
				return
			}
		}
		if w.way.acknowledges() {
			w.knows.note(said...)
		}
		said = said[:0]
	}
}

// read sees lines until the server is dead. When it has seen limit, it says that it is enough.
func (w *witness) read(dead *atomic.Bool, limit int, enough chan struct{}) {
	for seen := 0; ; {
		n, _, ok := w.see(dead)
		before := seen
		seen += n
		if before < limit && seen >= limit {
			close(enough)
		}
		if !ok {
			return
		}
	}
}

func (w *witness) drain() { w.saw.note(w.way.left()...) }

// datagramWay is the plain datagrams'. Whoever was inside when the server died is inside when it is back.
type datagramWay struct {
	*peer
	inside bool
}

func newDatagramWay(t *testing.T, server netip.AddrPort) way {
	return &datagramWay{peer: dial(t, server)}
}

func (d *datagramWay) begin(t *testing.T, who string) (stored []string) {
	t.Helper()
	if !d.inside {
		d.enter(who)
		d.inside = true
		stored = append(stored, who+" enters the chat room")
	}
	if err := d.conn.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	return stored
}

func (d *datagramWay) say(text string) error {
	_, err := fmt.Fprintf(d.conn, "C %s %s", d.name, text)
	return err
}

func (d *datagramWay) ask() { d.send("Q nobody-of-that-name") }

func (d *datagramWay) acknowledges() bool { return false } // a datagram may have been lost on its way

func (d *datagramWay) see(dead *atomic.Bool) (lines []string, answered, ok bool) {
	buffer := make([]byte, 2048)
	n, err := d.conn.Read(buffer)
	if err != nil {
		return nil, false, !dead.Load() && isRefused(err)
	}
	lines = strings.Split(string(buffer[:n]), "\n")
	if answered = slices.Contains(lines, datagram.Exit); answered {
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == datagram.Exit })
	}
	return lines, answered, true
}

func (d *datagramWay) wake() {
	if err := d.conn.SetReadDeadline(time.Now()); err != nil {
		d.t.Error(err)
	}
}

func (d *datagramWay) left() (all []string) {
	var no atomic.Bool
	for {
		if err := d.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			d.t.Fatal(err)
		}
		lines, _, ok := d.see(&no)
		if !ok {
			return all
		}
		all = append(all, lines...)
	}
}

func (d *datagramWay) close() { d.conn.Close() }
