package ways

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// address is where a client connects. Its host is safe in a shell and in Python: see isPlain.
type address struct {
	host string // without brackets
	port uint16
}

// String returns host:port, with brackets around an IPv6 address.
func (a address) String() string { return net.JoinHostPort(a.host, a.number()) }

func (a address) number() string { return strconv.Itoa(int(a.port)) }

// visitor is the client of a request.
type visitor struct {
	at        address        // where it finds this server
	local     netip.AddrPort // the connection's local end
	encrypted bool
}

// visitorOf returns the client of a request. It finds this server where its Host header says, if
// that is this machine, else at the connection's local end. A forged header must not get into
// commands that people copy.
func (d *Door) visitorOf(r *http.Request, conn net.Conn) visitor {
	v := visitor{at: address{host: "localhost"}}
	_, v.encrypted = conn.(*tls.Conn)
	if tcp, ok := conn.LocalAddr().(*net.TCPAddr); ok {
		local := tcp.AddrPort()
		v.local = netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
		v.at = address{v.local.Addr().WithZone("").String(), v.local.Port()}
	}
	if name, port := split(r.Host, v.at.port); port != 0 && d.isOwn(name) {
		v.at = address{strings.ToLower(name), port}
	}
	return v
}

// isOwn reports whether a host is this machine, and safe in a command.
func (d *Door) isOwn(host string) bool {
	if !isPlain(host) {
		return false
	}
	isCalled := func(own string) bool { return strings.EqualFold(own, host) }
	return slices.ContainsFunc(d.own(), isCalled)
}

// split splits a Host header, which may have no port: the port is then usual. Port 0: it is invalid.
func split(host string, usual uint16) (name string, port uint16) {
	name, number, err := net.SplitHostPort(host)
	if err != nil { // no port, or invalid, and then its name is nobody's
		return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), usual
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return "", 0
	}
	return name, uint16(n)
}

// isPlain reports whether a host has only characters that mean nothing to a shell, and cannot be
// taken for an option.
func isPlain(host string) bool {
	special := func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune(".:-", r)
	}
	return host != "" && host[0] != '-' && !strings.ContainsFunc(host, special)
}

// ownNames returns the addresses and names by which this machine is called: those of its
// interfaces, its host name, also in the domain of multicast DNS, and localhost.
func ownNames() []string {
	all := []string{"localhost"}
	if name, err := os.Hostname(); err == nil {
		first, _, _ := strings.Cut(name, ".")
		all = append(all, name, first, first+".local")
	}
	interfaces, _ := net.InterfaceAddrs() // without them, the names are left
	for _, i := range interfaces {
		if network, ok := i.(*net.IPNet); ok {
			if a, ok := netip.AddrFromSlice(network.IP); ok {
				all = append(all, a.Unmap().String())
			}
		}
	}
	return all
}
