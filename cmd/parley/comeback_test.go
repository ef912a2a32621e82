package main

import (
	"slices"
	"testing"
	"time"
)

func TestPausesGrowWhileSessionsAreShort(t *testing.T) {
	now := time.Now()
	c := comeback{entered: now}
	session := func(lasts time.Duration) time.Duration {
		now = now.Add(lasts)
		pause := c.next(now)
		now = now.Add(pause)
		c.entered = now
		return pause / time.Second
	}
	var got []time.Duration
	for range 8 {
		got = append(got, session(time.Second))
	}
	if want := []time.Duration{0, 1, 2, 4, 8, 16, 30, 30}; !slices.Equal(got, want) {
		t.Errorf("pauses of %d s, want %d", got, want)
	}
	if pause := session(comebackCalm); pause != 0 {
		t.Errorf("a pause of %d s after a long session", pause)
	}
	if pause := session(time.Second); pause != 1 {
		t.Errorf("a pause of %d s after a short one", pause)
	}
	for range 100 {
		if pause := session(0); pause < 1 || pause > 30 {
			t.Fatalf("a pause of %d s", pause)
		}
	}
}
