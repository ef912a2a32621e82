package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"parley/door/api"
	"parley/health"
	"parley/hub"
)

// steerPatience is how long commands under way on the control socket may still run while the server closes.
const steerPatience = time.Second

// A connection to metrics.listen is closed once it has taken longer than this to send a request, to
// read the answer, or to send the next request.
const (
	watcherRequest = 5 * time.Second
	watcherAnswer  = 10 * time.Second
	watcherIdle    = 5 * time.Second
)

// listenControl opens the control socket, which only this user can open, and serves on it the commands, health and debugging.
func (s *Server) listenControl(version string) error {
	path, err := s.dir.socket()
	if err != nil {
		return err
	}
	if s.socket, err = listenSocket(path); err != nil {
		return err
	}
	s.health.Watch(health.Source{Version: version, Status: s.hub.Status, Doors: s.watched, Store: s.store.Size, Backup: s.lastBackup})
	s.flight = health.NewFlight(s.config.FlightRecorder)
	mux := http.NewServeMux()
	api.Serve(mux, s.desk, s.log)
	s.health.Private(mux, s.flight)
	s.tellSettings(mux)
	s.control = s.newHTTP(mux)
	s.serve(s.control, s.socket.listener)
	if err := s.dir.sign(Holder{PID: os.Getpid(), Socket: path}); err != nil {
		return errors.Join(err, s.closeControl())
	}
	return nil
}

// listenMetrics serves health on an address of its own, if the operator wants that.
func (s *Server) listenMetrics(ctx context.Context) error {
	if s.config.MetricsListen == "" {
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.config.MetricsListen)
	if err != nil {
		return ListenError(s.config.MetricsListen, "tcp", "--metrics-listen", err)
	}
	s.metrics = listener.Addr()
	s.public = s.newPublic()
	s.serve(s.public, limit(listener, s.files.watchers))
	return nil
}

// MetricsAddr returns where health is served beside the control socket; nil: nowhere.
func (s *Server) MetricsAddr() net.Addr { return s.metrics }

// newHTTP returns a server of HTTP that listens nowhere yet.
func (s *Server) newHTTP(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// newPublic returns the server of health at metrics.listen. Connections are few there, so one that
// only waits has to make room for another within seconds.
func (s *Server) newPublic() *http.Server {
	h := s.newHTTP(s.health.Public())
	h.ReadTimeout, h.WriteTimeout, h.IdleTimeout = watcherRequest, watcherAnswer, watcherIdle
	return h
}

// serve serves HTTP on one more listener until that, or the server, closes.
func (s *Server) serve(h *http.Server, listener net.Listener) {
	go func() {
		err := h.Serve(listener)
		if !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.log.Error("HTTP server stopped", "address", listener.Addr().String(), "err", err)
		}
	}()
}

// closeControl ends what listenControl and listenMetrics began. Commands under way may end first, if they are quick.
func (s *Server) closeControl() error {
	ctx, cancel := context.WithTimeout(context.Background(), steerPatience)
	defer cancel()
	errs := []error{s.flight.Close()}
	for _, h := range []*http.Server{s.control, s.public} {
		if h != nil && h.Shutdown(ctx) != nil {
			errs = append(errs, h.Close())
		}
	}
	return errors.Join(append(errs, s.socket.remove())...)
}

// watched is every door for who watches: with the control socket, which is one, too.
func (s *Server) watched() []hub.Report {
	return append(s.reports(), hub.Report{Name: "control", Refused: s.desk.Refused.Counts()})
}

// lastBackup returns when the data was last backed up; zero: that is not known.
func (s *Server) lastBackup() time.Time {
	b, err := LastBackup(s.config.Data)
	if err != nil {
		return time.Time{}
	}
	return b.Time
}
