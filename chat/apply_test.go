package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

// story is a log that is told one command after the other. After each it checks what must hold whatever was said.
type story struct {
	t        rapid.TB
	state    *State
	entities map[[2]string]Change
	messages []Message
	last     Record // every Record takes node, epoch and time from the one before
}

func newStory(t rapid.TB) *story {
	return &story{
		t: t, state: NewState(), entities: map[[2]string]Change{},
		last: Record{Time: noon, Origin: Origin{Node: "here", Epoch: 1}},
	}
}

// next returns the Record that a command gets when nothing is repeated.
func (s *story) next(c Command) Record {
	r := s.last
	r.Place++
	r.Origin.N++
	r.Command = c
	return r
}

func (s *story) does(c Command) Result { return s.applies(s.next(c)) }

func (s *story) applies(r Record) Result {
	s.t.Helper()
	s.last = r
	return s.follows(r, Apply(s.state, r))
}

// passes lets time go by before the next command.
func (s *story) passes(d time.Duration) { s.last.Time = s.last.Time.Add(d) }

// restarts begins the node's next life.
func (s *story) restarts(c Start) Result {
	s.last.Origin.Epoch++
	s.last.Origin.Life++
	s.last.Origin.N = 0
	return s.does(c)
}

// follows keeps what a store would keep of a Result, and checks the laws.
func (s *story) follows(r Record, result Result) Result {
	s.t.Helper()
	for _, m := range result.Messages {
		if before := s.seqs()[m.Room]; m.Seq != before+1 {
			s.t.Errorf("place %d: message %d in %q follows %d", r.Place, m.Seq, m.Room, before)
		}
		s.messages = append(s.messages, m)
	}
	for _, c := range result.Changes {
		id := [2]string{c.Kind, c.Key}
		if c.Value == nil {
			delete(s.entities, id)
			continue
		}
		value, err := json.Marshal(c.Value)
		if err != nil {
			s.t.Fatal(err)
		}
		s.entities[id] = Change{c.Kind, c.Key, json.RawMessage(value)}
	}
	s.forgetRooms(result)
	if result.Place != r.Place {
		s.t.Errorf("place %d: the result is of place %d", r.Place, result.Place)
	}
	if result.Refusal != nil && (len(result.Messages) > 0 || s.changed(result) > 0) {
		s.t.Errorf("place %d: refused with %v and yet changed: %+v", r.Place, result.Refusal.Code, result)
	}
	s.checkEnded(result)
	s.checkRooms()
	s.checkHolders()
	s.checkReload()
	return result
}

// checkEnded: a session that is told that it ended has no more to hear, and is inside only if it entered anew.
func (s *story) checkEnded(result Result) {
	s.t.Helper()
	ended := map[SessionID]bool{}
	for _, e := range result.Events {
		switch e := e.(type) {
		case Ended:
			ended[e.Session.ID] = true
		case Left:
			if ended[e.Session.ID] {
				s.t.Errorf("place %d: %s leaves after its end", result.Place, e.Session.ID)
			}
			if _, known := ended[e.Session.ID]; !known && e.Reason != ReasonParted {
				ended[e.Session.ID] = false // its end must follow
			}
		case Entered:
			delete(ended, e.Session.ID)
		}
	}
	for id, gone := range ended {
		if _, inside := s.state.sessions[id]; inside == gone {
			s.t.Errorf("place %d: %s was told that it ended: %v; it is inside: %v", result.Place, id, gone, inside)
		}
	}
}

// changed counts the entities changed, but for the node's, which changes with every Record.
func (s *story) changed(result Result) int {
	n := 0
	for _, c := range result.Changes {
		if c.Kind != entityNode {
			n++
		}
	}
	return n
}

func (s *story) seqs() map[RoomID]Seq {
	seqs := map[RoomID]Seq{}
	for _, m := range s.messages {
		seqs[m.Room] = m.Seq
	}
	return seqs
}

// forgetRooms drops the history of rooms that are removed, as a store does.
func (s *story) forgetRooms(result Result) {
	for _, c := range result.Changes {
		if c.IsRoom() && c.Value == nil {
			s.messages = slices.DeleteFunc(s.messages,
				func(m Message) bool { return string(m.Room) == c.Key })
		}
	}
}

