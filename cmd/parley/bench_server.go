package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
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
		err = serves(ctx, holder, config.Data, b.plan.Target)
	} else {
		err = locale.Errorf(locale.Text{EN: "--data %s: %v", ZH: "--data %s：%v"}, config.Data, err)
	}
	switch {
	case err != nil && named:
		return o, err
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
		client := holder.Client()
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

// serves says if it is not the server of a data directory that is tried, and how to try that one.
func serves(
	ctx context.Context, holder server.Holder, data string, target netip.AddrPort,
) error {
	var others []netip.AddrPort // doors may share one
	err := tell(ctx, holder, "status", answerPatience, func(s *command.State) {
		for _, door := range s.Doors {
			for address := range strings.SplitSeq(door.Address, ", ") {
				at, err := netip.ParseAddrPort(address)
				if err == nil && !slices.Contains(others, at) {
					others = append(others, at)
				}
			}
		}
	})
	if err != nil {
		return locale.Errorf(locale.Text{EN: "--data %s: %v", ZH: "--data %s：%v"}, data, err)
	}
	return notTried(data, others, target)
}

// notTried returns an error unless the server of a data directory, which listens on all of bound,
// is the one that is tried.
func notTried(data string, bound []netip.AddrPort, target netip.AddrPort) error {
	var all []string
	for _, at := range bound {
		if at.Port() == target.Port() {
			return nil
		}
		all = append(all, at.String())
	}
	if len(all) == 0 {
		return locale.Errorf(locale.Text{
			EN: "the server in %s listens nowhere", ZH: "%s 中的服务器没有监听任何地址",
		}, data)
	}
	from := bound[0].String()
	if bound[0].Addr().IsUnspecified() {
		from = net.JoinHostPort("localhost", strconv.Itoa(int(bound[0].Port())))
	}
	return locale.Errorf(locale.Text{
		EN: "the server in %s listens on %s, not on the address to measure: " +
			"run parley bench --data %[1]s %[3]s",
		ZH: "%s 中的服务器监听 %s，不是要测试的地址：请运行 parley bench --data %[1]s %[3]s",
	}, data, locale.List(all), from)
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
