package line

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/gather"
	"parley/hub"
)

func TestEnteringAndTalking(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	bob := h.call()
	bob.types("ANN", "", "admin", "bob")
	bob.reads(english.Prompt+"! the nickname is occupied",
		english.Prompt+english.Prompt+"! the nickname is reserved",
		english.Prompt+"Welcome to the chat room, bob. 1 other is here.")
	ann.reads(english.Asked, "bob enters the chat room")
	ann.types("hello  there", "", "//slash")
	bob.reads("ann: hello  there", "ann: /slash")
	bob.types("你好", "/me waves", "/quit")
	ann.reads("bob: 你好", "* bob waves", "bob quits the chat room")
	bob.reads("sent to lobby", english.Bye)
	bob.ends()
	want := []string{"entered ann", "entered bob", "message ann hello  there", "message ann /slash", "message bob 你好", "action bob waves", "left bob quit"}
	if got := h.history(chat.Lobby); !slices.Equal(got, want) {
		t.Errorf("stored\n%q, want\n%q", got, want)
	}
}

func TestRoomsAndDirectMessages(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	bob := h.enter("bob")
	cid := h.enter("cid")
	ann.reads("bob enters the chat room", "cid enters the chat room")
	bob.reads("cid enters the chat room")
	ann.types("/join Dev")
	ann.reads("[dev] you talk in this room now; the room is new")
	bob.types("/join #dev")
	bob.reads("[dev] you talk in this room now, with 1 other")
	ann.reads("[dev] bob enters the room")
	ann.types("here", "/topic tea", "/topic")
	bob.reads("[dev] ann: here", "[dev] ann changes the topic to: tea")
	ann.reads("the topic of dev: tea", "the topic of dev: tea")
	bob.types("/away lunch")
	bob.reads("you are away: lunch")
	ann.types("/msg bob psst", "/msg nobody psst", "/nick anna", "/msg BOB it is me")
	bob.reads("(to you alone) ann: psst")
	ann.reads("bob is away: lunch", "sent to bob only", "! no member has that nickname",
		"you are anna now",
		"bob is away: lunch", "sent to BOB only")
	cid.reads("ann is now anna") // the first that cid hears of all this
	bob.reads("ann is now anna", "[dev] ann is now anna", "(to you alone) anna: it is me")
	ann.types("/part", "/rooms", "/who dev")
	bob.reads("[dev] anna leaves the room")
	ann.reads("[dev] you have left this room; you talk in lobby", "dev  (1 inside)  tea",
		"lobby  (3 inside)", "bob  (TCP, since ")
	ann.types("down here")
	bob.reads("anna: down here")
	cid.reads("anna: down here")
	ann.types("/join a,b", "/part dev", "/history --last 5000", "/history --follow", "/kick bob", "/dance", "/history nowhere")
	ann.reads(`! invalid room name "a,b"`, `! you are not in the room "dev": /join dev first`,
		"! --last takes a number from 0 to 1000", `! /history has no flag "--follow"`,
		"! only the administrator can do that", `! unknown command "dance"`, `! no room "nowhere"`)
	want := []string{"entered ann", "entered bob", "message ann here", "topic ann tea", "renamed ann anna", "left anna parted"}
	if got := h.history("dev"); !slices.Equal(got, want) {
		t.Errorf("stored\n%q, want\n%q", got, want)
	}
	want = []string{"message ann psst", "message anna it is me"}
	if got := h.history(h.direct("anna", "bob")); !slices.Equal(got, want) {
		t.Errorf("stored of the two: %q", got)
	}
}

