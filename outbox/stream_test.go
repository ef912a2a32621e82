package outbox

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// drained writes all that a Stream gives, at most so many bytes at a time, and returns it.
func drained(s *Stream, scratch, most int) string {
	var out []byte
	for n := 0; ; {
		b := s.Next(n, make([]byte, 0, scratch))
		if b == nil {
			return string(out)
		}
		n = min(len(b), most)
		out = append(out, b[:n]...)
	}
}

func TestAStreamKeepsItsOrder(t *testing.T) {
	s := NewStream(1000)
	if got := s.Push([]byte("one "), []byte("two ")); got != Ready {
		t.Errorf("the first push: %v", got)
	}
	if got := s.Push([]byte("three ")); got != Queued {
		t.Errorf("while somebody writes: %v", got)
	}
	if got := drained(s, 8, 3); got != "one two three " {
		t.Errorf("%q", got)
	}
	if got := s.Push([]byte("four")); got != Ready {
		t.Errorf("after all was written: %v", got)
	}
	if s.Len() != 4 {
		t.Errorf("%d bytes wait", s.Len())
	}
}

func TestAHeldStreamGivesWhatCameBeforeAndThenWhatIsFirst(t *testing.T) {
	s := NewStream(1000)
	s.Push([]byte("before "))
	s.Hold()
	if got := s.Push([]byte("later ")); got != Queued {
		t.Errorf("held: %v", got)
	}
	if got := drained(s, 100, 100); got != "before " {
		t.Errorf("held: %q", got)
	}
	if got := s.Push([]byte("later still")); got != Queued {
		t.Errorf("held and empty: %v", got)
	}
	if got := s.Release([]byte("first ")); got != Ready {
		t.Errorf("released: %v", got)
	}
	if got := drained(s, 100, 100); got != "first later later still" {
		t.Errorf("released: %q", got)
	}
}

// TestReleaseWithoutHoldOvertakesNothing: what waits may be half written.
func TestReleaseWithoutHoldOvertakesNothing(t *testing.T) {
	s := NewStream(1000)
	s.Push([]byte("AAAA"))
	s.Next(0, nil)
	s.Release([]byte("first"))
	if got := drained(s, 2, 100); got != "AAAAfirst" {
		t.Errorf("%q", got)
	}
}

func TestAFullStreamTakesNothingMore(t *testing.T) {
	s := NewStream(100)
	s.Push([]byte("begun"))
	s.Next(0, nil)
	s.Next(2, nil)
	if got := s.Push(bytes.Repeat([]byte("x"), 90)); got != Overflowed {
		t.Errorf("more than it holds: %v", got)
	}
	if got := s.Push([]byte("x")); got != Dropped {
		t.Errorf("after that: %v", got)
	}
	s.Last([]byte(" last words"))
	if got := drained(s, 100, 100); got != "gun last words" {
		t.Errorf("%q", got)
	}
}

func TestWhoWaitsForRoomIsTold(t *testing.T) {
	s := NewStream(1000)
	if s.Below(0) != nil {
		t.Error("an empty one has no room")
	}
	s.Push([]byte("0123456789"))
	roomy := s.Below(0)
	s.Next(0, nil)
	s.Next(9, nil)
	select {
	case <-roomy:
		t.Error("one byte waits, and it has room")
	default:
	}
	s.Next(1, nil)
	<-roomy
	s.Push([]byte("x"))
	roomy = s.Below(0)
	s.Fail()
	<-roomy
}

