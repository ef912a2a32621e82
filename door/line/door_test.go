package line

import (
	"fmt"
	"net"
	"runtime"
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
	ann.reads("[dev] you talk in this room now; nobody else is here")
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
	ann.reads("[dev] you have left this room; you talk in lobby", "dev  (1 inside)  tea", "lobby  (3 inside)", "bob  (line, since ")
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
	if got := h.history("@ann+bob"); !slices.Equal(got, []string{"message ann psst"}) {
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

// TestAPasteArrivesAsItIs: more lines than the burst come more slowly, and nobody is dropped.
func TestAPasteArrivesAsItIs(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 150, 100 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	var lines []string
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("  line %d\tof a paste", i))
	}
	ann.types(lines...)
	for _, l := range lines {
		bob.reads("ann: " + l)
	}
	if got := h.door.counts.slowed.Load(); got == 0 {
		t.Error("nothing was slowed")
	}
}

func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	h := open(t, func(c *Config) { c.TextMax = 300 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	ann.types(strings.Repeat("x", 300<<10), "\xc3\x28", "a\x00b", "\x1b[31mred\x07\u202e")
	ann.reads("! the message is too long", "! the message is not UTF-8 text", "! the message is not UTF-8 text")
	bob.reads("ann: \uFFFD[31mred\uFFFD\u202e\u202c")
	if got := h.door.counts.refusals.Counts(); got["text_too_long"] != 1 || got["text_encoding"] != 2 {
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
	if err := h.Do(t.Context(), chat.Kick{NickKey: "ann", Detail: "too loud"}); err != nil {
		t.Fatal(err)
	}
	ann.reads("you were removed from the chat room: too loud")
	ann.ends()
}

// TestAFarewellWaitsThoughItIsWoken: who ends a member wakes it, and may do so only once it waits for its last words to be written.
func TestAFarewellWaitsThoughItIsWoken(t *testing.T) {
	h := open(t, nil)
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	m := newMember(h.door, here)
	m.out.Push([]byte("last words"))
	written := make(chan struct{})
	go func() {
		defer close(written)
		m.awaitWritten()
	}()
	for range 1000 {
		m.out.Wake()
		runtime.Gosched()
		select {
		case <-written:
			t.Fatal("the words are not written yet")
		default:
		}
	}
	if got := m.out.Next(0, nil); string(got) != "last words" {
		t.Fatalf("%q", got)
	}
	m.out.Next(len("last words"), nil)
	<-written
}

// TestALineIsSettledOnceItIsOnItsWayToEverybody: what its sender asks next, and others then, overtakes it nowhere.
func TestALineIsSettledOnceItIsOnItsWayToEverybody(t *testing.T) {
	h := open(t, nil)
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	ann, bob := newMember(h.door, here), newMember(h.door, there)
	ann.pending = 1
	bob.out.Hold() // nobody writes to it meanwhile
	to := []*hub.Session{{Local: bob}}
	said := hub.Item{Event: chat.Posted{Message: chat.Message{Room: chat.Lobby, Kind: chat.KindMessage, Nick: "ann", Text: "hello"}}, To: to}
	batch := hub.Batch{said, {Answer: &hub.Answer{Ref: &request{member: ann}}}}
	for range 20_000 { // what is heard by the same goes to them at once, after all of this
		batch = append(batch, said)
	}
	waiting := make(chan int)
	go func() {
		ann.await(0)
		waiting <- bob.out.Len()
	}()
	h.door.Deliver(batch)
	if got := <-waiting; got == 0 {
		t.Error("it is settled, and bob has nothing of it")
	}
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

// TestAStoppedReaderIsDroppedAlone: the others hear everything, and that it is gone.
func TestAStoppedReaderIsDroppedAlone(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.Outbox = 0, 64<<10 })
	ann, bob, cid := h.enter("ann"), h.enter("bob"), h.enter("cid")
	ann.reads("bob enters the chat room", "cid enters the chat room")
	bob.reads("cid enters the chat room")
	_ = cid // reads nothing from now on
	text := strings.Repeat("x", 8000)
	for i := 0; h.door.counts.slow.Load() == 0; i++ {
		if i > 10_000 {
			t.Fatal("nobody is dropped")
		}
		ann.types(text)
		bob.reads("ann: " + text)
	}
	for got := bob.next(); got != "cid quits the chat room"; got = bob.next() {
		if got != "ann: "+text {
			t.Fatalf("%.40q", got)
		}
	}
	if got := h.history(chat.Lobby); !slices.Contains(got, "left cid slow") {
		t.Error("the history does not say why cid left")
	}
	ann.types("on we go")
	bob.reads("ann: on we go")
}

// TestDeliveringNeverWaits: a batch for somebody who never reads is delivered at once.
func TestDeliveringNeverWaits(t *testing.T) {
	h := open(t, nil)
	ours, theirs := net.Pipe() // takes nothing that is not read
	defer theirs.Close()
	m := newMember(h.door, ours)
	s := &hub.Session{Local: m}
	item := hub.Item{Event: chat.Posted{Message: chat.Message{Room: chat.Lobby, Nick: "ann", Text: "x"}}, To: []*hub.Session{s}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			h.door.Deliver(hub.Batch{item})
		}
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("Deliver waits for a socket")
	}
	ours.Close()
}

