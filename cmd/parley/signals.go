package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"parley/tui"
)

// sameSignal is how long after the first signal others are copies of it: timeout(1) sends its
// signal to the program and then to the program's group.
const sameSignal = time.Second

// signals returns a context that ends at the first signal that asks the program to end: Ctrl-C, a
// request to end, and a terminal that is closed. Signals that were ignored when the program
// started, as under nohup, stay ignored. One that comes later than sameSignal ends the program at
// once.
func signals() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	caught := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(caught, s)
		}
	}
	go heed(caught, cancel, func() { signal.Stop(caught) })
	return ctx, cancel
}

// heed calls end at the first signal, and over once those that still come are not copies of it.
func heed(caught <-chan os.Signal, end, over func()) {
	<-caught
	end()
	time.Sleep(sameSignal)
	over()
}

// restoreOnCrash restores a terminal before a signal ends the program with a dump, until stop.
func restoreOnCrash(terminal tui.Console) (stop func()) {
	caught, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(caught, syscall.SIGQUIT, syscall.SIGABRT)
	go func() {
		select {
		case s := <-caught:
			_ = terminal.Close() // it never fails
			signal.Reset(s)
			if self, err := os.FindProcess(os.Getpid()); err != nil || self.Signal(s) != nil {
				os.Exit(statusFailed)
			}
		case <-done:
		}
	}()
	return func() {
		signal.Stop(caught)
		close(done)
	}
}

// giveBack restores a terminal as soon as ctx has ended, so that nothing that takes long keeps it,
// and calls stop at Ctrl-C.
func giveBack(ctx context.Context, terminal tui.Console, stop func()) {
	select {
	case <-terminal.Interrupted():
		stop()
	case <-ctx.Done():
	}
	_ = terminal.Close() // it never fails
}
