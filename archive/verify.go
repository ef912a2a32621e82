package archive

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parley/chat"
	"parley/locale"
	"parley/store"
)

// Report is what was found in a database.
type Report struct {
	Rooms    []Room // ordered by ID
	Newest   time.Time
	Place    chat.Place // of the log, up to which it was applied
	Hash     chat.Hash  // of the log, see chat.Progress
	Problems []error    // what is wrong with it, each for itself
	Unsummed string     // the checksum file that the backup does not have beside it

	unread bool // part of it cannot be read
}

// Room is what was found of a room.
type Room struct {
	ID       chat.RoomID
	Messages uint64
	Digest   chat.Hash // over all of them
}

// Messages returns how many there are in all rooms.
func (r *Report) Messages() (n uint64) {
	for _, room := range r.Rooms {
		n += room.Messages
	}
	return n
}

func (r *Report) problem(text locale.Text, args ...any) {
	r.Problems = append(r.Problems, locale.Errorf(text, args...))
}

// VerifyData checks the database in a data directory, as it is at one moment, whether or not a server runs on it. What is wrong
// with it stands in the Report; the error says why it could not be checked.
func VerifyData(ctx context.Context, dir string, progress Progress) (*Report, error) {
	r, err := openData(ctx, dir)
	if err != nil {
		return nil, err
	}
	report, err := check(ctx, r, progress)
	return report, errors.Join(err, r.Close())
}

// VerifyFile is VerifyData for a backup, with its FILE.sha256 where that is there.
func VerifyFile(ctx context.Context, file string, progress Progress) (*Report, error) {
	report := &Report{}
	sum, _, err := hashFile(ctx, file, progress)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, unusable(file, err)
	}
	missing, err := compareSum(file, sum)
	if err != nil {
		report.Problems = append(report.Problems, err)
	}
	found, err := checkFile(ctx, file, progress)
	if err != nil {
		return nil, errors.Join(append(report.Problems, err)...)
	}
	found.Problems, found.Unsummed = append(report.Problems, found.Problems...), missing
	return found, nil
}

// VerifyExport checks every line of an export, as Import does, and writes nothing. The Report has
// no digests. An error names the line that is wrong.
func VerifyExport(
	ctx context.Context, file string, now time.Time, progress Progress,
) (*Report, error) {
	from, err := os.Open(file)
	if err != nil {
		return nil, unusable(file, err)
	}
	defer from.Close()
	report := &Report{}
	know := func(entities []chat.Change) error {
		for _, e := range entities {
			if e.IsRoom() {
				report.Rooms = append(report.Rooms, Room{ID: chat.RoomID(e.Key)})
			}
		}
		slices.SortFunc(report.Rooms, func(a, b Room) int { return compareIDs(a.ID, b.ID) })
		return nil
	}
	count := func(m chat.Message) error {
		i, _ := slices.BinarySearchFunc(report.Rooms, m.Room, func(r Room, id chat.RoomID) int {
			return compareIDs(r.ID, id)
		})
		report.Rooms[i].Messages++
		return nil
	}
	end, err := decode(watch(ctx, from, progress, stepCheck), now, know, count)
	report.Place, report.Newest, report.Hash = end.Place, end.Time, end.Hash
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return report, nil
}

// openData opens the database of a data directory and says what to do when there is none.
func openData(ctx context.Context, dir string) (*store.Reader, error) {
	r, err := store.OpenReader(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		if full, err := filepath.Abs(dir); err == nil { // perhaps this is the wrong folder
			dir = full
		}
		return nil, locale.Errorf(locale.Text{
			EN: "the data directory %[2]s has no %[1]s: name your server's data directory " +
				"with --data",
			ZH: "数据目录 %[2]s 中没有 %[1]s：请用 --data 指定服务器的数据目录",
		}, store.FileName, dir)
	}
	if errors.Is(err, store.ErrForeign) || errors.Is(err, store.ErrDamaged) {
		return nil, locale.Errorf(locale.Text{
			EN: "%v; Parley does not write such a database: parley doctor explains how to " +
				"restore a backup",
			ZH: "%v；Parley 不会写出这样的数据库：请运行 parley doctor，查看如何换上备份",
		}, err)
	}
	return r, err
}

