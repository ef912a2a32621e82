package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"parley/command"
	"parley/load"
	"parley/locale"
	"parley/server"
)

// measureServer finds how the server's process can be measured: by --pid, or by the data directory of a server of ours. One that
// was not named is measured if it is the one that is tried.
func (b *benching) measureServer(ctx context.Context, where flags) (o load.Options, err error) {
	if b.pid != 0 {
		if o.Server, err = load.Process(b.pid); err != nil {
			return o, locale.Errorf(locale.Text{EN: "measure process %d: %v", ZH: "无法测量进程 %d：%v"}, b.pid, err)
		}
	}
	config, err := where.load()
	if err != nil {
		return o, err
	}
	named := where.command.Flags().Changed("data")
	holder, err := server.FindHolder(config.Data)
	if err == nil {
		err = serves(ctx, holder, b.plan.Target)
	}
	switch {
	case err != nil && named:
		return o, locale.Errorf(locale.Text{EN: "--data %s: %v", ZH: "--data %s：%v"}, config.Data, err)
	case err != nil:
		return o, nil
	}
	if o.Server == nil {
		o.Server = meterOf(ctx, holder)
	}
	o.Inside = func(ctx context.Context, prefix string) (int, error) {
		return countInside(ctx, holder, prefix)
	}
	return o, nil
}

// meterOf measures a server of ours: as the system tells, or as it tells itself.
func meterOf(ctx context.Context, holder server.Holder) load.Meter {
	if meter, err := load.Process(holder.PID); err == nil {
		return meter
	}
	return load.Metrics(func() (io.ReadCloser, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://parley/metrics", nil)
		if err != nil {
			return nil, err
		}
		client := controlClient(holder)
		client.Timeout = answerPatience
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK {
			return nil, errors.Join(fmt.Errorf("the server has no metrics: it answered %s", response.Status), response.Body.Close())
		}
		return response.Body, nil
	})
}

// serves says if it is not the server behind a control socket that is tried. Its doors may share a port.
func serves(ctx context.Context, holder server.Holder, target netip.AddrPort) error {
	var others []string
	found := false
	err := tell(ctx, holder, "status", answerPatience, func(s *command.State) {
		for _, door := range s.Doors {
			if address, err := netip.ParseAddrPort(door.Address); err == nil && address.Port() == target.Port() {
				found = true
			} else if err == nil {
				others = append(others, door.Address)
			}
		}
	})
	if err == nil && !found {
		err = locale.Errorf(locale.Text{
			EN: "the server there listens on %s, not on %v",
			ZH: "该服务器监听 %s，而不是 %v",
		}, locale.List(others), target)
	}
	return err
}

// countInside asks how many are inside whose nicknames begin so.
func countInside(ctx context.Context, holder server.Holder, prefix string) (n int, err error) {
	err = tell(ctx, holder, "who", answerPatience, func(m *command.Member) {
		if strings.HasPrefix(m.Nick, prefix) {
			n++
		}
	})
	return n, err
}
