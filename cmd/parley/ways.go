package main

import (
	"path/filepath"
	"strings"

	"parley/command"
	"parley/doctor"
	"parley/locale"
	"parley/server"
)

// ways returns the ways in as the first screen tells them, for those that ask a running server.
func (g greeting) ways() *command.Ways {
	in := func(lang locale.Lang) string {
		g.lang = lang
		text := strings.Join(append([]string{g.openLine()}, g.howToEnter()[1:]...), "\n")
		return strings.NewReplacer(typedOn, "", typedOff, "").Replace(text)
	}
	w := &command.Ways{
		Datagrams: server.ReachableAt(g.server.Addr()),
		English:   in(locale.English),
		Chinese:   in(locale.Chinese),
	}
	at, alone := g.server.Lines()
	w.Lines = server.ReachableAt(at)
	if at.IsValid() && !alone {
		w.Certificate = g.server.Fingerprint()
	}
	if public := g.publicOnly(); len(public) > 0 {
		w.Datagrams, w.Lines = nil, public
	}
	return w
}

// publicOnly returns the addresses of a server that has no others than public ones, to which
// strangers connect with TLS alone.
func (g greeting) publicOnly() []string {
	at, alone := g.server.Lines()
	if !at.IsValid() || alone || len(g.config.Port.Allow) > 0 || len(g.config.UDP.Allow) > 0 {
		return nil
	}
	return server.PublicOnly(at)
}

// withTLS tells the one way into a server that has only public addresses.
func (g greeting) withTLS(public []string) []string {
	lines := []string{"", locale.Text{
		EN: "Others join over TLS, with openssl or any TLS client:",
		ZH: "其他人用 openssl 或任何 TLS 客户端加入（加密）：",
	}.In(g.lang)}
	for _, address := range public {
		lines = append(lines, locale.Text{
			EN: "    %s, then Enter",
			ZH: "    %s，连接后再按一次回车",
		}.Format(g.lang, typed(tlsClient+address)))
	}
	lines = append(lines, g.certificate())
	if local := server.ReachableAt(g.server.Addr()); len(local) > 0 && g.server.Addr().Addr().IsUnspecified() {
		lines = append(lines, locale.Text{EN: "or on this machine: %s", ZH: "或在本机：%s"}.Format(g.lang, typed("parley join "+short(local[0]))))
	}
	lines = append(lines, locale.Text{
		EN: "or open https://%s in a browser to see how to join",
		ZH: "或用浏览器打开 https://%s，可以看到加入方式",
	}.Format(g.lang, public[0])+g.warning())
	return append(lines, locale.Text{
		EN: "Clients without TLS can join only from private networks and those in port.allow " +
			"and udp.allow.",
		ZH: "不加密的连接只能来自私有网络，以及 port.allow、udp.allow 中的网段。",
	}.In(g.lang))
}

// tlsClient is how somebody with openssl connects to an address.
const tlsClient = "openssl s_client -quiet -connect "

// certificate tells what a TLS client compares.
func (g greeting) certificate() string {
	return locale.Text{
		EN: "    certificate (SHA-256): %s", ZH: "    证书（SHA-256）：%s",
	}.Format(g.lang, g.server.Fingerprint())
}

// warning says what a browser says of the server's own certificate; empty: there is another.
func (g greeting) warning() string {
	if g.config.TLSCert != "" {
		return ""
	}
	return locale.Text{
		EN: " (it warns about the certificate, which the server has made itself)",
		ZH: "（浏览器会提示证书不受信任，因为证书由服务器自己签发）",
	}.In(g.lang)
}

// shortest is the one way in that is told at each start, with how to see all; none if nobody else
// gets in.
func (g greeting) shortest() []string {
	with := ""
	if public := g.publicOnly(); len(public) > 0 {
		with = typed(tlsClient + public[0])
	} else if all := server.ReachableAt(g.server.Addr()); len(all) > 0 &&
		!g.isForUs(g.server.Addr()) {
		with = typed("parley join " + short(all[0]))
	} else if with, _ = g.netcat(); with == "" {
		return nil
	}
	all := typed("/address")
	if !g.withConsole {
		all = typed("parley address" + g.dataFlag())
	}
	if g.isLocal() {
		return []string{locale.Text{
			EN: "Only this machine can join, with %s; %s lists more ways.",
			ZH: "只有本机可以加入：%s；%s 列出更多加入方式。",
		}.Format(g.lang, with, all)}
	}
	if page := g.page(); page != "" && !g.hasLocalPage() {
		return []string{locale.Text{
			EN: "Others open %s in a browser, or join with %s; %s lists more ways.",
			ZH: "其他人用浏览器打开 %s，或用 %s 加入；%s 列出更多加入方式。",
		}.Format(g.lang, typed("http://"+page), with, all)}
	}
	return []string{locale.Text{
		EN: "Others join with %s; %s lists more ways.", ZH: "其他人用 %s 加入；%s 列出更多加入方式。",
	}.Format(g.lang, with, all)}
}

// hasLocalPage says whether only this machine can open the page with all ways.
func (g greeting) hasLocalPage() bool {
	at, _ := g.server.Lines()
	return at.Addr().IsLoopback()
}

// page returns the address of the page with all ways; empty: without TLS the server has none.
func (g greeting) page() string {
	at, alone := g.server.Lines()
	if !at.IsValid() || alone || len(g.publicOnly()) > 0 {
		return ""
	}
	if all := server.ReachableAt(at); len(all) > 0 {
		return all[0]
	}
	return ""
}

// dataFlag names the data directory, for a command in any folder.
func (g greeting) dataFlag() string { return " --data " + doctor.Quote(absolute(g.config.Data)) }

// absolute returns a path that is right in every folder.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}
