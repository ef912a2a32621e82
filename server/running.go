package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
)

// settingsPath is where the control socket tells with which settings the server was started.
const settingsPath = "/settings"

// Given is how a running server was started: the settings that are not left at their default.
type Given struct {
	// Join is what somebody on the server's machine types behind parley join; empty: it has no
	// datagram door.
	Join string `json:"join"`
	// File is the full path of the TOML file that has some of them; empty: none does.
	File string `json:"file"`
	// Typed has those of the command line and the environment, by setting.Setting.Flag.
	Typed map[string]string `json:"typed"`
	// Written has those of the file, by setting.Setting.Flag.
	Written map[string]string `json:"written"`
}

// Flags returns every setting as if it stood on the command line.
func (g Given) Flags() map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{g.Written, g.Typed} {
		for flag, value := range some {
			all[flag] = value
		}
	}
	return all
}

// givenBy sorts the settings in force by where they come from. Paths become full ones: a client of
// the control socket may be in another folder.
func givenBy(all []Effective, file string) Given {
	g := Given{Typed: map[string]string{}, Written: map[string]string{}}
	for _, e := range all {
		value := e.Value
		if kind := e.Takes(); (kind == "DIR" || kind == "FILE") && value != "" {
			value = full(value)
		}
		switch e.Origin {
		case fromDefault:
		case fromCommandLine, fromEnvironment:
			g.Typed[e.Flag()] = value
		default:
			g.Written[e.Flag()], g.File = value, full(file)
		}
	}
	return g
}

func full(path string) string {
	if at, err := filepath.Abs(path); err == nil {
		return at
	}
	return path
}

// tellSettings serves how the server was started, on the control socket.
func (s *Server) tellSettings(mux *http.ServeMux) {
	mux.HandleFunc("GET "+settingsPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		given := s.config.given
		given.Join = s.joinAddress()
		_ = json.NewEncoder(w).Encode(given) // the client is gone, or sees half of it
	})
}

// answerMax is more than all settings take.
const answerMax = 1 << 20

// AskSettings asks the server that holds a data directory how it was started. An older server does
// not tell, which is an error.
func AskSettings(ctx context.Context, holder Holder) (given Given, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://parley"+settingsPath, nil)
	if err != nil {
		return given, err
	}
	answer, err := holder.Client().Do(request)
	if err != nil {
		return given, err
	}
	if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answered %s", answer.Status)
	} else {
		err = json.NewDecoder(io.LimitReader(answer.Body, answerMax)).Decode(&given)
	}
	return given, errors.Join(err, answer.Body.Close())
}
