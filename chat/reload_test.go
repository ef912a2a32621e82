package chat

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAnyLogAnyReload: whatever the log says, and wherever State is dropped and loaded again, the laws of story hold and the
// end is the same.
func TestAnyLogAnyReload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		straight, stopped := newStory(t), newStory(t)
		straight.state.sweepMax = rapid.SampledFrom([]int{1, sweepMax}).Draw(t, "swept at once")
		stopped.state.sweepMax = straight.state.sweepMax
		for range rapid.IntRange(0, 40).Draw(t, "length") {
			r := drawRecord(t, straight)
			told1 := told(straight.applies(r))
			if rapid.Bool().Draw(t, "reload") {
				stopped.state = stopped.reload()
			}
			if told2 := told(stopped.applies(r)); told1 != told2 {
				t.Fatalf("%+v: %q and after a reload %q", r, told1, told2)
			}
		}
		if a, b := straight.state.Progress(), stopped.state.Progress(); a != b {
			t.Fatalf("%v and after reloads %v", a, b)
		}
	})
}

// drawRecord makes up what the log says next: mostly a new command, sometimes an old Record again, sometimes a new life.
func drawRecord(t *rapid.T, s *story) Record {
	r := s.next(drawCommand(t))
	r.Place += Place(rapid.IntRange(0, 2).Draw(t, "hole"))
	r.Time = r.Time.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "seconds")) * time.Second)
	r.Origin.Node = rapid.SampledFrom([]NodeID{"here", "there"}).Draw(t, "node")
	n := s.state.nodes[r.Origin.Node]
	r.Origin.Epoch, r.Origin.Life, r.Origin.N = max(n.Epoch, 1), n.Life, n.N+1
	switch rapid.IntRange(0, 9).Draw(t, "twist") {
	case 0:
		if n.N > 0 {
			r.Origin.N = n.N // again, at a later place
		}
	case 1:
		r.Place = s.state.progress.Place // again, in place
	case 2:
		r.Origin.Epoch, r.Origin.N = n.Epoch+1, 1
		r.Origin.Life = Life(rapid.IntRange(1, 3).Draw(t, "life"))
		r.Command = Start{
			Resumable: []string{"udp"}, Alone: rapid.IntRange(0, 4).Draw(t, "alone") == 0,
			Within: time.Duration(rapid.IntRange(0, 9).Draw(t, "within")) * time.Second,
		}
	case 3:
		r.Command = drawEnd(t, s.state)
	}
	return r
}

// drawEnd makes up a command that ends a life, or what is left of one.
func drawEnd(t *rapid.T, s *State) Command {
	n := s.nodes[rapid.SampledFrom([]NodeID{"here", "there"}).Draw(t, "gone")]
	stale := uint64(rapid.IntRange(0, 1).Draw(t, "stale"))
	return rapid.SampledFrom([]Command{
		Stop{Resumable: []string{"udp"}},
		Gone{Node: n.ID, Epoch: n.Epoch, Life: n.Life, N: n.N - stale},
		Sweep{},
	}).Draw(t, "end")
}

func drawCommand(t *rapid.T) Command {
	there := SessionID{Node: "there", Life: 7, N: 1}
	session := rapid.SampledFrom([]SessionID{s1, s2, s3, there}).Draw(t, "session")
	name := nick(rapid.SampledFrom([]string{"Ann", "ann", "Ben", "Cid"}).Draw(t, "nick"))
	as := rapid.SampledFrom([]string{"", name.Key}).Draw(t, "as")
	room := rapid.SampledFrom([]RoomID{Lobby, Lobby, "attic", "cellar"}).Draw(t, "room")
	text := rapid.SampledFrom([]string{"", "tea"}).Draw(t, "text")
	switch rapid.IntRange(0, 13).Draw(t, "command") {
	case 0, 1:
		return Enter{Session: session, Door: rapid.SampledFrom([]string{"udp", "line"}).Draw(t, "door"), Nick: name}
	case 2, 3:
		return Post{
			By: Actor{Session: session, As: as}, Room: room, Text: "hello",
			Action: rapid.Bool().Draw(t, "action"),
		}
	case 4:
		return Leave{By: Actor{Session: session, As: as}, Reason: ReasonQuit}
	case 5:
		return Kick{By: ByOperator(), NickKey: name.Key, Detail: rapid.SampledFrom([]string{
			"",
			"spam",
		}).Draw(t, "detail")}
	case 6:
		return Direct{By: By(session), ToKey: name.Key, Text: "hello", New: rapid.Bool().Draw(t,
			"new")}
	case 7, 8:
		return Join{
			By: By(session), Room: room, Rooms: rapid.IntRange(1, 3).Draw(t, "rooms"),
			Joined: rapid.IntRange(1, 3).Draw(t, "joined"), New: rapid.IntRange(0, 3).Draw(t,
				"new") > 0,
		}
	case 9:
		return Part{By: By(session), Room: room}
	case 12:
		return RemoveRoom{By: ByOperator(), Room: rapid.SampledFrom([]RoomID{
			Lobby, "attic",
			"@ann+ben",
		}).Draw(t,
			"removed")}
	case 10:
		return Rename{By: By(session), Nick: name}
	case 11:
		return rapid.SampledFrom([]Command{
			SetTopic{By: By(session), Room: room, Text: text},
			SetAway{By: By(session), Text: text},
		}).Draw(t, "says")
	default:
		return rapid.SampledFrom([]Command{
			Announce{By: ByOperator(), Text: "tea"},
			Alive{},
		}).Draw(t, "other")
	}
}
