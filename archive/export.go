package archive

import (
	"context"
	"errors"
	"io"
	"slices"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

// Export writes the content of a data directory, as it is at one moment, or the history of one room
// of it, as docs/protocol/export.md tells. The output before an error has no last line.
func Export(ctx context.Context, dir string, room chat.RoomID, to io.Writer, progress Progress) error {
	r, err := openData(ctx, dir)
	if err != nil {
		return err
	}
	err = export(ctx, r, room, newEncoder(to), progress)
	if ctx.Err() != nil {
		err = ctx.Err() // the rest came of it
	}
	return errors.Join(err, r.Close())
}

func export(ctx context.Context, r *store.Reader, room chat.RoomID, to *encoder, progress Progress) error {
	entities, err := r.Entities()
	if err != nil {
		return err
	}
	state, err := chat.LoadState(chat.Progress{}, entities)
	if err != nil {
		return err
	}
	_, exists := state.Room(room)
	switch {
	case !exists && room == chat.LobbyInChinese:
		room = chat.Lobby
	case !exists && room != "":
		return noRoom(room, state)
	}
	if err := to.header(room); err != nil {
		return err
	}
	for _, e := range entities {
		if !chat.Lasts(e.Kind) || room != "" && !isOf(room, e) {
			continue
		}
		if err := to.entity(e); err != nil {
			return err
		}
	}
	total := expected(state, room)
	each := func(m chat.Message) error {
		if to.messages%progressEvery == 0 {
			progress(stepExport, int64(to.messages), total)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return to.message(m)
	}
	rooms := []chat.RoomID{room}
	if _, told := state.Room(chat.Everywhere); told && room != "" && room.IsPublic() {
		rooms = append(rooms, chat.Everywhere)
		slices.Sort(rooms)
	}
	for _, id := range rooms {
		if err := r.Messages(id, each); err != nil {
			return err
		}
	}
	return to.end()
}

// isShown says whether the history of a room shows the messages of a room, which may be the same.
func isShown(in, of chat.RoomID) bool { return of == in || of == chat.Everywhere && in.IsPublic() }

// isOf says whether an entity is a room whose messages the history of a room shows.
func isOf(room chat.RoomID, e chat.Change) bool {
	return e.IsRoom() && isShown(room, chat.RoomID(e.Key))
}

func noRoom(room chat.RoomID, state *chat.State) error {
	var names []string
	for _, r := range state.Rooms() {
		if r.ID.IsPublic() {
			names = append(names, string(r.ID))
		}
	}
	return locale.Errorf(locale.Text{
		EN: "no such room: %s; the rooms are: %s",
		ZH: "没有房间 %s；现有房间：%s",
	},
		chat.Quote(room), locale.List(names))
}
