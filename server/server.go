// Package server assembles a running server from a Config: data directory, store, ledger, hub, doors and control socket. It is
// the only package that knows all of them.
//
// It knows nothing of terminals, signals or the command line.
//
// Its laws: what is opened is closed in the opposite order, the store last; a server that cannot start whole does not start and
// leaves nothing open; closing answers or refuses everything that was taken.
package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"parley/certificate"
	"parley/chat"
	"parley/command"
	"parley/door/port"
	"parley/door/udp"
	"parley/door/ways"
	"parley/health"
	"parley/hub"
	"parley/ledger/local"
	"parley/locale"
	"parley/store"
)

// Server is a running server.
type Server struct {
	config  Config
	log     *slog.Logger
	dir     *dataDir
	store   *store.Store
	hub     *hub.Hub
	doors   []door                // those that are open, in the order of the table
	streams map[string]streamDoor // which of them serves a protocol
	udp     *udp.Door             // the datagram door; nil: it is shut
	port    *port.Door            // where connections are taken; nil: nowhere
	ways    *ways.Door            // answers HTTP there; nil likewise

	certificate *certificate.Certificate // nil: nobody can connect with TLS

	health  *health.Health
	flight  *health.Flight
	desk    *command.Desk
	control *http.Server
	socket  socket         // of control; keep changes it
	public  *http.Server   // health on an address of its own; nil: not asked for
	metrics net.Addr       // where that is
	files   Files          // how many files may be open for what
	looped  chan error     // the hub's loop's end
	aside   sync.WaitGroup // what runs beside the loop, until that ends
	isNew   bool
	newCert bool    // this start created the certificate
	notices []error // what the operator should know of this start
}

// Open starts a server; it is ready when Open returns. version is what it says of itself. Errors say
// what to do. If ctx ends first, everything is closed again, and the error is that of ctx or, where
// closing failed, of that alone.
func Open(ctx context.Context, config Config, version string, log *slog.Logger) (*Server, error) {
	return open(ctx, config, doorTable(), version, log)
}

