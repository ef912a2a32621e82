package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"parley/locale"
	"parley/server"
)

// manager is the service manager that started the program, if one did: systemd, or what speaks as it does (sd_notify(3)).
type manager struct {
	server *server.Server
	log    *slog.Logger
	lang   locale.Lang
}

// ready tells the manager that the server is open and, from then on, that it is alive. stopping tells it that this is over.
func (m manager) ready(ctx context.Context) (stopping func()) {
	m.tell(daemon.SdNotifyReady, m.status())
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { m.watch(ctx) })
	return func() {
		cancel()
		watching.Wait()
		m.tell(daemon.SdNotifyStopping)
	}
}

// watch tells the manager, twice in the time after which it would end us, that the hub's loop turns, until ctx ends. While the
// loop stands still it says that instead.
func (m manager) watch(ctx context.Context) {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		m.log.Warn("the watchdog is not understood and will not be served", "err", err)
	}
	if limit == 0 {
		return
	}
	every := time.NewTicker(max(limit/2, time.Millisecond))
	defer every.Stop()
	for {
		turn, cancel := context.WithTimeout(ctx, limit/2)
		err := m.server.Turn(turn)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			m.tell(daemon.SdNotifyWatchdog, m.status())
		default:
			m.log.Warn("the loop stands still", "err", err)
			m.tell("STATUS=" + locale.Text{
				EN: "the server does not respond: check its disk",
				ZH: "服务器没有响应，请检查磁盘",
			}.In(m.lang))
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// status is what `systemctl status` shows beside the service.
func (m manager) status() string {
	now := m.server.Desk().Hub.Status()
	return "STATUS=" + locale.Text{EN: "%d inside; open on %s; storage: %s", ZH: "在线 %d 人；监听 %s；存储：%s"}.Format(
		m.lang, now.Inside(), openOn(m.server, m.lang), now.Storage)
}

// tell sends the manager what changed. Without a manager it does nothing.
func (m manager) tell(state ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(state, "\n")); err != nil {
		m.log.Warn("the service manager cannot be told", "err", err)
	}
}