// checkRooms: members are counted in their rooms, which exist; a room in which only members came
// and went is quiet, and has a member.
func (s *story) checkRooms() {
	s.t.Helper()
	inside := map[RoomID]int{}
	for _, m := range s.state.sessions {
		for _, room := range m.Rooms {
			inside[room]++
			if _, exists := s.state.rooms[room]; !exists {
				s.t.Errorf("%s is in %s, which does not exist", m.ID, room)
			}
		}
	}
	if !maps.Equal(inside, s.state.inside) {
		s.t.Errorf("counted are %v, inside are %v", s.state.inside, inside)
	}
	said := map[RoomID]bool{Lobby: true}
	for _, m := range s.messages {
		said[m.Room] = said[m.Room] || !m.Kind.IsNotice()
	}
	for _, r := range s.state.rooms {
		if r.Quiet == said[r.ID] || r.Quiet && inside[r.ID] == 0 {
			s.t.Errorf("%+v has %d members; said was something: %v", r, inside[r.ID], said[r.ID])
		}
	}
	for room := range s.seqs() {
		if _, exists := s.state.Room(room); !exists {
			s.t.Errorf("%s has messages and does not exist", room)
		}
	}
}

// checkHolders: a nickname has one holder, and who is inside holds theirs.
func (s *story) checkHolders() {
	s.t.Helper()
	has := map[string]SessionID{}
	for _, m := range s.state.sessions {
		if other, taken := has[m.Nick.Key]; taken {
			s.t.Errorf("%s and %s both have %q", other, m.ID, m.Nick.Key)
		}
		has[m.Nick.Key] = m.ID
	}
	if !maps.Equal(has, s.state.holders) {
		s.t.Errorf("holders are %v, sessions are %v", s.state.holders, has)
	}
}

// checkReload: the Changes tell all of State.
func (s *story) checkReload() {
	s.t.Helper()
	again := s.reload()
	if !equal(s.state, again) {
		s.t.Errorf("state\n%+v\nis after reloading\n%+v", s.state, again)
	}
	for id := range s.state.nodes {
		found, want := s.state.dead(id), again.dead(id)
		if len(found) < len(want) || len(want) > 0 && found[0] != want[0] {
			s.t.Errorf("of %s are dead %v, after reloading %v", id, found, want)
		}
	}
}

// equal says whether two States are the same, whatever they remember for Undo.
func equal(a, b *State) bool {
	one, other := *a, *b
	one.undo, other.undo = undo{}, undo{}
	one.dying, other.dying = nil, nil
	return reflect.DeepEqual(one, other)
}

func (s *story) reload() *State {
	s.t.Helper()
	again, err := LoadState(s.state.Progress(), slices.Collect(maps.Values(s.entities)))
	if err != nil {
		s.t.Fatal(err)
	}
	again.sweepMax = s.state.sweepMax
	return again
}

// short is the name of the variable that has a session's ID.
func short(id SessionID) string { return fmt.Sprint("s", id.N) }

// told is a Result as the tables have it: what each event says, then the refusal if it is one.
func told(r Result) string {
	var lines []string
	for _, e := range r.Events {
		switch e := e.(type) {
		case Entered:
			lines = append(lines, fmt.Sprintf("%d %s enters", e.Message.Seq, e.Message.Nick))
		case Posted:
			says := ":"
			if e.Message.Kind == KindAction {
				says = " does"
			}
			lines = append(lines, fmt.Sprintf("%d %s%s %s", e.Message.Seq, e.Message.Nick, says, e.Message.Text))
		case Told:
			lines = append(lines, fmt.Sprintf("%d %s to %s in %s: %s", e.Message.Seq,
				e.Message.Nick, short(e.To.ID), e.Message.Room, e.Message.Text))
		case Changed:
			lines = append(lines, fmt.Sprintf("%s is %s, %q", short(e.Session.ID), e.Session.Nick,
				e.Session.Away))
		case Renamed:
			lines = append(lines, fmt.Sprintf("%d %s is now %s in %s", e.Message.Seq, e.Message.Nick, e.Message.Text, e.Message.Room))
		case TopicSet:
			lines = append(lines, fmt.Sprintf("%d %s sets %q", e.Message.Seq, e.Message.Nick, e.Message.Text))
		case Left:
			lines = append(lines, fmt.Sprintf("%d %s leaves, %s", e.Message.Seq, e.Message.Nick, e.Message.Text))
		case RoomRemoved:
			for _, m := range e.Members {
				lines = append(lines, fmt.Sprintf("%s is out of %s, in %v", short(m.ID), e.Room,
					m.Rooms))
			}
		case Announced:
			lines = append(lines, fmt.Sprintf("%d all: %s", e.Message.Seq, e.Message.Text))
		case Wanted:
			lines = append(lines, short(e.Holder)+" is wanted")
		}
	}
	if r.Repeated {
		lines = append(lines, "repeated")
	}
	if r.Refusal != nil {
		lines = append(lines, r.Refusal.Code.String())
	}
	return strings.Join(lines, "; ")
}

