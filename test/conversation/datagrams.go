package conversation

import (
	"fmt"
	"net"
	"strings"
	"time"
	"unicode/utf8"

	"parley/chat"
)

// datagrams is the driver of the door udp, as docs/protocol/datagram.md tells it.
type datagrams struct {
	stage   *stage
	conn    *net.UDPConn // nil: no socket yet
	nick    string
	heard   []Heard
	refused *chat.Refusal
}

func newDatagrams(s *stage) Driver { return &datagrams{stage: s} }

// datagramMax is the most that a client reads.
const datagramMax = 1024

// tellDatagrams: one room, its words known to every client: who changes the nickname quits and enters, nobody hears of topics.
func tellDatagrams(h Heard) (told []Heard) {
	switch h.Kind {
	case Renamed:
		return []Heard{{Kind: Left, Room: h.Room, Nick: h.Nick}, {Kind: Entered, Room: h.Room, Nick: h.Text}}
	case Topic:
		return nil
	case Said:
		return cutLines(h, len(h.Nick)+len(": "))
	case Told:
		return cutLines(h, len(h.Nick)+len(": (to you alone) "))
	case Announced:
		return cutLines(h, len("Administrator message: "))
	case Did: // what is said of the first line
		h.Text = "* " + h.Text
		told = cutLines(h, len(h.Nick)+len(": "))
		for i := range told {
			told[i].Kind = Said
		}
		told[0].Kind, told[0].Text = Did, strings.TrimPrefix(told[0].Text, "* ")
		return told
	}
	return []Heard{h}
}

// cutLines divides a text into its lines and these so that each fits a datagram behind a prefix, at characters.
func cutLines(h Heard, prefix int) (told []Heard) {
	for _, line := range h.lines() {
		for rest := line.Text; ; {
			end := min(len(rest), datagramMax-prefix)
			for end < len(rest) && !utf8.RuneStart(rest[end]) {
				end--
			}
			piece := line
			piece.Text = rest[:end]
			told = append(told, piece)
			if rest = rest[end:]; rest == "" {
				break
			}
		}
	}
	return told
}

// Do implements Driver.
func (d *datagrams) Do(a Act) error {
	switch a.Verb {
	case ToEnter:
		return d.enter(a.Nick)
	case ToEnterAgain:
		if err := d.Fence(); err != nil { // what waits for an address is dropped on L
			return err
		}
		return d.enter(d.nick)
	case ToSay, ToSayLines:
		if err := d.send("C " + d.nick + " " + a.Text); err != nil {
			return err
		}
		if err := d.Fence(); err != nil {
			return err
		}
		return d.refusal()
	case ToQuit:
		return d.ask("Q "+d.nick, "EXIT")
	}
	return fmt.Errorf("nobody can %s by datagram", a.Verb)
}

func (d *datagrams) enter(nick string) error {
	if err := d.open(); err != nil {
		return err
	}
	if err := d.ask("L "+nick, "OK"); err != nil {
		return err
	}
	d.nick = nick
	return nil
}

func (d *datagrams) open() (err error) {
	if d.conn == nil {
		d.conn, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(d.stage.Addr()))
	}
	return err
}

// ask sends a request and reads up to its answer, which may be a refusal.
func (d *datagrams) ask(request, answer string) error {
	if err := d.send(request); err != nil {
		return err
	}
	for deadline := time.Now().Add(d.stage.patience); ; {
		said, err := d.read(deadline)
		if err != nil {
			return fmt.Errorf("%.40q has no answer: %w", request, err)
		}
		if said == answer {
			return nil
		}
		d.take(said)
		if r := d.refusal(); r != nil && answer == "OK" {
			return r
		}
	}
}

// Fence implements Driver: who is not inside can leave, and is told so after everything else.
func (d *datagrams) Fence() error {
	if d.conn == nil {
		return nil
	}
	refused := d.refused
	if err := d.ask("Q nobody-of-that-name", "EXIT"); err != nil {
		return err
	}
	if d.refused == nil {
		d.refused = refused
	}
	return nil
}

// Wait implements Driver.
func (d *datagrams) Wait(deadline time.Time) error {
	said, err := d.read(deadline)
	if err == nil {
		d.take(said)
	}
	return err
}

func (d *datagrams) send(request string) error {
	if d.conn == nil {
		return net.ErrClosed
	}
	_, err := d.conn.Write([]byte(request))
	return err
}

func (d *datagrams) read(deadline time.Time) (string, error) {
	if d.conn == nil {
		return "", net.ErrClosed
	}
	if err := d.conn.SetReadDeadline(deadline); err != nil {
		return "", err
	}
	var buffer [datagramMax]byte
	n, err := d.conn.Read(buffer[:])
	return string(buffer[:n]), err
}

// take reads a datagram that is no answer: lines, or a refusal, which stands alone.
func (d *datagrams) take(said string) {
	if r := refusalOf(said); r != nil {
		d.refused = r
		return
	}
	for line := range strings.SplitSeq(said, "\n") {
		d.heard = append(d.heard, readDatagram(line))
	}
}

// readDatagram reads a line of what everybody is told.
func readDatagram(line string) Heard {
	if line == "somebody asks for your nickname" {
		return BeingWanted()
	}
	if reason, ok := cutRemoval(line); ok {
		return Removal(reason)
	}
	if text, ok := strings.CutPrefix(line, "Administrator message: "); ok {
		return TheAdministrator(text)
	}
	name, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.HasSuffix(name, ":"):
		h := Heard{Kind: Said, Room: chat.Lobby, Nick: strings.TrimSuffix(name, ":"), Text: rest}
		if text, ok := strings.CutPrefix(rest, "(to you alone) "); ok {
			h.Kind, h.Room, h.Text = Told, "", text
		} else if text, ok := strings.CutPrefix(rest, "* "); ok {
			h.Kind, h.Text = Did, text
		}
		return h
	case rest == "enters the chat room":
		return Heard{Kind: Entered, Room: chat.Lobby, Nick: name}
	case rest == "quits the chat room":
		return Heard{Kind: Left, Room: chat.Lobby, Nick: name}
	}
	return Heard{Kind: Unknown, Text: line}
}

// cutRemoval reads that somebody was removed, and why.
func cutRemoval(line string) (reason string, ok bool) {
	rest, ok := strings.CutPrefix(line, "you were removed from the chat room")
	return strings.TrimPrefix(rest, ": "), ok
}

// refusal returns what was refused since the last call, as an error.
func (d *datagrams) refusal() error {
	r := d.refused
	d.refused = nil
	if r == nil {
		return nil
	}
	return r
}

// Take implements Driver.
func (d *datagrams) Take() []Heard {
	heard := d.heard
	d.heard = nil
	return heard
}

// Recalled implements Driver.
func (d *datagrams) Recalled() ([]Heard, int) { return nil, 0 }

// Close implements Driver.
func (d *datagrams) Close() {
	if d.conn != nil {
		_ = d.conn.Close()
	}
}
