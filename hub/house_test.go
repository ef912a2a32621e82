package hub_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/chat"
	"parley/hub"
	"parley/ledger"
	"parley/ledger/local"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

// clock stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) passes(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// done is a ctx that is done: whoever submits with it does not wait.
var done = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// door is a Door that writes down everything it is given.
type door struct {
	name      string
	resumable bool
	look      func(hub.Item) // called with every item as it is delivered; may be nil
	way       *hub.Doorway

	mu    sync.Mutex
	lines []string // one an item
}

// question is the ref of a command, by which its Answer finds who asked.
type question struct {
	name   string
	answer chan hub.Answer
}

// answered hands the Answer over. A second one is a line that no test expects.
func (q *question) answered(a hub.Answer) []string {
	select {
	case q.answer <- a:
		return nil
	default:
		return []string{"answered twice: " + q.name}
	}
}

// await waits for an Answer, but not for ever.
func await(t *testing.T, answer <-chan hub.Answer) hub.Answer {
	t.Helper()
	select {
	case a := <-answer:
		return a
	case <-time.After(patience):
		t.Error("no answer")
		return hub.Answer{Refusal: &chat.Refusal{Code: 0xFFFF}}
	}
}

// patience bounds what would hang for ever if a promise were broken.
const patience = 20 * time.Second

// Name implements hub.Door.
func (d *door) Name() string { return d.name }

// Deliver implements hub.Door.
func (d *door) Deliver(batch hub.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, item := range batch {
		if d.look != nil {
			d.look(item)
		}
		d.lines = append(d.lines, d.line(item))
		if item.Answer != nil {
			d.lines = append(d.lines, item.Answer.Ref.(*question).answered(*item.Answer)...)
		}
	}
}

// line writes an item down: what happened, by whom of this door, and who of it is told; or what is answered.
func (d *door) line(i hub.Item) string {
	if a := i.Answer; a != nil {
		line := "answer " + a.Ref.(*question).name + ": " + code(a.Refusal).String()
		if a.Session != nil {
			line += ", inside as " + d.local(a.Session.ID)
		}
		return line
	}
	to := make([]string, 0, len(i.To.Sessions()))
	for _, s := range i.To.Sessions() {
		to = append(to, d.local(s.ID))
	}
	slices.Sort(to)
	line := event(i.Event) + " → " + strings.Join(to, " ")
	if i.Self != nil {
		line += " by " + d.local(i.Self.ID)
	}
	return line
}

// locals has the names that tests give to sessions, the number of a session is that of its name.
var locals struct {
	sync.Mutex
	names []string
}

// session returns the ID of a session of a door that a test has given a name. It is the same in
// every life.
func session(node chat.NodeID, door, local string) chat.SessionID {
	locals.Lock()
	defer locals.Unlock()
	n := slices.Index(locals.names, local)
	if n < 0 {
		n = len(locals.names)
		locals.names = append(locals.names, local)
	}
	return chat.SessionID{Node: node, Life: chat.Life(door[0]), N: uint64(n + 1)}
}

// id returns the ID of one of this door's sessions.
func (d *door) id(local string) chat.SessionID { return session("here", d.name, local) }

// local returns the name of a session.
func (d *door) local(id chat.SessionID) string {
	locals.Lock()
	defer locals.Unlock()
	return locals.names[id.N-1]
}

func event(e chat.Event) string {
	switch e := e.(type) {
	case chat.Entered:
		return fmt.Sprintf("%d %s enters", e.Message.Seq, e.Message.Nick)
	case chat.Posted:
		return fmt.Sprintf("%d %s: %s", e.Message.Seq, e.Message.Nick, e.Message.Text)
	case chat.Left:
		return fmt.Sprintf("%d %s leaves, %s", e.Message.Seq, e.Message.Nick, e.Message.Text)
	case chat.Ended:
		return "end, " + string(e.Reason)
	case chat.Told:
		return fmt.Sprintf("%d %s alone: %s", e.Message.Seq, e.Message.Nick, e.Message.Text)
	case chat.Changed:
		return fmt.Sprintf("changed: %s, %q", e.Session.Nick.Name, e.Session.Away)
	case chat.Renamed:
		return fmt.Sprintf("%d %s is now %s", e.Message.Seq, e.Message.Nick, e.Message.Text)
	case chat.TopicSet:
		return fmt.Sprintf("%d %s sets %q", e.Message.Seq, e.Message.Nick, e.Message.Text)
	case chat.RoomRemoved:
		return string(e.Room) + " is removed"
	case chat.Announced:
		return "all: " + e.Message.Text
	case chat.Wanted:
		return "wanted"
	}
	return fmt.Sprintf("%+v", e)
}

func code(r *chat.Refusal) chat.Code {
	if r == nil {
		return chat.OK
	}
	return r.Code
}

func codeOf(err error) chat.Code {
	if err == nil {
		return chat.OK
	}
	if r, ok := err.(*chat.Refusal); ok {
		return r.Code
	}
	return chat.Code(0xFFFF)
}

// heard returns what was delivered so far, and forgets it.
func (d *door) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// submit hands a command over and returns where its answer will be.
func (d *door) submit(t *testing.T, c chat.Command, name string) <-chan hub.Answer {
	t.Helper()
	q := &question{name, make(chan hub.Answer, 1)}
	if err := d.way.Submit(context.Background(), c, q); err != nil {
		t.Errorf("%s: %v", name, err)
		q.answer <- hub.Answer{}
	}
	return q.answer
}

