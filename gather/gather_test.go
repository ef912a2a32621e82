package gather

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/chat"
)

var start = time.Unix(1_000_000, 0)

// add adds moves such as "+ann", "-bob" and "~cid", which stays inside, to the lobby; "^dan" comes
// back there. It returns
// the moves that are shown:
// "+ann" alone, and "[ann, bob and 1 other enter; cid leaves]" for a batch.
func add(c *Crowds[string], at time.Duration, moves ...string) (shown []string) {
	for _, m := range moves {
		before, alone := c.Add(Move[string]{
			Room: chat.Lobby, Nick: m[1:], Enters: strings.Contains("+^", m[:1]),
			Stays: strings.Contains("~^", m[:1]),
		}, start.Add(at))
		if before != nil {
			shown = append(shown, words(before.Notice()))
		}
		if alone {
			shown = append(shown, m)
		}
	}
	return shown
}

func words(n Notice) string {
	var all []string
	for sign, g := range map[string]Group{
		"+": n.Entered, "^": n.Returned, "~": n.Parted, "-": n.Left,
	} {
		if g.Count > 0 {
			all = append(all, fmt.Sprint(sign, g.Count, " ", strings.Join(g.Named(), " ")))
		}
	}
	slices.Sort(all)
	return "[" + strings.Join(all, ", ") + "]"
}

func expire(c *Crowds[string], at time.Duration) (shown []string) {
	for batch := range c.Expire(start.Add(at)) {
		shown = append(shown, words(batch.Notice()))
	}
	return shown
}

func TestAMemberThatStaysInsideIsShownApart(t *testing.T) {
	var c Crowds[string]
	add(&c, 0, "-1", "-2", "-3", "-a", "~b", "~c", "-d", "+e", "^f")
	if got := words(c.Take(chat.Lobby).Notice()); got != "[+1 e, -2 a d, ^1 f, ~2 b c]" {
		t.Errorf("it shows %s", got)
	}
}

// TestAWindow follows one room through a crowd, second by second.
func TestAWindow(t *testing.T) {
	var c Crowds[string]
	if _, ok := c.Due(); ok {
		t.Error("an empty Crowds is to be asked again")
	}
	is := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	due := func(want time.Duration) {
		t.Helper()
		if at, ok := c.Due(); !ok || at.Sub(start) != want {
			t.Errorf("due after %v, %v, want %v", at.Sub(start), ok, want)
		}
	}
	is("the first few", add(&c, 0, "+a", "+b", "-x", "+c", "+d", "-y"), "+a", "+b", "-x")
	due(Window)
	is("too early", expire(&c, Window-1))
	is("the rest", expire(&c, Window), "[+2 c d, -1 y]")
	due(2 * Window)
	is("the crowd goes on", add(&c, Window+1, "+e", "+f", "+g"))
	is("before something else", []string{words(c.Take(chat.Lobby).Notice())}, "[+3 e f]")
	is("after it, in the same window", add(&c, Window+2, "+h"))
	is("the same member again", add(&c, Window+3, "-h", "+i", "-i"), "[+1 h]", "[+1 i, -1 h]")
	is("at last", expire(&c, 2*Window), "[-1 i]")
	is("nothing more", expire(&c, 3*Window))
	if _, ok := c.Due(); ok || len(c.rooms) > 0 {
		t.Error("a quiet room is not forgotten")
	}
	is("a new window", add(&c, 3*Window, "+j", "+k", "+l", "+m"), "+j", "+k", "+l")
	if add(&c, 3*Window, "+n"); c.Take("dev") != nil || c.Take(chat.Lobby).Len() != 2 {
		t.Error("it is taken from another room")
	}
	is("late: a window is over though it was not expired", add(&c, 5*Window, "+o"), "+o")
	due(6 * Window)
}

