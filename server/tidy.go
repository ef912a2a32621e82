package server

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// tidyEvery is how often it is looked at whether memory can go back.
	tidyEvery = 5 * time.Second

	// tidyQuiet is the most that a quiet server allocates in that time, in bytes.
	tidyQuiet = 1 << 20

	// tidyWorth is how much must be to be had, in bytes.
	tidyWorth = 8 << 20
)

// heap is what is known of the memory that Go manages, in bytes.
type heap struct {
	live      uint64 // what was in use when it was last looked at thoroughly
	objects   uint64 // what is in use, with what is not any more and was not found out yet
	free      uint64 // what is in use for nothing
	allocated uint64 // all that ever was
}

func readHeap() (h heap) {
	into := map[string]*uint64{
		"/gc/heap/live:bytes":                &h.live,
		"/memory/classes/heap/objects:bytes": &h.objects,
		"/memory/classes/heap/free:bytes":    &h.free,
		"/gc/heap/allocs:bytes":              &h.allocated,
	}
	var samples []metrics.Sample
	for name := range into {
		samples = append(samples, metrics.Sample{Name: name})
	}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			*into[s.Name] = s.Value.Uint64()
		}
	}
	return h
}

// isWorth says whether memory is to be had, and nobody needs it: the server has been quiet since before.
func (h heap) isWorth(before heap) bool {
	return h.allocated-before.allocated <= tidyQuiet && h.objects+h.free >= h.live+tidyWorth
}

// tidy gives back to the system what a crowd used that is quiet now, until done is closed. Left alone, Go keeps as much again as is
// in use for when it is needed, and gives nothing back that was touched.
func tidy(done <-chan struct{}) {
	every := time.NewTicker(tidyEvery)
	defer every.Stop()
	before := readHeap()
	for {
		select {
		case <-every.C:
		case <-done:
			return
		}
		now := readHeap()
		if now.isWorth(before) {
			debug.FreeOSMemory()
			now = readHeap()
		}
		before = now
	}
}