func TestRepeatIsRecognised(t *testing.T) {
	begun := func(t *testing.T) *story {
		s := newStory(t)
		s.does(enter(s1, "Ann"))
		s.does(post(s1, "once"))
		return s
	}
	for _, c := range []struct {
		what     string
		repeat   func(Record) Record
		advances bool
	}{
		{"the very same", func(r Record) Record { return r }, false},
		{"an earlier place", func(r Record) Record { r.Place--; return r }, false},
		{"its origin at a later place", func(r Record) Record { r.Place += 5; return r }, true},
		{"an older origin at a later place", func(r Record) Record { r.Place++; r.Origin.N--; return r }, true},
		{"a former life", func(r Record) Record { r.Place++; r.Origin.Epoch--; r.Origin.N += 7; return r }, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := begun(t)
			before := s.state.Progress()
			again := c.repeat(s.last)
			result := s.applies(again)
			if told(result) != "repeated" || len(result.Messages)+len(result.Changes) > 0 {
				t.Errorf("%+v", result)
			}
			if after := s.state.Progress(); c.advances && (after.Place != again.Place || after.Hash == before.Hash) {
				t.Errorf("place %d hash %v after place %d", after.Place, after.Hash, again.Place)
			} else if !c.advances && after != before {
				t.Errorf("progress went from %v to %v", before, after)
			}
		})
	}
}

func TestOriginsOfNodesAreApart(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	r := s.next(enter(s2, "Ben"))
	r.Origin = Origin{Node: "there", Epoch: 1, N: 1}
	if got := told(s.applies(r)); got != "2 Ben enters" {
		t.Error(got)
	}
}

func TestNewLifeIsNoRepeat(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	s.does(post(s1, "first life"))
	s.last.Origin = Origin{Node: "here", Epoch: 2}
	if got := told(s.does(post(s1, "second life"))); got != "3 Ann: second life" {
		t.Error(got)
	}
	if got := s.state.Epoch("here"); got != 2 {
		t.Errorf("epoch %d", got)
	}
}

// TestRepeatOfARefusedOne: a refused command is known as well; its repeat does not pass where the first did not.
func TestRepeatOfARefusedOne(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	refused := s.next(enter(s2, "Ann"))
	if got := told(s.applies(refused)); got != "s1 is wanted; nick_occupied" {
		t.Fatal(got)
	}
	s.does(leave(s1))
	again := refused
	again.Place = s.last.Place + 1
	if got := told(s.applies(again)); got != "repeated" {
		t.Error(got)
	}
}

func TestReject(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	before := s.state.Progress()
	poisoned := s.next(nil)
	result := s.follows(poisoned, Reject(s.state, poisoned, Internal))
	if told(result) != "internal" || len(result.Messages) > 0 {
		t.Errorf("%+v", result)
	}
	if after := s.state.Progress(); after.Place != poisoned.Place || after.Hash == before.Hash {
		t.Errorf("progress %v after %v", after, before)
	}
	s.last = poisoned
	if got := told(s.does(post(s1, "on we go"))); got != "2 Ann: on we go" {
		t.Error(got)
	}
	again := s.follows(poisoned, Reject(s.state, poisoned, Internal))
	if told(again) != "repeated" {
		t.Errorf("rejected twice: %+v", again)
	}
}

func TestApplyPanicsOnWhatIsNoCommand(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic: a Record without a Command passed")
		}
	}()
	s := newStory(t)
	Apply(s.state, s.next(nil))
}

