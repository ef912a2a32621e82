package port

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// halves makes a pipe one end of which is a stream.
type halves struct{ net.Conn }

func (halves) CloseWrite() error { return nil }

// contended is a turn where another handshake holds the only one.
func contended() *turn {
	t := &turn{
		turns: make(chan struct{}, 1), queued: make(chan struct{}, 1), stopping: make(chan struct{}),
		until: time.Now().Add(time.Minute),
	}
	t.turns <- struct{}{}
	return t
}

func TestAHandshakeThatGetsNoTurnInItsTimeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		below := &transport{turn: contended()}
		err := below.during(func() error { t.Error("it computes"); return nil })
		if took := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || took != time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// TestAStoppingDoorComputesNoHandshake: one that has just read what its client said ends instead.
func TestAStoppingDoorComputesNoHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer client.Close()
		defer server.Close()
		below := &transport{stream: halves{server}, turn: contended()}
		stopping := below.turn.stopping
		<-below.turn.turns
		ended := make(chan error, 1)
		go func() {
			ended <- below.during(func() error {
				if _, err := below.Read(make([]byte, 1)); err != nil {
					return err
				}
				t.Error("it computes")
				return nil
			})
		}()
		synctest.Wait() // it waits for its client
		below.turn.turns <- struct{}{}
		if _, err := client.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // it waits for its turn
		close(stopping)
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("it ends with %v", err)
		}
	})
}

func TestHandshakesThatWaitForATurnAreBounded(t *testing.T) {
	r := newRoom(t, nil)
	r.turns, r.queued = make(chan struct{}, 1), make(chan struct{}, 2)
	r.open()
	r.turns <- struct{}{}
	hello := "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
	for range cap(r.queued) {
		r.dial(0).say(hello)
	}
	r.until("they wait", func() bool { return len(r.queued) == cap(r.queued) })
	r.dial(0).say(hello).isEnded()
	r.counted(1, "tls_failed")
	r.Stop()
	r.until("none waits", func() bool { return len(r.queued) == 0 })
	<-r.turns
}
