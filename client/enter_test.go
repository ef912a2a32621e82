package client

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/locale"
	"parley/wire/datagram"
)

// answersLast makes a room answer the first L with lines of the room and without OK, as if OK was
// late, and the second one as ever.
func answersLast(r *room, nick string, lines ...string) {
	asked := 0
	r.setHook(func(from netip.AddrPort, l string) bool {
		if l != "L "+nick {
			return false
		}
		if asked++; asked > 1 {
			return false
		}
		r.names[from] = nick
		for _, line := range lines {
			r.send(from, line)
		}
		return true
	})
}

func TestAnswerIsNeverJoined(t *testing.T) {
	for name, joined := range map[string]string{
		"a saying first":   "bob: hi\nbob: there\ncleo: hello",
		"a coming first":   "bob enters the chat room\nbob: hi",
		"a refusal first":  "the nickname is occupied\nbob: hi",
		"OK first":         "OK\nbob: hi",
		"comings":          "bob enters the chat room\ncleo enters the chat room",
		"nothing known":    "go away\nor else",
		"a carriage break": "bob: hi\r\nbob: there",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, "127.0.0.1:0")
			answersLast(r, "ann", joined)
			timings := quick
			timings.Repeat = []time.Duration{4 * quick.Doubt} // OK is later than any doubt lasts
			c := dial(t, r.address(), Options{Timings: timings})
			if err := c.Enter(t.Context(), "ann"); err != nil {
				t.Fatalf("refused: %q", err)
			}
			for l := range strings.Lines(joined) {
				expect(t, c, line(strings.TrimRight(l, "\r\n")))
			}
			if got := r.heard("L ann"); len(got) != 2 {
				t.Errorf("the server heard %q, want L twice", got)
			}
		})
	}
}

func TestOthersLinesAreNoRefusalHoweverLateOKIs(t *testing.T) {
	for _, said := range []string{
		"bob: hi", "bob : hi", "bob：嗨", "bob 说:嗨", "bob enters the chat room", "bob 退出聊天室", "bob退出聊天室",
		"Administrator message: lunch", "管理员消息：开会", chat.TooFast.Sentence(), string(datagram.In(locale.English).Lost(3)),
	} {
		r := newRoom(t, "127.0.0.1:0")
		asked := 0
		r.setHook(func(from netip.AddrPort, l string) bool {
			if asked++; asked == 1 {
				r.send(from, said)
			}
			return asked < 5 // the OKs to four Ls are lost
		})
		c := enter(t, r.address(), "ann")
		expect(t, c, line(said))
	}
}

func TestEventsBeforeTheAnswerAreNoRefusal(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	answersLast(r, "ann", "bob: hi", datagram.Asked, "bob: hi", chat.NotInside.Sentence())
	c := enter(t, r.address(), "ann")
	expect(t, c, line("bob: hi"), line(datagram.Asked), line("bob: hi"))
}

func TestARefusalWordedLikeAnEvent(t *testing.T) {
	const refusal = "ann: name taken"
	r := newRoom(t, "127.0.0.1:0")
	r.setHook(func(from netip.AddrPort, l string) bool {
		if l == "L ann" {
			r.send(from, refusal)
		}
		return l == "L ann"
	})
	c := dial(t, r.address(), Options{})
	var refused *Refused
	if err := c.Enter(t.Context(), "ann"); !errors.As(err, &refused) || refused.Text != refusal {
		t.Fatal(err)
	}
	if err := c.Enter(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	r.tell("fence")
	expect(t, c, line("fence"))
}

func TestSilenceIsToldWhateverElseTheServerSays(t *testing.T) {
	for name, says := range map[string]string{
		"nothing": "", "a line": "bob: hi", "a joined datagram": "bob: hi\nbob: there",
		"an answer to Q": datagram.Exit, "an answer to C": chat.NotInside.Sentence(),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, "127.0.0.1:0")
			ctx, cancel := context.WithCancelCause(t.Context())
			enough := errors.New("enough")
			asked, told := 0, []string{}
			r.setHook(func(from netip.AddrPort, _ string) bool {
				if asked++; asked == 1 && says != "" {
					r.send(from, says)
				}
				if len(told) > 0 && asked > 10 { // long enough to be told again
					cancel(enough)
				}
				return true
			})
			c := dial(t, r.address(), Options{Silent: func(address string, why Silence) {
				r.mu.Lock()
				defer r.mu.Unlock()
				told = append(told, fmt.Sprint(address, why))
			}})
			if err := c.Enter(ctx, "ann"); !errors.Is(err, enough) {
				t.Error(err)
			}
			c.Close()
			got := r.heard("Q ann")
			if slices.Contains(got[:len(got)-1], "Q ann") {
				t.Errorf("the server heard %q", got)
			}
			if want := []string{fmt.Sprint(r.address(), Unanswered)}; !slices.Equal(told, want) {
				t.Errorf("told %q, want %q", told, want)
			}
		})
	}
}

func TestAServerThatIsNotThereIsTold(t *testing.T) {
	r := newRoom(t, "127.0.0.1:0")
	r.stop()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	c := dial(t, r.address(), Options{Silent: func(address string, why Silence) {
		if address != r.address() || why != Closed {
			t.Errorf("told %q %v", address, why)
		}
		cancel(enough)
	}})
	if err := c.Enter(ctx, "ann"); !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestASilenceWithoutASocketIsThatOfAnAddressThatCannotBeReached(t *testing.T) {
	for _, c := range []struct {
		e    entering
		want Silence
	}{
		{entering{}, Unanswered},
		{entering{refused: true}, NoRoute},
		{entering{refused: true, sending: true}, Closed},
		{entering{refused: true, sending: true, quiet: true}, Unanswered},
	} {
		c.e.Conn = &Conn{}
		if got := c.e.why(); got != c.want {
			t.Errorf("refused %v, sending %v, quiet %v: %v", c.e.refused, c.e.sending, c.e.quiet,
				got)
		}
	}
}