// TestHash: whatever differs in a Record or in what it led to, differs in the hash.
func TestHash(t *testing.T) {
	hash := func(after func(*story)) Hash {
		s := newStory(t)
		s.does(enter(s1, "Ann"))
		s.does(enter(s2, "Ben"))
		after(s)
		return s.state.Progress().Hash
	}
	says := func(c Command, change func(*Record)) func(*story) {
		return func(s *story) {
			r := s.next(c)
			change(&r)
			s.applies(r)
		}
	}
	asItIs := func(*Record) {}
	rejects := func(code Code) func(*story) {
		return func(s *story) { Reject(s.state, s.next(nil), code) }
	}
	variants := []struct {
		what  string
		after func(*story)
	}{
		{"nothing more", func(*story) {}},
		{"a message", says(post(s1, "hello"), asItIs)},
		{"another text", says(post(s1, "hell"), asItIs)},
		{"another author", says(post(s2, "hello"), asItIs)},
		{"another kind of message", says(Announce{By: ByOperator(), Text: "hello"}, asItIs)},
		{"another place", says(post(s1, "hello"), func(r *Record) { r.Place++ })},
		{"another time", says(post(s1, "hello"), func(r *Record) { r.Time = r.Time.Add(1) })},
		{"another origin", says(post(s1, "hello"), func(r *Record) { r.Origin.N++ })},
		{"nothing, at a place", says(Alive{}, asItIs)},
		{"a refusal", rejects(Internal)},
		{"another code", rejects(Busy)},
		{"an entity", says(enter(s3, "Cid"), asItIs)},
		{"a field of the entity", says(Enter{Session: s3, Door: "line", Nick: nick("Cid")},
			asItIs)},
	}
	seen := map[Hash]string{}
	for _, v := range variants {
		h := hash(v.after)
		if h != hash(v.after) {
			t.Errorf("%s: two hashes for one log", v.what)
		}
		if other, taken := seen[h]; taken {
			t.Errorf("%s and %s have the same hash", other, v.what)
		}
		seen[h] = v.what
	}
}

// TestHashKnowsWhereAFieldEnds: what moves from one field into the next is another history.
func TestHashKnowsWhereAFieldEnds(t *testing.T) {
	hash := func(nick, text string, changes ...Change) Hash {
		turn := turn{record: Record{Place: 1}}
		turn.result.Messages = []Message{{Room: Lobby, Seq: 1, Nick: nick, Text: text}}
		turn.result.Changes = changes
		return turn.hash(Hash{})
	}
	if hash("ab", "c") == hash("a", "bc") {
		t.Error("nick and text run together")
	}
	if hash("a", "b", Change{Kind: "k", Key: "ab", Value: Room{ID: "c"}}) == hash("a", "b", Change{Kind: "k", Key: "a", Value: Room{ID: "bc"}}) {
		t.Error("key and value run together")
	}
}

// TestHashCoversEveryField: what JSON keeps of an entity is hashed, whatever field is added.
func TestHashCoversEveryField(t *testing.T) {
	session := Session{
		ID: s1, Door: "d", Peer: netip.MustParseAddrPort("[2001:db8::1]:7"),
		Nick: Nick{Name: "N", Key: "k"}, Rooms: []RoomID{"r"}, Entered: noon, Away: "a", User: 1,
	}
	for _, e := range []entity{
		Room{ID: "r", Seq: 1, Topic: "t", Amended: 1, Quiet: true},
		session,
		node{
			ID: "n", Epoch: 1, Life: 7, N: 1, Seen: noon, Over: true, Since: 1, Began: 2,
			Kept: []string{"udp"},
		},
	} {
		var whole encoding
		e.encode(&whole)
		fields := reflect.ValueOf(e)
		for i := range fields.NumField() {
			emptied := reflect.New(fields.Type()).Elem()
			emptied.Set(fields)
			emptied.Field(i).SetZero()
			var without encoding
			emptied.Interface().(entity).encode(&without)
			if bytes.Equal(whole, without) {
				t.Errorf("%T.%s is not hashed", e, fields.Type().Field(i).Name)
			}
		}
	}
	var hashed []string
	for _, id := range []SessionID{
		s1, s2, {Node: "there", Life: s1.Life, N: s1.N}, {Node: s1.Node, Life: 8, N: s1.N},
	} {
		var e encoding
		e.session(id)
		if slices.Contains(hashed, string(e)) {
			t.Errorf("a field of %v is not hashed", id)
		}
		hashed = append(hashed, string(e))
	}
}
