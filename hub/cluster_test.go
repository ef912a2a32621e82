package hub_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/ledger/ledgertest"
	"parley/store"
)

// cluster is several nodes with one log.
type cluster struct {
	t     *testing.T
	dice  *rand.Rand
	log   *ledgertest.Shared
	nodes []*node

	mu     sync.Mutex
	acked  map[string]bool // texts of which the post was answered with OK
	denied map[string]bool // and those that were refused
}

// node is one server of a cluster.
type node struct {
	cluster *cluster
	name    chat.NodeID
	dir     string
	older   string // its data as they were before its server was started last
	storage *storage
	end     *ledgertest.Node
	hub     *hub.Hub
	way     *hub.Doorway
	ended   chan error
	posts   int

	mu    sync.Mutex
	heard map[chat.SessionID][]chat.Message // of the lobby
}

// Name implements hub.Door.
func (n *node) Name() string { return "udp" }

// Deliver implements hub.Door. It keeps what each session hears of the lobby.
func (n *node) Deliver(batch hub.Batch) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, item := range batch {
		if a := item.Answer; a != nil {
			a.Ref.(chan hub.Answer) <- *a
			continue
		}
		var m chat.Message
		switch e := item.Event.(type) {
		case chat.Entered:
			m = e.Message
		case chat.Posted:
			m = e.Message
		case chat.Left:
			m = e.Message
		case chat.Renamed:
			m = e.Message
		}
		if m.Room != chat.Lobby {
			continue
		}
		for _, s := range item.To.Sessions() {
			if s != item.Self || m.Kind == chat.KindMessage {
				n.heard[s.ID] = append(n.heard[s.ID], m)
			}
		}
		if s := item.Self; s != nil && m.Kind != chat.KindMessage {
			n.heard[s.ID] = append(n.heard[s.ID], m)
		}
	}
}

func newCluster(t *testing.T, seed uint64, names ...chat.NodeID) *cluster {
	c := &cluster{
		t: t, dice: rand.New(rand.NewPCG(seed, 2)), acked: map[string]bool{},
		denied: map[string]bool{}, log: ledgertest.NewShared(seed, chat.Progress{}, time.Now),
	}
	for _, name := range names {
		n := &node{cluster: c, name: name, dir: t.TempDir()}
		c.nodes = append(c.nodes, n)
		n.starts(hub.Options{Silence: time.Hour})
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.stops()
		}
	})
	return c
}

// starts runs a server on the node's data and waits until its life has begun.
func (n *node) starts(o hub.Options) {
	n.cluster.t.Helper()
	n.prepares(o)
	n.runs()
}

// prepares makes a server on the node's data. It keeps a copy of the data as they were.
func (n *node) prepares(o hub.Options) {
	t := n.cluster.t
	t.Helper()
	n.older = t.TempDir()
	if err := os.CopyFS(n.older, os.DirFS(n.dir)); err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(n.dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n.storage = &storage{Store: opened, name: n.name}
	n.heard = map[chat.SessionID][]chat.Message{}
	n.end = n.cluster.log.Join(load(t, n.storage).Progress(), 1000)
	o.Log = slog.New(slog.DiscardHandler)
	if n.hub, err = hub.New(n.storage, n.end, o); err != nil {
		t.Fatal(err)
	}
	n.way = n.hub.Attach(n, false)
	n.ended = make(chan error, 1)
}

// runs runs the server and waits until its life has begun.
func (n *node) runs() {
	t := n.cluster.t
	t.Helper()
	go func() { n.ended <- n.hub.Run() }()
	select {
	case <-n.hub.Ready():
	case <-time.After(patience):
		t.Fatalf("%s does not begin", n.name)
	}
}

// stops ends the server in order.
func (n *node) stops() {
	if n.hub == nil {
		return
	}
	n.hub.Close()
	n.waits()
}

func (n *node) waits() {
	t := n.cluster.t
	t.Helper()
	select {
	case err := <-n.ended:
		if err != nil && !errors.Is(err, ledgertest.ErrKilled) {
			t.Errorf("%s ends: %v", n.name, err)
		}
	case <-time.After(patience):
		t.Fatalf("%s does not end", n.name)
	}
	n.hub = nil
	if err := n.storage.Close(); err != nil {
		t.Error(err)
	}
}

// ask submits a command and returns what it is answered with.
func (n *node) ask(c chat.Command) chat.Code {
	answer := make(chan hub.Answer, 1)
	if err := n.way.Submit(context.Background(), c, answer); err != nil {
		return codeOf(err)
	}
	select {
	case a := <-answer:
		return code(a.Refusal)
	case <-n.hub.Ended():
	case <-time.After(patience):
		n.cluster.t.Errorf("%s: no answer to %T", n.name, c)
	}
	return chat.Internal
}

// talk lets a few members of the node do things, one after the other.
func (n *node) talk(dice *rand.Rand, acts int) {
	var inside []chat.SessionID
	for range acts {
		i := dice.IntN(len(inside) + 1)
		if i == len(inside) || len(inside) == 0 {
			id := n.way.NewSession()
			if n.ask(chat.Enter{Session: id, Door: "udp", Nick: drawNick(dice)}) == chat.OK {
				inside = append(inside, id)
			}
			continue
		}
		id := inside[i]
		switch dice.IntN(8) {
		case 0:
			n.ask(chat.Rename{By: chat.By(id), Nick: drawNick(dice)})
		case 1:
			n.ask(chat.Leave{By: chat.By(id), Reason: chat.ReasonQuit})
			inside = slices.Delete(inside, i, i+1)
		case 2:
			n.ask(chat.Kick{By: chat.ByOperator(), NickKey: drawNick(dice).Key})
		case 3:
			n.ask(chat.Join{By: chat.By(id), Room: "attic", Rooms: 9, Joined: 9, New: true})
		default:
			n.post(id)
		}
	}
}

// post says something that nobody else says, and notes whether it was accepted.
func (n *node) post(id chat.SessionID) {
	n.posts++
	text := fmt.Sprint(n.name, " ", n.posts)
	got := n.ask(chat.Post{By: chat.By(id), Room: chat.Lobby, Text: text})
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	switch got {
	case chat.OK:
		c.acked[text] = true
	case chat.NotInside, chat.NodeGone:
		c.denied[text] = true
	}
}

func drawNick(dice *rand.Rand) chat.Nick {
	name := string(rune('a' + dice.IntN(6)))
	return chat.Nick{Name: name, Key: name}
}

// declare ends the life of a node that does not live any more, as a living one finds it.
func (c *cluster) declare(dead, by *node) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		for _, o := range c.replay().Living() {
			if o.Node == dead.name {
				by.ask(chat.Gone(o))
			}
		}
		gone := true
		for _, o := range c.replay().Living() {
			gone = gone && o.Node != dead.name
		}
		if gone {
			return
		}
	}
	c.t.Errorf("%s cannot be declared gone", dead.name)
}

