// Package api is the door for programs: HTTP and JSON over the table of package command. On the control socket it is how the
// command line steers a running server.
//
// It knows nothing of what commands do, of where it listens, or of who may reach it: on the control socket, who can open the
// socket is the administrator.
//
// Its laws: GET tells and POST changes, nothing else does either; answers are JSON, one object a line; a refusal is an object
// with code and message, under a status that fits the code.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"parley/chat"
	"parley/command"
)

// bodyMax bounds a request's body, in bytes. A message's text is the most there can be in one.
const bodyMax = 256 << 10

// ContentType is that of answers: one JSON object a line.
const ContentType = "application/x-ndjson"

// Path returns where a command is served.
func Path(c command.Command) string { return "/api/v1/" + strings.ReplaceAll(c.Name, " ", "/") }

// Method returns the HTTP method of a command.
func Method(c command.Command) string {
	if c.Changes {
		return http.MethodPost
	}
	return http.MethodGet
}

// Problem is the body of a response that is no answer.
type Problem struct {
	Code    chat.Code `json:"code"`
	Message string    `json:"message"`
	Chinese string    `json:"zh,omitempty"` // empty: the words of code
}

// Trailer is the name of the trailer (RFC 9110, section 6.5) in which a response that has begun
// ends with a Problem: its JSON, escaped as in a query.
const Trailer = "Problem"

func problemOf(r *chat.Refusal) Problem { return Problem{r.Code, r.Error(), r.Chinese} }

// Serve adds all commands to a mux, and an answer to whatever nobody else there answers.
func Serve(mux *http.ServeMux, desk *command.Desk, log *slog.Logger) {
	for _, c := range command.Steering() {
		mux.HandleFunc(Method(c)+" "+Path(c), func(w http.ResponseWriter, r *http.Request) { serve(w, r, c, desk, log) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, "", &chat.Refusal{
			Code:   chat.CommandUnknown,
			Detail: fmt.Sprintf("nothing answers %s %s here", r.Method, chat.Quote(r.URL.Path)),
		}, log)
	})
}

func serve(w http.ResponseWriter, r *http.Request, c command.Command, desk *command.Desk, log *slog.Logger) {
	arguments, err := read(w, r)
	if err != nil {
		fail(w, c.Name, err, log)
		return
	}
	out := answers{w: w}
	err = c.Run(r.Context(), desk, nil, arguments, out.emit)
	switch {
	case err == nil:
		out.begin()
	case out.begun && out.refuse(err):
		log.Debug("an answer ends with a refusal", "command", c.Name, "err", err)
	case out.begun || r.Context().Err() != nil: // a client that is still there sees an answer cut off
		log.Debug("an answer ended early", "command", c.Name, "err", err)
		panic(http.ErrAbortHandler)
	default:
		fail(w, c.Name, err, log)
	}
}

// read takes a command's arguments: the query of a GET, a JSON object of strings in the body of a POST.
func read(w http.ResponseWriter, r *http.Request) (command.Arguments, error) {
	a := command.Arguments{}
	for name, values := range r.URL.Query() {
		if len(values) != 1 || r.Method == http.MethodPost {
			return nil, &chat.Refusal{
				Code: chat.BadArgument,
				Detail: "the argument " + chat.Quote(name) +
					" is given in a way that is not understood",
			}
		}
		a[name] = values[0]
	}
	if r.Method != http.MethodPost {
		return a, nil
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyMax))
	if err := body.Decode(&a); err != nil {
		return nil, &chat.Refusal{Code: chat.BadArgument, Detail: "the body is not a JSON object of strings"}
	}
	if _, err := body.Token(); !errors.Is(err, io.EOF) {
		return nil, &chat.Refusal{Code: chat.BadArgument, Detail: "something follows the JSON object"}
	}
	return a, nil
}

// answers writes a response line by line, each at once: somebody may be following.
type answers struct {
	w     http.ResponseWriter
	begun bool
}

func (a *answers) begin() {
	if !a.begun {
		a.begun = true
		a.w.Header().Set("Content-Type", ContentType)
		a.w.WriteHeader(http.StatusOK)
	}
}

func (a *answers) emit(answer command.Answer) error {
	a.begin()
	if answer != nil {
		if err := json.NewEncoder(a.w).Encode(answer); err != nil {
			return err
		}
	}
	return http.NewResponseController(a.w).Flush()
}

// refuse ends a response that has begun with a refusal, if err is one.
func (a *answers) refuse(err error) bool {
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) {
		return false
	}
	problem, err := json.Marshal(problemOf(refusal))
	if err != nil {
		return false
	}
	a.w.Header().Set(http.TrailerPrefix+Trailer, url.QueryEscape(string(problem)))
	return true
}

// fail writes a refusal. What is no refusal is logged whole and shown as an internal fault.
func fail(w http.ResponseWriter, command string, err error, log *slog.Logger) {
	var refusal *chat.Refusal
	if !errors.As(err, &refusal) {
		log.Error("a command failed", "command", command, "err", err)
		refusal = chat.Refuse(chat.Internal)
	} else {
		log.Debug("a command is refused", "command", command, "code", refusal.Code.String())
	}
	status, ok := statuses[refusal.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(problemOf(refusal)); err != nil {
		log.Debug("a refusal was not read", "err", err)
	}
}

// statuses is this door's table of refusals.
var statuses = map[chat.Code]int{
	chat.Busy:           http.StatusServiceUnavailable,
	chat.ShuttingDown:   http.StatusServiceUnavailable,
	chat.StorageFull:    http.StatusInsufficientStorage,
	chat.StorageFailed:  http.StatusInsufficientStorage,
	chat.NickEmpty:      http.StatusBadRequest,
	chat.NickTooLong:    http.StatusBadRequest,
	chat.NickCharacters: http.StatusBadRequest,
	chat.NickScripts:    http.StatusBadRequest,
	chat.NickReserved:   http.StatusBadRequest,
	chat.NickOccupied:   http.StatusConflict,
	chat.NotInside:      http.StatusConflict,
	chat.NotYours:       http.StatusForbidden,
	chat.TextEmpty:      http.StatusBadRequest,
	chat.TextTooLong:    http.StatusRequestEntityTooLarge,
	chat.TextEncoding:   http.StatusBadRequest,
	chat.TooFast:        http.StatusTooManyRequests,
	chat.RoomUnknown:    http.StatusNotFound,
	chat.NickUnknown:    http.StatusNotFound,
	chat.CommandUnknown: http.StatusNotFound,
	chat.BadArgument:    http.StatusBadRequest,
	chat.RoomFull:       http.StatusServiceUnavailable,
	chat.RoomName:       http.StatusBadRequest,
	chat.RoomNotJoined:  http.StatusConflict,
	chat.TooManyRooms:   http.StatusConflict,
	chat.NotAllowed:     http.StatusForbidden,
	chat.StorageLost:    http.StatusInsufficientStorage,
	chat.AddressFull:    http.StatusServiceUnavailable,
	chat.NewRooms:       http.StatusTooManyRequests,
	chat.NewDirects:     http.StatusTooManyRequests,
	chat.NodeGone:       http.StatusServiceUnavailable,
	chat.NodeSpoke:      http.StatusConflict,
}
