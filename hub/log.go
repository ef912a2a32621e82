package hub

import (
	"context"
	"fmt"
	"log/slog"

	"parley/chat"
)

// log tells an operator who debugs what a committed batch led to. What was said stays out of it, and why somebody was kicked.
func (h *Hub) log(records []chat.Record, results []chat.Result) {
	if !h.options.Log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	messages := 0
	for i, r := range results {
		messages += len(r.Messages)
		if r.Refusal != nil {
			h.options.Log.Debug("a command is refused", "command", fmt.Sprintf("%T", records[i].Command), "place", r.Place, "code", r.Refusal.Code.String())
		}
		for _, e := range r.Events {
			switch e := e.(type) {
			case chat.Entered:
				h.logMember("a member enters", e.Session, e.Message)
			case chat.Left:
				h.logMember("a member leaves", e.Session, e.Message, "reason", e.Reason)
			}
		}
	}
	h.options.Log.Debug("a batch is stored", "records", len(records), "messages", messages, "place", results[len(results)-1].Place)
}

func (h *Hub) logMember(what string, s chat.Session, m chat.Message, more ...any) {
	h.options.Log.Debug(what, append([]any{"nick", s.Nick.Name, "session", s.ID, "door", s.Door, "room", m.Room, "seq", m.Seq}, more...)...)
}
