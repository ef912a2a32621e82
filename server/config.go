package server

import (
	"net/netip"
	"time"
)

// Config is how a server runs. Settings tells what each field is for; Load makes a Config of what the operator said.
type Config struct {
	Data     string
	Listen   string
	NoLimits bool
	LogLevel string

	MetricsListen  string // empty: on the control socket only
	FlightRecorder bool

	MessageMax   int64 // bytes
	StoreMaxSize int64 // bytes
	LedgerQueue  int64 // commands

	UDPAllow     []netip.Prefix
	UDPEcho      bool
	UDPJoin      int64
	UDPIdle      time.Duration
	UDPMembers   int64
	UDPResume    time.Duration
	UDPRate      float64
	UDPBurst     int64
	UDPEnterRate float64
	UDPOutbox    int64 // bytes
	UDPBuffer    int64 // bytes
}