// checkFile checks a database that is whole in one file.
func checkFile(ctx context.Context, file string, progress Progress) (*Report, error) {
	r, err := store.OpenFile(ctx, file)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, unusable(file, err)
	}
	report, err := check(ctx, r, progress)
	return report, errors.Join(err, r.Close())
}

// check looks at everything in a database. The error is ctx's.
func check(ctx context.Context, r *store.Reader, progress Progress) (*Report, error) {
	report := &Report{}
	progress(stepCheck, 0, 0)
	problems, err := r.QuickCheck()
	for _, p := range problems {
		report.problem(locale.Text{EN: "the file is damaged: %s", ZH: "文件已损坏：%s"}, p)
	}
	report.unreadable(err)
	state := report.state(r)
	found := report.messages(ctx, r, state, progress)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if state != nil {
		report.compareRooms(state, found)
	}
	if r.HasDigests() {
		recorded, err := r.Digests()
		report.unreadable(err)
		if err == nil {
			report.compareDigests(recorded, found)
		}
	}
	if !report.unread {
		report.compareSums(r)
	}
	if state != nil {
		report.amendments(r, state)
	}
	return report, nil
}

// compareSums compares the sum over all entities with the one recorded as they were written.
func (r *Report) compareSums(from *store.Reader) {
	recorded, computed, err := from.Sums()
	r.unreadable(err)
	if err == nil && recorded != computed {
		r.problem(locale.Text{
			EN: "rooms, sessions or other entities were changed or removed: their sum is %v, " +
				"but the one recorded is %v",
			ZH: "房间、会话等实体与写入时不符：校验和为 %v，记录为 %v",
		}, computed, recorded)
	}
}

// amendments checks that the amendments of each room lead to its revision, one by one. The oldest
// ones may be missing: they are forgotten after a while, and an export has none.
func (r *Report) amendments(from *store.Reader, state *chat.State) {
	var last store.Amendment
	complete := func() {
		room, _ := state.Room(last.Room)
		if last.Room != "" && last.Rev-chat.Rev(last.Born) != chat.Rev(room.Amended) {
			r.problem(locale.Text{
				EN: "room %s: the last amendment leads to revision %d, which does not fit %d " +
					"amendments",
				ZH: "房间 %s：最后一次修订的版本号为 %d，与记录的修订次数 %d 不符",
			}, last.Room, last.Rev, room.Amended)
		}
	}
	r.unreadable(from.Amendments(func(a store.Amendment) error {
		if a.Room != last.Room {
			complete()
			last = store.Amendment{}
		}
		room, _ := state.Room(a.Room)
		follows := last.Room == "" ||
			a.Born >= last.Born && a.Rev-last.Rev == chat.Rev(a.Born-last.Born)+1
		exists := 1 <= a.Seq && a.Seq <= a.Born && a.Born <= room.Seq
		if !follows || !exists || a.Rev <= chat.Rev(a.Born) {
			r.problem(locale.Text{
				EN: "room %s: the server could not have recorded the amendment of message %d " +
					"that leads to revision %d",
				ZH: "房间 %s：第 %[2]d 条消息的修订（版本 %[3]d）不是服务器写入的",
			}, a.Room, a.Seq, a.Rev)
		}
		last = a
		return nil
	}))
	complete()
}

func (r *Report) unreadable(err error) {
	if err != nil {
		r.unread = true
		r.problem(locale.Text{EN: "cannot read it: %v", ZH: "无法读取：%v"}, err)
	}
}

// state returns what the entities come to; nil if one of them is invalid or cannot be read.
func (r *Report) state(from *store.Reader) *chat.State {
	progress, err := from.Progress()
	r.unreadable(err)
	r.Place, r.Hash = progress.Place, progress.Hash
	entities, entitiesErr := from.Entities()
	r.unreadable(entitiesErr)
	if err != nil || entitiesErr != nil {
		return nil
	}
	state := chat.NewState()
	sound := true
	for _, e := range entities {
		if err := state.AddEntity(e); err != nil {
			sound = false
			r.Problems = append(r.Problems, invalid(e, err))
		}
	}
	if !sound {
		return nil
	}
	return state
}

