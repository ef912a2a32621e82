package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"parley/hub"
)

// paperDoor is a door that only notes what becomes of it.
type paperDoor struct {
	name    string
	fails   error // of Open
	happens *[]string
}

func (d *paperDoor) Name() string { return d.name }

func (d *paperDoor) Deliver(hub.Batch) {}

func (d *paperDoor) Open(context.Context, *hub.Doorway) error {
	*d.happens = append(*d.happens, "open "+d.name)
	return d.fails
}

func (d *paperDoor) Close() error {
	*d.happens = append(*d.happens, "close "+d.name)
	return nil
}

func (d *paperDoor) Report() hub.Report { return hub.Report{Name: d.name} }

// paperStream is one that serves streams.
type paperStream struct{ paperDoor }

func (d *paperStream) Serve(net.Conn, []byte) {}

// house is a table of doors of paper.
type house struct {
	happens []string
	broken  string // the door that does not open
}

func (h *house) table() []doorRow {
	paper := func(name string) paperDoor {
		d := paperDoor{name: name, happens: &h.happens}
		if name == h.broken {
			d.fails = errors.New("it sticks")
		}
		return d
	}
	return []doorRow{
		{name: "udp", make: func(*Server) door { d := paper("udp"); return &d }},
		{name: "line", make: func(*Server) door { return &paperStream{paper("line")} }, streams: []string{"line"}},
		{name: "irc", make: func(*Server) door { return &paperStream{paper("irc")} }, streams: []string{"irc", "ircs"}},
	}
}

func (h *house) open(t *testing.T, listen string) (*Server, error) {
	t.Helper()
	config, err := Load(Sources{Flags: map[string]string{"data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := listenField(&config.Listen, h.table()).Set(listen); err != nil {
		t.Fatal(err)
	}
	return open(t.Context(), config, h.table(), "test", slog.New(slog.DiscardHandler))
}

func TestDoorsAreOpenedInOrderAndClosedInTheOther(t *testing.T) {
	for listen, want := range map[string]struct{ doors, protocols string }{
		":1":                    {"udp line irc", "irc ircs line"},
		":1/irc,:2/udp":         {"udp irc", "irc ircs"},
		":1/line":               {"line", "line"},
		":1,:2/line":            {"udp line irc", "irc ircs line"},
		":1/udp":                {"udp", ""},
		":1/line,:2/irc":        {"line irc", "irc ircs line"},
		":0/line,:0/irc,:0/udp": {"udp line irc", "irc ircs line"},
	} {
		var h house
		s, err := h.open(t, listen)
		if err != nil {
			t.Fatal(err)
		}
		doors := strings.Fields(want.doors)
		reports := doors
		if want.protocols != "" { // who takes connections for them is told of last
			reports = append(slices.Clone(doors), "port")
		}
		var reported, protocols []string
		for _, r := range s.Desk().Doors() {
			reported = append(reported, r.Name)
		}
		for p, d := range s.streams {
			protocols = append(protocols, p)
			if !strings.HasPrefix(p, d.Name()) {
				t.Errorf("%s: %s is served by %s", listen, p, d.Name())
			}
		}
		slices.Sort(protocols)
		if !slices.Equal(reported, reports) || strings.Join(protocols, " ") != want.protocols {
			t.Errorf("%s: told of are %q, served %v", listen, reported, protocols)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		var happens []string
		for _, name := range doors {
			happens = append(happens, "open "+name)
		}
		for _, name := range slices.Backward(doors) {
			happens = append(happens, "close "+name)
		}
		if !slices.Equal(h.happens, happens) {
			t.Errorf("%s: %q", listen, h.happens)
		}
	}
}

func TestADoorThatDoesNotOpenClosesTheOthers(t *testing.T) {
	for broken, why := range map[string]string{"irc": `cannot open the door "irc": it sticks`, "udp": `cannot listen on ":1" (udp): it sticks`} {
		h := house{broken: broken}
		if _, err := h.open(t, ":1"); err == nil || err.Error() != why {
			t.Errorf("%s: %v", broken, err)
		}
		opened := map[string][]string{"udp": {"open udp"}, "irc": {"open udp", "open line", "open irc", "close line", "close udp"}}
		if !slices.Equal(h.happens, opened[broken]) {
			t.Errorf("%s: %q", broken, h.happens)
		}
	}
}

// TestEveryDoorBringsItsOwn: names and settings, and a door that serves streams can.
func TestEveryDoorBringsItsOwn(t *testing.T) {
	var c Config
	if err := listenField(&c.Listen, doorTable()).Set("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range doorTable() {
		s := &Server{config: c, log: slog.New(slog.DiscardHandler)}
		d := row.make(s)
		if d.Name() != row.name || seen[row.name] {
			t.Errorf("the row %s makes the door %s, or there are two", row.name, d.Name())
		}
		seen[row.name] = true
		if _, is := d.(streamDoor); is != row.servesStreams() {
			t.Errorf("%s serves %v, and takes connections: %v", row.name, row.streams, is)
		}
		for _, s := range row.settings(&c) {
			if !strings.HasPrefix(s.Key, row.name+".") {
				t.Errorf("%s is no setting of %s", s.Key, row.name)
			}
		}
	}
	keys := map[string]bool{}
	for _, s := range Settings() {
		if keys[s.Key] {
			t.Errorf("%s is there twice", s.Key)
		}
		keys[s.Key] = true
	}
}

// TestTheDefaultsCanBeUsed: Load puts them in the place of what cannot.
func TestTheDefaultsCanBeUsed(t *testing.T) {
	for _, s := range Settings() {
		if err := s.Field.Set(s.Default); err != nil {
			t.Errorf("%s: %v", s.Key, err)
		}
	}
}

func TestNoLimitsLiftsTheBoundsOfDatagrams(t *testing.T) {
	for noLimits, want := range map[string][3]float64{"false": {20, 50, 1000}, "true": {0, 0, 0}} {
		c, err := Load(Sources{Flags: map[string]string{"no-limits": noLimits}})
		if err != nil {
			t.Fatal(err)
		}
		door := c.datagrams()
		if got := [3]float64{door.Rate, door.EnterRate, float64(door.PerAddress)}; got != want {
			t.Errorf("no-limits %s: the rates and the bound per address are %v, want %v", noLimits, got, want)
		}
	}
}
