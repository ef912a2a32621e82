package test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parley/chat"
	"parley/server"
)

const crowdedAnswer = "too many connections, try again later\r\n"

// TestOneMoreThanMayConnectIsToldSo: those inside talk on, and who waits gets in when somebody leaves.
func TestOneMoreThanMayConnectIsToldSo(t *testing.T) {
	const most = 50
	r := openRoom(t, func(c *server.Config) {
		quiet(c)
		c.Port.Connections = most
	})
	ann, bob := r.callAs("ann"), r.callAs("bob")
	var others []*caller
	for range most - 2 { // also who says nothing
		others = append(others, r.call())
	}
	r.until("as many as may be are connected", func() bool { return r.queue("port.connections") == most })
	for _, begins := range []string{"", "\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01"} {
		late := r.call()
		late.sends(begins)
		if got := late.isGone(); got != crowdedAnswer {
			t.Errorf("who begins with %q is told %q", begins, got)
		}
	}
	ann.reads("bob enters the chat room")
	ann.types("are you there?")
	bob.reads("ann: are you there?")
	if got := r.report("port").Dropped["crowded"]; got != 4 {
		t.Errorf("%d are counted, want 4", got)
	}
	others[0].conn.Close()
	getsIn(t, r.stream(), "cid").quits()
	dan := getsIn(t, r.stream(), "dan")
	dan.types("at last")
	told := newComers()
	for _, got := range bob.until(func(said string) bool { return said == "dan: at last" }) {
		told.take(t, "bob", got)
	}
	if told.came != 2 || told.went != 1 {
		t.Errorf("bob hears that %d came and %d went", told.came, told.went)
	}
}

// getsIn connects until there is room, and brings somebody in.
func getsIn(t *testing.T, server netip.AddrPort, name string) *caller {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; {
		c := ring(t, server)
		c.name = name
		_, _ = io.WriteString(c.conn, "\n"+name+"\n") // it may be turned away already
		got, err := c.next()
		switch {
		case err == nil && strings.HasPrefix(got, english.Prompt+"Welcome"):
			return c
		case err == nil && got+"\n" != crowdedAnswer, err != nil && !isBroken(err):
			t.Fatalf("%s reads %q, %v", name, got, err)
		}
		c.conn.Close()
	}
	t.Fatalf("%s never gets in", name)
	return nil
}

// isBroken says whether a connection was ended by the other side, in whatever way.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// TestTenThousandAndOneMore connects as many as are to find room on one machine, to the real program.
func TestTenThousandAndOneMore(t *testing.T) {
	const most = 10_000
	if os.Getenv("TORTURE_ROUNDS") == "" {
		t.Skip("make torture does this: it takes half a minute")
	}
	needFiles(t, most+200)
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--no-limits", "--line-history", "0", "--port-connections", fmt.Sprint(most))
	ann, bob := p.callAs("ann"), p.callAs("bob")
	ann.reads("bob enters the chat room")
	all := make([]*caller, most-2)
	var entering sync.WaitGroup
	const each = 50 // connect one after the other
	for from := 0; from < len(all); from += each {
		entering.Go(func() {
			for i := from; i < min(from+each, len(all)); i++ {
				all[i] = ring(t, p.addr)
				all[i].comesIn(fmt.Sprint("m", i))
			}
		})
	}
	entering.Wait()
	late := ring(t, p.addr)
	if got := late.isGone(); got != crowdedAnswer {
		t.Errorf("one more is told %q", got)
	}
	ann.types("is everybody here?")
	told := newComers()
	for _, got := range bob.until(func(said string) bool { return said == "ann: is everybody here?" }) {
		told.take(t, "bob", got)
	}
	if told.came != len(all) {
		t.Errorf("bob hears of %d, want %d", told.came, len(all))
	}
	for _, c := range all {
		c.until(func(said string) bool { return said == "ann: is everybody here?" })
	}
	all[0].quits()
	getsIn(t, p.addr, "late")
	ann.types("and now?")
	told = newComers()
	for _, got := range bob.until(func(said string) bool { return said == "ann: and now?" }) {
		told.take(t, "bob", got)
	}
	if told.named["m0"] != 1 || told.named["late"] != 1 {
		t.Errorf("bob hears of %v", told.named)
	}
}

// comers are who is said to have come, as the line door says it.
type comers struct {
	came, went int
	named      map[string]int
}

func newComers() *comers { return &comers{named: map[string]int{}} }

// take reads a line that should be such a notice.
func (c *comers) take(t testing.TB, who, said string) {
	t.Helper()
	m := coming.FindStringSubmatch(strings.TrimSuffix(said, "\n"))
	if m == nil {
		t.Errorf("%s reads %q", who, said)
		return
	}
	count := 0
	for nick := range strings.SplitSeq(m[1], ", ") {
		count++
		c.named[nick]++
	}
	var more int
	if _, others, ok := strings.Cut(said, " and "); ok {
		if _, err := fmt.Sscanf(others, "%d other", &more); err != nil {
			t.Errorf("%s reads %q", who, said)
		}
	}
	if strings.HasPrefix(m[2], "enter") {
		c.came += count + more
	} else {
		c.went += count + more
	}
}

