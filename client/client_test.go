package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/test/lossy"
	"parley/wire/datagram"
)

// quick is Timings for a server in the same process.
var quick = Timings{
	Next: 50 * time.Millisecond, Repeat: []time.Duration{50 * time.Millisecond}, Patience: 120 * time.Millisecond,
	Doubt: 80 * time.Millisecond, Leave: 600 * time.Millisecond,
}

func dial(t *testing.T, address string, options Options) *Conn {
	t.Helper()
	if len(options.Timings.Repeat) == 0 {
		options.Timings = quick
	}
	c, err := Dial(t.Context(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func enter(t *testing.T, address, nick string) *Conn {
	t.Helper()
	c := dial(t, address, Options{})
	if err := c.Enter(t.Context(), nick); err != nil {
		t.Fatal(err)
	}
	return c
}

func expect(t *testing.T, c *Conn, want ...Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, w := range want {
		if e, err := c.Receive(ctx); e != w || err != nil {
			t.Fatalf("received %+v %v, want %+v", e, err, w)
		}
	}
}

func line(text string) Event { return Event{Line, text} }

func TestConversation(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	ann := enter(t, r.address(), "ann")
	ming := enter(t, r.address(), "小明")
	expect(t, ann, line("小明 enters the chat room"))
	say := func(c *Conn, text string) {
		t.Helper()
		if err := c.Say(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	say(ming, "  大家好 \n\nsecond\n")
	expect(t, ann, line("小明:   大家好 "), line("小明: second"))
	say(ming, strings.Repeat("好", 500))
	expect(t, ann, line("小明: "+strings.Repeat("好", 338)), line("小明: "+strings.Repeat("好", 162)))
	say(ming, " \n ")
	say(ann, "bye")
	expect(t, ming, line("ann: bye"))
	if err := ann.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	expect(t, ming, line("ann quits the chat room"))
	if err := ann.Say(t.Context(), "x"); !errors.Is(err, ErrNotEntered) {
		t.Error(err)
	}
	if err := ann.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	ming.Close()
	if _, err := ming.Receive(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestEveryDatagramFits(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	bob := enter(t, r.address(), "bob")
	if err := bob.Say(t.Context(), strings.Repeat("é", 3000)); err != nil {
		t.Fatal(err)
	}
	bob.Leave(t.Context())
	var all string
	for _, d := range r.heard("Q bob") {
		if len(d) > datagram.MaxLine {
			t.Errorf("a datagram has %d bytes", len(d))
		}
		if rest, ok := strings.CutPrefix(d, "C bob "); ok {
			all += rest
		}
	}
	if all != strings.Repeat("é", 3000) {
		t.Errorf("the text arrives as %q", all)
	}
}

func TestRefusals(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	enter(t, r.address(), "ann")
	c := dial(t, r.address(), Options{})
	for nick, want := range map[string]chat.Code{
		"ann": chat.NickOccupied, "": chat.NickEmpty, "a b": chat.NickCharacters, "a\nb": chat.NickCharacters, "\xff": chat.NickCharacters,
		strings.Repeat("x", 600): chat.NickTooLong,
	} {
		var refused *Refused
		if err := c.Enter(t.Context(), nick); !errors.As(err, &refused) || datagram.RefusalCode(refused.Text) != want {
			t.Errorf("%.20q: %v, want %v", nick, err, want)
		}
	}
	if err := c.Enter(t.Context(), "bob"); err != nil {
		t.Error(err)
	}
}

func TestLateAndDoubledAnswersAreIgnored(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	c := enter(t, r.address(), "ann")
	for _, l := range []string{datagram.OK, datagram.Exit, "", "fence"} {
		r.tell(l)
	}
	expect(t, c, line("fence"))
}

func TestWhenTheServerDoesNotKnowUs(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	c := enter(t, r.address(), "ann")
	out := chat.NotInside.Sentence()
	r.tell(out)
	r.tell(out)
	r.tell("fence")
	expect(t, c, Event{Outside, out}, line("fence"))
	if err := c.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	r.tell(datagram.Removed + ": spam")
	expect(t, c, Event{Removed, datagram.Removed + ": spam"})
	if err := c.Say(t.Context(), "x"); !errors.Is(err, ErrNotEntered) {
		t.Error(err)
	}
}

func TestAServerThatComesBack(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	address := r.address()
	c := enter(t, address, "ann")
	r.stop()
	for range 3 {
		if err := c.Say(t.Context(), "anybody?"); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, c, Event{Kind: Unreachable})
	back := newRoom(t, address)
	if err := c.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	back.tell("fence")
	expect(t, c, line("fence"))
}

func TestBothFamiliesOfLocalhost(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		t.Run(host, func(t *testing.T) {
			r := newRoom(t, host+":0")
			enter(t, fmt.Sprintf("localhost:%d", r.port()), "ann")
			if got := r.inside(); !slices.Equal(got, []string{"ann"}) {
				t.Errorf("inside: %q", got)
			}
		})
	}
}

func TestASilentAddressIsLeftForTheNext(t *testing.T) {
	silent := newRoom(t, "127.0.0.1:0")
	silent.setHook(mute)
	r := newRoom(t, fmt.Sprintf("[::1]:%d", silent.port()))
	c := enter(t, fmt.Sprintf("localhost:%d", r.port()), "ann")
	c.Leave(t.Context())
	if got := silent.heard("Q ann"); !slices.Equal(got, []string{"L ann", "Q ann"}) {
		t.Errorf("the silent one heard %q", got)
	}
	if got := r.heard("Q ann"); !slices.Equal(got, []string{"L ann", "Q ann"}) {
		t.Errorf("the other one heard %q", got)
	}
}

func TestFaults(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, "127.0.0.1:0")
			p := lossy.New(t, r.socket.LocalAddr().(*net.UDPAddr).AddrPort(), seed)
			timings := quick
			timings.Leave = 5 * time.Second
			timings.Repeat = []time.Duration{30 * time.Millisecond}
			c := dial(t, p.Addr().String(), Options{Timings: timings})
			for range 2 { // the second time shows that the server tolerates repeats
				if err := c.Enter(t.Context(), "ann"); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSayIsPaced(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	c := enter(t, r.address(), "ann")
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	if err := c.Say(ctx, strings.Repeat("x\n", 500)); err == nil {
		t.Error("500 lines at once")
	}
	c.Leave(t.Context())
	if n := len(r.heard("Q ann")) - 2; n < linesBurst || n > linesBurst+10 {
		t.Errorf("%d lines in 0.4 s", n)
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	r.setHook(mute)
	c := dial(t, r.address(), Options{})
	ended := make(chan error)
	go func() {
		_, err := c.Receive(context.Background())
		ended <- err
	}()
	time.AfterFunc(20*time.Millisecond, func() { c.Close() })
	if err := c.Enter(t.Context(), "ann"); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1": "127.0.0.1:8888", "127.0.0.1:99": "127.0.0.1:99", "::1": "[::1]:8888", "[::1]": "[::1]:8888", "[::1]:99": "[::1]:99",
		"localhost": "localhost:8888", "": "", ":99": "", "127.0.0.1:": "", "127.0.0.1:x": "", "127.0.0.1:0": "", "127.0.0.1:65536": "", "[::1": "",
		"no such host": "",
	} {
		c, err := Dial(t.Context(), in, Options{})
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken for %q", in, c.Address())
		case want != "" && (err != nil || c.Address() != want):
			t.Errorf("%q: %v", in, err)
		}
	}
}