// replay applies the log by itself, and checks at each place that a nickname has one holder.
func (c *cluster) replay() *chat.State {
	s := chat.NewState()
	for _, r := range c.log.Records() {
		chat.Apply(s, r)
		s.Commit()
		holders := map[string]bool{}
		for _, m := range s.Sessions() {
			if holders[m.Nick.Key] {
				c.t.Errorf("at %d, %s has two holders", r.Place, m.Nick.Key)
			}
			holders[m.Nick.Key] = true
		}
	}
	return s
}

// settle waits until every node has read the whole log, and nothing is on its way into it.
func (c *cluster) settle() {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, behind := c.replay().Dead()
		for _, n := range c.nodes {
			tip, err := n.end.Tip(context.Background())
			behind = behind || err != nil || n.hub.Status().Place < tip || n.end.Len() > 0
		}
		if !behind && c.log.Waiting() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	c.t.Error("the nodes do not come to the end of the log")
}

// check compares the nodes with each other and with a replay of the log, and ends them.
func (c *cluster) check() {
	t := c.t
	t.Helper()
	want := c.replay()
	inside := want.Sessions()
	for _, m := range inside {
		if !slices.ContainsFunc(c.nodes, func(n *node) bool { return n.has(m.ID) }) {
			t.Errorf("%s (%v) is inside, and no server has it", m.Nick.Name, m.ID)
		}
	}
	var history []chat.Message
	for _, n := range c.nodes {
		if got := n.hub.Status().Inside(); got != len(inside) {
			t.Errorf("%s has %d members, want %d", n.name, got, len(inside))
		}
		messages, err := n.storage.After(t.Context(), chat.Lobby, chat.Cursor{}, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		n.checkHeard(messages)
		if history == nil {
			history = messages
		}
		if !slices.Equal(history, messages) {
			t.Errorf("%s has another history than %s", n.name, c.nodes[0].name)
		}
		if got := n.hub.Status().Progress.Progress; got != want.Progress() {
			t.Errorf("%s is at %v, want %v", n.name, got, want.Progress())
		}
	}
	c.checkTexts(history)
}

// checkTexts checks that each accepted message is stored once, and no refused one is.
func (c *cluster) checkTexts(history []chat.Message) {
	stored := map[string]int{}
	for _, m := range history {
		if m.Kind == chat.KindMessage {
			stored[m.Text]++
		}
	}
	for text := range c.acked {
		if stored[text] != 1 {
			c.t.Errorf("%q was accepted, and is stored %d times", text, stored[text])
		}
	}
	for text, times := range stored {
		if times > 1 || c.denied[text] {
			c.t.Errorf("%q is stored %d times; refused: %v", text, times, c.denied[text])
		}
	}
}

// has says whether a session came through the server that runs.
func (n *node) has(id chat.SessionID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.heard[id]) > 0
}

// checkHeard checks that each member heard the history of the lobby from its arrival on, without a
// gap.
func (n *node) checkHeard(history []chat.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, heard := range n.heard {
		if id.Node != n.name {
			n.cluster.t.Errorf("%s tells %v, which is not its session", n.name, id)
		}
		for i, m := range heard {
			if m != history[m.Seq-1] || i > 0 && m.Seq != heard[i-1].Seq+1 {
				n.cluster.t.Errorf("%v heard %+v after %d others", id, m, i)
				break
			}
		}
	}
}
