package load

import (
	"bytes"
	"context"
	"errors"
	"math/bits"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/locale"
	"parley/wire/datagram"
)

// member is one client: a socket, and account of what came through it.
type member struct {
	index  int
	nick   string
	socket *net.UDPConn
	answer chan answer // what reads like one
	asked  bool        // to enter: then the server may hold it, even if nobody heard so
	inside bool        // has entered
	gone   bool        // and vanished

	// The reader's goroutine alone, until it has ended.
	account *Account
	entered bitset // whom it was told enters
	again   uint64 // how often it was told so again
	reader  reader
}

// answer is what came for a request: a line, or that nobody listens.
type answer struct {
	line   string
	nobody bool
}

// seen is what all readers count together.
type seen struct {
	datagrams, lines     atomic.Uint64 // with at least one message, and messages
	received             atomic.Uint64 // deliveries, each once
	missing              atomic.Int64  // deliveries of which a later one has come
	notices              atomic.Uint64 // of members entering
	quits                atomic.Uint64 // of members leaving, as the first member is told
	dropped              atomic.Uint64 // lines of which the server says that it dropped them
	latency              Histogram     // of what was due in the measured time
	timeline             timeline
	mu                   sync.Mutex // guards others
	others               map[string]int
	measuredFrom, before atomic.Int64 // the measured time, by the run's clock
}

// measures says whether what was due then is measured.
func (s *seen) measures(due time.Duration) bool {
	return int64(due) >= s.measuredFrom.Load() && int64(due) < s.before.Load()
}

// arrived enters how long a delivery took.
func (s *seen) arrived(now, due time.Duration) {
	if s.measures(due) {
		s.latency.Record(now - due)
	}
	s.timeline.arrived(now, due)
}

// othersMax bounds how many different other lines are kept.
const othersMax = 20

// note keeps a line that is none of the run's: what the server says beside the chat.
func (s *seen) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.others[line]; known || len(s.others) < othersMax {
		s.others[line]++
	}
}

// receiveBuffer is what each socket asks for, so that a burst fits: an entering crowd, a server that catches up.
const receiveBuffer = 1 << 20

// datagramMax is more than any server of the protocol sends at once.
const datagramMax = 4 << 10

// receive reads until the socket is closed.
func (m *member) receive(r *run) {
	buffer := make([]byte, datagramMax)
	for {
		n, err := m.socket.Read(buffer)
		switch {
		case err == nil:
			m.take(buffer[:n], r)
		case errors.Is(err, net.ErrClosed):
			return
		default: // ICMP: nobody listens there
			m.offer(answer{nobody: true})
			time.Sleep(errorPause)
		}
	}
}

// errorPause keeps a socket that fails at every read from spinning.
const errorPause = 20 * time.Millisecond

// take reads a datagram's lines.
func (m *member) take(b []byte, r *run) {
	now := r.clock()
	messages, fresh, missing := 0, 0, 0
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		switch kind, mark := m.reader.read(line); kind {
		case message:
			messages++
			v, more := m.account.Take(mark.sender, mark.number)
			missing += more
			if v == Fresh || v == Late {
				fresh++
				r.seen.arrived(now, mark.due)
			}
			r.came(m, mark)
		case damaged:
			m.account.Damaged()
		case enters:
			if !m.entered.add(mark.sender) {
				m.again++
			}
			r.seen.notices.Add(1)
		case quits:
			if m.index == 0 {
				r.seen.quits.Add(1)
			}
		case other:
			m.takeOther(string(line), r)
		}
	}
	if messages > 0 {
		r.seen.datagrams.Add(1)
		r.seen.lines.Add(uint64(messages))
		r.seen.received.Add(uint64(fresh))
		r.seen.missing.Add(int64(missing))
	}
}

func (m *member) takeOther(line string, r *run) {
	if lost, ok := datagram.LostLines(line); ok {
		r.seen.dropped.Add(uint64(lost))
		return
	}
	if datagram.IsEvent(line) { // somebody who is not of this run
		return
	}
	if line != datagram.OK && line != datagram.Exit {
		r.seen.note(line)
	}
	m.offer(answer{line: line})
}

// offer hands an answer to whoever asks; nobody may.
func (m *member) offer(a answer) {
	select {
	case m.answer <- a:
	default:
	}
}

// send sends a datagram. A system reports a refusal of what was sent before instead of sending; then it is sent again.
func (m *member) send(b []byte) {
	if _, err := m.socket.Write(b); err != nil {
		_, _ = m.socket.Write(b)
	}
}

// ask sends a request until it is answered as wanted. It returns how often it was sent again.
func (r *run) ask(ctx context.Context, m *member, verb datagram.Verb, want string) (repeats int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.asking, errNoAnswer)
	defer cancel()
	request := datagram.Request{Verb: verb, Name: m.nick}.Append(nil)
	for len(m.answer) > 0 {
		<-m.answer
	}
	said := ""
	for wait := r.firstRepeat; ; wait = min(2*wait, r.lastRepeat) {
		m.send(request)
		if done, err := m.await(ctx, wait, want, &said); done {
			return repeats, err
		}
		repeats++
	}
}

// await waits for the answer to a request; it is done if there is one, or if there never will be. said is the last line that
// may have been one.
func (m *member) await(ctx context.Context, patience time.Duration, want string, said *string) (done bool, err error) {
	again := time.NewTimer(patience)
	defer again.Stop()
	for {
		select {
		case a := <-m.answer:
			switch code := datagram.RefusalCode(a.line); {
			case a.nobody:
				return true, errNobody
			case a.line == want:
				return true, nil
			case code != chat.OK && code != chat.Busy && code != chat.TooFast:
				return true, refused(m.nick, a.line)
			}
			*said = a.line
		case <-again.C:
			return false, nil
		case <-ctx.Done():
			err := context.Cause(ctx)
			if errors.Is(err, errNoAnswer) && *said != "" {
				err = refused(m.nick, *said)
			}
			return true, err
		}
	}
}

func refused(nick, line string) error {
	return locale.Errorf(locale.Text{EN: "the server answers %s: %s", ZH: "服务器答复 %s：%s"}, nick, line)
}

var (
	errNoAnswer = locale.Errorf(locale.Text{
		EN: "no answer within a minute: is the server's rate limiting on? start it with parley serve --no-limits",
		ZH: "一分钟内没有应答：服务器是否开启了速率限制？请用 parley serve --no-limits 启动",
	})
	errNobody = locale.Errorf(locale.Text{
		EN: "nothing listens there: start a server first, such as parley serve --no-limits",
		ZH: "该地址没有服务器在监听：请先启动服务器，例如 parley serve --no-limits",
	})
)

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

// add says whether i was not in it.
func (b bitset) add(i int) bool {
	fresh := !b.has(i)
	b[i/64] |= 1 << (i % 64)
	return fresh
}

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) len() uint64 {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return uint64(n)
}
