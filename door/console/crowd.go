package console

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"parley/chat"
	"parley/command"
	"parley/locale"
)

// As over lines: the first few that come or go within crowdWindow are shown one by one, and the
// others in one line when it is over, or when something else happens.
const (
	crowdWindow = 500 * time.Millisecond
	crowdFew    = 3
	crowdNamed  = 2 // how many of a crowd are named
)

// crowd prints messages, and gathers members that come and go.
type crowd struct {
	print func(string)
	lang  locale.Lang
	now   func() time.Time

	mu         sync.Mutex // also held while it prints, which never waits
	until      time.Time  // the window's end
	shown      int        // in this window, one by one
	last       time.Time  // when the newest that waits came or went
	nicks      map[string]bool
	came, went []string // those that wait
	timer      *time.Timer
}

func newCrowd(print func(string), lang locale.Lang, now func() time.Time) *crowd {
	c := &crowd{print: print, lang: lang, now: now, nicks: map[string]bool{}}
	c.timer = time.AfterFunc(time.Hour, c.flush)
	c.timer.Stop()
	return c
}

// take shows a message, or keeps it for later.
func (c *crowd) take(m chat.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Kind != chat.KindEntered && m.Kind != chat.KindLeft || !c.gather(m) {
		c.show()
		c.print(brief(m, c.lang))
	}
}

// gather keeps a message for later, or says that it is to be shown now. mu is held.
func (c *crowd) gather(m chat.Message) bool {
	if len(c.nicks) == 0 {
		if now := c.now(); now.After(c.until) {
			c.until, c.shown = now.Add(crowdWindow), 0
		}
		if c.shown++; c.shown <= crowdFew {
			return false
		}
		c.timer.Reset(max(0, c.until.Sub(c.now())))
	}
	if c.nicks[m.Nick] { // the same member again: in the order in which it happened
		c.show()
		c.timer.Reset(crowdWindow)
	}
	c.nicks[m.Nick], c.last = true, m.Time
	if m.Kind == chat.KindEntered {
		c.came = append(c.came, m.Nick)
	} else {
		c.went = append(c.went, m.Nick)
	}
	return true
}

// flush shows what waits. Any goroutine.
func (c *crowd) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.nicks) > 0 {
		c.show()
		c.until, c.shown = c.now().Add(crowdWindow), crowdFew
	}
}

// stop shows what waits, and ends the clock.
func (c *crowd) stop() {
	c.timer.Stop()
	c.flush()
}

// show shows what waits. mu is held.
func (c *crowd) show() {
	if len(c.nicks) == 0 {
		return
	}
	c.tell(c.came, locale.Text{EN: "enter the chat room", ZH: "进入聊天室"})
	c.tell(c.went, locale.Text{EN: "quit the chat room", ZH: "退出聊天室"})
	clear(c.nicks)
	c.came, c.went = nil, nil
	c.timer.Stop()
}

// tell shows one line about members that did the same.
func (c *crowd) tell(nicks []string, did locale.Text) {
	if len(nicks) == 0 {
		return
	}
	at := c.last.Local().Format(command.BriefClock) + "  "
	named := nicks[:min(len(nicks), crowdNamed)]
	more := len(nicks) - len(named)
	if c.lang == locale.Chinese {
		all := strings.Join(named, "、") + " "
		if more > 0 {
			all += fmt.Sprintf("等 %d 人", len(nicks))
		}
		c.print(at + all + did.ZH)
		return
	}
	all := strings.Join(named, ", ")
	switch {
	case len(nicks) == 1:
		did.EN = strings.Replace(did.EN, " ", "s ", 1)
	case more == 1:
		all += " and 1 other"
	case more > 1:
		all += fmt.Sprintf(" and %d others", more)
	}
	c.print(at + all + " " + did.EN)
}