// open is Open with the doors of a table.
func open(ctx context.Context, config Config, table []doorRow, version string, log *slog.Logger) (_ *Server, err error) {
	s := &Server{config: config, log: log, streams: map[string]streamDoor{}, looped: make(chan error, 1)}
	var opened []func() error
	defer func() {
		if err != nil {
			err = abandon(ctx, err, opened)
		}
	}()
	if err = s.countFiles(); err != nil {
		return nil, err
	}
	made := absent(config.Data)
	if s.dir, err = openDataDir(config.Data); err != nil {
		removeEmpty(made)
		return nil, alreadyRuns(ctx, config.Data, err)
	}
	s.dir.adopt(made)
	opened = append(opened, s.dir.undo) // until the hub runs, nothing is stored
	if s.store, err = store.Open(config.Data, store.Options{
		MaxBytes: config.StoreMaxSize,
		Upgrades: func(from, to int) {
			log.Warn("upgrading the database: older versions cannot read it afterwards",
				"from", from, "to", to)
		},
	}); err != nil {
		return nil, s.explain(err)
	}
	opened = append(opened, s.store.Close)
	if err = s.assemble(version); err != nil {
		return nil, err
	}
	s.config.Listen = numbered(ctx, config.Listen)
	opened = append(opened, s.closeDoors)
	if err = s.openDoors(ctx, table); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	if err = s.openPort(ctx, table); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	if err = s.listenControl(version); err != nil {
		return nil, err
	}
	opened = append(opened, s.closeControl)
	if err = s.listenMetrics(ctx); err != nil {
		return nil, cmp.Or(ctx.Err(), err)
	}
	go func() { s.looped <- s.hub.Run() }()
	s.aside.Go(func() { tidy(s.hub.Ended()) })
	s.aside.Go(func() { s.keep(s.hub.Ended()) })
	opened = []func() error{s.Close}
	select {
	case <-s.hub.Ready():
		return s, nil
	case err := <-s.looped:
		s.looped <- nil // Close asks again
		return nil, s.explain(err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// abandon closes what was opened, the last first, by a start that failed with err.
func abandon(ctx context.Context, err error, opened []func() error) error {
	var unclosed error
	for _, closeOne := range slices.Backward(opened) {
		unclosed = errors.Join(unclosed, closeOne())
	}
	if unclosed != nil && errors.Is(err, ctx.Err()) {
		return unclosed
	}
	return errors.Join(err, unclosed)
}

// explain says what to do about an error that an operator can do something about.
func (s *Server) explain(err error) error {
	if errors.Is(err, store.ErrChanged) { // which doctor does not look for: it reads every message
		return locale.Errorf(locale.Text{
			EN: "%[2]v. Nothing in it was changed: this version does not upgrade a damaged " +
				"history. Restore a backup into a new directory " +
				"(parley restore --data NEW BACKUP). If messages were changed but none is " +
				"missing, you can also move them into a new directory " +
				"(parley export --data %[1]s > history.jsonl, " +
				"and then parley import --data NEW history.jsonl)",
			ZH: "消息被修改或丢失（%[2]v）。Parley 没有改动数据库，也不会升级已损坏的聊天记录；" +
				"请把备份恢复到新目录（parley restore --data 新目录 备份文件）。" +
				"如果消息只是被修改、没有缺失，也可以移到新目录" +
				"（先运行 parley export --data %[1]s > history.jsonl，" +
				"再运行 parley import --data 新目录 history.jsonl）",
		}, s.config.Data, err)
	}
	if errors.Is(err, store.ErrEntities) {
		return locale.Errorf(locale.Text{
			EN: "%[2]v. Nothing in it was changed; move its messages into a new directory " +
				"(parley export --data %[1]s > history.jsonl, " +
				"and then parley import --data NEW history.jsonl), or restore a backup",
			ZH: "房间、会话或其他数据被改动（%[2]v）。Parley 没有改动数据库；" +
				"请把消息移到新目录（先运行 parley export --data %[1]s > history.jsonl，" +
				"再运行 parley import --data 新目录 history.jsonl），或恢复备份",
		}, s.config.Data, err)
	}
	if errors.Is(err, store.ErrDamaged) {
		return locale.Errorf(locale.Text{
			EN: "%[2]v. Nothing in it was changed; " +
				"parley doctor --data %[1]s says how to replace it with a backup",
			ZH: "数据库已损坏（%[2]v）。Parley 没有改动它；" +
				"请运行 parley doctor --data %[1]s，查看如何用备份替换",
		}, s.config.Data, err)
	}
	if errors.Is(err, store.ErrForeign) {
		return locale.Errorf(locale.Text{
			EN: "%[2]v. Nothing in it was changed; choose another directory with --data; " +
				"if it was Parley's, parley doctor --data %[1]s says how to replace it with a backup",
			ZH: "不是 Parley 的数据库，或已被修改（%[2]v）。Parley 没有改动它；请用 --data 指定其他目录；" +
				"如果它曾是 Parley 的数据库，请运行 parley doctor --data %[1]s，查看如何用备份替换",
		}, s.config.Data, err)
	}
	if errors.Is(err, store.ErrNewer) {
		return locale.Errorf(locale.Text{
			EN: "%v", ZH: "数据由较新版本的 Parley 写入：请使用该版本，或用 --data 指定其他目录（%v）",
		}, err)
	}
	var refusal *chat.Refusal
	if errors.Is(err, store.ErrFull) || errors.As(err, &refusal) && refusal.Code == chat.StorageFull {
		return locale.Errorf(locale.Text{
			EN: "the disk of the data directory %[1]s is full or read-only: " +
				"free some space (df -h %[1]s shows how much is left), raise store.max-size if it is set, " +
				"or choose another directory with --data",
			ZH: "数据目录 %[1]s 所在磁盘已满或不可写：" +
				"请腾出空间（用 df -h %[1]s 查看），如设置了 store.max-size 请调大，或用 --data 指定其他目录",
		}, s.config.Data)
	}
	return err
}

// assemble makes the way of a message up to the doors: ledger and hub, and what commands work on.
func (s *Server) assemble(version string) error {
	state, err := s.store.Load()
	if err != nil {
		return s.explain(err)
	}
	s.isNew = state.Progress().Place == 0
	s.lookAtClock(state.Progress().Time)
	order := local.New(state.Progress(), s.config.LedgerQueue, time.Now)
	s.health = health.New()
	s.hub, err = hub.New(s.store, order, hub.Options{Resume: s.config.UDP.Resume, Log: s.log, Observer: s.health})
	if err != nil {
		return err
	}
	s.desk = &command.Desk{
		Hub: s.hub, Version: version, Started: time.Now(), TextMax: s.config.MessageMax, Doors: s.reports,
		Rooms: s.config.RoomsMax, Joined: s.config.RoomsJoined, Growth: s.config.growth(),
	}
	return nil
}

// growth bounds how many new rooms members may create.
func (c Config) growth() *command.Growth {
	if c.NoLimits {
		return nil
	}
	return command.NewGrowth(c.RoomsNew, c.DirectsNew, time.Now)
}

// clockTolerance is how far this machine's clock may be before the newest message without a word about it.
const clockTolerance = time.Minute

// lookAtClock says so if the clock is before what is stored: time in the log never goes back.
func (s *Server) lookAtClock(newest time.Time) {
	now := time.Now()
	if newest.Sub(now) <= clockTolerance {
		return
	}
	s.log.Warn("the clock is behind the newest message", "clock", now, "newest", newest)
	s.notices = append(s.notices, locale.Errorf(locale.Text{
		EN: "Warning: this machine's clock says %s, but the newest message is from %s. " +
			"Until the clock passes that time, every new message gets it: " +
			"correct the clock (timedatectl set-ntp true).",
		ZH: "注意：本机时钟为 %s，而最新消息的时间为 %s。" +
			"在时钟追上之前，新消息的时间都会记为后者：请校准时钟（timedatectl set-ntp true）。",
	}, now.Format(time.DateTime), newest.Local().Format(time.DateTime)))
}

// Addr returns the address that datagram clients use; the zero one if that door is shut.
func (s *Server) Addr() netip.AddrPort {
	if s.udp == nil {
		return netip.AddrPort{}
	}
	return s.udp.Addr()
}

// Reachable returns the addresses that others on this network can type: where datagrams are taken or, with that door shut,
// connections at the first address for them; none: nobody gets in.
func (s *Server) Reachable() []string {
	bound := s.Addr()
	if streams := s.StreamAddrs(); !bound.IsValid() && len(streams) > 0 {
		bound = streams[0]
	}
	return ReachableAt(bound)
}

// IsNew tells whether the data directory was made by this start.
func (s *Server) IsNew() bool { return s.isNew }

// CreatedCertificate reports whether this start created the certificate, so that no client knows
// it.
func (s *Server) CreatedCertificate() bool { return s.newCert }

// Notices returns what the operator should know of this start, though the server runs.
func (s *Server) Notices() []error { return s.notices }

// Desk returns what commands work on, for a console.
func (s *Server) Desk() *command.Desk { return s.desk }

// Wait returns when the server cannot go on, with why, or nil when it was closed.
func (s *Server) Wait() error {
	err := <-s.looped
	s.looped <- err
	return err
}

// Turn returns nil once the loop has dealt with one more command, stored or refused: a full disk is
// not a standstill, and with a lost database this process alone has the history. Otherwise it
// returns ctx's error, or that of a queue that stays full.
func (s *Server) Turn(ctx context.Context) error {
	err := s.hub.Do(ctx, chat.Alive{})
	var refusal *chat.Refusal
	if errors.As(err, &refusal) && refusal.Code != chat.Busy && refusal.Code != chat.StorageFailed {
		return nil
	}
	return err
}

// Close stops the server. It takes no new requests, stores and answers those under way, tells the
// members and closes the store. An error says which messages are not stored.
func (s *Server) Close() error {
	if s.port != nil {
		s.port.Stop()
	}
	s.hub.Close()
	err := s.Wait()
	s.aside.Wait()
	return errors.Join(err, s.closeControl(), s.closeDoors(), s.closeStore(), s.dir.close())
}

// closeStore closes the store. A database that is not in its place is copied first, into a file of
// its own: once it is closed, nobody can reach it.
func (s *Server) closeStore() error {
	missing := s.store.InPlace()
	var held heldError
	if errors.Is(missing, store.ErrOverwritten) && errors.As(s.store.Lost(), &held) {
		missing = nil // the other server wrote it, which is no damage
	}
	if missing == nil {
		return errors.Join(s.stoppedWriting(), s.foundDamage(), s.store.Close())
	}
	farewell := s.rescue(missing)
	return errors.Join(farewell, s.store.Close())
}

// stoppedWriting returns an error if the server stopped writing a database that is in its place:
// another server locked the directory, or the files were moved away and back.
func (s *Server) stoppedWriting() error {
	why := s.store.Lost()
	if why == nil {
		return nil
	}
	return locale.Errorf(locale.Text{
		EN: "the server stopped writing to %[1]s: %[2]v. " +
			"Every message that members saw before is stored; check with parley verify --data %[1]s",
		ZH: "服务器已停止写入 %[1]s：%[2]v。" +
			"成员在此之前看到的消息均已保存；可用 parley verify --data %[1]s 检查",
	}, s.config.Data, why)
}

// foundDamage returns an error if the database turned out to be damaged when it was written: what
// was shown may be stored or not.
func (s *Server) foundDamage() error {
	why := s.store.Failed()
	if !errors.Is(why, store.ErrDamaged) {
		return nil
	}
	return locale.Errorf(locale.Text{
		EN: "the server stopped writing to %[1]s: %[2]v. " +
			"Messages that members saw may not be stored: check with parley verify --data %[1]s " +
			"and, if it finds damage, restore the last backup: parley restore --data NEW BACKUP",
		ZH: "服务器已停止写入 %[1]s：%[2]v。" +
			"成员已看到的消息可能没有保存：请用 parley verify --data %[1]s 检查，" +
			"如有问题，请恢复最近的备份：parley restore --data 新目录 备份文件",
	}, s.config.Data, why)
}
