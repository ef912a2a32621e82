package line

import (
	"runtime"

	"parley/fault"
)

// asidesMax is how many commands are under way at once.
const asidesMax = 64

// asides is where commands run: on goroutines that end with them, as a stack that has grown stays, and there is one for every
// connection. A command that waits holds no turn, so that it keeps nobody from computing.
type asides struct {
	places chan struct{}
	turns  chan struct{} // for half of the processors: the others read, store and deliver what members say
}

func newAsides() asides {
	return asides{make(chan struct{}, asidesMax), make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// aside is one command that runs.
type aside struct {
	do       func()
	done     chan struct{}
	panicked *fault.Panic
}

// run does something aside and waits for it. A panic in it goes on in the caller, whose stack this keeps small.
func (a *asides) run(do func()) {
	a.places <- struct{}{}
	a.turns <- struct{}{}
	one := &aside{do: do, done: make(chan struct{})}
	go one.run()
	<-one.done
	<-a.turns
	<-a.places
	if one.panicked != nil {
		panic(one.panicked)
	}
}

func (a *aside) run() {
	defer func() {
		a.panicked = fault.Caught(recover())
		close(a.done)
	}()
	a.do()
}

// rest gives up a command's turn while it waits for the hub.
func (a *asides) rest(wait func()) {
	<-a.turns
	defer func() { a.turns <- struct{}{} }()
	wait()
}

// stepOut gives up its place, too, while it waits for its client.
func (a *asides) stepOut(wait func()) {
	a.rest(func() {
		<-a.places
		defer func() { a.places <- struct{}{} }()
		wait()
	})
}