func TestAStreamHaltsOnceNobodyWrites(t *testing.T) {
	ends := map[string]func(*Stream){
		"written":    func(s *Stream) { mustBeOver(t, s.Next(len("one "), nil)) },
		"in part":    func(s *Stream) { mustBeOver(t, s.Next(1, nil)) },
		"failed":     (*Stream).Fail,
		"not at all": func(s *Stream) { mustBeOver(t, s.Next(0, nil)) },
	}
	for how, end := range ends {
		s := NewStream(1000)
		s.Push([]byte("one "), []byte("two"))
		s.Next(0, nil)
		writing := s.Halt()
		select {
		case <-writing: // nil blocks, too
			t.Errorf("%s: it halts while somebody writes", how)
		default:
		}
		end(s)
		<-writing
		if s.Halt() != nil {
			t.Errorf("%s: it does not halt though nobody writes", how)
		}
		if got := s.Push([]byte("late")); got != Dropped {
			t.Errorf("%s: a push is %v", how, got)
		}
		if got := s.Last([]byte("last words")); got != Dropped {
			t.Errorf("%s: last words are %v", how, got)
		}
		mustBeOver(t, s.Next(0, nil))
	}
	ready := NewStream(1000)
	if ready.Push([]byte("one")) != Ready || ready.Halt() != nil {
		t.Error("it waits for who has not begun")
	}
	mustBeOver(t, ready.Next(0, nil))
}

func mustBeOver(t *testing.T, more []byte) {
	t.Helper()
	if more != nil {
		t.Errorf("%q is to be written", more)
	}
}

// TestAnyStream: whatever is pushed, held, released and written in whatever pieces, what comes out is what went in, in order,
// until it overflows; then nothing begins in the middle of a chunk.
func TestAnyStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewStream(rapid.IntRange(50, 600).Draw(t, "limit"))
		var want, held, out []byte
		isHeld, isFull, number := false, false, 0
		var flying []byte // what Next gave out; nil: nothing
		wrote := 0        // how much of it was written
		next := func(scratch int) {
			flying, wrote = s.Next(wrote, make([]byte, 0, scratch)), 0
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			number++
			c := fmt.Appendf(nil, "<%d%s>", number, bytes.Repeat([]byte("."), rapid.IntRange(0, 20).Draw(t, "size")))
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				fate := s.Push(c)
				if isFull != (fate == Dropped) {
					t.Fatalf("full %v, and a push is %v", isFull, fate)
				}
				if fate == Overflowed {
					isFull = true
				} else if isHeld {
					held = append(held, c...)
				} else {
					want = append(want, c...)
				}
			case 2:
				if !isHeld {
					s.Hold()
					isHeld = true
				}
			case 3:
				if isHeld && !isFull {
					isFull = s.Release(c) == Overflowed
					want = append(append(want, c...), held...)
					isHeld, held = false, nil
				}
			case 4:
				if flying == nil {
					next(rapid.IntRange(1, 80).Draw(t, "scratch"))
				}
			case 5:
				if flying != nil {
					wrote = rapid.IntRange(0, len(flying)).Draw(t, "written")
					out = append(out, flying[:wrote]...)
					next(rapid.IntRange(1, 80).Draw(t, "scratch"))
				}
			}
		}
		for flying != nil {
			wrote = len(flying)
			out = append(out, flying...)
			next(64)
		}
		if isFull {
			s.Last([]byte("<last>"))
			out = append(out, drained(s, 64, 7)...)
			begun, ended := bytes.CutSuffix(out, []byte("<last>"))
			whole := len(begun) == 0 || begun[len(begun)-1] == '>'
			if !ended || !whole || !bytes.HasPrefix(want, begun) {
				t.Fatalf("%q, want last words after a part of %q", out, want)
			}
		} else {
			if isHeld {
				s.Release()
				want = append(want, held...)
			}
			if out = append(out, drained(s, 64, 7)...); !bytes.Equal(out, want) {
				t.Fatalf("%q, want %q", out, want)
			}
		}
	})
}

// TestAnEmptyChunkIsNothingToWrite: the writer, which must make progress with each chunk, never gets one.
func TestAnEmptyChunkIsNothingToWrite(t *testing.T) {
	s := NewStream(1000)
	if got := s.Push(nil, []byte{}); got != Queued {
		t.Errorf("there is something to write: %v", got)
	}
	if got := s.Push([]byte{}, []byte("a"), nil); got != Ready {
		t.Errorf("there is nothing to write: %v", got)
	}
	if got := string(s.Next(0, make([]byte, 0, 10))); got != "a" {
		t.Errorf("%q is written", got)
	}
	if got := s.Next(1, nil); got != nil {
		t.Errorf("then %q", got)
	}
}
