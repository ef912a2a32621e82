// Package socket is a UDP socket for a server with many peers: batches of packets in one system
// call, one socket for IPv4 and IPv6, replies from the address that was asked, and ICMP errors
// that name the peer. On systems other than Linux, the net package sends and reads each packet.
//
// It knows nothing of chat: of members, rates, or what is in a packet.
//
// Its laws:
//   - Reading and writing take no memory per packet. Data is not copied.
//   - Packets are read in the order in which they arrived, and sent in the order given. Each packet
//     is sent once, or reported with the reason why it was not.
//   - An error about one peer fails no packet to another, and never ends ReadBatch.
//   - A peer is reported unreachable only if the ICMP error comes from the peer's own address.
//   - Close ends ReadBatch and WriteBatch. No system call uses the descriptor after it returns.
package socket
