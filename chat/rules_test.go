package chat

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

// nick parses a nickname that is known to be good.
func nick(name string) Nick {
	n, err := ParseNick(name)
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return n
}

// sid returns the ID of a session.
func sid(n int) SessionID { return SessionID{Node: "here", Life: 7, N: uint64(n)} }

var s1, s2, s3, s4, s5, s9 = sid(1), sid(2), sid(3), sid(4), sid(5), sid(9)

func enter(id SessionID, name string) Command {
	return Enter{Session: id, Door: "udp", Nick: nick(name)}
}
func post(id SessionID, text string) Command { return Post{By: By(id), Room: Lobby, Text: text} }
func postAs(as string, id SessionID, text string) Command {
	return Post{By: Actor{Session: id, As: as}, Room: Lobby, Text: text}
}

func join(id SessionID, room RoomID) Command {
	return Join{By: By(id), Room: room, Rooms: 100, Joined: 10, New: true}
}
func leave(id SessionID) Command { return Leave{By: By(id), Reason: ReasonQuit} }

// step is a command and what is told of it, as told writes it.
type step struct {
	command Command
	told    string
}

// stories are what happens when, one step after the other.
var stories = []struct {
	what  string
	steps []step
}{
	{"entering is told, with a place in the room", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
	}},
	{"a nickname has one holder, and the holder is told", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "ANN"), "s1 is wanted; nick_occupied"},
		{post(s2, "in?"), "not_inside"},
		{post(s1, "mine"), "2 Ann: mine"},
	}},
	{"a nickname is free once its holder left", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{leave(s1), "2 Ann leaves, quit"},
		{enter(s2, "ann"), "3 ann enters"},
	}},
	{"entering again is nothing new", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s1, "Ann"), ""},
		{post(s1, "still here"), "2 Ann: still here"},
	}},
	{"another nickname: leaves and enters at once", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s1, "Zoe"), "2 Ann leaves, quit; 3 Zoe enters"},
		{enter(s2, "Ann"), "4 Ann enters"},
		{post(s1, "as Zoe"), "5 Zoe: as Zoe"},
	}},
	{"another nickname: not at all when it is occupied", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{enter(s1, "ben"), "s2 is wanted; nick_occupied"},
		{post(s1, "Ann for ever"), "3 Ann: Ann for ever"},
		{enter(s3, "Ann"), "s1 is wanted; nick_occupied"},
	}},
	{"the same nickname in another case is another one, of the same holder", []step{
		{enter(s1, "ann"), "1 ann enters"},
		{enter(s1, "Ann"), "2 ann leaves, quit; 3 Ann enters"},
		{enter(s2, "ann"), "s1 is wanted; nick_occupied"},
	}},
	{"only the operator announces, kicks and removes rooms", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{Announce{By: By(s1), Text: "tea"}, "not_allowed"},
		{Kick{By: By(s1), NickKey: "ann"}, "not_allowed"},
		{RemoveRoom{By: By(s1), Room: "attic"}, "not_allowed"},
		{Announce{Text: "tea"}, "not_allowed"},
		{Kick{NickKey: "ann"}, "not_allowed"},
		{RemoveRoom{Room: "attic"}, "not_allowed"},
	}},
	{"neither the operator nor nobody is a member", []step{
		{Post{By: ByOperator(), Room: Lobby, Text: "hello?"}, "not_inside"},
		{Leave{By: ByOperator(), Reason: ReasonQuit}, "not_inside"},
		{Post{Room: Lobby, Text: "hello?"}, "not_inside"},
		{Leave{Reason: ReasonQuit}, "not_inside"},
	}},
	{"who is outside cannot speak", []step{
		{post(s1, "hello?"), "not_inside"},
		{postAs("ann", s1, "hello?"), "not_inside"},
		{leave(s1), "not_inside"},
	}},
	{"nobody speaks or leaves as somebody else", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{postAs("ann", s2, "I am Ann"), "not_yours"},
		{postAs("ann", s9, "I am Ann"), "not_yours"},
		{postAs("cid", s2, "I am Cid"), "not_inside"},
		{Leave{By: Actor{Session: s2, As: "ann"}}, "not_yours"},
		{Leave{By: Actor{Session: s9, As: "ann"}}, "not_yours"},
		{postAs("ann", s1, "I am"), "3 Ann: I am"},
	}},
	{"a room that there is not, or that one is not in", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{Post{By: By(s1), Room: "attic", Text: "hello?"}, "room_unknown"},
		{Post{By: By(s1), Room: "", Text: "hello?"}, "room_unknown"},
		{post(s1, "here"), "2 Ann: here"},
	}},
	{"a room in which nothing was said goes with its last member", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{join(s2, "attic"), "2 Ben enters"},
		{Part{By: By(s1), Room: "attic"}, "3 Ann leaves, parted"},
		{
			Rename{By: By(s2), Nick: nick("Zoe")},
			`s2 is Zoe, ""; 3 Ben is now Zoe in lobby; 4 Ben is now Zoe in attic`,
		},
		{leave(s2), "4 Zoe leaves, quit; 5 Zoe leaves, quit"},
		{Join{By: By(s1), Room: "attic", Rooms: 9, Joined: 9}, "room_unknown"},
		{join(s1, "attic"), "1 Ann enters"},
		{
			Enter{Session: s1, Door: "udp", Nick: nick("Cid")},
			"5 Ann leaves, quit; 2 Ann leaves, quit; 6 Cid enters",
		},
		{Part{By: By(s1), Room: "attic"}, "room_unknown"},
	}},
	{"a room in which something was said stays", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{SetTopic{By: By(s1), Room: "attic", Text: "tea"}, `2 Ann sets "tea"`},
		{join(s1, "cellar"), "1 Ann enters"},
		{Post{By: By(s1), Room: "cellar", Text: "hello?"}, "2 Ann: hello?"},
		{join(s1, "garden"), "1 Ann enters"},
		{Announce{By: ByOperator(), Text: "tea"}, "1 all: tea"}, // is not said in the garden
		{
			leave(s1),
			"2 Ann leaves, quit; 3 Ann leaves, quit; 3 Ann leaves, quit; 2 Ann leaves, quit",
		},
		{enter(s2, "Ben"), "3 Ben enters"},
		{Join{By: By(s2), Room: "attic", Rooms: 1, Joined: 9}, "4 Ben enters"},
		{Join{By: By(s2), Room: "cellar", Rooms: 1, Joined: 9}, "4 Ben enters"},
		{Join{By: By(s2), Room: "garden", Rooms: 1, Joined: 9}, "room_unknown"},
	}},
	{"a command that may not create a room uses those that exist", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{Join{By: By(s1), Room: "attic", Rooms: 9, Joined: 9}, "room_unknown"},
		{join(s2, "attic"), "1 Ben enters"},
		{Join{By: By(s1), Room: "attic", Rooms: 9, Joined: 9}, "2 Ann enters"},
		{Direct{By: By(s1), ToKey: "ben", Text: "psst"}, "room_unknown"},
		{Direct{By: By(s1), ToKey: "cid", Text: "psst"}, "nick_unknown"},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "psst", New: true},
			"1 Ann to s2 in @1:2: psst",
		},
		{Direct{By: By(s2), ToKey: "ann", Text: "hm"}, "2 Ben to s1 in @1:2: hm"},
	}},
	{"a room is removed with its history, and its members stay inside", []step{
		{RemoveRoom{By: ByOperator(), Room: "attic"}, "room_unknown"},
		{RemoveRoom{By: ByOperator(), Room: Lobby}, "bad_argument"},
		{enter(s2, "Ben"), "1 Ben enters"},
		{enter(s1, "Ann"), "2 Ann enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{join(s2, "attic"), "2 Ben enters"},
		{Post{By: By(s1), Room: "attic", Text: "hello"}, "3 Ann: hello"},
		{
			RemoveRoom{By: ByOperator(), Room: "attic"},
			"s1 is out of attic, in [lobby]; s2 is out of attic, in [lobby]",
		},
		{Post{By: By(s1), Room: "attic", Text: "hello?"}, "room_unknown"},
		{join(s1, "attic"), "1 Ann enters"},
		{Direct{By: By(s1), ToKey: "ben", Text: "a", New: true}, "1 Ann to s2 in @3:4: a"},
		{RemoveRoom{By: ByOperator(), Room: "@3:4"}, ""},
		{Direct{By: By(s1), ToKey: "ben", Text: "b", New: true}, "1 Ann to s2 in @3:4: b"},
	}},
	{"leaving is told with its reason, once", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{Leave{By: Actor{Session: s1, As: "ann"}, Reason: ReasonIdle}, "2 Ann leaves, idle"},
		{leave(s1), "not_inside"},
	}},
	{"the administrator kicks, with or without a word", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{Kick{By: ByOperator(), NickKey: "ann"}, "3 Ann leaves, kicked"},
		{Kick{By: ByOperator(), NickKey: "ben", Detail: "spam"}, "4 Ben leaves, kicked: spam"},
		{Kick{By: ByOperator(), NickKey: "ann"}, "nick_unknown"},
		{post(s1, "why?"), "not_inside"},
		{enter(s1, "Ann"), "5 Ann enters"},
	}},
	{"an announcement is told once and takes no place in the room", []step{
		{Announce{By: ByOperator(), Text: "empty house"}, "1 all: empty house"},
		{enter(s1, "Ann"), "1 Ann enters"},
		{Announce{By: ByOperator(), Text: "tea"}, "2 all: tea"},
		{post(s1, "coming"), "2 Ann: coming"},
		{Post{By: By(s1), Room: Everywhere, Text: "me too"}, "room_unknown"},
		{RemoveRoom{By: ByOperator(), Room: Everywhere}, "bad_argument"},
	}},
	{"a room is made by joining, and is told apart", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{join(s1, "attic"), ""},
		{Post{By: By(s1), Room: "attic", Text: "up here"}, "2 Ann: up here"},
		{Post{By: By(s2), Room: "attic", Text: "me too"}, "room_not_joined"},
		{join(s2, "attic"), "3 Ben enters"},
		{Post{By: By(s2), Room: "attic", Text: "me too"}, "4 Ben: me too"},
		{post(s2, "down here"), "3 Ben: down here"},
		{Part{By: By(s1), Room: "attic"}, "5 Ann leaves, parted"},
		{Post{By: By(s1), Room: "attic", Text: "gone?"}, "room_not_joined"},
		{Part{By: By(s1), Room: "attic"}, "room_not_joined"},
		{Part{By: By(s1), Room: "cellar"}, "room_unknown"},
		{Part{By: By(s1), Room: Lobby}, "4 Ann leaves, parted"},
		{post(s1, "from nowhere"), "room_not_joined"},
		{join(s1, "lobby"), "5 Ann enters"},
		{leave(s2), "6 Ben leaves, quit; 6 Ben leaves, quit"},
		{join(s2, "attic"), "not_inside"},
		{Part{By: By(s2), Room: "attic"}, "not_inside"},
	}},
	{"somebody in no room is inside all the same", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{Part{By: By(s1), Room: Lobby}, "2 Ann leaves, parted"},
		{enter(s2, "ann"), "s1 is wanted; nick_occupied"},
		{Rename{By: By(s1), Nick: nick("Zoe")}, `s1 is Zoe, ""`},
		{leave(s1), ""},
		{enter(s2, "zoe"), "3 zoe enters"},
	}},
	{"there are no more rooms than there may be", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{Join{By: By(s1), Room: "attic", Rooms: 1, Joined: 9, New: true}, "too_many_rooms"},
		{Join{By: By(s1), Room: "attic", Rooms: 2, Joined: 1, New: true}, "too_many_rooms"},
		{Join{By: By(s1), Room: "attic", Rooms: 2, Joined: 2, New: true}, "1 Ann enters"},
		{Join{By: By(s1), Room: "cellar", Rooms: 2, Joined: 9, New: true}, "too_many_rooms"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "psst", New: true},
			"1 Ann to s2 in @1:6: psst",
		},
		{Join{By: By(s2), Room: "attic", Rooms: 2, Joined: 2, New: true}, "2 Ben enters"},
		{Join{By: By(s2), Room: "cellar", Rooms: 3, Joined: 3, New: true}, "1 Ben enters"},
	}},
	{"a direct room lasts as long as both of its users are inside, under any nickname", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "psst", New: true},
			"1 Ann to s2 in @1:2: psst",
		},
		{leave(s1), "3 Ann leaves, quit"},
		{enter(s3, "Ann"), "4 Ann enters"}, // another user
		{Direct{By: By(s2), ToKey: "ann", Text: "hm"}, "room_unknown"},
		{
			Direct{By: By(s2), ToKey: "ann", Text: "hm", New: true},
			"1 Ben to s3 in @2:5: hm",
		},
		{
			Rename{By: By(s2), Nick: nick("Zoe")},
			`s2 is Zoe, ""; 5 Ben is now Zoe in lobby`,
		},
		{Direct{By: By(s3), ToKey: "zoe", Text: "so"}, "2 Ann to s2 in @2:5: so"},
		{RemoveRoom{By: ByOperator(), Room: "@1:2"}, "room_unknown"},
		{leave(s2), "6 Zoe leaves, quit"},
		{RemoveRoom{By: ByOperator(), Room: "@2:5"}, "room_unknown"},
	}},
	{"a member that talks to itself keeps its other talks", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{
			Direct{By: By(s1), ToKey: "ann", Text: "note", New: true},
			"1 Ann to s1 in @1:1: note",
		},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "psst", New: true},
			"1 Ann to s2 in @1:2: psst",
		},
		{RemoveRoom{By: ByOperator(), Room: "@1:1"}, ""},
		{leave(s1), "3 Ann leaves, quit"},
		{RemoveRoom{By: ByOperator(), Room: "@1:2"}, "room_unknown"},
	}},
	{"what is said to one alone has a place of its own, whoever begins", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{
			Direct{By: By(s2), ToKey: "ann", Text: "psst", New: true},
			"1 Ben to s1 in @1:2: psst",
		},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "yes?", New: true},
			"2 Ann to s2 in @1:2: yes?",
		},
		{Direct{By: By(s1), ToKey: "cid", Text: "you?", New: true}, "nick_unknown"},
		{Direct{By: By(s1), ToKey: "ben", To: 7, Text: "another?", New: true}, "nick_unknown"},
		{Direct{By: By(s3), ToKey: "ann", Text: "hm", New: true}, "not_inside"},
		{Post{By: By(s1), Room: "@1:2", Text: "loud"}, "room_unknown"},
		{Announce{By: ByOperator(), Text: "tea"}, "1 all: tea"},
		{
			Direct{By: By(s1), ToKey: "ben", Text: "tea!", New: true},
			"3 Ann to s2 in @1:2: tea!",
		},
	}},
	{"another nickname is told in every room", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{enter(s2, "Ben"), "2 Ben enters"},
		{join(s1, "attic"), "1 Ann enters"},
		{Rename{By: By(s1), Nick: nick("ben")}, "s2 is wanted; nick_occupied"},
		{Rename{By: By(s1), Nick: nick("Ann")}, ""},
		{
			Rename{By: By(s1), Nick: nick("Zoe")},
			`s1 is Zoe, ""; 3 Ann is now Zoe in lobby; 2 Ann is now Zoe in attic`,
		},
		{
			Rename{By: By(s1), Nick: nick("zoe")},
			`s1 is zoe, ""; 4 Zoe is now zoe in lobby; 3 Zoe is now zoe in attic`,
		},
		{enter(s3, "Ann"), "5 Ann enters"},
		{enter(s4, "ZOE"), "s1 is wanted; nick_occupied"},
		{Rename{By: By(s5), Nick: nick("Cid")}, "not_inside"},
	}},
	{"a topic is told once", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{SetTopic{By: By(s1), Room: Lobby, Text: "tea"}, `2 Ann sets "tea"`},
		{SetTopic{By: By(s1), Room: Lobby, Text: "tea"}, ""},
		{SetTopic{By: By(s1), Room: Lobby}, `3 Ann sets ""`},
		{SetTopic{By: By(s1), Room: "attic", Text: "tea"}, "room_unknown"},
		{SetTopic{By: By(s2), Room: Lobby, Text: "tea"}, "not_inside"},
	}},
	{"being away concerns nobody but who is", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{SetAway{By: By(s1), Text: "tea"}, `s1 is Ann, "tea"`},
		{SetAway{By: By(s1), Text: "tea"}, ""},
		{SetAway{By: By(s1)}, `s1 is Ann, ""`},
		{SetAway{By: By(s2), Text: "tea"}, "not_inside"},
	}},
	{"what is done stands beside what is said", []step{
		{enter(s1, "Ann"), "1 Ann enters"},
		{Post{By: By(s1), Room: Lobby, Text: "waves", Action: true}, "2 Ann does waves"},
	}},
	{"being alive is no news", []step{
		{Alive{}, ""},
		{enter(s1, "Ann"), "1 Ann enters"},
		{Alive{}, ""},
	}},
}