// messages reads every message, tells where one is missing or out of time, and returns what each room comes to.
func (r *Report) messages(ctx context.Context, from *store.Reader, state *chat.State, progress Progress) map[chat.RoomID]store.Digest {
	var total, done int64
	if state != nil {
		total = expected(state, "")
	}
	known := !r.unread // r.Place
	found := map[chat.RoomID]store.Digest{}
	var last chat.Message
	err := from.Messages("", func(m chat.Message) error {
		if m.Room != last.Room {
			r.Rooms = append(r.Rooms, Room{ID: m.Room})
			last = chat.Message{Room: m.Room}
		}
		if m.Seq != last.Seq+1 {
			r.problem(locale.Text{
				EN: "room %s: message %d follows %d",
				ZH: "房间 %s：第 %d 条消息紧接在第 %d 条之后，编号不连续",
			}, m.Room, m.Seq, last.Seq)
		}
		if m.Time.Before(last.Time) {
			r.problem(locale.Text{EN: "room %s: message %d is older than the one before it", ZH: "房间 %s：第 %d 条消息的时间早于前一条"}, m.Room, m.Seq)
		}
		if m.Place < last.Place || known && m.Place > r.Place {
			r.problem(locale.Text{
				EN: "room %s: message %d has the place %d in the log, between %d and %d",
				ZH: "房间 %s：第 %d 条消息在日志中的位置为 %d，应在 %d 与 %d 之间",
			}, m.Room, m.Seq, m.Place, last.Place, r.Place)
		}
		var entity chat.Room
		if state != nil {
			entity, _ = state.Room(m.Room)
		}
		if err := checkMessage(m, entity); err != nil {
			r.problem(locale.Text{
				EN: "room %s: the server could not have written message %d: %v",
				ZH: "房间 %s：第 %d 条消息不可能由服务器写入：%v",
			}, m.Room, m.Seq, err)
		}
		room := &r.Rooms[len(r.Rooms)-1]
		room.Messages++
		room.Digest = from.Follow(room.Digest, m)
		found[m.Room] = store.Digest{Seq: m.Seq, Hash: room.Digest}
		if last = m; m.Time.After(r.Newest) {
			r.Newest = m.Time
		}
		if done++; done%progressEvery == 0 {
			progress(stepCheck, done, total)
		}
		return ctx.Err()
	})
	r.unreadable(err)
	return found
}

// progressEvery is after how many messages Progress is told.
const progressEvery = 4096

// expected returns how many messages a room, or all of them, should have.
func expected(state *chat.State, room chat.RoomID) (n int64) {
	for _, r := range state.Rooms() {
		if room == "" || isShown(room, r.ID) {
			n += int64(r.Seq)
		}
	}
	return n
}

// compareRooms compares what was found with how many messages the rules know of.
func (r *Report) compareRooms(state *chat.State, found map[chat.RoomID]store.Digest) {
	for _, room := range state.Rooms() {
		if found[room.ID].Seq != room.Seq {
			r.problem(locale.Text{
				EN: "room %s: the newest message is %d, but should be %d",
				ZH: "房间 %s：最新消息是第 %d 条，应为第 %d 条",
			}, room.ID, found[room.ID].Seq, room.Seq)
		}
		if room.Seq == 0 && found[room.ID].Seq == 0 {
			r.Rooms = append(r.Rooms, Room{ID: room.ID})
		}
	}
	for id := range found {
		if _, known := state.Room(id); !known {
			r.problem(locale.Text{
				EN: "room %s has messages, but does not exist",
				ZH: "房间 %s：有消息但房间不存在",
			}, id)
		}
	}
	slices.SortFunc(r.Rooms, func(a, b Room) int { return compareIDs(a.ID, b.ID) })
}

// compareDigests compares what was found with what was recorded as it was written.
func (r *Report) compareDigests(recorded, found map[chat.RoomID]store.Digest) {
	rooms := maps.Clone(recorded)
	maps.Copy(rooms, found)
	for _, id := range slices.SortedFunc(maps.Keys(rooms), compareIDs) {
		if found[id] != recorded[id] {
			r.problem(locale.Text{
				EN: "room %s: messages were changed or removed: the digest up to message %d " +
					"is %v, but the one recorded up to message %d is %v",
				ZH: "房间 %s：消息被改动或删除：实际前 %d 条的摘要为 %v，记录的前 %d 条的摘要为 %v",
			}, id, found[id].Seq, found[id].Hash, recorded[id].Seq, recorded[id].Hash)
		}
	}
}
