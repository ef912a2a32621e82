package client

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// dialect is how a server of another make words the protocol. NAME and TEXT are replaced.
type dialect struct {
	ok, exit                       string // exit may be empty: no answer to Q
	enters, says, quits, announces string
	occupied                       string
	before, after                  string // around every datagram
	tellsLeaver                    bool   // who leaves hears what all others hear
	echoes                         bool   // who speaks does
}

var dialects = map[string]dialect{
	"as ours":           {},
	"ok in lower case":  {ok: "ok"},
	"exit in any case":  {ok: "Ok", exit: "Exit"},
	"a space after OK":  {ok: "OK ", exit: "EXIT "},
	"no EXIT":           {exit: "none"},
	"leaving for EXIT":  {exit: "none", tellsLeaver: true},
	"leaving and EXIT":  {tellsLeaver: true},
	"breaks before":     {before: "\n"},
	"breaks around":     {before: "\r\n", after: "\r\n\r\n"},
	"written in C":      {after: "\n\x00\x00\x00"},
	"NAME : TEXT":       {says: "NAME : TEXT", echoes: true},
	"NAME:TEXT":         {says: "NAME:TEXT", echoes: true},
	"echoes":            {echoes: true},
	"NAME 说:TEXT":       {says: "NAME 说:TEXT", echoes: true},
	"NAME说：TEXT":        {says: "NAME说：TEXT", echoes: true},
	"Chinese":           {enters: "NAME 进入聊天室", quits: "NAME 退出聊天室", announces: "管理员消息：TEXT", occupied: "昵称已被占用"},
	"Chinese, no space": {enters: "NAME进入聊天室", says: "NAME：TEXT", quits: "NAME退出聊天室", exit: "none", tellsLeaver: true},
	"a long refusal":    {occupied: "错误：昵称已被占用"},
}

// newDialect is a room that speaks a dialect, as simple as a server can be: a Q for a nickname that is
// not inside ends it, as `del user[name]` does.
func newDialect(t *testing.T, d dialect) *room {
	r := newRoom(t, "127.0.0.1:0")
	for field, or := range map[*string]string{
		&d.ok: "OK", &d.exit: "EXIT", &d.enters: "NAME enters the chat room", &d.says: "NAME: TEXT",
		&d.quits: "NAME quits the chat room", &d.announces: "Administrator message: TEXT",
		&d.occupied: "the nickname is occupied",
	} {
		if *field == "" {
			*field = or
		}
	}
	users := map[string]netip.AddrPort{}
	tell := func(but, words, name, text string) {
		for user, at := range users {
			if user != but {
				r.send(at, d.before+strings.NewReplacer("NAME", name, "TEXT", text).Replace(words)+d.after)
			}
		}
	}
	answer := func(to netip.AddrPort, words string) { r.send(to, d.before+words+d.after) }
	r.setHook(func(from netip.AddrPort, l string) bool {
		verb, rest, _ := strings.Cut(l, " ")
		name, text, _ := strings.Cut(rest, " ")
		_, inside := users[name]
		switch {
		case verb == "L" && inside:
			answer(from, d.occupied)
		case verb == "L":
			users[name] = from
			answer(from, d.ok)
			tell(name, d.enters, name, "")
		case verb == "C" && d.echoes:
			tell("", d.says, name, text)
		case verb == "C":
			tell(name, d.says, name, text)
		case verb == "A":
			tell("", d.announces, "", rest)
		case !inside:
			t.Errorf("KeyError: %q", name)
		default:
			if d.tellsLeaver {
				tell("", d.quits, name, "")
			} else {
				tell(name, d.quits, name, "")
			}
			delete(users, name)
			if d.exit != "none" {
				answer(from, d.exit)
			}
		}
		return true
	})
	return r
}

// as returns what a dialect's words become, or those of ours if it has none.
func as(words, or, name, text string) Event {
	if words == "" {
		words = or
	}
	return line(strings.NewReplacer("NAME", name, "TEXT", text).Replace(words))
}