func TestRules(t *testing.T) {
	for _, c := range stories {
		t.Run(c.what, func(t *testing.T) {
			s := newStory(t)
			for i, step := range c.steps {
				if got := told(s.does(step.command)); got != step.told {
					t.Fatalf("step %d, %+v: %q, want %q", i+1, step.command, got, step.told)
				}
			}
		})
	}
}

func TestEnteredIsWhole(t *testing.T) {
	s := newStory(t)
	s.passes(time.Minute)
	peer := netip.MustParseAddrPort("10.0.0.7:4567")
	result := s.does(Enter{Session: s1, Door: "line", Peer: peer, Nick: nick("Ann")})
	entered := result.Events[0].(Entered)
	want := Message{
		Room: Lobby, Seq: 1, Time: noon.Add(time.Minute), Kind: KindEntered, Nick: "Ann",
		Author: 1, Place: 1,
	}
	if entered.Message != want || result.Messages[0] != want {
		t.Errorf("message %+v, stored %+v, want %+v", entered.Message, result.Messages, want)
	}
	m := entered.Session
	if m.ID != s1 || m.User != 1 || m.Peer != peer || m.Door != "line" ||
		m.Nick != nick("Ann") || !slices.Equal(m.Rooms, []RoomID{Lobby}) ||
		!m.Entered.Equal(noon.Add(time.Minute)) {
		t.Errorf("session %+v", m)
	}
}

