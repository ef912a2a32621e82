package hub_test

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"

	"parley/chat"
	"parley/hub"
)

// TestStoredBeforeShown looks into the store whenever a door is told or answered: everything
// the door is told of must be there. It submits every Command there is, and sees every Event
// there is.
func TestStoredBeforeShown(t *testing.T) {
	p := plan{storage: stores(t, t.TempDir())}
	asked, told := map[string]bool{"Start": true}, map[string]bool{}
	place := chat.Place(1) // that of Start
	d := &door{name: "udp", look: func(i hub.Item) {
		if i.Event != nil {
			told[nameOf(i.Event)] = true
			mustStand(t, p.storage, i.Event)
		} else if got := load(t, p.storage).Progress().Place; got != place {
			t.Errorf("what stands at %d is answered; stored is the log up to %d", place, got)
		}
	}}
	opens(t, p, d)
	ann, ben := d.id("s1"), d.id("s2")
	for _, c := range []chat.Command{
		chat.Alive{},
		d.enter("s1", "Ann"), d.enter("s2", "Ben"), d.enter("s3", "Ann"), d.post("s1", "hello"),
		chat.Post{By: chat.By(ann), Room: chat.Lobby, Text: "waves", Action: true},
		chat.Direct{By: chat.By(ann), ToKey: "ben", Text: "psst", New: true},
		d.join("s1", "attic"), d.join("s2", "attic"),
		chat.SetTopic{By: chat.By(ben), Room: "attic", Text: "tea"},
		chat.SetAway{By: chat.By(ann), Text: "lunch"},
		chat.Rename{By: chat.By(ann), Nick: chat.Nick{Name: "Zoe", Key: "zoe"}},
		chat.Part{By: chat.By(ann), Room: "attic"},
		chat.RemoveRoom{By: chat.ByOperator(), Room: "attic"},
		chat.Announce{By: chat.ByOperator(), Text: "five o'clock"},
		chat.Kick{By: chat.ByOperator(), NickKey: "ben", Detail: "enough"},
		d.leave("s1"),
		chat.Sweep{},
		chat.Gone{Node: "there"},
		chat.Stop{},
	} {
		asked[nameOf(c)] = true
		place++
		d.ask(t, c)
	}
	same(t, "asked", slices.Sorted(maps.Keys(asked)), declared(t, "apply"))
	same(t, "told", slices.Sorted(maps.Keys(told)), declared(t, "event"))
}

func load(t *testing.T, s *storage) *chat.State {
	t.Helper()
	state, err := s.Load()
	if err != nil {
		t.Error(err)
		return chat.NewState()
	}
	return state
}

// mustStand checks that what an Event tells of is stored: its message or, if it has none, the
// sessions.
func mustStand(t *testing.T, s *storage, e chat.Event) {
	t.Helper()
	if m := reflect.ValueOf(e).FieldByName("Message"); m.IsValid() {
		mustHold(t, s, m.Interface().(chat.Message))
		return
	}
	stored := load(t, s).Sessions()
	session := func(id chat.SessionID) int {
		return slices.IndexFunc(stored, func(m chat.Session) bool { return m.ID == id })
	}
	switch e := e.(type) {
	case chat.RoomRemoved:
		if _, exists := load(t, s).Room(e.Room); exists {
			t.Errorf("%s is told to be removed, and is still stored", e.Room)
		}
	case chat.Announced:
		mustHold(t, s, e.Message)
	case chat.Changed:
		if i := session(e.Session.ID); i < 0 || !reflect.DeepEqual(stored[i], e.Session) {
			t.Errorf("%+v is told to its session; stored are %+v", e.Session, stored)
		}
	case chat.Ended:
		if session(e.Session.ID) >= 0 {
			t.Errorf("%+v is told that it has ended, and is still stored", e.Session)
		}
	case chat.Wanted:
		if session(e.Holder) < 0 {
			t.Errorf("%s is asked for its nickname, and is not stored", e.Holder)
		}
	default:
		t.Errorf("%T: this test does not know what must stand", e)
	}
}

func mustHold(t *testing.T, s *storage, m chat.Message) {
	t.Helper()
	all, err := s.After(context.Background(), m.Room, chat.Cursor{}, 100)
	if err != nil || !slices.Contains(all, m) {
		t.Errorf("%+v is shown; stored is %+v, %v", m, all, err)
	}
}
