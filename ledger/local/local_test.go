package local_test

import (
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/ledger"
	"parley/ledger/ledgertest"
	"parley/ledger/local"
)

var noon = time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC)

func TestLocal(t *testing.T) {
	ledgertest.Run(t, func(_ *testing.T, progress chat.Progress, capacity int, now func() time.Time) ledger.Ledger {
		return local.New(progress, capacity, now)
	})
}

// TestPlacesAreDense: nothing is lost that anybody could look for.
func TestPlacesAreDense(t *testing.T) {
	l := local.New(chat.Progress{Place: 41}, 10, func() time.Time { return noon })
	for n := range uint64(10) {
		l.Append(chat.Origin{N: n + 1}, chat.Alive{})
	}
	records, err := l.Next(t.Context(), 10)
	if err != nil || len(records) != 10 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, r := range records {
		if r.Place != chat.Place(42+i) {
			t.Errorf("record %d has place %d", i, r.Place)
		}
	}
}

// TestTimeIsOfTheReading: time is given when a record is read, not when it was appended.
func TestTimeIsOfTheReading(t *testing.T) {
	now := noon
	l := local.New(chat.Progress{}, 10, func() time.Time { return now })
	l.Append(chat.Origin{N: 1}, chat.Alive{})
	now = noon.Add(time.Minute)
	if records, _ := l.Next(t.Context(), 1); !records[0].Time.Equal(now) {
		t.Errorf("%v, want %v", records[0].Time, now)
	}
}

// TestBatchIsBoundInBytes: however many are asked for, long texts come in portions of about a mebibyte.
func TestBatchIsBoundInBytes(t *testing.T) {
	const each, all = 64 << 10, 100
	l := local.New(chat.Progress{}, all, func() time.Time { return noon })
	for n := range uint64(all) {
		l.Append(chat.Origin{N: n + 1}, chat.Post{Text: strings.Repeat("x", each)})
	}
	for read := 0; read < all; {
		records, err := l.Next(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		if len(records)*each > 1<<20+each {
			t.Errorf("%d records of %d bytes at once", len(records), each)
		}
		read += len(records)
	}
}

func BenchmarkAppendAndNext(b *testing.B) {
	l := local.New(chat.Progress{}, 1024, func() time.Time { return noon })
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		l.Append(chat.Origin{N: uint64(n + 1)}, chat.Alive{})
		if n%512 == 511 {
			l.Next(b.Context(), 512)
		}
	}
}
