// Command forward is the plainest chat server that there can be, over datagrams or over TCP. It is what Parley is compared with.
//
// Over datagrams it is a loop that reads one and sends it on to every other member, one write each. With --tcp it is a floor for any
// server of lines: one thread, one epoll, and a line is sent on to everybody else in its room as it is. With message that is one
// write each, at once; with round, what was readable at the same time is one write each.
//
// It knows nothing of rates, refusals, storage or members that are gone. Its law: it stays as short and as fast as such a loop
// can be while each datagram is a line, and each line, or round, a write.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/netip"
	"strings"
)

func main() {
	tcp := flag.String("tcp", "", "message or round: forward lines over TCP, with a write for each message, or for each round of reading")
	flag.Parse()
	switch {
	case flag.NArg() != 1 || *tcp != "" && *tcp != "message" && *tcp != "round":
		log.Fatal("usage: forward [--tcp message|round] ADDRESS")
	case *tcp != "":
		log.Fatal(forwardLines(flag.Arg(0), *tcp == "round"))
	}
	address, err := net.ResolveUDPAddr("udp", flag.Arg(0))
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