func TestHelpAndHistoryStandInTheirPlace(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("one", "two", "/history --last 2", "/help join", "/help")
	got := []string{ann.next(), ann.next()}
	if !strings.HasSuffix(got[0], "  ann: one") || !strings.HasSuffix(got[1], "  ann: two") {
		t.Errorf("%q", got)
	}
	ann.reads("  /join ROOM", "      ROOM", "      aliases: /j", "      example: /join dev",
		"Text goes to the current room", "  /join ROOM")
	for l := ann.next(); !strings.HasPrefix(l, "  /help"); l = ann.next() {
		if strings.Contains(l, "announce") || strings.Contains(l, "--follow") {
			t.Errorf("offered to who is inside: %q", l)
		}
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	h := open(t, func(c *Config) { c.TextMax = 300 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	ann.types(strings.Repeat("x", 300<<10), "\xc3\x28", "a\x00b", "\x1b[31mred\x07\u202e")
	ann.reads("! the message is too long", "! the message is not UTF-8 text", "! the message is not UTF-8 text")
	bob.reads("ann: \uFFFD[31mred\uFFFD\u202e\u202c")
	if got := h.door.Report().Refused; got["text_too_long"] != 1 || got["text_encoding"] != 2 {
		t.Errorf("counted %v", got)
	}
}

func TestEndOfInputLeavesAfterWhatWasSaid(t *testing.T) {
	h := open(t, nil)
	bob := h.enter("bob")
	ann := h.call()
	if _, err := ann.conn.Write([]byte("ann\none\ntwo\nthree")); err != nil {
		t.Fatal(err)
	}
	if err := ann.conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	ann.reads(english.Prompt + "Welcome")
	ann.ends()
	bob.reads("ann enters the chat room", "ann: one", "ann: two", "ann: three", "ann quits the chat room")
}

func TestAResetConnectionLeaves(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	if err := ann.conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	ann.conn.Close()
	bob.reads("ann quits the chat room")
	if got := h.history(chat.Lobby); got[len(got)-1] != "left ann gone" {
		t.Errorf("stored %q", got)
	}
}

func TestWhoIsKickedIsToldWhy(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	if err := h.Do(t.Context(), chat.Kick{
		By: chat.ByOperator(), NickKey: "ann",
		Detail: "too loud",
	}); err != nil {
		t.Fatal(err)
	}
	ann.reads("you were removed from the chat room: too loud")
	ann.ends()
}

func TestWhoDoesNotEnterIsLetGo(t *testing.T) {
	h := open(t, func(c *Config) { c.Patience = 50 * time.Millisecond })
	ann := h.call()
	ann.reads(english.Prompt + english.TimedOut)
	ann.ends()
}

// TestWhoComesBackReadsWhatWasMissed, and who is new what was said last.
func TestWhoComesBackReadsWhatWasMissed(t *testing.T) {
	h := open(t, func(c *Config) { c.History = 3 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	ann.types("before")
	bob.reads("ann: before")
	bob.types("/quit")
	ann.reads("bob quits the chat room")
	bob = h.enter("bob")
	ann.reads("bob enters the chat room")
	bob.types("/quit")
	bob.reads(english.Bye) // nothing was missed
	ann.reads("bob quits the chat room")
	ann.types("one", "/me waves", "three", "/history --last 1")
	ann.reads("sent to lobby")
	if got := ann.next(); !strings.HasSuffix(got, "ann: three") {
		t.Error(got)
	}
	bob = h.enter("bob")
	bob.reads("--- you missed 3 messages ---")
	for _, want := range []string{"  ann: one", "  * ann waves", "  ann: three"} {
		if got := bob.next(); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	ann.reads("bob enters the chat room")
	ann.types("live")
	bob.reads("ann: live")
	cid := h.enter("cid")
	cid.reads(english.Latest)
	for _, want := range []string{"* ann waves", "ann: three", "ann: live"} {
		if got := cid.next(); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestARunIsSharedButForOnesOwn: what many hear is one chunk, what somebody says is not for them.
func TestARunIsSharedButForOnesOwn(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	var said []string
	for i := range 100 {
		said = append(said, fmt.Sprint("line ", i))
	}
	ann.types(said...)
	bob.types(said...)
	for _, l := range said {
		bob.reads("ann: " + l)
	}
	for _, l := range said {
		ann.reads("bob: " + l)
	}
}

// TestACrowdIsShownAsOneLine: the first few joins are shown one by one. The others are shown in a
// group, before anything else that happens in the room.
func TestACrowdIsShownAsOneLine(t *testing.T) {
	clock := &clock{now: time.Now()} // it stands still, so that all happens in one window
	h := open(t, nil, func(h *house) { h.door.now = clock.Now })
	bob := h.enter("bob")
	const crowd = 40
	callers := map[int]*caller{}
	for i := range crowd {
		callers[i] = h.enter(fmt.Sprintf("c%d", i))
	}
	callers[7].types("all here")
	bob.reads("c0 enters the chat room", "c1 enters the chat room", "c2 enters the chat room",
		"c3, c4 and 35 others enter the chat room", "c7: all here")
	quits := func(i int) {
		callers[i].types("/quit")
		for _, err := callers[i].in.ReadString('\n'); err == nil; { // until the connection ends
			_, err = callers[i].in.ReadString('\n')
		}
	}
	quits(1)
	quits(2)
	h.enter("c1")
	h.enter("c50")
	quits(3)
	clock.passes(gather.Window)
	bob.reads("c1, c2 quit the chat room", "c1, c50 enter the chat room", "c3 quits the chat room")
}

func TestTheServerSaysThatItStops(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	h.Close()
	<-h.Ended()
	h.closed = true
	closed := make(chan error)
	go func() { closed <- h.door.Close() }()
	ann.reads(english.Stopping)
	ann.ends()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestAMemberOfACrowdHearsOfLaterMembersOnly: not of itself, nor of members that entered before it.
func TestAMemberOfACrowdHearsOfLaterMembersOnly(t *testing.T) {
	var gathered gather.Crowds[*hub.Session]
	for _, nick := range []string{"1st", "2nd", "3rd", "+a", "+b", "-x", "+c", "+d"} {
		gathered.Add(gather.Move[*hub.Session]{
			Room: chat.Lobby, Nick: nick[1:], Enters: nick[0] == '+',
		}, time.Time{})
	}
	said := encodeBatch(english, gathered.Take(chat.Lobby))
	for n, want := range []string{
		"a, b and 2 others enter the chat room\nx quits the chat room\n",
		"b, c and 1 other enter the chat room\nx quits the chat room\n",
		"c, d enter the chat room\nx quits the chat room\n",
		"c, d enter the chat room\n",
		"d enters the chat room\n",
		"",
	} {
		if got := string(said[n]); got != want {
			t.Errorf("without the first %d: %q, want %q", n, got, want)
		}
	}
	h := open(t, func(c *Config) { c.Rate = 0 })
	bob := h.enter("bob")
	var crowd []*caller
	for i := range 6 {
		crowd = append(crowd, h.enter(fmt.Sprintf("c%d", i)))
	}
	bob.types("all here?")
	for i, c := range crowd {
		for heard := c.next(); heard != "bob: all here?"; heard = c.next() {
			if strings.Contains(heard, fmt.Sprintf("c%d", i)) {
				t.Errorf("c%d hears of itself: %q", i, heard)
			}
		}
	}
}

// TestAMemberThatLeavesARoomIsNotToldOfItsCrowd: nor does it hear of it when it comes back.
func TestAMemberThatLeavesARoomIsNotToldOfItsCrowd(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate = 0 })
	ann := h.enter("ann")
	ann.types("/join dev")
	ann.reads("[dev] you talk in this room now")
	for i := range 6 {
		name := fmt.Sprintf("f%d", i)
		id := chat.SessionID{Node: "other", N: uint64(i + 1)}
		nick, err := chat.ParseNick(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []chat.Command{
			chat.Enter{Session: id, Door: "other", Nick: nick},
			chat.Join{By: chat.By(id), Room: "dev", New: true, Rooms: 10, Joined: 10},
			chat.Part{By: chat.By(id), Room: chat.Lobby},
		} {
			if err := h.Do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	ann.types("/part dev", "/part lobby", "/join dev", "over")
	for !strings.HasPrefix(ann.next(),
		"[dev] you talk in this room now") { // what came before is shown
	}
	h.door.Turn(func() {
		for batch := range h.door.crowds.gathered.All() {
			t.Errorf("%d moves wait to be told", batch.Len())
		}
	})
}
