package main

import (
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCopiesOfASignalAreTheSameRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caught := make(chan os.Signal, 1)
		var ended, over atomic.Bool
		go heed(caught, func() { ended.Store(true) }, func() { over.Store(true) })
		synctest.Wait()
		if ended.Load() {
			t.Fatal("nobody asked it to end")
		}
		caught <- os.Interrupt
		synctest.Wait()
		if !ended.Load() {
			t.Error("the first signal does not end it")
		}
		time.Sleep(sameSignal - 1)
		synctest.Wait()
		if over.Load() {
			t.Error("a copy of the signal ends the program at once")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !over.Load() {
			t.Error("a later signal does not end the program at once")
		}
	})
}