// TestAThousandEnterAtOnce: all get in, and who was there before hears of each once.
func TestAThousandEnterAtOnce(t *testing.T) {
	const crowd, before = 1000, 5
	needFiles(t, 2*crowd+200)
	r := openRoom(t, quiet)
	var old []*caller
	for i := range before {
		c := r.callAs(fmt.Sprint("old", i))
		for _, o := range old {
			o.until(func(said string) bool { return strings.Contains(said, c.name+" ") })
		}
		old = append(old, c)
	}
	all := make([]*caller, crowd)
	for i := range all {
		all[i] = r.call()
		all[i].name = fmt.Sprint("m", i)
		all[i].types("")
	}
	for _, c := range all {
		c.types(c.name)
	}
	for _, c := range all {
		c.reads(english.Prompt + "Welcome to the chat room, " + c.name + ". *")
	}
	old[0].types("are all here?")
	for _, o := range old[1:] {
		told := newComers()
		for _, got := range o.until(func(said string) bool { return said == "old0: are all here?" }) {
			told.take(t, o.name, got)
		}
		if told.came != crowd || told.went > 0 {
			t.Errorf("%s hears of %d, want %d", o.name, told.came, crowd)
		}
		for nick, times := range told.named {
			if times > 1 {
				t.Errorf("%s hears %d times that %s enters", o.name, times, nick)
			}
		}
	}
	for _, c := range all {
		c.until(func(said string) bool { return said == "old0: are all here?" })
	}
	entered := map[string]bool{}
	for _, m := range r.history() {
		if m.Kind == chat.KindEntered {
			entered[m.Nick] = true
		}
	}
	if len(entered) != crowd+before || len(r.inside()) != crowd+before {
		t.Errorf("%d are stored, %d inside, want %d", len(entered), len(r.inside()), crowd+before)
	}
}

// TestAPasteIsSlowedAndNeverDropped pastes on until another member has been heard often enough.
func TestAPasteIsSlowedAndNeverDropped(t *testing.T) {
	const lines, more, enough = 5000, 500, 5
	r := openRoom(t, func(c *server.Config) { c.Line.Rate, c.Line.Burst = 4000, 400 })
	ann, bob, cid := r.callAs("ann"), r.callAs("bob"), r.callAs("cid")
	bob.reads("cid enters the chat room")
	paste := func(from, lines int) string {
		var text strings.Builder
		for i := range lines {
			fmt.Fprintf(&text, "line %d of a paste\n", from+i)
		}
		return text.String()
	}
	sent := make(chan struct{})
	go func() { defer close(sent); ann.sends(paste(0, lines)) }()
	next, pasted, asked, heard := 0, lines, 0, 0
	for next < pasted {
		got, err := bob.next()
		switch {
		case err != nil:
			t.Fatalf("after %d lines: %v", next, err)
		case got == "cid: I am heard as well":
			heard++
		case got != fmt.Sprintf("ann: line %d of a paste", next):
			t.Fatalf("bob reads %q after %d lines", got, next)
		default:
			next++
		}
		if next == 20*lines {
			t.Fatalf("only %d of the other's lines came through", heard)
		}
		if next%more == 0 && heard < enough {
			<-sent
			ann.sends(paste(pasted, more))
			pasted += more
			if asked == heard {
				cid.types("I am heard as well")
				asked++
			}
		}
	}
	ann.until(func(said string) bool { return said == "cid: I am heard as well" })
	ann.types("that was it")
	bob.until(func(said string) bool { return said == "ann: that was it" })
}

// TestAThousandConnectionsOfRubbish: a room talks beside them, unharmed.
func TestAThousandConnectionsOfRubbish(t *testing.T) {
	const connections, atOnce = 1000, 50
	r := openRoom(t, quiet)
	ann, bob := r.callAs("ann"), r.callAs("bob")
	ann.reads("bob enters the chat room")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	for range connections / atOnce {
		var all []*caller
		for range atOnce {
			c := r.call()
			all = append(all, c)
			_, _ = io.WriteString(c.conn, rubbish(random)) // it may be turned away before the end of it
		}
		ann.types("between rubbish")
		bob.until(func(said string) bool { return said == "ann: between rubbish" })
		for _, c := range all {
			if random.IntN(8) > 0 {
				c.breaks()
			} else {
				_ = c.conn.(*net.TCPConn).CloseWrite() // or the other side was faster
			}
		}
		for _, c := range all {
			c.isGone()
		}
	}
	r.until("two are connected", func() bool { return r.queue("port.connections") == 2 })
	r.mustBeInside("ann", "bob")
	ann.untilFence()
	for _, m := range r.history() {
		if m.Nick == "ann" && m.Kind == chat.KindMessage && m.Text != "between rubbish" {
			t.Errorf("stored %+v", m)
		}
	}
	if got := r.report("port").Dropped["panicked"]; got > 0 {
		t.Errorf("%d panicked", got)
	}
}

// rubbish is bytes of every kind, some of them behind what a protocol begins with.
func rubbish(random *rand.Rand) string {
	begins := []string{"", "", "\n", "\nmallory\n", "\xff\xfb", "GET ", "NICK ", "SSH-2.0-", "\x16\x03\x01\x02\x00\x01", "PROXY ", "\r\n\r\n\x00\r\nQUIT\n"}
	junk := make([]byte, random.IntN(4000))
	for i := range junk {
		junk[i] = byte(random.IntN(256))
	}
	return begins[random.IntN(len(begins))] + string(junk)
}
