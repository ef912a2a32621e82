package hub_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/store"
)

// TestAnyCluster: three nodes over one nasty log, with servers that are killed, declared gone and
// started again, some on older copies of their data. All end with equal hashes and histories, and
// nothing that was accepted is lost or there twice.
func TestAnyCluster(t *testing.T) {
	t.Parallel()
	histories := 30
	if n, err := strconv.Atoi(os.Getenv("PARLEY_HISTORIES")); err == nil {
		histories = n
	}
	for seed := range uint64(histories) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { anyCluster(t, seed) })
	}
}

func anyCluster(t *testing.T, seed uint64) {
	c := newCluster(t, seed, "a", "b", "c")
	for range 1 + c.dice.IntN(3) {
		var talking sync.WaitGroup
		for _, n := range c.nodes {
			dice := rand.New(rand.NewPCG(c.dice.Uint64(), 3))
			talking.Go(func() { n.talk(dice, 12) })
		}
		i := c.dice.IntN(len(c.nodes))
		victim, other := c.nodes[i], c.nodes[(i+1)%len(c.nodes)]
		if c.dice.IntN(2) == 0 {
			talking.Wait()
		}
		victim.end.Kill()
		talking.Wait()
		victim.waits()
		if c.dice.IntN(2) == 0 {
			c.declare(victim, other)
		}
		if c.dice.IntN(2) == 0 {
			victim.dir = victim.older
		}
		victim.starts(hub.Options{Silence: time.Hour})
	}
	c.settle()
	c.check()
}

// fullDisk lets a node's storage refuse every commit until it is called again.
func (n *node) fullDisk() (freed func()) {
	n.storage.mu.Lock()
	defer n.storage.mu.Unlock()
	n.storage.onCommit = func([]chat.Result) error { return store.ErrFull }
	return func() {
		n.storage.mu.Lock()
		defer n.storage.mu.Unlock()
		n.storage.onCommit = nil
	}
}

// TestAFullDiskOfOneNodeLeavesNothingOut: the others go on. The node tells its clients that its
// disk is full, and stores all of it once there is room.
func TestAFullDiskOfOneNodeLeavesNothingOut(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1, "a", "b", "c")
	a, b := c.nodes[0], c.nodes[1]
	ann := b.way.NewSession()
	if got := b.ask(chat.Enter{Session: ann, Door: "udp", Nick: drawNick(c.dice)}); got != chat.OK {
		t.Fatal(got)
	}
	c.settle() // nothing but the next command meets the full disk first
	freed := a.fullDisk()
	waits := make(chan chat.Code, 1)
	go func() { waits <- a.ask(chat.Alive{}) }()
	for deadline := time.Now().Add(patience); a.hub.Status().Storage != chat.StorageFull; {
		if time.Now().After(deadline) {
			t.Fatal("its disk is not full")
		}
		time.Sleep(time.Millisecond)
	}
	for range 10 {
		b.post(ann)
	}
	if got := a.ask(chat.Alive{}); got != chat.StorageFull {
		t.Errorf("a command is answered with %v", got)
	}
	for range 10 {
		b.post(ann)
	}
	if len(c.acked) != 20 {
		t.Errorf("%d of 20 are accepted", len(c.acked))
	}
	select {
	case got := <-waits:
		t.Fatalf("a command in the log is answered with %v before it is stored", got)
	default:
	}
	freed()
	if got := <-waits; got != chat.OK {
		t.Errorf("a command that was in the log is answered with %v", got)
	}
	c.settle()
	c.check()
}

