package server

import (
	"parley/door/line"
	"parley/door/port"
	"parley/door/udp"
)

// Config is how a server runs. Settings tells what each field is for; Load makes a Config of what the operator said.
type Config struct {
	Data     string
	Listen   Listen
	NoLimits bool
	LogLevel string

	ConsoleShow bool // the lobby is shown above the administrator's prompt

	MetricsListen  string // empty: on the control socket only
	FlightRecorder bool

	MessageMax   int   // bytes
	StoreMaxSize int64 // bytes
	LedgerQueue  int   // commands
	RoomsMax     int   // how many rooms there may be
	RoomsJoined  int   // how many of them one member may be in
	RoomsNew     int   // how many one network may create in an hour; 0: no limit
	DirectsNew   int   // how many direct rooms one member may create in an hour; 0: no limit

	TLSCert string // a PEM file; empty, with TLSKey: the server makes a certificate of its own
	TLSKey  string // a PEM file

	Port port.Config // but for Handlers, Certificate and Ways, which Open says
	UDP  udp.Config  // but for Listen and TextMax
	Line line.Config // but for TextMax; the caller sets Lang

	chosen map[string]bool // keys of the settings that are not left at their default
	given  Given           // the same, for those who ask a running server
}

// Chooses reports whether a setting, by its key, is not left at its default.
func (c Config) Chooses(key string) bool { return c.chosen[key] }
