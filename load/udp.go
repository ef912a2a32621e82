package load

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"parley/chat"
	"parley/wire/datagram"
)

// UDP is the door for plain datagrams.
var UDP = Door{Name: "udp", Notices: true}

// datagrams is a member's link over datagrams.
type datagrams struct {
	r      *run
	m      *member
	socket *net.UDPConn // nil until connect
	answer chan answer  // what reads like one
}

// answer is what came for a request: a line, or that nobody listens.
type answer struct {
	line   string
	nobody bool
}

// receiveBuffer is what each socket asks for, so that a burst fits: an entering crowd, a server that catches up.
const receiveBuffer = 1 << 20

// datagramMax is more than any server of the protocol sends at once.
const datagramMax = 4 << 10

func (d *datagrams) connect(context.Context) (err error) {
	if d.socket, err = net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(d.r.plan.Target)); err != nil {
		return err
	}
	_ = d.socket.SetReadBuffer(receiveBuffer) // as far as the system grants it
	d.r.readers.Go(d.receive)
	return nil
}

func (d *datagrams) enter(ctx context.Context) (repeats int, err error) {
	return d.ask(ctx, datagram.Enter, datagram.OK)
}

func (d *datagrams) listen() {} // it does from the beginning

func (d *datagrams) say(text []byte) {
	d.send(datagram.Request{Verb: datagram.Say, Name: d.m.nick, Text: string(text)}.Append(nil))
}

func (d *datagrams) leave(ctx context.Context) error {
	_, err := d.ask(ctx, datagram.Quit, datagram.Exit)
	return err
}

func (d *datagrams) close() {
	if d.socket != nil {
		_ = d.socket.Close()
	}
}

// receive reads until the socket is closed.
func (d *datagrams) receive() {
	buffer := make([]byte, datagramMax)
	for {
		n, err := d.socket.Read(buffer)
		switch {
		case err == nil:
			d.take(buffer[:n])
		case errors.Is(err, net.ErrClosed):
			return
		default: // ICMP: nobody listens there
			d.offer(answer{nobody: true})
			time.Sleep(errorPause)
		}
	}
}

// errorPause keeps a socket that fails at every read from spinning.
const errorPause = 20 * time.Millisecond

// take reads a datagram's lines.
func (d *datagrams) take(b []byte) {
	batch := batch{now: d.r.clock()}
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		kind, mark := d.m.reader.read(line)
		if kind == Other {
			d.takeOther(string(line))
		}
		d.m.take(d.r, &batch, kind, mark)
	}
	d.r.seen.add(batch)
}

func (d *datagrams) takeOther(line string) {
	if lost, ok := datagram.LostLines(line); ok {
		d.r.seen.dropped.Add(uint64(lost))
		return
	}
	if datagram.IsEvent(line) { // somebody who is not of this run
		return
	}
	if !strings.EqualFold(line, datagram.OK) && line != datagram.Exit {
		d.r.seen.note(line)
	}
	d.offer(answer{line: line})
}

// offer hands an answer to whoever asks; nobody may.
func (d *datagrams) offer(a answer) {
	select {
	case d.answer <- a:
	default:
	}
}

// send sends a datagram. A system reports a refusal of what was sent before instead of sending; then it is sent again.
func (d *datagrams) send(b []byte) {
	if _, err := d.socket.Write(b); err != nil {
		_, _ = d.socket.Write(b)
	}
}

// ask sends a request until it is answered as wanted. It returns how often it was sent again.
func (d *datagrams) ask(ctx context.Context, verb datagram.Verb, want string) (repeats int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.r.asking, errNoAnswer)
	defer cancel()
	request := datagram.Request{Verb: verb, Name: d.m.nick}.Append(nil)
	for len(d.answer) > 0 {
		<-d.answer
	}
	said := ""
	for wait := d.r.firstRepeat; ; wait = min(2*wait, d.r.lastRepeat) {
		d.send(request)
		if done, err := d.await(ctx, wait, want, &said); done {
			return repeats, err
		}
		repeats++
	}
}

// await waits for the answer to a request; it is done if there is one, or if there never will be. said is the last line that
// may have been one.
func (d *datagrams) await(ctx context.Context, patience time.Duration, want string, said *string) (done bool, err error) {
	again := time.NewTimer(patience)
	defer again.Stop()
	for {
		select {
		case a := <-d.answer:
			switch code := datagram.RefusalCode(a.line); {
			case a.nobody:
				return true, errNobody
			case strings.EqualFold(a.line, want): // udp.ok
				return true, nil
			case code != chat.OK && code != chat.Busy && code != chat.TooFast:
				return true, refused(d.m.nick, a.line)
			}
			*said = a.line
		case <-again.C:
			return false, nil
		case <-ctx.Done():
			err := context.Cause(ctx)
			if errors.Is(err, errNoAnswer) && *said != "" {
				err = refused(d.m.nick, *said)
			}
			return true, err
		}
	}
}