func TestPostedIsWhole(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	s.passes(time.Second)
	result := s.does(post(s1, "two\nlines"))
	want := Message{
		Room: Lobby, Seq: 2, Time: noon.Add(time.Second), Kind: KindMessage, Nick: "Ann",
		Text: "two\nlines", Author: 1, Place: 2,
	}
	if posted := result.Events[0].(Posted); posted.From != s1 || posted.Message != want ||
		result.Messages[0] != want {
		t.Errorf("%+v, want %+v", result, want)
	}
}

func TestLeftIsWhole(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	left := s.does(Kick{By: ByOperator(), NickKey: "ann", Detail: "spam"}).Events[0].(Left)
	if left.Session.ID != s1 || left.Reason != ReasonKicked || left.Detail != "spam" ||
		left.Message.Kind != KindLeft {
		t.Errorf("%+v", left)
	}
}

// TestAnAnnouncementIsOneMessage, however many rooms there are.
func TestAnAnnouncementIsOneMessage(t *testing.T) {
	s := newStory(t)
	s.does(enter(s1, "Ann"))
	s.does(join(s1, "attic"))
	result := s.does(Announce{By: ByOperator(), Text: "tea"})
	want := []Message{
		{Room: Everywhere, Seq: 1, Time: noon, Kind: KindAnnouncement, Text: "tea", Place: 3},
	}
	if !slices.Equal(result.Messages, want) || told(result) != "1 all: tea" {
		t.Errorf("%+v", result)
	}
	if len(s.state.rooms) != 2 {
		t.Errorf("members can join %d rooms", len(s.state.rooms))
	}
}