func TestANoticeLeavesOutTheMovesBeforeAListenerEntered(t *testing.T) {
	var c Crowds[string]
	to := []string{"bob"}
	for _, nick := range []string{"1", "2", "3", "a", "b", "c", "d"} {
		to = append(slices.Clone(to), nick)
		c.Add(Move[string]{Room: "dev", Nick: nick, Enters: true, Self: nick, To: to}, start)
	}
	batch := c.Take("dev")
	for listener, want := range map[string]string{
		"bob": "[+4 a b]", "3": "[+4 a b]", "a": "[+3 b c]", "c": "[+1 d]", "d": "[]",
	} {
		if !slices.Contains(batch.To, listener) {
			t.Errorf("%s is not a listener", listener)
		}
		for n, notice := range batch.Notices() {
			if n == batch.Skipped(listener) && words(notice) != want {
				t.Errorf("%s is told %s, want %s", listener, words(notice), want)
			}
		}
	}
}

// world is two rooms in which members enter and leave, and what each listener is told there.
type world struct {
	t       *rapid.T
	crowds  Crowds[string]
	now     time.Time
	inside  map[chat.RoomID][]string
	happens map[place][]move // since the listener entered, without its own move
	told    map[place][]move
	waits   map[chat.RoomID][]time.Time // of the moves that are gathered
	alone   map[chat.RoomID][]time.Time // of the moves shown one by one
}

type place struct {
	room     chat.RoomID
	listener string
}

var (
	worldRooms = []chat.RoomID{chat.Lobby, "dev"}
	worldNicks = []string{"ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ina"}
)

// move lets a member enter a room, or leave it if it is inside. A third of the members is not a
// listener of the caller, as it came through another door.
func (w *world) move(id chat.RoomID, nick string) {
	m := move{nick: nick, enters: !slices.Contains(w.inside[id], nick)}
	m.stays = nick[0]%2 == 0
	listens := nick[0]%3 != 0
	self := place{id, nick}
	to := slices.Clone(w.inside[id])
	if m.enters {
		w.inside[id] = append(to, nick)
		w.happens[self], w.told[self] = nil, nil
	} else {
		w.inside[id] = slices.DeleteFunc(to, func(n string) bool { return n == nick })
	}
	event := Move[string]{Room: id, Nick: nick, Enters: m.enters, Stays: m.stays}
	for _, listener := range w.inside[id] {
		if listener[0]%3 == 0 {
			continue
		}
		event.To = append(event.To, listener)
		if p := (place{id, listener}); p != self {
			w.happens[p] = append(w.happens[p], m)
		}
	}
	if listens {
		event.Self = nick
	}
	before, alone := w.crowds.Add(event, w.now)
	w.show(before)
	if !alone {
		w.waits[id] = append(w.waits[id], w.now)
		return
	}
	if len(w.waits[id]) > 0 {
		w.t.Fatalf("%v overtakes %d moves", m, len(w.waits[id]))
	}
	w.alone[id] = append(w.alone[id], w.now)
	for _, listener := range event.To {
		if listener != nick {
			w.told[place{id, listener}] = append(w.told[place{id, listener}], m)
		}
	}
}

// show shows a batch to its listeners.
func (w *world) show(batch *Batch[string]) {
	if batch == nil {
		return
	}
	if batch.Len() != len(w.waits[batch.Room]) {
		w.t.Fatalf("%d moves of %d are shown", batch.Len(), len(w.waits[batch.Room]))
	}
	w.waits[batch.Room] = nil
	notices := map[int]Notice{}
	for n, notice := range batch.Notices() {
		if notices[n] = notice; notice != noticeOf(batch.moves[n:]) {
			w.t.Fatalf("the notice about %v is %+v", batch.moves[n:], notice)
		}
	}
	if batch.Notice() != notices[0] {
		w.t.Fatalf("the whole notice is %+v", batch.Notice())
	}
	for _, listener := range batch.To {
		p := place{batch.Room, listener}
		w.told[p] = append(w.told[p], batch.moves[batch.Skipped(listener):]...)
	}
}

