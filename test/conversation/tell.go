package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/server"
)

// patience is how long anything may take on a slow machine before it is called lost.
const patience = 20 * time.Second

// atOnce is how many tellings of one story go on at once: most of their time they wait for the disk.
const atOnce = 6

// Cast is who is in a story.
type Cast []Role

// Role is somebody, with what the story needs of whatever door they come through.
type Role struct {
	Nick  string
	Needs []Verb
}

// Plays makes a Role.
func Plays(nick string, needs ...Verb) Role { return Role{nick, needs} }

// assignment is a door for each role.
type assignment []Door

func (a assignment) String() string {
	var names []string
	for _, d := range a {
		names = append(names, d.Name)
	}
	return strings.Join(names, "+")
}

// assignments are all for one or two people; for more, everybody by each of the doors, and by all doors in turn.
func (c Cast) assignments() (all []assignment) {
	doors := Doors()
	if len(c) <= 2 {
		all = []assignment{nil}
		for range c {
			var more []assignment
			for _, a := range all {
				for _, d := range doors {
					more = append(more, append(slices.Clone(a), d))
				}
			}
			all = more
		}
		return all
	}
	for first := range doors {
		var alone, turn assignment
		for i := range c {
			alone = append(alone, doors[first])
			turn = append(turn, doors[(first+i)%len(doors)])
		}
		all = append(all, alone, turn)
	}
	return all
}

// lacks says why a story cannot be told through such doors; empty: it can.
func (c Cast) lacks(doors assignment) string {
	for i, role := range c {
		if v := doors[i].lacks(role.Needs); v != "" {
			return fmt.Sprintf("%s cannot %s by %s", role.Nick, v, doors[i].Name)
		}
	}
	return ""
}

// Tell tells a story through every door, alone and mixed, as a test each, and compares how they end: all in the same way, and with
// this log, if one is given.
func Tell(t *testing.T, cast Cast, story func(*Story), log ...string) {
	t.Helper()
	t.Parallel()
	type telling struct {
		doors   assignment
		lacks   string
		dir     string
		outcome *Outcome
		err     error
	}
	var tellings []*telling
	var telled sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, doors := range cast.assignments() {
		one := &telling{doors: doors, lacks: cast.lacks(doors)}
		tellings = append(tellings, one)
		if one.lacks != "" {
			continue
		}
		one.dir = t.TempDir()
		places <- struct{}{}
		telled.Go(func() {
			one.outcome, one.err = tell(one.dir, cast, doors, story, patience)
			<-places
		})
	}
	telled.Wait()
	var first *telling
	for _, one := range tellings {
		t.Run(one.doors.String(), func(t *testing.T) {
			switch {
			case one.lacks != "":
				t.Skip(one.lacks)
			case one.err != nil:
				t.Fatal(one.err)
			}
			if first == nil {
				first = one
			}
			if diff := first.outcome.differ(one.outcome); diff != "" {
				t.Errorf("it ends otherwise than by %s: %s", first.doors, diff)
			}
			if diff := cmp.Diff(log, one.outcome.Log); len(log) > 0 && diff != "" {
				t.Errorf("stored, and not as told:\n%s", diff)
			}
		})
	}
	if first == nil {
		t.Error("no door tells the story")
	}
}

// tell tells a story once, through some doors, and returns what is left of it.
func tell(dir string, cast Cast, doors assignment, story func(*Story), patience time.Duration) (o *Outcome, err error) {
	stage, err := open(dir, patience)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	s := &Story{stage: stage}
	for i, role := range cast {
		m := &Member{story: s, role: role.Nick, nick: role.Nick, door: doors[i], driver: doors[i].Driver(stage)}
		s.members = append(s.members, m)
		defer m.driver.Close()
	}
	story(s)
	if err := s.failed(); err != nil {
		return nil, err
	}
	return s.curtain()
}

// openings is how often it is tried to open a server: it takes the number of its port from the system for datagrams, and somebody may
// have that number for connections.
const openings = 10

// open starts a server, on a free port of this machine, with nothing of the environment in it.
func open(dir string, patience time.Duration) (*stage, error) {
	config, err := server.Load(server.Sources{Flags: map[string]string{"data": dir, "listen": "127.0.0.1:0", "no-limits": "true"}})
	if err != nil {
		return nil, err
	}
	opened, err := server.Open(context.Background(), config, "test", slog.New(slog.DiscardHandler))
	for i := 1; err != nil && i < openings; i++ {
		opened, err = server.Open(context.Background(), config, "test", slog.New(slog.DiscardHandler))
	}
	if err != nil {
		return nil, err
	}
	return &stage{Server: opened, dir: dir, patience: patience}, nil
}
