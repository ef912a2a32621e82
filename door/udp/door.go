package udp

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/hub"
	"parley/outbox"
)

// Name is the door's name in sessions and status.
const Name = "udp"

// requestQueue is how many lines, and how many visits, may wait to be submitted; more are dropped and
// counted.
const requestQueue = 4096

// lastWords is how long a door that closes still answers what had reached its socket.
const lastWords = 20 * time.Millisecond

// Door implements hub.Door.
type Door struct {
	config  Config
	log     *slog.Logger
	now     func() time.Time
	doorway *hub.Doorway
	socket  *socket.Conn
	counts  counters

	lines      chan *request // what members say, and that they leave
	visits     *visits
	departures chan *request // of members who are gone; never closed
	writer     *outbox.Writer[*member]
	gates      *gates
	helps      *helps
	seats      *seats

	mu      sync.Mutex // guards members
	members map[netip.AddrPort]*member

	sending []socket.Packet // the Writer's goroutine only
	again   []*member       // members that get more after a rest; the Writer's goroutine only
	dirty   []*member       // Deliver only

	closing chan struct{}
	hurries atomic.Bool    // the door closes and keeps to no pace any more
	readers sync.WaitGroup // the goroutine that reads
	workers sync.WaitGroup // those that submit and keep house
}

// New makes a door that is not open yet. now is the clock of rates and silences.
func New(config Config, log *slog.Logger, now func() time.Time) *Door {
	d := &Door{
		config: config, log: log, now: now,
		lines: make(chan *request, requestQueue), departures: make(chan *request, requestQueue),
		visits:  newVisits(config.EnterRate, now),
		seats:   newSeats(config.Members, config.PerAddress),
		helps:   newHelps(now),
		members: map[netip.AddrPort]*member{},
		closing: make(chan struct{}),
	}
	d.gates = newGates(d.ahead, func() bool { return d.writer.IsIdle() })
	return d
}

// Name implements hub.Door.
func (d *Door) Name() string { return Name }

// Open opens the socket and begins to read. doorway is where the door was attached; those who are inside since before this
// start are members again. Called once, before the hub runs.
func (d *Door) Open(ctx context.Context, doorway *hub.Doorway) error {
	d.doorway = doorway
	conn, err := socket.Listen(ctx, d.config.Listen, socket.Options{
		MaxSize:         d.config.TextMax + chat.NickMaxBytes + len("C  "),
		Buffer:          d.config.Buffer,
		PortUnreachable: d.unreachable,
	})
	if err != nil {
		return err
	}
	d.socket = conn
	for _, s := range doorway.Sessions() {
		d.memberOf(s)
	}
	d.writer = outbox.NewWriter(paceRest, d.flush, d.gates.settle)
	d.readers.Go(d.read)
	d.workers.Go(d.submit)
	d.workers.Go(d.submitVisits)
	d.workers.Go(d.keepHouse)
	return nil
}

// Addr is the socket's address.
func (d *Door) Addr() netip.AddrPort { return d.socket.LocalAddr() }

// Close tells every member that the server stops, sends what waits, and closes the socket. Called after the hub's loop has
// ended: what is still read is refused.
func (d *Door) Close() error {
	close(d.closing)
	if err := d.socket.SetReadDeadline(time.Now().Add(lastWords)); err != nil {
		d.log.Debug("the door closes without a last look", "door", Name, "err", err)
	}
	d.readers.Wait()
	close(d.lines)
	close(d.visits.queue)
	d.workers.Wait()
	for _, m := range d.everybody() {
		d.push(m, alone(d.config.words().Stopping))
	}
	hurry := time.AfterFunc(farewell, func() { d.hurries.Store(true) })
	defer hurry.Stop()
	d.writer.Close()
	return d.socket.Close()
}

func (d *Door) isClosing() bool {
	select {
	case <-d.closing:
		return true
	default:
		return false
	}
}

// everybody returns the members of the moment.
func (d *Door) everybody() []*member {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*member, 0, len(d.members))
	for _, m := range d.members {
		all = append(all, m)
	}
	return all
}

// inside returns how many members there are.
func (d *Door) inside() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.members)
}

// member returns who is inside from an address, nil if nobody is.
func (d *Door) member(peer netip.AddrPort) *member {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.members[peer]
}

// push adds a chunk to a member's Queue and sees that it is written.
func (d *Door) push(m *member, c outbox.Chunk) {
	if m.queue.Push(c) {
		d.writer.Ready(m)
	}
}
