// Command forward is the plainest server of the datagram protocol: a loop that reads a datagram and sends it on to every other
// member, one write each. It is what Parley is compared with.
//
// It knows nothing of rates, refusals, storage or members that are gone. Its law: it stays as short and as fast as such a loop
// can be while each line is a datagram of its own.
package main

import (
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"strings"
)

func main() {
	address, err := net.ResolveUDPAddr("udp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	socket, err := net.ListenUDP("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("open on", socket.LocalAddr())
	log.Fatal(forward(socket))
}

// forward serves until the socket fails.
func forward(socket *net.UDPConn) error {
	members := map[netip.AddrPort]string{}
	tell := func(from netip.AddrPort, line []byte) {
		for peer := range members {
			if peer != from {
				socket.WriteToUDPAddrPort(line, peer)
			}
		}
	}
	for buffer := make([]byte, 2048); ; {
		n, from, err := socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		verb, rest, _ := strings.Cut(string(buffer[:n]), " ")
		name, text, _ := strings.Cut(rest, " ")
		switch verb {
		case "L":
			members[from] = name
			socket.WriteToUDPAddrPort([]byte("OK"), from)
			tell(from, []byte(name+" enters the chat room"))
		case "C":
			tell(from, []byte(name+": "+text))
		case "Q":
			delete(members, from)
			socket.WriteToUDPAddrPort([]byte("EXIT"), from)
			tell(from, []byte(name+" quits the chat room"))
		}
	}
}
