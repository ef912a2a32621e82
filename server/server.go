// Package server assembles a running server from a Config: data directory, store, ledger, hub, doors and control socket. It is
// the only package that knows all of them.
//
// It knows nothing of terminals, signals or the command line.
//
// Its laws: what is opened is closed in the opposite order, the store last; a server that cannot start whole does not start and
// leaves nothing open; closing answers or refuses everything that was taken.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"time"

	"parley/command"
	"parley/door/api"
	"parley/door/udp"
	"parley/hub"
	"parley/ledger/local"
	"parley/locale"
	"parley/store"
)

// steerPatience is how long commands under way on the control socket may still run while the server closes.
const steerPatience = time.Second

// Server is a running server.
type Server struct {
	config  Config
	log     *slog.Logger
	dir     *dataDir
	store   *store.Store
	hub     *hub.Hub
	udp     *udp.Door
	desk    *command.Desk
	control *http.Server
	looped  chan error // the hub's loop's end
	isNew   bool
}

// Open starts a server; it is ready when Open returns. version is what it says of itself. Errors say what to do.
func Open(ctx context.Context, config Config, version string, log *slog.Logger) (s *Server, err error) {
	s = &Server{config: config, log: log, looped: make(chan error, 1)}
	var opened []func() error
	defer func() {
		if err != nil {
			for i := len(opened) - 1; i >= 0; i-- {
				err = errors.Join(err, opened[i]())
			}
		}
	}()
	if s.dir, err = openDataDir(config.Data); err != nil {
		return nil, err
	}
	opened = append(opened, s.dir.close)
	if s.store, err = store.Open(config.Data, store.Options{MaxBytes: config.StoreMaxSize}); err != nil {
		return nil, err
	}
	opened = append(opened, s.store.Close)
	if err = s.assemble(ctx); err != nil {
		return nil, err
	}
	opened = append(opened, s.udp.Close)
	if err = s.listenControl(version); err != nil {
		return nil, err
	}
	go func() { s.looped <- s.hub.Run() }()
	opened = []func() error{s.Close}
	select {
	case <-s.hub.Ready():
		return s, nil
	case err := <-s.looped:
		s.looped <- nil // Close asks again
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// assemble makes the way of a message: ledger, hub, door.
func (s *Server) assemble(ctx context.Context) error {
	state, err := s.store.Load()
	if err != nil {
		return err
	}
	s.isNew = state.Progress().Place == 0
	order := local.New(state.Progress(), int(s.config.LedgerQueue), time.Now)
	s.hub, err = hub.New(s.store, order, hub.Options{Resume: s.config.UDPResume, Log: s.log})
	if err != nil {
		return err
	}
	s.udp = udp.New(s.udpConfig(), s.log, time.Now)
	if err := s.udp.Open(ctx, s.hub.Attach(s.udp, true)); err != nil {
		return listenError(s.config.Listen, "udp", err)
	}
	return nil
}

func (s *Server) udpConfig() udp.Config {
	c := udp.Config{
		Listen: s.config.Listen, Allow: s.config.UDPAllow, Echo: s.config.UDPEcho, Join: int(s.config.UDPJoin), Idle: s.config.UDPIdle,
		Members: int(s.config.UDPMembers),
		Rate:    s.config.UDPRate, Burst: int(s.config.UDPBurst), EnterRate: s.config.UDPEnterRate,
		OutboxBytes: int(s.config.UDPOutbox), TextMax: int(s.config.MessageMax), Buffer: int(s.config.UDPBuffer),
	}
	if s.config.NoLimits {
		c.Rate, c.EnterRate = 0, 0
	}
	return c
}

// listenControl opens the control socket, which only this user can open, and serves the commands on it.
func (s *Server) listenControl(version string) error {
	socket, err := s.dir.socket()
	if err != nil {
		return err
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) { // a killed server's; the lock is ours
		return fmt.Errorf("remove the old control socket: %w", err)
	}
	listener, err := listenPrivate(socket)
	if err != nil {
		return fmt.Errorf("open the control socket: %w", err)
	}
	s.desk = &command.Desk{
		Hub: s.hub, Version: version, Started: time.Now(), TextMax: int(s.config.MessageMax), Doors: s.doors,
	}
	s.control = &http.Server{Handler: api.New(s.desk, s.log), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	if err := s.dir.sign(Holder{PID: os.Getpid(), Socket: socket}); err != nil {
		return errors.Join(err, listener.Close())
	}
	go func() {
		if err := s.control.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("the control socket failed", "err", err)
		}
	}()
	return nil
}

func (s *Server) doors() []command.DoorState {
	return []command.DoorState{{Name: udp.Name, Address: s.udp.Addr().String(), Counts: s.udp.Counts()}}
}

// Addr returns the address that datagram clients use.
func (s *Server) Addr() netip.AddrPort { return s.udp.Addr() }

// Reachable returns the addresses that others on this network can type, host:port: where the server listens on all of this
// machine's, its private IPv4 ones, or this machine alone if it has none.
func (s *Server) Reachable() []string {
	bound := s.udp.Addr()
	if !bound.Addr().IsUnspecified() {
		return []string{bound.String()}
	}
	port := strconv.Itoa(int(bound.Port()))
	var all []string
	interfaces, _ := net.InterfaceAddrs() // without them, this machine is what is left
	for _, i := range interfaces {
		if n, ok := i.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			all = append(all, net.JoinHostPort(n.IP.String(), port))
		}
	}
	if len(all) == 0 {
		all = append(all, net.JoinHostPort("localhost", port))
	}
	return all
}

// IsNew tells whether the data directory was made by this start.
func (s *Server) IsNew() bool { return s.isNew }

// Desk returns what commands work on, for a console.
func (s *Server) Desk() *command.Desk { return s.desk }

// Wait returns when the server cannot go on, with why, or nil when it was closed.
func (s *Server) Wait() error {
	err := <-s.looped
	s.looped <- err
	return err
}

// Close stops the server: nothing new is taken, what was taken is stored and answered, members are told, the store is closed.
func (s *Server) Close() error {
	s.hub.Close()
	err := s.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), steerPatience)
	defer cancel()
	if s.control.Shutdown(ctx) != nil {
		err = errors.Join(err, s.control.Close())
	}
	return errors.Join(err, s.udp.Close(), s.store.Close(), s.dir.close())
}

// listenError says which port is taken and what to do.
func listenError(address, network string, err error) error {
	host, port, splitErr := net.SplitHostPort(address)
	if !isAddressInUse(err) || splitErr != nil {
		return locale.Errorf(locale.Text{EN: "listen on %s (%s): %v", ZH: "无法监听 %s（%s）：%v"}, address, network, err)
	}
	other := "8889"
	if n, err := strconv.ParseUint(port, 10, 16); err == nil && n < 1<<16-1 {
		other = strconv.FormatUint(n+1, 10)
	}
	return locale.Errorf(locale.Text{
		EN: "port %s/%s is taken, perhaps by another parley: end that program (ss -l%snp tells which it is), or choose another port: --listen %s",
		ZH: "端口 %s/%s 已被占用，可能是另一个 parley：请结束该程序（用 ss -l%snp 查看），或换一个端口：--listen %s",
	}, port, network, network[:1], net.JoinHostPort(host, other))
}
