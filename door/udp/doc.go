// Package udp is the plain datagram door: UDP text as package datagram reads it, one socket for both families, served to any
// client ever written for the protocol.
//
// It knows nothing of the rules: who has which nickname, and who may say what, the log decides and the hub tells.
//
// Its laws:
//   - A client is its address. Nothing that comes from one address changes another's membership, name or text.
//   - Every line leaves through the member's Queue and the one Writer; nothing else sends.
//   - A member's line never waits behind the requests of strangers.
//   - On L the member's Queue is emptied and held: the first datagram after it is the answer.
//   - An L with the nickname that its sender already has costs no place in the log and no line.
//   - What comes too fast, too large or malformed is counted and dropped, or refused in one line. Nothing is ever sent to an
//     address that is not served.
//   - A panic costs one datagram, request or membership. It is logged and counted.
package udp
