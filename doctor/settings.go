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
		found = append(found, broken(locale.Text{EN: "%v\nbelow, the defaults stand for what cannot be used", ZH: "%v\n下面以默认值代替无法使用的设置"}, problem).
			cure(paste("parley config")))
	}
	found = append(found, worldwide(config.UDP.Allow, locale.Text{
		EN: "udp.allow serves the whole world (%v): whoever can forge an address speaks as its owner",
		ZH: "udp.allow 向全世界开放（%v）：能伪造地址的人可以冒充他人发言",
	}, locale.Text{EN: "parley serve --udp-allow 203.0.113.0/24  # the networks of those who talk", ZH: "parley serve --udp-allow 203.0.113.0/24  # 只写聊天者所在的网段"})...)
	found = append(found, worldwide(config.Port.Allow, locale.Text{
		EN: "port.allow serves the whole world without encryption (%v): what is said can be read on its way",
		ZH: "port.allow 允许全世界不加密连接（%v）：聊天内容可能在传输途中被读取",
	}, locale.Text{EN: "parley serve --port-allow ''  # with TLS everybody may connect without it", ZH: "parley serve --port-allow ''  # 使用 TLS 时无需此项，任何人都可以连接"})...)
	if i := slices.IndexFunc(config.Listen, isOpen); config.NoLimits && i >= 0 {
		found = append(found, warning(locale.Text{
			EN: "no-limits is on while others reach %s: one of them can flood everybody",
			ZH: "no-limits 已打开，而其他机器可以访问 %s：任何一人都能刷屏",
		}, config.Listen[i].Address).cure(paste("parley serve --no-limits=false")))
	}
	if found == nil {
		found = append(found, ok(locale.Text{EN: "all can be used", ZH: "全部可用"}))
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
