package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"parley/chat"
	"parley/command"
	"parley/hub"
	"parley/ledger/local"
	"parley/store"
)

// handler serves a desk without a server behind it: what is refused here has touched nothing.
func handler() http.Handler {
	mux := http.NewServeMux()
	Serve(mux, &command.Desk{TextMax: 100}, slog.New(slog.DiscardHandler))
	return mux
}

func TestWhatCannotBeUnderstoodIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		code                 chat.Code
	}{
		"no such command":         {"GET", "/api/v1/dance", "", 404, chat.CommandUnknown},
		"somewhere else":          {"GET", "/", "", 404, chat.CommandUnknown},
		"a GET that would change": {"GET", "/api/v1/announce?text=hi", "", 404, chat.CommandUnknown},
		"a POST that only tells":  {"POST", "/api/v1/who", "{}", 404, chat.CommandUnknown},
		"no body":                 {"POST", "/api/v1/announce", "", 400, chat.BadArgument},
		"no JSON":                 {"POST", "/api/v1/announce", "text=hi", 400, chat.BadArgument},
		"not strings":             {"POST", "/api/v1/announce", `{"text":1}`, 400, chat.BadArgument},
		"more than one object":    {"POST", "/api/v1/announce", `{"text":"a"}{"text":"b"}`, 400, chat.BadArgument},
		"a body without an end":   {"POST", "/api/v1/announce", `{"text":"` + strings.Repeat("x", bodyMax), 400, chat.BadArgument},
		"missing":                 {"POST", "/api/v1/announce", `{}`, 400, chat.BadArgument},
		"unknown argument":        {"POST", "/api/v1/announce", `{"text":"a","loud":"yes"}`, 400, chat.BadArgument},
		"query in a POST":         {"POST", "/api/v1/announce?text=hi", `{"text":"a"}`, 400, chat.BadArgument},
		"twice":                   {"GET", "/api/v1/history?room=a&room=b", "", 400, chat.BadArgument},
		"too long":                {"POST", "/api/v1/announce", `{"text":"` + strings.Repeat("x", 101) + `"}`, 413, chat.TextTooLong},
		"NUL":                     {"POST", "/api/v1/announce", `{"text":"a\u0000b"}`, 400, chat.TextEncoding},
		"a hostile nickname":      {"POST", "/api/v1/kick", `{"nick":"a b"}`, 400, chat.NickCharacters},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			handler().ServeHTTP(w, httptest.NewRequest(c.method, c.target, strings.NewReader(c.body)))
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != c.status || p.Code != c.code || p.Message == "" {
				t.Errorf("status %d, %+v; want %d, %v", w.Code, p, c.status, c.code)
			}
		})
	}
}

func TestWhatWasAskedComesBackEscaped(t *testing.T) {
	for _, target := range []string{
		"/%1b%5b31m", "/api/v1/who?%1b%5b31m=x", "/api/v1/who?%1b%5b31m=x&%1b%5b31m=y",
		"/api/v1/history?last=%1b%5b31m", "/api/v1/history?follow=%0a%9b",
	} {
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Message == "" {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if strings.ContainsFunc(p.Message, unicode.IsControl) {
			t.Errorf("%s comes back as %q", target, p.Message)
		}
	}
}

// served serves a desk with a hub whose loop does not run: what is asked of it alone can be asked.
func served(t *testing.T) (*command.Desk, http.Handler, *strings.Builder) {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	h, err := hub.New(s, local.New(state.Progress(), 16, time.Now), hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	logged := new(strings.Builder)
	desk, mux := &command.Desk{Hub: h}, http.NewServeMux()
	Serve(mux, desk, slog.New(slog.NewTextHandler(logged, nil)))
	return desk, mux, logged
}

// TestAClientThatGoesAwayIsNoFault: nothing is refused, and nothing is logged as a fault.
func TestAClientThatGoesAwayIsNoFault(t *testing.T) {
	desk, mux, logged := served(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, target := range []string{"/api/v1/history?follow=true", "/api/v1/history?last=x"} {
		func() {
			defer func() {
				if r := recover(); r != http.ErrAbortHandler {
					t.Errorf("%s: the connection is not ended: %v", target, r)
				}
			}()
			r := httptest.NewRequestWithContext(gone, http.MethodGet, target, nil)
			mux.ServeHTTP(httptest.NewRecorder(), r)
		}()
	}
	if counts := desk.Refused.Counts(); len(counts) > 0 || logged.Len() > 0 {
		t.Errorf("counted %v, logged %s", counts, logged)
	}
}

// TestFollowingBeginsBeforeAnythingIsSaid: so a client can tell a silent room from a dead server.
func TestFollowingBeginsBeforeAnythingIsSaid(t *testing.T) {
	_, mux, _ := served(t)
	s := httptest.NewServer(mux)
	defer s.Close()
	ctx, leave := context.WithTimeout(t.Context(), time.Minute) // it would wait for ever
	defer leave()
	target := s.URL + "/api/v1/history?follow=true"
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Errorf("it begins with %s", response.Status)
	}
	leave()
	response.Body.Close()
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range chat.Codes() {
		if _, ok := statuses[code]; !ok && code != chat.OK && code != chat.Internal {
			t.Errorf("%v has no HTTP status", code)
		}
	}
}

func TestFaultsOfOursAreNotShown(t *testing.T) {
	w := httptest.NewRecorder()
	fail(w, "who", errors.New("the secret path /etc/shadow"), slog.New(slog.DiscardHandler))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
