package conversation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

// assignments are every member by each of the doors, and by doors in turn, forwards and backwards:
// each door meets itself and its neighbours on both sides. So the number of tellings grows with
// that of the doors, not with its square. With three doors, two members meet in every way.
func (c Cast) assignments() (all []assignment) {
	doors := Doors()
	told := map[string]bool{}
	for first := range doors {
		for _, step := range []int{0, 1, len(doors) - 1} {
			var a assignment
			for i := range c {
				a = append(a, doors[(first+i*step)%len(doors)])
			}
			if name := a.String(); !told[name] {
				told[name] = true
				all = append(all, a)
			}
		}
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

// telling is one of the same story.
type telling struct {
	doors   assignment
	lacks   string // why it is not told
	dir     string
	outcome *Outcome
	err     error
}

// Tell tells a story through every door, alone and mixed, as a test each, and compares how they end: all in the same way, and with
// this log, if one is given.
func Tell(t *testing.T, cast Cast, story func(*Story), log ...string) {
	t.Helper()
	t.Parallel()
	tellings := tellAll(t, cast, cast.assignments(), story)
	var first *telling
	for _, one := range tellings {
		t.Run(one.doors.String(), func(t *testing.T) {
			one.check(t)
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

// TellFreely is Tell for a story that ends in some way: where several speak at once, the log decides.
func TellFreely(t *testing.T, cast Cast, story func(*Story)) {
	t.Helper()
	t.Parallel()
	for _, one := range tellAll(t, cast, cast.assignments(), story) {
		t.Run(one.doors.String(), one.check)
	}
}

// TellBy is Tell through these doors alone.
func TellBy(t *testing.T, doors []string, cast Cast, story func(*Story), log ...string) {
	t.Helper()
	t.Parallel()
	var by assignment
	for _, name := range doors {
		by = append(by, doorOf(name))
	}
	one := tellAll(t, cast, []assignment{by}, story)[0]
	one.check(t)
	if diff := cmp.Diff(log, one.outcome.Log); diff != "" {
		t.Errorf("stored, and not as told:\n%s", diff)
	}
}

// doorOf returns the row of a name.
func doorOf(name string) Door {
	all := Doors()
	return all[slices.IndexFunc(all, func(d Door) bool { return d.Name == name })]
}

func (one *telling) check(t *testing.T) {
	t.Helper()
	switch {
	case one.lacks != "":
		t.Skip(one.lacks)
	case one.err != nil:
		t.Fatal(one.err)
	}
}

// tellAll tells a story in each way in which it can be told.
func tellAll(t *testing.T, cast Cast, ways []assignment, story func(*Story)) (all []*telling) {
	t.Helper()
	var under sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, doors := range ways {
		one := &telling{doors: doors, lacks: cast.lacks(doors)}
		all = append(all, one)
		if one.lacks != "" {
			continue
		}
		one.dir = t.TempDir()
		places <- struct{}{}
		under.Go(func() {
			one.outcome, one.err = tell(one.dir, cast, doors, story, patience)
			<-places
		})
	}
	under.Wait()
	return all
}

// tell tells a story once, through some doors and on a stage of its own, and returns what is left of it.
func tell(dir string, cast Cast, doors assignment, story func(*Story), patience time.Duration) (o *Outcome, err error) {
	stage, err := open(dir, patience)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	return stage.tell(cast, doors, story)
}

// tell tells a story once, through some doors.
func (s *stage) tell(cast Cast, doors assignment, story func(*Story)) (*Outcome, error) {
	one := &Story{stage: s}
	for i, role := range cast {
		m := &Member{story: one, role: role.Nick, nick: role.Nick, door: doors[i], driver: doors[i].Driver(s)}
		one.members = append(one.members, m)
		defer m.driver.Close()
	}
	story(one)
	if err := one.failed(); err != nil {
		return nil, err
	}
	return one.curtain()
}
