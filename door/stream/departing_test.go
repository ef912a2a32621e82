package stream

import (
	"slices"
	"testing"

	"parley/chat"
)

// TestALeaveThatIsNeverTakenKeepsNoOtherBack: it is tried again behind the others.
func TestALeaveThatIsNeverTakenKeepsNoOtherBack(t *testing.T) {
	never, ann, ben := chat.SessionID{N: 1}, chat.SessionID{N: 2}, chat.SessionID{N: 3}
	p := departing{leaves: []chat.Leave{
		{By: chat.By(never)},
		{By: chat.By(ann)},
		{By: chat.By(ben)},
	}}
	var taken []chat.SessionID
	for p.len() > 1 {
		leave, ok := p.next()
		if !ok {
			t.Fatal("nothing is left")
		}
		refused := leave.By.Session == never
		if p.drop(refused); !refused {
			taken = append(taken, leave.By.Session)
		}
	}
	leave, _ := p.next()
	if leave.By.Session != never || !slices.Equal(taken, []chat.SessionID{ann, ben}) {
		t.Errorf("taken are %q, %q is left", taken, leave.By.Session)
	}
}

// TestAStepAsideMayRunAnotherOne on one turn, which the first one holds.
func TestAStepAsideMayRunAnotherOne(t *testing.T) {
	c := &Conn{door: &Door{asides: asides{make(chan struct{}, 1), make(chan struct{}, 1)}}}
	ran := false
	c.Aside(func() { c.Aside(func() { ran = true }) })
	if !ran {
		t.Error("the step inside did not run")
	}
}
