package conversation

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/chat"
)

// hasty is the patience for what is to fail.
const hasty = time.Second

// fault is a way in which a door could be broken: what somebody does, and what comes to their ears.
type fault struct {
	name string
	do   func(Act, func(Act) error) error // nil: as it should be
	hear func(Heard) []Heard              // likewise
	line bool                             // of a door that recalls
	lost bool                             // nothing is recalled
}

// broken is a driver at a door with a fault.
type broken struct {
	Driver
	fault fault
}

func (b *broken) Do(a Act) error {
	if b.fault.do == nil {
		return b.Driver.Do(a)
	}
	return b.fault.do(a, b.Driver.Do)
}

func (b *broken) Take() (all []Heard) {
	for _, h := range b.Driver.Take() {
		if b.fault.hear == nil {
			all = append(all, h)
			continue
		}
		all = append(all, b.fault.hear(h)...)
	}
	return all
}

func (b *broken) Recalled() ([]Heard, int) {
	lines, missed := b.Driver.Recalled()
	if b.fault.lost {
		return nil, 0
	}
	return lines, missed
}

func faults() []fault {
	only := func(kind Kind, becomes func(Heard) []Heard) func(Heard) []Heard {
		return func(h Heard) []Heard {
			if h.Kind == kind {
				return becomes(h)
			}
			return []Heard{h}
		}
	}
	nothing := func(Heard) []Heard { return nil }
	twice := func(h Heard) []Heard { return []Heard{h, h} }
	return []fault{
		{name: "who enters is not told", hear: only(Entered, nothing)},
		{name: "who leaves is not told", hear: only(Left, nothing)},
		{name: "what is said is lost", hear: only(Said, nothing)},
		{name: "what is said is told twice", hear: only(Said, twice)},
		{name: "an announcement is lost", hear: only(Announced, nothing)},
		{name: "an announcement is told twice", hear: only(Announced, twice)},
		{name: "what is said is told otherwise", hear: only(Said, func(h Heard) []Heard {
			h.Text = strings.ToUpper(h.Text)
			return []Heard{h}
		})},
		{name: "somebody else said it", hear: only(Said, func(h Heard) []Heard {
			h.Nick = "mallory"
			return []Heard{h}
		})},
		{name: "it is told of another room", hear: only(Said, func(h Heard) []Heard { return []Heard{h.In("dev")} })},
		{name: "it is told as something done", hear: only(Said, func(h Heard) []Heard {
			h.Kind = Did
			return []Heard{h}
		})},
		{name: "something is told that never was", hear: only(Announced, func(h Heard) []Heard { return []Heard{h, BeingWanted()} })},
		{name: "spaces are lost", do: func(a Act, do func(Act) error) error {
			a.Text = strings.Join(strings.Fields(a.Text), " ")
			return do(a)
		}},
		{name: "nothing is sent", do: func(a Act, do func(Act) error) error {
			if a.Verb == ToSay {
				return nil
			}
			return do(a)
		}},
		{name: "all is sent twice", do: func(a Act, do func(Act) error) error {
			err := do(a)
			if a.Verb == ToSay {
				return errors.Join(err, do(a))
			}
			return err
		}},
		{name: "what is done is refused", do: func(a Act, do func(Act) error) error {
			if err := do(a); err != nil || a.Verb != ToSay {
				return err
			}
			return chat.Refuse(chat.Busy)
		}},
		{name: "nobody leaves", do: func(a Act, do func(Act) error) error {
			if a.Verb == ToQuit {
				return nil
			}
			return do(a)
		}},
		{name: "nothing is recalled", line: true, lost: true},
	}
}

// through is a door with a fault.
func (f fault) through(d Door) Door {
	sound := d.Driver
	d.Driver = func(s *stage) Driver { return &broken{Driver: sound(s), fault: f} }
	return d
}

// told is a story of which every step is told; untold does the same and expects nothing: the end alone tells.
func told(s *Story) {
	ann, bob := s.As("ann").Enters(), s.As("bob")
	bob.EntersAs("ann").IsRefused(chat.NickOccupied)
	ann.Hears(BeingWanted())
	bob.Enters()
	ann.Hears(bob.Entering())
	ann.Says("hello  there")
	bob.Hears(ann.Saying("hello  there"))
	bob.Says("yes  yes")
	ann.Hears(bob.Saying("yes  yes"))
	s.Announces("tea")
	ann.Hears(TheAdministrator("tea"))
	bob.Hears(TheAdministrator("tea"))
	ann.HearsNothing()
	bob.Quits()
	ann.Hears(bob.Leaving())
	ann.Says("bob?")
	bob.Enters()
	ann.Hears(bob.Entering())
	if bob.door.lacks([]Verb{ToMiss}) == "" {
		bob.Missed(1)
		bob.Recalls(ann.Saying("bob?"))
	}
}