// patient is a client that never repeats L, and waits for an answer to Q if there will be one.
func patient(t *testing.T, r *room, answered bool) *Conn {
	timings := quick
	timings.Repeat, timings.Leave = []time.Duration{time.Minute}, 100*time.Millisecond
	if answered {
		timings.Leave = time.Minute
	}
	return dial(t, r.address(), Options{Timings: timings})
}

func TestEveryDialectIsSpoken(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newDialect(t, d)
			answered := d.exit != "none" || d.tellsLeaver
			ann, bob := patient(t, r, answered), patient(t, r, answered)
			if err := ann.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			if err := bob.Enter(t.Context(), "bob"); err != nil {
				t.Fatal(err)
			}
			expect(t, ann, as(d.enters, "NAME enters the chat room", "bob", ""))

			var refused *Refused
			occupied := as(d.occupied, "the nickname is occupied", "", "").Text
			err := dial(t, r.address(), Options{}).Enter(t.Context(), "bob")
			if !errors.As(err, &refused) || refused.Text != occupied {
				t.Errorf("bob enters again: %v, want %s", err, occupied)
			}

			for _, c := range []*Conn{ann, bob} {
				if err := c.Say(t.Context(), "  hi there"); err != nil {
					t.Fatal(err)
				}
			}
			expect(t, ann, as(d.says, "NAME: TEXT", "bob", "  hi there"))
			expect(t, bob, as(d.says, "NAME: TEXT", "ann", "  hi there"))
			ann.link.send(ann, []byte("A lunch"))
			for _, c := range []*Conn{ann, bob} {
				expect(t, c, as(d.announces, "Administrator message: TEXT", "", "lunch"))
			}

			for _, c := range []*Conn{bob, ann} {
				if err := c.Leave(t.Context()); answered != (err == nil) {
					t.Errorf("leaving: %v", err)
				}
				c.Close()
			}
			expect(t, ann, as(d.quits, "NAME quits the chat room", "bob", ""))
			var quits []string
			for _, l := range r.heard("Q ann") {
				if strings.HasPrefix(l, "Q") {
					quits = append(quits, l)
				}
			}
			if !slices.Equal(quits, []string{"Q bob", "Q ann"}) {
				t.Errorf("the server heard %q", quits)
			}
		})
	}
}

func TestLeavingIsRepeatedOnlyWhereTheServerToleratesIt(t *testing.T) {
	for name, c := range map[string]struct {
		oks       []int // with how many OKs the first, second, … L is answered
		tolerated bool
	}{
		"one L":                     {[]int{1}, false},
		"one L, OK doubled":         {[]int{2}, false},
		"the first OK lost":         {[]int{0, 1}, false},
		"both OKs late":             {[]int{0, 2}, true},
		"one OK lost, two OKs late": {[]int{0, 0, 2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const lost = 3 // Qs that are not answered
			const fence = "bob enters the chat room"
			r := newRoom(t, "127.0.0.1:0")
			asked, quits := 0, 0
			r.setHook(func(from netip.AddrPort, l string) bool {
				switch {
				case l != "Q ann":
					if asked++; asked > len(c.oks) {
						break // one L more than there should be: a busy machine
					}
					for range c.oks[asked-1] {
						r.send(from, "OK")
					}
					if asked == len(c.oks) {
						r.send(from, fence)
					}
				default:
					if quits++; quits > lost {
						r.send(from, "EXIT")
					}
				}
				return true
			})
			timings := quick
			if timings.Leave = 10 * quick.Repeat[0]; c.tolerated {
				timings.Leave = time.Minute
			}
			if len(c.oks) == 1 {
				timings.Repeat = []time.Duration{time.Minute}
			}
			ann := dial(t, r.address(), Options{Timings: timings})
			if err := ann.Enter(t.Context(), "ann"); err != nil {
				t.Fatal(err)
			}
			expect(t, ann, line(fence))
			if err := ann.Leave(t.Context()); c.tolerated != (err == nil) {
				t.Errorf("leaving: %v", err)
			}
			ann.Close()
			r.stop()
			if !c.tolerated && quits != 1 {
				t.Errorf("Q came %d times", quits)
			}
		})
	}
}
