package guard

import (
	"testing"
	"time"
)

func TestAQuotaIsAnHours(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	q := NewQuota[string](2, c.now)
	for _, step := range []struct {
		passes time.Duration
		key    string
		want   bool
	}{
		{0, "ann", true},
		{time.Minute, "ann", true},
		{0, "ann", false},
		{0, "bob", true},
		{58 * time.Minute, "ann", false},
		{time.Minute, "ann", true}, // an hour after the first
		{0, "ann", true},
		{0, "ann", false},
	} {
		c.at = c.at.Add(step.passes)
		if got := q.Take(step.key); got != step.want {
			t.Errorf("%s at %v: %v", step.key, c.at.UTC(), got)
		}
	}
	q.Return("ann")
	q.Return("nobody")
	if !q.Take("ann") || q.Take("ann") {
		t.Error("what was given back can be taken once")
	}
}

func TestAQuotaOfNoneHoldsNobody(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	q := NewQuota[string](0, c.now)
	for range 100 {
		if !q.Take("ann") {
			t.Fatal("refused without a limit")
		}
	}
	if q.Return("ann"); len(q.spent) > 0 {
		t.Errorf("remembered: %v", q.spent)
	}
}

func TestAQuotaForgetsAndIsBounded(t *testing.T) {
	c := &clock{time.Unix(1_000_000, 0)}
	q := NewQuota[int](1, c.now)
	for i := range remembered + 10 {
		q.Take(i + 1)
	}
	if len(q.spent) != remembered+1 {
		t.Errorf("%d are remembered, want %d and one for the others", len(q.spent), remembered)
	}
	if q.Take(remembered + 100) {
		t.Error("keys that do not fit have more than one quota")
	}
	c.at = c.at.Add(quotaHour)
	if !q.Take(1) || len(q.spent) != 1 {
		t.Errorf("%d are remembered after an hour", len(q.spent))
	}
}