func untold(s *Story) {
	ann, bob := s.As("ann").Enters(), s.As("bob").Enters()
	ann.Says("hello  there")
	bob.Says("yes  yes")
	s.Announces("tea")
	bob.Quits()
	ann.Says("bob?")
	bob.Enters()
}

// TestABrokenDoorIsFound: whatever could be wrong with a door, a story tells where, and one that expects nothing fails in the end.
func TestABrokenDoorIsFound(t *testing.T) {
	t.Parallel()
	cast := Cast{Plays("ann"), Plays("bob")}
	sound := assignment{doorOf("udp"), doorOf("udp")}
	whole, err := tell(t.TempDir(), cast, sound, untold, patience)
	if err != nil {
		t.Fatal(err)
	}
	var trying sync.WaitGroup // they wait for what does not come
	for _, f := range faults() {
		dirs := [2]string{t.TempDir(), t.TempDir()}
		trying.Go(func() {
			door := doorOf("udp")
			if f.line {
				door = doorOf("line")
			}
			doors := assignment{f.through(door), f.through(door)}
			_, err := tell(dirs[0], cast, doors, told, hasty)
			if err == nil || !strings.Contains(err.Error(), "broken_test.go:") {
				t.Errorf("%s: no step tells: %v", f.name, err)
			}
			if f.line {
				return
			}
			o, err := tell(dirs[1], cast, doors, untold, hasty)
			if err == nil && slices.Equal(o.Log, whole.Log) {
				t.Errorf("%s: the end is as if nothing had been wrong", f.name)
			}
		})
	}
	trying.Wait()
}

// TestTheFirstStepThatFailsIsTold, with its place, and none after it is taken.
func TestTheFirstStepThatFailsIsTold(t *testing.T) {
	t.Parallel()
	taken := false
	_, err := tell(t.TempDir(), Cast{Plays("ann"), Plays("bob")}, assignment{doorOf("udp"), doorOf("line")}, func(s *Story) {
		ann, bob := s.As("ann").Enters(), s.As("bob").EntersAs("ann")
		bob.Says("I am not in") // which nobody told
		s.step(func() error { taken = true; return nil })
		ann.HearsNothing()
	}, hasty)
	if err == nil || !strings.Contains(err.Error(), "bob is refused at broken_test.go:") || taken {
		t.Errorf("%v; a step after it is taken: %v", err, taken)
	}
}

func TestDiffer(t *testing.T) {
	enters := func(nick string) Heard { return Heard{Kind: Entered, Room: chat.Lobby, Nick: nick} }
	leaves := func(nick string) Heard { return Heard{Kind: Left, Room: chat.Lobby, Nick: nick} }
	says := Heard{Kind: Said, Room: chat.Lobby, Nick: "a", Text: "x"}
	for _, c := range []struct {
		got, want        []Heard
		exactly, gathers bool // whether they are the same
	}{
		{nil, nil, true, true},
		{[]Heard{enters("a"), says}, []Heard{enters("a"), says}, true, true},
		{[]Heard{enters("b"), enters("a"), says}, []Heard{enters("a"), enters("b"), says}, false, true},
		{[]Heard{enters("a"), leaves("b")}, []Heard{leaves("b"), enters("a")}, false, true},
		{[]Heard{enters("a"), enters(""), enters("")}, []Heard{enters("b"), enters("a"), enters("c")}, false, true},
		{[]Heard{enters("a"), enters("")}, []Heard{enters("a"), leaves("b")}, false, false},
		{[]Heard{enters("a"), enters("a")}, []Heard{enters("a"), enters("b")}, false, false},
		{[]Heard{says, enters("a")}, []Heard{enters("a"), says}, false, false},
		{[]Heard{enters("a")}, []Heard{enters("a"), enters("b")}, false, false},
		{[]Heard{enters("a"), enters("b")}, []Heard{enters("a")}, false, false},
	} {
		if same := differ(c.got, c.want, false) == ""; same != c.exactly {
			t.Errorf("%v is %v: %v", c.got, c.want, same)
		}
		if same := differ(c.got, c.want, true) == ""; same != c.gathers {
			t.Errorf("%v is, where who comes is gathered, %v: %v", c.got, c.want, same)
		}
	}
}