// TestARunIsSharedButForOnesOwn: what many hear is one chunk, what somebody says is not for them.
func TestARunIsSharedButForOnesOwn(t *testing.T) {
	if got := others([]byte("aabbcc"), []span{{2, 4}}); len(got) != 2 || string(got[0]) != "aa" || string(got[1]) != "cc" {
		t.Errorf("%q", got)
	}
	if got := others([]byte("aabbcc"), []span{{0, 2}, {2, 6}}); len(got) != 0 {
		t.Errorf("%q", got)
	}
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

// TestACrowdIsShownAsOneLine: the first few one by one, the rest gathered, and before anything else that happens in the room.
func TestACrowdIsShownAsOneLine(t *testing.T) {
	clock := &clock{now: time.Now()} // it stands still, so that all happens in one window
	h := open(t, func(c *Config) { c.Rate = 0 }, func(h *house) { h.door.now = clock.Now })
	bob := h.enter("bob")
	const crowd = 40
	var batch hub.Batch
	var s *hub.Session
	h.door.mu.Lock()
	for _, m := range h.door.members {
		s = &hub.Session{ID: m.id, Local: m}
	}
	h.door.mu.Unlock()
	come := func(enter bool, i int) hub.Item {
		m := chat.Message{Room: chat.Lobby, Nick: fmt.Sprintf("c%d", i)}
		if enter {
			return hub.Item{Event: chat.Entered{Message: m}, To: []*hub.Session{s}}
		}
		return hub.Item{Event: chat.Left{Message: m}, To: []*hub.Session{s}}
	}
	for i := range crowd {
		batch = append(batch, come(true, i))
	}
	h.door.Deliver(batch)
	h.door.Deliver(hub.Batch{{Event: chat.Posted{Message: chat.Message{Room: chat.Lobby, Nick: "c7", Text: "all here"}}, To: []*hub.Session{s}}})
	bob.reads("c0 enters the chat room", "c1 enters the chat room", "c2 enters the chat room", "c3, c4 and 35 others enter the chat room", "c7: all here")
	nobody := hub.Item{Event: chat.Entered{Message: chat.Message{Room: chat.Lobby, Nick: "c99"}}}
	h.door.Deliver(hub.Batch{nobody, come(false, 1), come(false, 2), come(true, 1), come(true, 50), come(false, 51)})
	clock.passes(gather.Window)
	bob.reads("c1, c2 quit the chat room", "c1, c50 enter the chat room", "c51 quits the chat room")
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

// TestWhoDoesNotReadAnAnswerKeepsNobodyWaiting: its place among the commands that run is another's meanwhile.
func TestWhoDoesNotReadAnAnswerKeepsNobodyWaiting(t *testing.T) {
	h := open(t, func(c *Config) { c.Rate, c.Outbox, c.History = 0, 64<<10, 0 })
	for range asidesMax - 1 { // there is one place
		h.door.asides.places <- struct{}{}
	}
	defer func() {
		for range asidesMax - 1 {
			<-h.door.asides.places
		}
	}()
	ann := h.enter("ann")
	text := strings.Repeat("x", 15<<10)
	for range 800 { // more than any socket's buffers hold
		ann.types(text)
	}
	ann.types("/rooms")
	ann.reads("lobby")
	cid := h.enter("cid")
	ann.reads("cid enters the chat room")
	cid.types("/history --last 1000")      // and reads nothing of it
	for h.door.counts.waited.Load() == 0 { // it takes no more
		ann.types("/rooms")
		ann.reads("lobby")
	}
	ann.types("/who")
	ann.reads("ann  (line", "cid  (line")
	if err := h.Do(t.Context(), chat.Kick{NickKey: "cid"}); err != nil {
		t.Fatal(err)
	}
	ann.reads("cid quits the chat room")
	for { // what was on its way, and then the end, though nothing was read for so long
		if _, err := cid.in.ReadString('\n'); err != nil {
			break
		}
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

// TestALineWithoutAnEndIsThrottledToo: by its bytes, and what comes after it is read.
func TestALineWithoutAnEndIsThrottledToo(t *testing.T) {
	h := open(t, func(c *Config) { c.Burst, c.Rate = 10, 1000 })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters the chat room")
	bob.types(strings.Repeat("x", 64<<10), "that was long")
	bob.reads(english.Refused(chat.Refuse(chat.TextTooLong)))
	ann.reads("bob: that was long")
	if got := h.door.counts.slowed.Load(); got == 0 {
		t.Error("64 KiB are taken as fast as they come")
	}
}
