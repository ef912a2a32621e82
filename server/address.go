package server

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"

	"parley/locale"
)

// LAN returns where others on this network find a socket that is bound to an address: there, or at each private IPv4 address of
// this machine if it is bound to all of them.
func LAN(bound netip.AddrPort) []netip.AddrPort {
	if !bound.Addr().IsUnspecified() {
		return []netip.AddrPort{bound}
	}
	var all []netip.AddrPort
	interfaces, _ := net.InterfaceAddrs() // without them, this machine is what is left
	for _, i := range interfaces {
		n, ok := i.(*net.IPNet)
		if !ok || n.IP.To4() == nil || !n.IP.IsPrivate() {
			continue
		}
		all = append(all, netip.AddrPortFrom(netip.AddrFrom4([4]byte(n.IP.To4())), bound.Port()))
	}
	return all
}

// ReachableAt returns what others on this network can type for a socket that is bound to an address, host:port: the addresses of LAN,
// or this machine alone if there are none. None if it is bound to none.
func ReachableAt(bound netip.AddrPort) (all []string) {
	if !bound.IsValid() {
		return nil
	}
	for _, a := range LAN(bound) {
		all = append(all, a.String())
	}
	if len(all) == 0 {
		all = append(all, net.JoinHostPort("localhost", strconv.Itoa(int(bound.Port()))))
	}
	return all
}

// takenError says that another socket has a port.
type takenError struct{ error }

func (e takenError) Unwrap() error { return e.error }

// IsTaken reports whether an error of ListenError says that another socket has the port.
func IsTaken(err error) bool {
	var taken takenError
	return errors.As(err, &taken)
}

// ListenError words why a socket cannot be opened. For a taken port it says how to find the program that
// has it, and which flag chooses another port.
func ListenError(address, network, flag string, err error) error {
	host, port, splitErr := net.SplitHostPort(address)
	if !isAddressInUse(err) || splitErr != nil {
		return locale.Errorf(locale.Text{
			EN: "cannot listen on %q (%s): %v", ZH: "无法监听 %q（%s）：%v",
		}, address, network, reason(err))
	}
	other := "8889"
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n < 1<<16-1 {
		other = strconv.FormatUint(n+1, 10)
	}
	return takenError{locale.Errorf(locale.Text{
		EN: "port %s/%s is taken, perhaps by another Parley server: stop that program (ss -l%snp shows it; " +
			"stop Parley with SIGTERM, never with kill -9), or choose another port: %s %s",
		ZH: "端口 %s/%s 已被占用，可能是另一个 Parley 服务器：请停止该程序（用 ss -l%snp 查看；" +
			"若是 Parley，请用 SIGTERM，切勿 kill -9），或换一个端口：%s %s",
	}, port, network, network[:1], flag, net.JoinHostPort(host, other))}
}

// reason returns what the system says within an error of package net, which repeats the address.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}
