package console

import (
	"strings"
	"sync"
	"time"

	"parley/chat"
	"parley/command"
	"parley/gather"
	"parley/locale"
)

// crowd prints messages of the lobby, and members that enter and leave in crowds as one line for
// many of them.
type crowd struct {
	print func(string)
	lang  locale.Lang
	now   func() time.Time

	mu       sync.Mutex // also held during print, which does not block
	gathered gather.Crowds[struct{}]
	last     time.Time // when the last gathered member entered or left
	timer    *time.Timer
	running  bool // the timer will call tick
	stopped  bool
}

func newCrowd(print func(string), lang locale.Lang, now func() time.Time) *crowd {
	c := &crowd{print: print, lang: lang, now: now}
	c.timer = time.AfterFunc(time.Hour, c.tick)
	c.timer.Stop()
	return c
}

// take shows a message, or keeps it for later.
func (c *crowd) take(m chat.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Kind == chat.KindEntered || m.Kind == chat.KindLeft {
		if c.gather(m) {
			return
		}
	} else {
		c.show(c.gathered.Take(chat.Lobby))
	}
	c.print(brief(m, c.lang))
}

// gather keeps a message for later, or returns false if it is to be shown now. mu is held.
func (c *crowd) gather(m chat.Message) bool {
	now := c.now()
	before, alone := c.gathered.Add(gather.Move[struct{}]{
		Room: chat.Lobby, Nick: m.Nick, Enters: m.Kind == chat.KindEntered,
		Stays: m.Reason() == chat.ReasonParted || m.IsReturn(),
	}, now)
	c.start(now)
	c.show(before)
	c.last = m.Time
	return !alone
}

// start starts the timer, unless it runs: then it ends early enough. mu is held.
func (c *crowd) start(now time.Time) {
	if c.running || c.stopped {
		return
	}
	if due, ok := c.gathered.Due(); ok {
		c.running = true
		c.timer.Reset(due.Sub(now))
	}
}

// tick shows the batch whose window is over. It is called by the timer.
func (c *crowd) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	now := c.now()
	for batch := range c.gathered.Expire(now) {
		c.show(batch)
	}
	c.start(now)
}

// flush shows what is gathered. Any goroutine.
func (c *crowd) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show(c.gathered.Take(chat.Lobby))
}

// stop shows what is gathered, and stops the timer.
func (c *crowd) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.show(c.gathered.Take(chat.Lobby))
	c.stopped = true
	c.timer.Stop()
}

// show prints a batch; nil: nothing. mu is held.
func (c *crowd) show(batch *gather.Batch[struct{}]) {
	if batch == nil {
		return
	}
	notice := batch.Notice()
	c.tell(&notice.Entered, locale.Text{EN: "enter the chat room", ZH: "进入聊天室"})
	c.tell(&notice.Returned, locale.Text{EN: "enter the lobby", ZH: "进入大厅"})
	c.tell(&notice.Parted, locale.Text{EN: "leave the lobby", ZH: "离开大厅"})
	c.tell(&notice.Left, locale.Text{EN: "quit the chat room", ZH: "退出聊天室"})
}

// tell prints one line about members that did the same; nothing if there are none.
func (c *crowd) tell(g *gather.Group, did locale.Text) {
	if g.Count == 0 {
		return
	}
	at := c.last.Local().Format(command.BriefClock) + "  "
	if g.Count == 1 {
		did.EN = strings.Replace(did.EN, " ", "s ", 1)
	}
	c.print(at + locale.Members(c.lang, g.Count, g.Named()...) + did.In(c.lang))
}
