package doctor

import (
	"context"
	"runtime"
	"time"

	"parley/locale"
)

// clockSlack is how far a clock may go back when it is set right.
const clockSlack = 5 * time.Second

// clock is what the machine's clock says, and what it can be compared with.
type clock struct {
	now    time.Time
	last   time.Time // when something was stored last; zero: not known
	built  time.Time // the program; zero: not known
	synced bool      // a time service keeps it
	knows  bool      // whether synced is known
	system string    // runtime.GOOS
}

func checkClock(_ context.Context, e *Examination) []Finding {
	glimpse, _ := e.glimpse()
	c := clock{now: time.Now(), last: glimpse.Time, built: e.Built, system: runtime.GOOS}
	c.synced, c.knows = synced()
	return judgeClock(c)
}

func judgeClock(c clock) []Finding {
	set := paste("sudo timedatectl set-ntp true")
	switch c.system {
	case "darwin":
		set = paste("sudo systemsetup -setusingnetworktime on")
	case "windows":
		set = paste("w32tm /resync")
	}
	switch year := c.now.UTC().Year(); {
	case year < 2024 || c.now.Before(c.built):
		return []Finding{broken(locale.Text{
			EN: "it says %s, a time before this program was built", ZH: "显示 %s，早于本程序的编译时间",
		}, stamp(c.now)).cure(set)}
	case c.last.Sub(c.now) > clockSlack:
		return []Finding{broken(locale.Text{
			EN: "it is %v behind the newest message: until it catches up, new messages get " +
				"the time %s",
			ZH: "比最新消息的时间慢 %v：追上之前，新消息的时间都会记为 %s",
		}, c.last.Sub(c.now).Round(time.Second), stamp(c.last)).cure(set)}
	case c.knows && !c.synced:
		return []Finding{warning(locale.Text{
			EN: "it says %s, but no time service keeps it correct", ZH: "显示 %s，但没有时间同步服务校准",
		}, stamp(c.now)).cure(set)}
	}
	return []Finding{ok(locale.Text{EN: "%s", ZH: "%s"}, stamp(c.now))}
}
