package doctor

import (
	"context"
	"net"
	"net/netip"
	"slices"

	"parley/locale"
	"parley/server"
)

func checkSettings(_ context.Context, e *Examination) []Finding {
	return judgeSettings(e.Config, e.Problem)
}

func judgeSettings(config server.Config, problem error) []Finding {
	var found []Finding
	if problem != nil {
		found = append(found, broken(locale.Text{
			EN: "%v\nthe checks below use the defaults instead", ZH: "%v\n以下检查改用默认值",
		}, problem).
			cure(paste("parley config")))
	}
	found = append(found, worldwide(config.UDP.Allow, locale.Text{
		EN: "udp.allow includes every network (%v): a sender that forges an address can speak as another member",
		ZH: "udp.allow 包含所有网络（%v）：伪造地址的人可以冒充其他成员发言",
	}, locale.Text{
		EN: "parley serve --udp-allow 203.0.113.0/24  # only the networks of your members",
		ZH: "parley serve --udp-allow 203.0.113.0/24  # 只写成员所在的网段",
	})...)
	found = append(found, worldwide(config.Port.Allow, locale.Text{
		EN: "port.allow includes every network (%v): connections without TLS can be read on the way",
		ZH: "port.allow 包含所有网络（%v）：未使用 TLS 的连接可能在途中被窃听",
	}, locale.Text{
		EN: "parley serve --port-allow ''  # clients with TLS can connect from anywhere",
		ZH: "parley serve --port-allow ''  # 清空后，外部网络仍可通过 TLS 连接",
	})...)
	if i := slices.IndexFunc(config.Listen, isOpen); config.NoLimits && i >= 0 {
		found = append(found, warning(locale.Text{
			EN: "no-limits is on, and other machines reach %s: any client can flood the chat room",
			ZH: "no-limits 已打开，而其他机器可以连接 %s：任何客户端都能刷屏",
		}, config.Listen[i].Address).cure(paste("parley serve --no-limits=false")))
	}
	if found == nil {
		found = append(found, ok(locale.Text{EN: "all are valid", ZH: "全部有效"}))
	}
	return found
}

// worldwide warns of a network that is everybody, and says what helps.
func worldwide(served []netip.Prefix, what, helps locale.Text) (found []Finding) {
	for _, network := range served {
		if network.Bits() == 0 {
			found = append(found, warning(what, network).cure(helps))
		}
	}
	return found
}

// isOpen says whether more than this machine reaches an address to listen on.
func isOpen(e server.Endpoint) bool {
	host, _, err := net.SplitHostPort(e.Address)
	if err != nil {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !ip.IsLoopback())
}
