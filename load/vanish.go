package load

import (
	"context"
	"time"

	"parley/locale"
)

// Vanished tells when the server showed those as gone who closed their sockets without a word.
type Vanished struct {
	Members int     `json:"members"`
	Seen    int     `json:"seen"`    // of them, gone as the server has it
	Seconds float64 `json:"seconds"` // until the last of them was seen gone, or nobody waited any more
	By      string  `json:"by"`      // how it was seen: "notices" to the first member, or "server", which was asked
}

// The values of Vanished.By.
const byNotices, byServer = "notices", "server"

// source words Vanished.By.
func (v *Vanished) source() locale.Text {
	if v.By == byServer {
		return locale.Text{EN: "the server's answers", ZH: "服务器的回答"}
	}
	return locale.Text{EN: "the notices in the room", ZH: "房间中的退出通知"}
}

// knockEvery is how often the server is given something to send.
const knockEvery = 100 * time.Millisecond

// knock is said into the room so that the server sends something to those who are gone.
const knock = "anybody there?"

// vanish closes the sockets of the last members and waits until the server has noticed.
func (r *run) vanish() {
	if r.plan.Vanish == 0 || int(r.inside.Load()) < r.plan.Members {
		return
	}
	staying := r.plan.Members - r.plan.Vanish
	for _, m := range r.members[staying:] {
		m.gone = true
		m.link.close()
	}
	r.inside.Add(-int64(r.plan.Vanish))
	began := r.clock()
	v := &Vanished{Members: r.plan.Vanish, By: byNotices}
	r.report.Vanished = v
	for nextKnock := began; v.Seen < v.Members && r.clock()-began < r.vanishing; time.Sleep(lookEvery) {
		if r.clock() >= nextKnock {
			r.members[0].link.say([]byte(knock))
			nextKnock += knockEvery
		}
		v.Seen = int(r.seen.quits.Load())
		if r.options.Inside != nil {
			inside, err := r.options.Inside(context.Background(), "b"+string(r.id)+"-")
			if err != nil {
				break
			}
			v.Seen, v.By = r.plan.Members-inside, byServer
		}
		v.Seconds = (r.clock() - began).Seconds()
	}
}
