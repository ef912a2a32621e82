package main

import (
	"errors"
	"net"

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

// lookupProblem words the error of a name that cannot be resolved in every language.
func lookupProblem(name string, err error) error {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return locale.Errorf(locale.Text{
			EN: "no such host: %q", ZH: "找不到主机 %q",
		}, dns.Name)
	}
	if dns != nil { // without the addresses of the name servers
		err = errors.New(dns.Err)
	}
	return locale.Errorf(locale.Text{
		EN: "cannot resolve %q: %v", ZH: "无法解析 %q：%v",
	}, name, err)
}
