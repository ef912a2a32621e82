package health

import (
	"errors"
	"net/http"
	"net/http/pprof"
	"runtime/trace"
	"time"
)

// debug serves Go's profiles and the flight recorder.
func debug(mux *http.ServeMux, flight *Flight) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/flight", flight.serve)
}

// flightAge is how much of the past a Flight keeps.
const flightAge = 10 * time.Second

// flightBytes bounds what it keeps.
const flightBytes = 16 << 20

// Flight keeps the last seconds of the process's scheduler, for somebody who has just seen something odd. A process can have
// one at a time.
type Flight struct {
	recorder *trace.FlightRecorder
	err      error // why nothing is recorded
}

// NewFlight starts to record, if wanted.
func NewFlight(wanted bool) *Flight {
	if !wanted {
		return &Flight{err: errors.New("the flight recorder is off: start the server with --flight-recorder")}
	}
	f := &Flight{recorder: trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: flightAge, MaxBytes: flightBytes})}
	f.err = f.recorder.Start()
	return f
}

// Close stops recording.
func (f *Flight) Close() error {
	if f.err == nil {
		f.recorder.Stop()
	}
	return nil
}

// serve answers with what was recorded, as `go tool trace` reads it.
func (f *Flight) serve(w http.ResponseWriter, _ *http.Request) {
	if f.err != nil {
		http.Error(w, f.err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="parley.trace"`)
	if _, err := f.recorder.WriteTo(w); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable) // where nothing was written yet: another is being served
	}
}
