package outbox

import (
	"context"
	"errors"
	"testing"
)

func TestTheGateIsClosedWhileTooMuchIsOnItsWay(t *testing.T) {
	idle := false
	g := NewGate(func() int64 { return 100 }, func() bool { return idle })
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		if err := g.Enter(over, 60); err != nil {
			t.Fatalf("an open gate: %v", err)
		}
	}
	if err := g.Enter(over, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("more than its limit is on its way: %v", err)
	}
	g.Answered(60)
	mark := g.Answers()
	g.Answered(60)
	if err := g.Enter(over, 1); err == nil {
		t.Error("answered, but not written")
	}
	g.Reach(mark)
	if err := g.Enter(over, 60); err != nil {
		t.Errorf("half of it is written: %v", err)
	}
	g.Back(60)
	g.Answered(0)
	if err := g.Enter(over, 1000); err != nil {
		t.Errorf("one was taken back: %v", err)
	}
	entered := make(chan error)
	go func() { entered <- g.Enter(context.Background(), 1) }()
	g.Answered(1000)
	g.Reach(g.Answers())
	if err := <-entered; err != nil { // whether it waited or came late
		t.Errorf("waiting until it opens: %v", err)
	}
	if err := g.Enter(over, 1000); err != nil {
		t.Fatal(err)
	}
	idle = true
	g.Answered(1001)
	if err := g.Enter(over, 1); err != nil {
		t.Errorf("nobody was there to be told: %v", err)
	}
}

// TestTheWriterSettlesTheGate: once everything is written, nothing keeps requests out, whatever mark was reached before.
func TestTheWriterSettlesTheGate(t *testing.T) {
	var w *Writer[int]
	g := NewGate(func() int64 { return 100 }, func() bool { return w.IsIdle() })
	goOn := make(chan struct{})
	w = NewWriter(0, func([]int, int) []int { <-goOn; return nil }, g.Settle)
	defer w.Close()
	if err := g.Enter(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	w.Ready(1)
	g.Answered(100)
	if g.Waiting() != 100 {
		t.Errorf("%d bytes are on their way while they are being written", g.Waiting())
	}
	entered := make(chan error)
	for range 3 {
		go func() { entered <- g.Enter(t.Context(), 1) }()
	}
	close(goOn)
	for range 3 {
		if err := <-entered; err != nil {
			t.Error(err)
		}
	}
}
