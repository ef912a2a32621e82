package udp

import (
	"net/netip"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/guard"
	"parley/outbox"
)

const (
	// believeFor is how long after a datagram was sent to a member an ICMP error about it is believed: errors can be forged.
	believeFor = 5 * time.Second

	// failuresToGo is how many ICMP errors, about datagrams sent apart, let a member go.
	failuresToGo = 2

	// silentShare is what an address outside private networks gets that has only sent L: it may not have asked at all.
	silentShare = 64 << 10

	// warnBefore is how long before it leaves a silent member is told.
	warnBefore = 10 * time.Minute

	// houseEvery is how often members are looked over, at most.
	houseEvery = 10 * time.Second

	// A client that has repeated L so often, each time after so long a silence, is one that keeps
	// its NAT mapping open. It is gone when it is silent for keepGone.
	keepRepeats = 3
	keepSilence = 20 * time.Second
	keepGone    = 2 * time.Minute
)

// keepHouse is the goroutine that lets go who is silent for too long, asks again for a leave that could not be stored, and
// forgets visitors.
func (d *Door) keepHouse() {
	every := time.NewTicker(max(10*time.Millisecond, min(houseEvery, d.config.Idle/20)))
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-d.closing:
			return
		}
		d.guardAll(func() {
			d.visits.networks.Forget()
			d.helps.forget()
		})
		for _, m := range d.everybody() {
			d.guard(m.peer, func() { d.look(m, d.now()) })
		}
	}
}

// look sees whether a member is to be warned or to leave.
func (d *Door) look(m *member, now time.Time) {
	m.mu.Lock()
	silent, reason, warned := now.Sub(m.heard), m.leaving, m.warned
	gone := m.keeps >= keepRepeats && silent > keepGone
	late := silent > d.config.Idle-min(warnBefore, d.config.Idle/2)
	m.warned = warned || late
	m.mu.Unlock()
	switch {
	case reason != "":
		d.letGo(m, reason)
	case gone:
		d.letGo(m, chat.ReasonGone)
	case late && !warned:
		d.push(m, alone(d.config.words().Idle))
	case silent > d.config.Idle:
		d.letGo(m, chat.ReasonIdle)
	}
}

// letGo asks the log to end a membership, behind whatever else waits at the gate. If it cannot now, the next look over the house
// asks again. It never waits: it is also called where datagrams are sent.
func (d *Door) letGo(m *member, reason chat.Reason) {
	m.leave(reason)
	if !m.depart() {
		return
	}
	command := chat.Leave{By: chat.Actor{Session: m.session.ID, As: m.nick.Key}, Reason: reason}
	select {
	case d.departures <- &request{peer: m.peer, read: time.Now(), command: command}:
	default:
		m.stay()
	}
}

// depart notes that the member's leave is on its way to the log, unless it is already.
func (m *member) depart() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := !m.departing
	m.departing = true
	return first
}

// isGone says whether the member cannot be reached and is about to leave for that.
func (m *member) isGone() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.departing && m.leaving == chat.ReasonGone
}

// stay notes that nothing came of it, or that it is done.
func (m *member) stay() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.departing = false
}

// leave notes that the member is to leave, for the house to see to.
func (m *member) leave(reason chat.Reason) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.leaving == "" {
		m.leaving = reason
	}
}

// unreachable takes an ICMP error about something sent to peer. It is called where the socket is read or written.
func (d *Door) unreachable(peer netip.AddrPort) {
	d.counts.unreachable.Add(1)
	d.guard(peer, func() { d.doubt(peer) })
}

// doubt lets the member at peer leave if it is gone.
func (d *Door) doubt(peer netip.AddrPort) {
	m := d.member(peer)
	if m == nil {
		return
	}
	gone, askAgain := m.fail(d.now())
	switch {
	case gone:
		d.letGo(m, chat.ReasonGone)
	case askAgain:
		d.push(m, outbox.Chunk{Data: []byte(d.config.words().Asked)})
	}
}

// fail counts an ICMP error if it is to be believed. askAgain: the member was told that somebody wants its nickname, and telling
// it once more will prove that nobody is there.
func (m *member) fail(now time.Time) (gone, askAgain bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.sent) > believeFor || m.failRound == m.round && m.failures > 0 {
		return false, false
	}
	m.failures++
	m.failRound = m.round
	if m.failures >= failuresToGo {
		return true, false
	}
	askAgain, m.asked = m.asked, false
	return false, askAgain
}

// askedFor notes that the member is being told that somebody wants its nickname.
func (m *member) askedFor() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = true
}

// note records that packets are about to be sent to the member, and says whether they may be: an address outside private
// networks that has only sent L has its share.
func (m *member) note(packets []socket.Packet, now time.Time) bool {
	if len(packets) == 0 {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = now
	m.round++
	if m.session == nil || m.spoken || guard.IsPrivate(m.peer.Addr()) {
		return true
	}
	size := 0
	for _, p := range packets {
		size += len(p.Data)
	}
	if m.received+size > silentShare {
		return false
	}
	m.received += size
	return true
}
