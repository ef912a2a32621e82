package stream

import (
	"runtime"

	"parley/fault"
)

// asidesMax is how many steps run aside at once.
const asidesMax = 64

// asides is where larger steps run: on goroutines that end with them. A stack that has grown stays,
// and there is one for every connection. A step that waits holds no turn, so that others compute.
type asides struct {
	places chan struct{}
	turns  chan struct{} // for half of the processors: the others read, store and deliver
}

func newAsides() asides {
	return asides{
		make(chan struct{}, asidesMax),
		make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
}

// aside is one step that runs.
type aside struct {
	do       func()
	done     chan struct{}
	panicked *fault.Panic
}

// Aside runs a step on a goroutine of its own and waits for it. A panic in it continues in the
// caller, whose stack this keeps small. A step that runs aside already calls do itself.
func (c *Conn) Aside(do func()) {
	if c.aside {
		do()
		return
	}
	c.aside = true
	panicked := c.door.asides.run(do)
	c.aside = false
	if panicked != nil {
		panic(panicked)
	}
}

func (a *asides) run(do func()) *fault.Panic {
	a.places <- struct{}{}
	a.turns <- struct{}{}
	one := &aside{do: do, done: make(chan struct{})}
	go one.run()
	<-one.done
	<-a.turns
	<-a.places
	return one.panicked
}

func (a *aside) run() {
	defer func() {
		a.panicked = fault.Caught(recover())
		close(a.done)
	}()
	a.do()
}

// rest waits. A step that runs aside gives up its turn meanwhile.
func (c *Conn) rest(wait func()) {
	if c.aside {
		c.door.asides.rest(wait)
	} else {
		wait()
	}
}

// stepOut waits. A step that runs aside gives up its turn and its place meanwhile.
func (c *Conn) stepOut(wait func()) {
	if c.aside {
		c.door.asides.stepOut(wait)
	} else {
		wait()
	}
}

// rest gives up a turn while wait runs.
func (a *asides) rest(wait func()) {
	<-a.turns
	defer func() { a.turns <- struct{}{} }()
	wait()
}

// stepOut gives up a turn and a place while wait runs.
func (a *asides) stepOut(wait func()) {
	a.rest(func() {
		<-a.places
		defer func() { a.places <- struct{}{} }()
		wait()
	})
}
