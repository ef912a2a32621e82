package port

import (
	"strings"
	"sync/atomic"

	"parley/hub"
)

// counters count what happens at the door since it opened. Any goroutine.
type counters struct {
	received atomic.Uint64
	dropped  [reasonCount]atomic.Uint64
}

// Report tells what was counted since the door opened, and who is there. Received are connections that were accepted, Dropped
// those that the door turned away, and attempts to accept that failed. Any goroutine, once the door is open.
func (d *Door) Report() hub.Report {
	dropped := map[string]uint64{}
	for r := range reasons {
		dropped[reasons[r].name] = d.counts.dropped[r].Load()
	}
	var addresses []string
	for _, a := range d.Addrs() {
		addresses = append(addresses, a.String())
	}
	inside, undecided := d.crowd.lens()
	return hub.Report{
		Name:     Name,
		Address:  strings.Join(addresses, ", "),
		Received: d.counts.received.Load(),
		Refused:  map[string]uint64{},
		Dropped:  dropped,
		Queues: []hub.Queue{
			{Name: "port.connections", Length: inside, Capacity: d.config.Connections},
			{Name: "port.undecided", Length: undecided, Capacity: d.config.Connections},
		},
	}
}
