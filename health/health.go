// Package health is what a running server tells those who watch it: whether it can take messages (/healthz), its metrics in the
// text format of Prometheus (/metrics) and, for the operator on the control socket alone, Go's profiles and the last seconds of
// its scheduler (/debug).
//
// It knows nothing of doors, of the store, or of where it is served: figures come from a Source.
//
// Its laws: no nickname, room, address or text is ever a label or a value; every figure is described in docs/operating.md; asking
// changes nothing.
package health

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley/chat"
	"parley/hub"
)

// Source is where the figures come from. Each function is called by any goroutine, at each scrape.
type Source struct {
	Version string
	Status  func() hub.Status
	Doors   func() []hub.Report // every door's
	Store   func() int64        // bytes of the database on the disk
	Backup  func() time.Time    // of the newest backup; zero: none is known
}

// Health implements hub.Observer and serves what it knows.
type Health struct {
	source   Source
	registry *prometheus.Registry
	batches  *batches
}

// New returns a Health whose Source may follow later, before anything is served: the hub that it observes is a part of it.
func New() *Health {
	h := &Health{registry: prometheus.NewRegistry(), batches: newBatches()}
	h.batches.register(h.registry)
	return h
}

// Watch tells where the figures come from. Called once.
func (h *Health) Watch(source Source) {
	h.source = source
	register(h.registry, source)
}

// Committed implements hub.Observer.
func (h *Health) Committed(results []chat.Result, took time.Duration, err error) {
	h.batches.committed(results, took, err)
}

// Public serves /healthz and /metrics.
func (h *Health) Public() http.Handler {
	mux := http.NewServeMux()
	h.routes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "not found: this address serves /healthz and /metrics", http.StatusNotFound)
	})
	return mux
}

// Private adds to a mux what Public serves, and /debug.
func (h *Health) Private(mux *http.ServeMux, flight *Flight) {
	h.routes(mux)
	debug(mux, flight)
}

func (h *Health) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", h.healthz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.registry, promhttp.HandlerOpts{}))
}

// healthz answers 200 `ok` while messages are taken and stored, else 503 with why not.
func (h *Health) healthz(w http.ResponseWriter, _ *http.Request) {
	s := h.source.Status()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case s.Storage != chat.OK:
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "%s: %s\n", s.Storage, s.Storage.Sentence())
	case !s.Ready:
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "not ready: the server is starting or stopping")
	default:
		fmt.Fprintln(w, "ok")
	}
}
