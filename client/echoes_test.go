package client

import (
	"testing"
	"time"
)

func TestAnEchoIsTakenOnceAndInTime(t *testing.T) {
	start := time.Now()
	type came struct {
		line  string
		after time.Duration
		taken bool
	}
	for name, lines := range map[string][]came{
		"ours":                {{"ann: hi", 0, true}},
		"a space before":      {{"ann : hi", 0, true}},
		"Chinese":             {{"ann 说:hi", 0, true}},
		"wide colon":          {{"ann说：hi", 0, true}},
		"once":                {{"ann: hi", 0, true}, {"ann: hi", 0, false}},
		"in time":             {{"ann: hi", echoPatience, true}},
		"late":                {{"ann: hi", echoPatience + 1, false}},
		"another's":           {{"bob: hi", 0, false}, {"anna: hi", 0, false}, {"bob: ann: hi", 0, false}},
		"another text":        {{"ann: ho", 0, false}, {"ann: oh hi", 0, false}, {"ann: hi there", 0, false}},
		"colons of the text":  {{"ann: : hi", 0, false}},
		"no colon":            {{"ann hi", 0, false}, {"annhi", 0, false}, {"hi", 0, false}},
		"others come between": {{"bob: hi", time.Second, false}, {"ann: hi", 2 * time.Second, true}},
	} {
		t.Run(name, func(t *testing.T) {
			var e echoes
			e.add("ann", "hi", start)
			for _, c := range lines {
				if taken := e.take(c.line, start.Add(c.after)); taken != c.taken {
					t.Errorf("%q is taken: %v, want %v", c.line, taken, c.taken)
				}
			}
		})
	}
}

func TestOnlyLinesThatMayStillComeBackAreKept(t *testing.T) {
	var e echoes
	for i := range 1000 {
		e.add("ann", "hi", time.Unix(int64(i), 0))
	}
	if len(e) > 6 {
		t.Errorf("%d lines are kept at one a second", len(e))
	}
}

func TestOnesOwnLineIsNotReadTwice(t *testing.T) {
	r := newDialect(t, dialect{echoes: true})
	ann, bob := enter(t, r.address(), "ann"), enter(t, r.address(), "bob")
	expect(t, ann, line("bob enters the chat room"))
	say := func(c *Conn, text string) {
		t.Helper()
		if err := c.Say(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	say(ann, "hi\nhi")
	expect(t, bob, line("ann: hi"), line("ann: hi"))
	say(bob, "hi")
	expect(t, ann, line("bob: hi"))

	ann.link.send(ann, []byte("C ann of another program"))
	expect(t, ann, line("ann: of another program"))
}
