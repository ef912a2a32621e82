package server

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"parley/locale"
)

// LAN returns where others on this network find a socket that is bound to an address: there, or at
// each private IPv4 address of this machine if it is bound to all of them. The address of the
// default route comes first.
func LAN(bound netip.AddrPort) []netip.AddrPort {
	if !bound.Addr().IsUnspecified() {
		return []netip.AddrPort{bound}
	}
	private, _ := sorted(ownAddresses(), defaultRoute())
	return withPort(private, bound.Port())
}

// PublicOnly returns where others find a socket, HOST:PORT, if all its addresses are public: plain
// text is not served there. Otherwise it returns none.
func PublicOnly(bound netip.AddrPort) (all []string) {
	own, first := []netip.Addr{bound.Addr()}, netip.Addr{}
	if bound.Addr().IsUnspecified() {
		own, first = ownAddresses(), defaultRoute()
	}
	private, public := sorted(own, first)
	if len(private) > 0 {
		return nil
	}
	for _, a := range withPort(public, bound.Port()) {
		all = append(all, a.String())
	}
	return all
}

// ownAddresses returns the IPv4 addresses of this machine; without any, its IPv6 addresses.
func ownAddresses() (all []netip.Addr) {
	var six []netip.Addr
	interfaces, _ := net.InterfaceAddrs() // without them, this machine is what is left
	for _, i := range interfaces {
		n, ok := i.(*net.IPNet)
		if !ok {
			continue
		}
		a, _ := netip.AddrFromSlice(n.IP)
		if a = a.Unmap(); a.Is4() {
			all = append(all, a)
		} else {
			six = append(six, a)
		}
	}
	if !slices.ContainsFunc(all, netip.Addr.IsGlobalUnicast) {
		return six
	}
	return all
}

// defaultRoute returns the address from which this machine sends to the internet; the zero one: it
// cannot. No packet is sent.
func defaultRoute() netip.Addr {
	conn, err := net.Dial("udp4", "192.0.2.1:9") // RFC 5737: nobody has it
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// sorted returns the private and the public ones among addresses, first at the head of its list,
// without those that nobody else can use.
func sorted(addresses []netip.Addr, first netip.Addr) (private, public []netip.Addr) {
	for _, a := range addresses {
		list := &public
		switch {
		case a.IsPrivate():
			list = &private
		case !a.IsGlobalUnicast():
			continue
		}
		if a == first {
			*list = slices.Insert(*list, 0, a)
		} else {
			*list = append(*list, a)
		}
	}
	return private, public
}

func withPort(addresses []netip.Addr, port uint16) (all []netip.AddrPort) {
	for _, a := range addresses {
		all = append(all, netip.AddrPortFrom(a, port))
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

// ListenError words why a socket cannot be opened. For a taken port it says how to find the program
// that has it, and which flag chooses another port. For an address that this machine does not have
// it says what to use instead.
func ListenError(address, network, flag string, err error) error {
	host, port, splitErr := net.SplitHostPort(address)
	if isForeignAddress(err) && splitErr == nil {
		return locale.Errorf(locale.Text{
			EN: "cannot listen on %q (%s): this machine does not have the address %s; " +
				"use one of its own, or :%s for all of them",
			ZH: "无法监听 %q（%s）：本机没有地址 %s；请改用本机的地址，或用 :%s 监听所有地址",
		}, address, network, host, port)
	}
	if errors.As(err, new(*net.DNSError)) && splitErr == nil {
		return locale.Errorf(locale.Text{
			EN: "cannot listen on %q (%s): no address is known for %s; " +
				"use an address of this machine, or :%s for all of them",
			ZH: "无法监听 %q（%s）：找不到 %s 的地址；请改用本机的地址，或用 :%s 监听所有地址",
		}, address, network, host, port)
	}
	if errors.Is(err, fs.ErrPermission) && splitErr == nil {
		return locale.Errorf(locale.Text{
			EN: "cannot listen on %q (%s): permission denied; a port below 1024 needs root: " +
				"choose a higher one, such as %s %s",
			ZH: "无法监听 %q（%s）：没有权限；1024 以下的端口需要 root：请换一个更大的端口，例如 %s %s",
		}, address, network, flag, net.JoinHostPort(host, "8888"))
	}
	if !isAddressInUse(err) || splitErr != nil {
		return locale.Errorf(locale.Text{
			EN: "cannot listen on %q (%s): %v", ZH: "无法监听 %q（%s）：%v",
		}, address, network, reason(err))
	}
	return takenError{locale.Errorf(locale.Text{
		EN: "port %s/%s is taken, perhaps by another Parley server: stop that program " +
			"(ss -l%snp shows it, kill PID stops it), or choose another port: %s %s",
		ZH: "端口 %s/%s 已被占用，可能是另一个 Parley 服务器。" +
			"用 ss -l%snp 查看占用者，用 kill 停止它，或换一个端口：%s %s",
	}, port, network, network[:1], flag, nextPort(address))}
}

// nextPort returns an address with the port behind that of another.
func nextPort(address string) string {
	host, port, _ := net.SplitHostPort(address) // what was listened on can be split
	other := "8889"
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n < 1<<16-1 {
		other = strconv.FormatUint(n+1, 10)
	}
	return net.JoinHostPort(host, other)
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
