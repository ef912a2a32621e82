package ledgertest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/chat"
	"parley/ledger"
	"parley/ledger/ledgertest"
)

// TestNasty: as nasty as it is, it keeps every law, with any seed.
func TestNasty(t *testing.T) {
	for _, habits := range []ledgertest.Habits{
		{}, {Repeat: true}, {Renumber: true}, {Repeat: true, Renumber: true},
	} {
		for seed := range uint64(10) {
			habits.Seed = seed
			t.Run(fmt.Sprintf("%+v", habits), func(t *testing.T) {
				ledgertest.Run(t, func(_ *testing.T, progress chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
					return ledgertest.NewNasty(progress, capacity, now, habits)
				})
			})
		}
	}
}

// TestNastyIsNasty: a test over a Nasty proves something only if it does what it is for.
func TestNastyIsNasty(t *testing.T) {
	noon := time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)
	read := func(habits ledgertest.Habits) (portions []int, repeated, renumbered int) {
		l := ledgertest.NewNasty(chat.Progress{}, 100, func() time.Time { return noon }, habits)
		for n := range uint64(100) {
			if err := l.Append(chat.Origin{Node: "here", Epoch: 1, N: n + 1}, chat.Alive{}); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		places, origins := map[chat.Place]bool{}, map[chat.Origin]bool{}
		for {
			records, err := l.Next(t.Context(), 50)
			if err != nil {
				return portions, repeated, renumbered
			}
			portions = append(portions, len(records))
			for _, r := range records {
				switch {
				case places[r.Place]:
					repeated++
				case origins[r.Origin]:
					renumbered++
				}
				places[r.Place], origins[r.Origin] = true, true
			}
		}
	}
	plain, repeated, renumbered := read(ledgertest.Habits{Seed: 1})
	if len(plain) < 3 || repeated+renumbered > 0 {
		t.Errorf("plain: portions %v, %d repeated, %d renumbered", plain, repeated, renumbered)
	}
	if other, _, _ := read(ledgertest.Habits{Seed: 2}); slices.Equal(plain, other) {
		t.Errorf("two seeds, the same portions %v", plain)
	}
	if same, _, _ := read(ledgertest.Habits{Seed: 1}); !slices.Equal(plain, same) {
		t.Errorf("one seed, portions %v and %v", plain, same)
	}
	if _, repeated, renumbered = read(ledgertest.Habits{Repeat: true}); repeated < 10 || renumbered > 0 {
		t.Errorf("Repeat: %d repeated, %d renumbered", repeated, renumbered)
	}
	if _, repeated, renumbered = read(ledgertest.Habits{Renumber: true}); repeated > 0 || renumbered < 10 {
		t.Errorf("Renumber: %d repeated, %d renumbered", repeated, renumbered)
	}
}
