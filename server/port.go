package server

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"parley/certificate"
	"parley/door/line"
	"parley/door/port"
	"parley/door/ways"
	"parley/locale"
)

// openPort opens the port at which stream doors are met, if one is listened on.
func (s *Server) openPort(ctx context.Context, table []doorRow) error {
	endpoints := s.config.Listen.streams(table)
	if len(endpoints) == 0 {
		return nil
	}
	if err := s.openCertificate(); err != nil {
		return err
	}
	c := s.config.Port
	c.Certificate, c.Ways, c.Lang = s.certificate.GetCertificate, waysOf(table),
		s.config.Line.Language()
	c.Handlers = map[port.Protocol]port.Handler{}
	for protocol, d := range s.streams {
		c.Handlers[port.Protocol(protocol)] = d
	}
	s.ways = ways.New(ways.Config{
		Datagrams: s.Addr(), Fingerprint: s.Fingerprint, Lang: s.config.Line.Language(),
		Prompts: c.Prompts(),
	})
	c.Handlers[port.HTTP] = s.ways
	if s.config.NoLimits {
		c.Rate, c.PerAddress = 0, 0
	}
	s.port = port.New(c, s.log, time.Now)
	err := s.port.Open(ctx, addresses(endpoints, table))
	var at *port.AddressError
	if errors.As(err, &at) {
		return takenBy(ctx, at.Address.Address, "tcp", at.Err)
	}
	return err
}

// addresses are endpoints as the port has them.
func addresses(endpoints Listen, table []doorRow) []port.Address {
	var all []port.Address
	for _, e := range endpoints {
		a := port.Address{Address: e.Address}
		if row := find(table, e.Door); e.Door != "" {
			a.Only = port.Protocol(row.streams[0])
		}
		all = append(all, a)
	}
	return all
}

// numberTries is how many numbers are looked at for one that is free for datagrams and for connections.
const numberTries = 16

// numbered is where to listen once the system has chosen the numbers that it is to choose: an address for every door gets one that is
// free for datagrams and for connections, so that there is one to remember. Where none is found, opening the door tells why.
func numbered(ctx context.Context, l Listen) Listen {
	l = slices.Clone(l)
	for i, e := range l {
		host, number, err := net.SplitHostPort(e.Address)
		if err != nil || number != "0" || e.Door != "" {
			continue
		}
		for range numberTries {
			if free := freeNumber(ctx, host); free != "" {
				l[i].Address = net.JoinHostPort(host, free)
				break
			}
		}
	}
	return l
}

// freeNumber returns a number that was free for both a moment ago; empty: the one that was looked at is not.
func freeNumber(ctx context.Context, host string) string {
	var system net.ListenConfig
	connections, err := system.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return ""
	}
	defer connections.Close()
	number := strconv.Itoa(connections.Addr().(*net.TCPAddr).Port)
	datagrams, err := system.ListenPacket(ctx, "udp", net.JoinHostPort(host, number))
	if err != nil {
		return ""
	}
	defer datagrams.Close()
	return number
}

// openCertificate finds the certificate for whoever wants TLS: the operator's, or one of its own.
func (s *Server) openCertificate() (err error) {
	cert, key := s.config.TLSCert, s.config.TLSKey
	switch {
	case cert == "" && key == "":
		_, found := os.Stat(filepath.Join(s.config.Data, certificate.CertName))
		s.certificate, err = certificate.Own(s.config.Data, s.log, time.Now)
		s.newCert = err == nil && errors.Is(found, fs.ErrNotExist)
	case cert == "" || key == "":
		err = locale.Errorf(locale.Text{
			EN: "tls.cert and tls.key must be set together: name both files or neither",
			ZH: "tls.cert 和 tls.key 必须同时设置：请指定两个文件，或都不指定",
		})
	default:
		s.certificate, err = certificate.Open(cert, key, s.log, time.Now)
	}
	return err
}

// waysOf tells of the doors that there are, to those who came in a wrong one.
func waysOf(table []doorRow) (all []port.Way) {
	for _, r := range table {
		if r.way.EN != "" {
			all = append(all, port.Way{Name: r.label, How: r.way})
		}
	}
	return all
}

// StreamAddrs returns where connections are taken, in the order of the setting; none: nowhere.
func (s *Server) StreamAddrs() []netip.AddrPort {
	if s.port == nil {
		return nil
	}
	return s.port.Addrs()
}

// Lines returns where lines are taken; the zero address: nowhere. alone: nothing else is, there, and no TLS: nobody has to press Enter to
// tell what it speaks.
func (s *Server) Lines() (at netip.AddrPort, alone bool) {
	addrs := s.StreamAddrs()
	for i, e := range s.config.Listen.streams(doorTable()) {
		if i < len(addrs) && e.isFor(line.Name) && (!at.IsValid() || alone && e.Door == "") {
			at, alone = addrs[i], e.Door != ""
		}
	}
	return at, alone
}

// Fingerprint returns what people compare who connect with TLS; empty: nobody can.
func (s *Server) Fingerprint() string {
	if s.certificate == nil {
		return ""
	}
	return s.certificate.Fingerprint()
}
