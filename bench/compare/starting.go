package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"parley/bench/trial"
	"parley/chat"
	"parley/load"
	"parley/server"
	"parley/store"
)

// questions is how often history is asked for on a warm connection, in each round.
const questions = 50

// starting is G9: a start with a long history, and what it costs to look at its end.
func (b *bench) starting() error {
	dir := filepath.Join(b.Dir, "history")
	began := time.Now()
	if err := b.fill(dir); err != nil {
		return err
	}
	b.Say("%-22s %d messages stored in %.1f s", "start", b.stored, time.Since(began).Seconds())
	var ready, memory, asked, command []float64
	for range b.starts {
		p, err := b.Start("parley", "serve", "--listen", "127.0.0.1:0", "--data", dir)
		if err != nil {
			return err
		}
		ready = append(ready, milliseconds(p.Ready))
		one, err := b.look(p, dir)
		p.Stop()
		if err != nil {
			return err
		}
		memory, asked, command = append(memory, one.memory), append(asked, one.asked), append(command, one.command)
		b.Say("%-22s ready after %.1f ms, %.1f MiB; history asked %.2f ms, as a command %.1f ms", "start", milliseconds(p.Ready), one.memory, one.asked, one.command)
	}
	b.Results.Command("parley serve --listen 127.0.0.1:0 --data DIR")
	b.Results.Command("parley history --last 100 --data DIR")
	history := fmt.Sprintf("%d messages stored", b.stored)
	b.Results.Add(trial.Measure{Goal: "G9", Name: history + ": from starting the program to ready", Unit: "ms", Ours: ready, Limit: 100})
	b.Results.Add(trial.Measure{
		Goal: "G9",
		Name: history + ": reading the last 100 messages over an open connection of the " +
			"control socket",
		Unit: "ms", Ours: asked, Limit: 5,
	})
	b.Results.Add(trial.Measure{
		Goal: "G9",
		Name: history + ": the same with a new process, `parley history --last 100`", Unit: "ms",
		Ours: command,
	})
	b.Results.Add(trial.Measure{Goal: "G9", Name: history + ": memory when ready", Unit: "MiB", Ours: memory})
	return nil
}

// looked is what one start showed.
type looked struct{ memory, asked, command float64 }

func (b *bench) look(p *trial.Process, dir string) (l looked, err error) {
	meter, err := load.Process(p.PID())
	if err != nil {
		return l, err
	}
	usage, err := meter()
	if err != nil {
		return l, err
	}
	l.memory = float64(usage.RSS) / (1 << 20)
	if l.asked, err = b.askHistory(dir); err != nil {
		return l, err
	}
	began := time.Now()
	history := exec.CommandContext(b.Context, b.Program("parley"), "history", "--last", "100", "--data", dir)
	history.Env = trial.PlainEnviron()
	out, err := history.Output()
	if err != nil {
		return l, err
	}
	l.command = milliseconds(time.Since(began))
	return l, hasLines(out, min(100, b.stored))
}

// askHistory returns the median time of asking for the last 100 messages on one connection.
func (b *bench) askHistory(dir string) (float64, error) {
	holder, err := server.FindHolder(dir)
	if err != nil {
		return 0, err
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", holder.Socket)
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var took []float64
	for range questions {
		began := time.Now()
		response, err := client.Get("http://parley/api/v1/history?last=100")
		if err != nil {
			return 0, err
		}
		out, err := io.ReadAll(response.Body)
		response.Body.Close()
		took = append(took, milliseconds(time.Since(began)))
		if err == nil {
			err = hasLines(out, min(100, b.stored))
		}
		if err != nil {
			return 0, err
		}
	}
	return trial.Median(took[1:]), nil // the first makes the connection
}

func hasLines(out []byte, want int) error {
	if n := bytes.Count(out, []byte("\n")); n != want {
		return fmt.Errorf("the history has %d lines, not %d: %.300s", n, want, out)
	}
	return nil
}

// fillBatch is how many messages are stored in one transaction.
const fillBatch = 10_000

// fill stores messages the way a hub does: what one person said is applied and committed, in large batches.
func (b *bench) fill(dir string) (err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	kept, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	defer kept.Close()
	state, err := kept.Load()
	if err != nil {
		return err
	}
	nick, err := chat.ParseNick("ann")
	if err != nil {
		return err
	}
	session := chat.SessionID{Node: "bench", N: 1}
	commands := []chat.Command{chat.Enter{Session: session, Door: "bench", Nick: nick}}
	for range b.stored {
		commands = append(commands, chat.Post{By: chat.By(session), Room: chat.Lobby, Text: text})
	}
	commands = append(commands, chat.Leave{By: chat.By(session), Reason: chat.ReasonQuit})
	n, began := uint64(0), time.Now().UTC()
	for batch := range slices.Chunk(commands, fillBatch) {
		var results []chat.Result
		for _, c := range batch {
			n++
			record := chat.Record{
				Place: chat.Place(n), Time: began.Add(time.Duration(n)), Origin: chat.Origin{Node: kept.Node(), Epoch: 1, N: n}, Command: c,
			}
			result := chat.Apply(state, record)
			if result.Refusal != nil {
				return result.Refusal
			}
			results = append(results, result)
		}
		if err := kept.Commit(results, state.Progress()); err != nil {
			return err
		}
		if b.Context.Err() != nil {
			return b.Context.Err()
		}
	}
	return nil
}