// TestANodeThatWasTakenForGoneLivesAgain: its members are told that they have ended, and it serves
// new ones.
func TestANodeThatWasTakenForGoneLivesAgain(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, "a", "b")
	a, b := c.nodes[0], c.nodes[1]
	nick := drawNick(c.dice)
	ann := a.way.NewSession()
	if got := a.ask(chat.Enter{Session: ann, Door: "udp", Nick: nick}); got != chat.OK {
		t.Fatal(got)
	}
	a.end.Cut(true)
	late := make(chan chat.Code, 1)
	go func() {
		late <- a.ask(chat.Post{By: chat.By(ann), Room: chat.Lobby, Text: "late"})
	}()
	for deadline := time.Now().Add(patience); a.end.Len() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is appended")
		}
	}
	c.declare(a, b)
	if got := <-late; got != chat.NodeGone {
		t.Errorf("what did not get into the log is answered with %v", got)
	}
	a.end.Cut(false)
	got := a.ask(chat.Post{By: chat.By(ann), Room: chat.Lobby, Text: "me?"})
	if got != chat.NodeGone && got != chat.NotInside {
		t.Errorf("a post of the former life is answered with %v", got)
	}
	again := a.way.NewSession()
	if again.Life == ann.Life {
		t.Errorf("%v is of the former life", again)
	}
	if got := a.ask(chat.Enter{Session: again, Door: "udp", Nick: nick}); got != chat.OK {
		t.Errorf("the nickname is answered with %v", got)
	}
	c.settle()
	c.check()
}

// TestASilentNodeIsTakenForGone: its nickname is free then.
func TestASilentNodeIsTakenForGone(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3, "a")
	b := &node{cluster: c, name: "b", dir: t.TempDir()}
	b.starts(hub.Options{Silence: time.Second})
	a := c.nodes[0]
	nick := drawNick(c.dice)
	ann := a.way.NewSession()
	if got := a.ask(chat.Enter{Session: ann, Door: "udp", Nick: nick}); got != chat.OK {
		t.Fatal(got)
	}
	a.end.Kill()
	a.waits()
	c.nodes = []*node{b}
	enter := chat.Enter{Session: b.way.NewSession(), Door: "udp", Nick: nick}
	got := b.ask(enter)
	for deadline := time.Now().Add(patience); got == chat.NickOccupied; got = b.ask(enter) {
		if time.Now().After(deadline) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got != chat.OK {
		t.Errorf("the nickname of a silent node is answered with %v", got)
	}
	c.settle()
	c.check()
}

// TestANewerServerOfANodeEndsTheOlder: it began later, so it is the node.
func TestANewerServerOfANodeEndsTheOlder(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 4, "a", "b")
	older := c.nodes[0]
	nick := drawNick(c.dice)
	ann := older.way.NewSession()
	if got := older.ask(chat.Enter{Session: ann, Door: "udp", Nick: nick}); got != chat.OK {
		t.Fatal(got)
	}
	newer := &node{cluster: c, name: "a", dir: t.TempDir()}
	newer.starts(hub.Options{Silence: time.Hour})
	select {
	case err := <-older.ended:
		if err == nil || !strings.Contains(err.Error(), `another server runs as node "a"`) {
			t.Errorf("the older one ends with %v", err)
		}
		older.ended <- nil
	case <-time.After(patience):
		t.Fatal("the older one goes on")
	}
	older.waits()
	c.nodes[0] = newer
	if got := newer.ask(chat.Enter{
		Session: newer.way.NewSession(), Door: "udp", Nick: nick,
	}); got != chat.OK {
		t.Errorf("the nickname is answered with %v", got)
	}
	c.settle()
	c.check()
}

// TestAStartThatIsOvertakenTriesAgain: another server of the node begins two lives before the Start
// of this one is in the log.
func TestAStartThatIsOvertakenTriesAgain(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 5, "b")
	a := &node{cluster: c, name: "a", dir: t.TempDir()}
	a.prepares(hub.Options{Silence: time.Hour})
	a.end.Cut(true)
	other := c.log.Join(chat.Progress{}, 10)
	go func() {
		for a.end.Len() == 0 { // its Start is on its way
			time.Sleep(time.Millisecond)
		}
		for epoch := range chat.Epoch(2) {
			o := chat.Origin{Node: "a", Epoch: epoch + 1, Life: chat.Life(epoch + 1), N: 1}
			if err := other.Append(o, chat.Start{}); err != nil {
				t.Error(err)
			}
		}
		for len(c.log.Records()) == 0 || c.log.Waiting() > a.end.Len() {
			time.Sleep(time.Millisecond)
		}
		a.end.Cut(false)
	}()
	a.runs()
	if got := a.hub.Status().Epoch; got != 3 {
		t.Errorf("it begins epoch %d", got)
	}
	c.nodes = append(c.nodes, a)
	c.settle()
	c.check()
}
