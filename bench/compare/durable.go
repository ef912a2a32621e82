package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/bench/trial"
	"parley/chat"
	"parley/hub"
	"parley/ledger/local"
	"parley/store"
)

// talkers is how many say something, each waiting for the receipt before it goes on.
const talkers = 100

// durable is G8: messages a second, each stored before its sender goes on, against SQLite alone with as many rows in each
// transaction. It is measured at the hub: through the one room of datagrams everybody would be told everything, and that is
// what would be measured. What comes out there is told beside it.
func (b *bench) durable() error {
	var ours, theirs, datagrams []float64
	err := b.InTurn(
		trial.Contender{Name: "hub", Measure: func() error {
			n, err := b.talkToHub()
			ours = append(ours, n)
			b.Say("%-22s %-16s %.0f messages/s", "durable", "hub", n)
			return err
		}},
		trial.Contender{Name: "SQLite", Measure: func() error {
			n, err := b.fillSQLite()
			theirs = append(theirs, n)
			b.Say("%-22s %-16s %.0f messages/s", "durable", "SQLite", n)
			return err
		}},
	)
	if err != nil {
		return err
	}
	b.Results.Add(trial.Measure{
		Goal: "G8",
		Name: fmt.Sprintf("stored messages, %d senders that each wait for the receipt; "+
			"reference: SQLite commits of %d messages", talkers, talkers), Unit: "/s",
		Ours: ours, Theirs: theirs, Limit: 0.5, AtLeast: true,
	})
	load100 := []string{"--members", "100", "--senders", "100", "--rate", "max", "--in-flight", "100"}
	b.Results.Command("parley bench --pid PID --duration %v --warm-up %v %s ADDRESS", b.Talk, b.WarmUp, strings.Join(load100, " "))
	for range b.Rounds {
		p, err := b.newParley()
		if err != nil {
			return err
		}
		r, err := b.load(p, load100...)
		p.Stop()
		if err != nil {
			return err
		}
		datagrams = append(datagrams, float64(r.Measured.Sent)/r.Measured.Seconds)
		b.Say("%-22s %-16s %.0f messages/s, faults %d", "durable", "datagrams", datagrams[len(datagrams)-1], r.Deliveries.Faults())
	}
	b.Results.Add(trial.Measure{
		Goal: "G8",
		Name: "the same with datagrams in one room, where each message is sent to 99 members",
		Unit: "/s", Ours: datagrams,
	})
	return nil
}

// fillSQLite commits batches as fast as it can and tells how many messages a second that was.
func (b *bench) fillSQLite() (float64, error) {
	s, err := b.openSQLite()
	if err != nil {
		return 0, err
	}
	defer s.connection.Close()
	began, n := time.Now(), 0
	for ; time.Since(began) < b.Talk && b.Context.Err() == nil; n += talkers {
		if err := s.commit(talkers, text); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), b.Context.Err()
}

// quietDoor is a door to nowhere.
type quietDoor struct{}

func (quietDoor) Name() string      { return "bench" }
func (quietDoor) Deliver(hub.Batch) {}

// talkToHub has members talk at a hub of this process and tells how many messages a second were stored.
func (b *bench) talkToHub() (perSecond float64, err error) {
	dir, err := os.MkdirTemp(b.Dir, "hub-")
	if err != nil {
		return 0, err
	}
	kept, err := store.Open(dir, store.Options{})
	if err != nil {
		return 0, err
	}
	defer kept.Close()
	state, err := kept.Load()
	if err != nil {
		return 0, err
	}
	h, err := hub.New(kept, local.New(state.Progress(), 4096, time.Now), hub.Options{})
	if err != nil {
		return 0, err
	}
	door := h.Attach(quietDoor{}, false)
	looped := make(chan error, 1)
	go func() { looped <- h.Run() }()
	<-h.Ready()
	ctx, cancel := context.WithCancelCause(b.Context)
	defer cancel(nil)
	var count atomic.Int64
	var talking sync.WaitGroup
	began := time.Now()
	for i := range talkers {
		talking.Go(func() {
			n, err := talkAlone(ctx, h, door, i, began.Add(b.Talk))
			count.Add(n)
			if err != nil {
				cancel(err)
			}
		})
	}
	talking.Wait()
	perSecond = float64(count.Load()) / time.Since(began).Seconds()
	h.Close()
	if err := <-looped; err != nil {
		return 0, err
	}
	return perSecond, context.Cause(ctx)
}

// talkAlone enters and talks, each message after the receipt of the one before, until it is time.
func talkAlone(ctx context.Context, h *hub.Hub, door *hub.Doorway, i int, until time.Time) (n int64, err error) {
	nick, err := chat.ParseNick(fmt.Sprintf("talker-%d", i))
	if err != nil {
		return 0, err
	}
	session := door.NewSession()
	if err := h.Do(ctx, chat.Enter{Session: session, Door: quietDoor{}.Name(), Nick: nick}); err != nil {
		return 0, err
	}
	for ; time.Now().Before(until); n++ {
		if err := h.Do(ctx, chat.Post{
			By:   chat.Actor{Session: session, As: nick.Key},
			Room: chat.Lobby, Text: text,
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}