// noticeOf makes a notice in the plainest way. A nickname must not be in it twice: it would not
// tell whether the member came or went last.
func noticeOf(moves []move) (n Notice) {
	nicks := map[string]bool{}
	for _, m := range moves {
		g := &n.Left
		switch {
		case m.enters && m.stays:
			g = &n.Returned
		case m.enters:
			g = &n.Entered
		case m.stays:
			g = &n.Parted
		}
		if g.Count < namedMax {
			g.named[g.Count] = m.nick
		}
		g.Count++
		nicks[m.nick] = true
	}
	if len(nicks) < len(moves) {
		panic(fmt.Sprint("a nickname twice in ", moves))
	}
	return n
}

// pass lets time pass, and asks again whenever that is due.
func (w *world) pass(d time.Duration) {
	end := w.now.Add(d)
	for at, ok := w.crowds.Due(); ok && !at.After(end); at, ok = w.crowds.Due() {
		if at.Before(w.now) {
			w.t.Fatalf("due %v ago", w.now.Sub(at))
		}
		w.now = at
		for batch := range w.crowds.Expire(w.now) {
			w.show(batch)
		}
	}
	w.now = end
}

// check checks the laws. Nothing lost, nothing twice, in order: a listener was told of a beginning
// of the moves since it entered. Only the gathered moves are missing.
func (w *world) check() {
	for p, told := range w.told {
		if !slices.Contains(w.inside[p.room], p.listener) {
			continue
		}
		happened := w.happens[p]
		missing := len(happened) - len(told)
		if missing < 0 || !slices.Equal(told, happened[:len(told)]) {
			w.t.Fatalf("%v is told %v, but %v happened", p, told, happened)
		}
		if missing > len(w.waits[p.room]) {
			w.t.Fatalf("%v misses %d moves, %d are gathered", p, missing, len(w.waits[p.room]))
		}
	}
	for id, since := range w.waits {
		if len(since) > 0 && w.now.Sub(since[0]) >= Window {
			w.t.Fatalf("a move in %s is kept for %v", id, w.now.Sub(since[0]))
		}
	}
	for id, at := range w.alone { // any stretch of time overlaps two windows at most
		if n := len(at) - 1; n >= 2*few && at[n].Sub(at[n-2*few]) < Window {
			w.t.Fatalf("%d moves in %s are shown one by one within a window", 2*few+1, id)
		}
	}
}

func TestEveryListenerIsToldEveryLaterMoveOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			t: t, now: start,
			inside:  map[chat.RoomID][]string{},
			happens: map[place][]move{}, told: map[place][]move{},
			waits: map[chat.RoomID][]time.Time{}, alone: map[chat.RoomID][]time.Time{},
		}
		room, nick := rapid.SampledFrom(worldRooms), rapid.SampledFrom(worldNicks)
		t.Repeat(map[string]func(*rapid.T){
			"move": func(t *rapid.T) { w.move(room.Draw(t, "room"), nick.Draw(t, "nick")) },
			"crowd": func(t *rapid.T) {
				id := room.Draw(t, "room")
				for _, n := range rapid.SliceOfN(nick, 1, 20).Draw(t, "nicks") {
					w.move(id, n)
				}
			},
			"pass": func(t *rapid.T) {
				w.pass(time.Duration(rapid.Int64Range(0, int64(2*Window)).Draw(t, "time")))
			},
			"something else": func(t *rapid.T) {
				id := room.Draw(t, "room")
				w.show(w.crowds.Take(id))
				if len(w.waits[id]) > 0 {
					t.Fatalf("%d moves wait", len(w.waits[id]))
				}
			},
			"": func(*rapid.T) { w.check() },
		})
		for batch := range w.crowds.All() {
			w.show(batch)
		}
		for id := range w.waits {
			if len(w.waits[id]) > 0 {
				t.Fatalf("after all, %d moves wait in %s", len(w.waits[id]), id)
			}
		}
		w.check()
		w.pass(2 * Window)
		if _, ok := w.crowds.Due(); ok || len(w.crowds.rooms)+len(w.crowds.windows) > 0 {
			t.Fatal("quiet rooms are not forgotten")
		}
	})
}
