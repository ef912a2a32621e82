package server

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"parley/door/line"
	"parley/door/udp"
	"parley/hub"
	"parley/locale"
	"parley/setting"
)

// door is what a door is to the server. It is made, attached to the hub and opened before the hub runs, and closed after the
// hub's loop has ended.
type door interface {
	hub.Door

	// Open begins to serve whoever comes. The sessions of doorway are inside since before this start. What fails leaves nothing open.
	Open(ctx context.Context, doorway *hub.Doorway) error

	// Close tells everybody inside that the server stops, and returns when nothing of the door goes on.
	Close() error

	// Report is what the door says of itself. Any goroutine, until Close.
	Report() hub.Report
}

// streamDoor is a door that listens nowhere itself: whoever listens hands it what connects.
type streamDoor interface {
	door

	// Serve takes over a connection, first being what was read of it already, and closes it. It returns when the connection has
	// ended. Any goroutine, between Open and Close.
	Serve(conn net.Conn, first []byte)
}

// doorRow is a row of the table of doors.
type doorRow struct {
	name      string                          // in sessions, in status, and behind an address to listen on
	settings  func(*Config) []setting.Setting // each for its field of the Config
	make      func(*Server) door              // of s.config; nothing is open yet
	resumable bool                            // sessions outlive a short restart of the server
	label     locale.Text                     // what way is told as
	way       locale.Text                     // how to join, for clients of another protocol; empty: not told
	streams   []string                        // the protocols that it serves, as a streamDoor; none: it has the socket for datagrams
}

// takesDatagrams says whether the door has the socket for datagrams.
func (r doorRow) takesDatagrams() bool { return !r.servesStreams() }

// servesStreams says whether connections are handed to the door.
func (r doorRow) servesStreams() bool { return len(r.streams) > 0 }

// doorTable returns every door there is, in the order in which they are opened and told of.
func doorTable() []doorRow {
	return []doorRow{
		{
			name:      udp.Name,
			settings:  func(c *Config) []setting.Setting { return c.UDP.Settings() },
			make:      makeUDP,
			resumable: true,
			label:     locale.Text{EN: "datagrams", ZH: "数据报"},
			way: locale.Text{
				EN: "nc -u HOST PORT, then L NAME to join, C NAME TEXT to talk, Q NAME to leave",
				ZH: "nc -u 主机 端口，再输入“L 昵称”进入，“C 昵称 内容”聊天，“Q 昵称”退出",
			},
		},
		{
			name:     line.Name,
			settings: func(c *Config) []setting.Setting { return c.Line.Settings() },
			make:     makeLine,
			label:    locale.Text{EN: "netcat", ZH: "netcat"},
			way: locale.Text{
				EN: "nc HOST PORT, then press Enter and type a nickname; " +
					"encrypted: openssl s_client -quiet -connect HOST:PORT",
				ZH: "nc 主机 端口，连接后按回车，输入昵称即可聊天；加密连接：" +
					"openssl s_client -quiet -connect 主机:端口",
			},
			streams: []string{"line"},
		},
	}
}

// find returns the row of a name.
func find(table []doorRow, name string) doorRow {
	for _, r := range table {
		if r.name == name {
			return r
		}
	}
	return doorRow{}
}

// makeUDP makes the datagram door.
func makeUDP(s *Server) door {
	s.udp = udp.New(s.config.datagrams(), s.log, time.Now)
	return s.udp
}

// datagrams returns the datagram door's settings with those that concern all doors.
func (c Config) datagrams() udp.Config {
	door := c.UDP
	door.Listen, door.TextMax = c.Listen.Datagrams(), c.MessageMax
	if c.NoLimits {
		door.Rate, door.EnterRate, door.PerAddress = 0, 0, 0
	}
	return door
}

// makeLine makes the line door of its settings and of those that concern all doors.
func makeLine(s *Server) door {
	c := s.config.Line
	c.TextMax = s.config.MessageMax
	if s.config.NoLimits {
		c.Rate = 0
	}
	return line.New(c, s.desk, s.log, time.Now)
}

// openDoors opens each door for which an address is listed; the others are shut.
func (s *Server) openDoors(ctx context.Context, table []doorRow) error {
	for _, row := range table {
		if !s.config.Listen.opens(row.name) {
			continue
		}
		d := row.make(s)
		err := d.Open(ctx, s.hub.Attach(d, row.resumable))
		switch {
		case err != nil && row.takesDatagrams():
			return takenBy(ctx, s.config.Listen.Datagrams(), "udp", err)
		case err != nil:
			return locale.Errorf(locale.Text{
				EN: "cannot open the door %q: %v", ZH: "无法打开入口 %q：%v",
			}, row.name, err)
		}
		s.doors = append(s.doors, d)
		for _, protocol := range row.streams {
			s.streams[protocol] = d.(streamDoor) // the table says so
		}
	}
	return nil
}

// closeDoors closes what is open, the last first. Nobody else comes in; the doors end whom they serve, and then the port has nobody.
func (s *Server) closeDoors() error {
	if s.port != nil {
		s.port.Stop()
		s.ways.Close()
		defer s.port.Close()
	}
	var errs []error
	for _, d := range slices.Backward(s.doors) {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// reports is what every open door says of itself.
func (s *Server) reports() []hub.Report {
	all := make([]hub.Report, 0, len(s.doors))
	for _, d := range s.doors {
		all = append(all, d.Report())
	}
	if s.port != nil {
		all = append(all, s.port.Report())
	}
	return all
}