// ask submits a command and waits for its answer's Code.
func (d *door) ask(t *testing.T, c chat.Command) chat.Code {
	t.Helper()
	return code(await(t, d.submit(t, c, "")).Refusal)
}

// settled waits until everything committed so far is delivered to this door as well, and returns what heard does.
func (d *door) settled(t *testing.T) []string {
	t.Helper()
	d.ask(t, chat.Alive{})
	lines := d.heard()
	return lines[:len(lines)-1] // without the answer to the question
}

func (d *door) enter(local, nick string) chat.Command {
	return chat.Enter{
		Session: d.id(local), Door: d.name,
		Nick: chat.Nick{Name: nick, Key: strings.ToLower(nick)},
	}
}

func (d *door) post(local, text string) chat.Command {
	return chat.Post{By: chat.By(d.id(local)), Room: chat.Lobby, Text: text}
}

func (d *door) leave(local string) chat.Command {
	return chat.Leave{By: chat.By(d.id(local)), Reason: chat.ReasonQuit}
}

func (d *door) join(local string, room chat.RoomID) chat.Command {
	return chat.Join{By: chat.By(d.id(local)), Room: room, Rooms: 10, Joined: 10, New: true}
}

// withoutAnswers returns the lines that tell of events.
func withoutAnswers(lines []string) []string {
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "answer ") })
}

// house is a running hub.
type house struct {
	*hub.Hub
	t       *testing.T
	storage *storage
	clock   *clock
	ended   chan error
	closed  bool
}

// plan says what a house is built of; the zero value is a plain one.
type plan struct {
	storage  *storage
	clock    *clock
	capacity int
	resume   time.Duration
	ledger   func(chat.Progress, int, func() time.Time) ledger.Ledger
	prepare  func(*hub.Hub) // before Run
}

// opens runs a hub with doors and waits until its life has begun.
func opens(t *testing.T, p plan, doors ...*door) *house {
	t.Helper()
	h := p.build(t, doors...)
	go func() { h.ended <- h.Run() }()
	select {
	case <-h.Ready():
	case err := <-h.ended:
		h.ended <- err
		t.Fatal("it did not begin: ", err)
	case <-time.After(patience):
		t.Fatal("it does not begin")
	}
	return h
}

func (p plan) build(t *testing.T, doors ...*door) *house {
	t.Helper()
	if p.storage == nil {
		p.storage = stores(t, t.TempDir())
	}
	if p.clock == nil {
		p.clock = &clock{now: noon}
	}
	if p.capacity == 0 {
		p.capacity = 10_000
	}
	if p.resume == 0 {
		p.resume = time.Hour // no Alive while a test runs: logs stay equal
	}
	if p.ledger == nil {
		p.ledger = func(after chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
			return local.New(after, capacity, now)
		}
	}
	state, err := p.storage.Load()
	if err != nil {
		t.Fatal(err)
	}
	made, err := hub.New(p.storage, p.ledger(state.Progress(), p.capacity, p.clock.Now), hub.Options{
		Resume: p.resume, Now: p.clock.Now, Log: slog.New(slog.DiscardHandler),
		Life: chat.Life(state.Epoch("here") + 1),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doors {
		d.way = made.Attach(d, d.resumable)
	}
	if p.prepare != nil {
		p.prepare(made)
	}
	h := &house{Hub: made, t: t, storage: p.storage, clock: p.clock, ended: make(chan error, 1)}
	t.Cleanup(func() { h.closes() })
	return h
}

// closes ends the hub and returns what Run said.
func (h *house) closes() error {
	if h.closed {
		return nil
	}
	h.closed = true
	h.Close()
	return <-h.ended
}

// history is the lobby's, as the texts of told.
func (h *house) history() []string { return history(h.t, h.storage) }

func history(t *testing.T, s *storage) []string { return historyOf(t, s, chat.Lobby) }

func historyOf(t *testing.T, s *storage, room chat.RoomID) []string {
	t.Helper()
	all, err := s.After(context.Background(), room, chat.Cursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	told := 0
	for i, m := range all {
		if m.Room == chat.Everywhere {
			told++
		} else if m.Seq != chat.Seq(i+1-told) {
			t.Errorf("in %s message %d stands at %d", room, m.Seq, i+1-told)
		}
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprint(m.Seq, " ", m.Nick, " ", m.Kind, " ", m.Text)), " "))
	}
	return lines
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if d := differs(what, got, want); d != "" {
		t.Error(d)
	}
}

// differs returns an empty text if the lines are what they must be.
func differs(what string, got, want []string) string {
	if slices.Equal(got, want) {
		return ""
	}
	return fmt.Sprintf("%s:\n\t%s\nwant:\n\t%s\n", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
}

// declared returns the sorted names of the types in package chat that have a method: "apply"
// makes a Command, "event" an Event.
func declared(t *testing.T, method string) (names []string) {
	t.Helper()
	sources, err := filepath.Glob("../chat/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv != nil && f.Name.Name == method {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// nameOf is what declared calls the type of a Command or an Event.
func nameOf(v any) string { return reflect.TypeOf(v).Name() }
