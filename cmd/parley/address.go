package main

import (
	"cmp"
	"errors"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"parley/client"
	"parley/locale"
)

// addressProblem words an error of client.SplitAddress in every language.
func addressProblem(address string, err error) error {
	var port *client.PortError
	switch {
	case errors.Is(err, client.ErrNoHost):
		return locale.Errorf(locale.Text{EN: "%q has no host", ZH: "%q 中缺少主机"}, address)
	case errors.As(err, &port):
		return locale.Errorf(locale.Text{
			EN: "invalid port %q: a number from 1 to 65535", ZH: "端口 %q 无效：应为 1 到 65535 的整数",
		}, port.Port)
	}
	return locale.Errorf(locale.Text{
		EN: "invalid address %q: HOST or HOST:PORT, such as chat.lan:8888",
		ZH: "地址 %q 无效：应为 主机 或 主机:端口，例如 chat.lan:8888",
	}, address)
}

// lookupProblem words the error of a name that has no address in every language.
func lookupProblem(name string, err error) error {
	why := locale.Text{EN: "no such host", ZH: "没有这个主机名"}
	var dns *net.DNSError
	switch {
	case !errors.As(err, &dns):
		why = locale.Text{EN: "%v", ZH: "%v"}.Fill(cmp.Or(errors.Unwrap(err), err))
	case dns.IsNotFound:
		name = dns.Name
	case dns.IsTimeout:
		name, why = dns.Name, locale.Text{
			EN: "the name server does not answer", ZH: "域名服务器没有响应",
		}
	default: // without the addresses of name servers, which say nothing to people
		name, why = dns.Name, locale.Text{
			EN: "no name server can be reached", ZH: "无法连接域名服务器",
		}
	}
	return locale.Errorf(locale.Text{
		EN: "cannot find the address of %q: " + verbatim(why.EN) +
			"; use an address that the server's first screen or parley address shows",
		ZH: "找不到 %q 的地址：" + verbatim(why.ZH) +
			"；请使用服务器首屏或 parley address 显示的地址",
	}, name)
}

// verbatim makes text stand for itself in a format.
func verbatim(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// plainAddress returns the words that name a server as the rest of the program reads them. Chinese
// keyboards type the signs and digits of an address in full width, and browsers put http:// before
// it and / behind.
func plainAddress(args []string) []string {
	plain := make([]string, len(args))
	for i, word := range args {
		word = strings.Map(narrow, word)
		at := strings.LastIndexByte(word, '@') + 1
		host := strings.ReplaceAll(word[at:], "。", ".")
		for _, scheme := range []string{"http://", "https://"} {
			host = strings.TrimPrefix(host, scheme)
		}
		host, _, _ = strings.Cut(host, "/")
		plain[i] = word[:at] + host
	}
	return plain
}

// narrow returns the ASCII character for one of full width (Unicode's block FF00).
func narrow(r rune) rune {
	if '！' <= r && r <= '～' {
		return r - '！' + '!'
	}
	return r
}

// hostAndPort wants the server to join: one word, or host and port as two, as netcat takes them.
func hostAndPort(c *cobra.Command, args []string) error {
	args = plainAddress(args)
	if meant := nickFirst(args); meant != "" {
		return usageError(locale.Errorf(locale.Text{
			EN: "invalid port %q: did you mean parley join %s?",
			ZH: "端口 %q 无效：是否想输入 parley join %s？",
		}, args[1], meant))
	}
	if len(args) == 0 || hasPort(args[0]) {
		return exactly(1)(c, args)
	}
	return atMost(2)(c, args)
}

// nickFirst returns the argument that is meant if the nickname stands in a word of its own before
// the address, as in eve 192.168.1.20; empty: it does not.
func nickFirst(args []string) (meant string) {
	if len(args) < 2 || len(args) > 3 || strings.ContainsAny(args[0], "@.:") ||
		args[0] == "localhost" || args[1] != "localhost" && !strings.ContainsAny(args[1], ".:") {
		return ""
	}
	return args[0] + "@" + strings.Join(args[1:], ":")
}

// hasPort reports whether an address says its port.
func hasPort(address string) bool {
	_, _, err := net.SplitHostPort(address)
	return err == nil
}

// withPort returns an address with a port that stands in a word of its own, if there is one.
func withPort(address string, port []string) string {
	if len(port) == 0 {
		return address
	}
	return net.JoinHostPort(strings.Trim(address, "[]"), port[0])
}
