package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// stateFormat is the first format with the table state.
const stateFormat = 3

// row is an entity's row of the table state.
type row struct {
	kind, key, value string
	digest           *Digest // of a room; nil: of no room
}

// hash returns the hash over everything in the row. The sum of the log's row covers it.
func (r row) hash() chat.Hash {
	b := make([]byte, 0, 512)
	for _, text := range []string{r.kind, r.key, r.value} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	if r.digest != nil {
		b = binary.BigEndian.AppendUint64(b, uint64(r.digest.Seq))
		b = append(b, r.digest.Hash[:]...)
	}
	return sha256.Sum256(b)
}

// isLog says whether the row is the log's, which has no kind and no key.
func (r row) isLog() bool { return r.kind == "" && r.key == "" }

// room is what a Store remembers of a room's row.
type room struct {
	Digest
	row chat.Hash // of the row as it is stored
}

// books is what a Store remembers of the table state, as it is stored.
type books struct {
	node     chat.NodeID
	epoch    string
	progress chat.Progress
	rooms    map[chat.RoomID]room
	entities chat.Hash // the sum over all rows but the log's
}

// logRow is the value of the log's row.
type logRow struct {
	Node  chat.NodeID `json:"node"`  // this server's, made once
	Epoch string      `json:"epoch"` // which history this is, see Store.Epoch
	Place chat.Place  `json:"place"` // up to which the log was applied
	Time  int64       `json:"time"`  // of the record there, Unix nanoseconds
	Hash  string      `json:"hash"`  // chat.Progress.Hash, hexadecimal
}

// log returns the log's row. Its sum covers the row itself, too.
func (b *books) log() (r row, sum chat.Hash, err error) {
	value, err := json.Marshal(logRow{
		Node: b.node, Epoch: b.epoch, Place: b.progress.Place,
		Time: b.progress.Time.UnixNano(), Hash: b.progress.Hash.String(),
	})
	r = row{value: string(value)}
	return r, b.entities.Plus(r.hash()), err
}

var errNoLog = fmt.Errorf("%w: the row of the log is missing", ErrDamaged)

// setLog takes what the value of the log's row says.
func (b *books) setLog(value string) error {
	var l logRow
	o, err := chat.ParseObject([]byte(value))
	if err == nil {
		err = o.Fill(&l)
	}
	hash, hexErr := hex.DecodeString(l.Hash)
	switch {
	case err != nil:
		return fmt.Errorf("%w: load progress: %v", ErrDamaged, err)
	case hexErr != nil || len(hash) != len(b.progress.Hash):
		return fmt.Errorf("%w: load progress: the recorded hash is cut short", ErrDamaged)
	}
	b.node, b.epoch = l.Node, l.Epoch
	at := time.Unix(0, l.Time).UTC()
	b.progress = chat.Progress{Place: l.Place, Time: at, Hash: chat.Hash(hash)}
	return nil
}

// take makes the books those after a batch. Of the rooms, after has those that the batch touched; a
// removed one is the zero room.
// node and epoch stay, which other goroutines read.
func (b *books) take(after books) {
	b.progress, b.entities = after.progress, after.entities
	for id, r := range after.rooms {
		if r == (room{}) { // removed
			delete(b.rooms, id)
			continue
		}
		b.rooms[id] = r
	}
}

// putLog writes the log's row.
func (b *books) putLog(conn *sqlite.Conn) error {
	r, sum, err := b.log()
	if err != nil {
		return err
	}
	return putColumns(conn, r, func(q *sqlite.Stmt) {
		q.BindNull(4)
		q.BindBytes(5, sum[:])
	})
}

// putRow writes an entity's row.
func putRow(conn *sqlite.Conn, r row) error {
	return putColumns(conn, r, func(q *sqlite.Stmt) {
		if r.digest == nil {
			q.BindNull(4)
			q.BindNull(5)
			return
		}
		q.BindInt64(4, int64(r.digest.Seq))
		q.BindBytes(5, r.digest.Hash[:])
	})
}

// putColumns writes a row with the seq and the sum that more binds, as 4 and 5.
func putColumns(conn *sqlite.Conn, r row, more func(*sqlite.Stmt)) error {
	q, err := conn.Prepare(`INSERT INTO state (kind, key, value, seq, sum) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (kind, key) DO UPDATE
		SET value = excluded.value, seq = excluded.seq, sum = excluded.sum`)
	if err != nil {
		return err
	}
	q.BindText(1, r.kind)
	q.BindText(2, r.key)
	q.BindText(3, r.value)
	more(q)
	return run(q)
}

// deleteRow removes the row of a removed entity.
func deleteRow(conn *sqlite.Conn, r row) error {
	q, err := conn.Prepare("DELETE FROM state WHERE kind = ? AND key = ?")
	if err != nil {
		return err
	}
	q.BindText(1, r.kind)
	q.BindText(2, r.key)
	return run(q)
}

// sums are the recorded sum over the rows of the table state, and the one that they have now.
type sums struct{ recorded, computed chat.Hash }

// ErrEntities is returned for a database in which rooms, sessions or other entities are not as they
// were written. An export has the messages nonetheless. It wraps ErrDamaged.
var ErrEntities = fmt.Errorf("%w: rooms, sessions or other entities were changed", ErrDamaged)

// check returns ErrEntities if a row is not as it was written.
func (s sums) check() error {
	if s.recorded != s.computed {
		return fmt.Errorf("%w: their sum is %v, but should be %v", ErrEntities, s.computed,
			s.recorded)
	}
	return nil
}

// eachRow calls each with the rows of the table state, ordered by kind and key, and with the sum
// that a row has.
func eachRow(conn *sqlite.Conn, each func(r row, sum []byte) error) error {
	const query = "SELECT kind, key, value, seq, sum FROM state ORDER BY kind, key"
	take := func(q *sqlite.Stmt) error {
		r := row{kind: q.ColumnText(0), key: q.ColumnText(1), value: q.ColumnText(2)}
		sum := make([]byte, q.ColumnLen(4))
		q.ColumnBytes(4, sum)
		if r.kind == chat.EntityRoom {
			d, err := digestOf(q, 3)
			if err != nil {
				return fmt.Errorf("room %s: %w", chat.Quote(r.key), err)
			}
			r.digest = &d
		}
		return each(r, sum)
	}
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: take})
}

// readBooks reads the table state.
func readBooks(conn *sqlite.Conn) (b books, s sums, err error) {
	b.rooms = map[chat.RoomID]room{}
	found := false
	var log chat.Hash // of the log's row
	err = eachRow(conn, func(r row, sum []byte) error {
		hash := r.hash()
		s.computed = s.computed.Plus(hash)
		if r.isLog() {
			found, log = true, hash
			copy(s.recorded[:], sum)
			return b.setLog(r.value)
		}
		if r.digest != nil {
			b.rooms[chat.RoomID(r.key)] = room{Digest: *r.digest, row: hash}
		}
		return nil
	})
	// What is recorded, not what is found: damage stays visible whatever is written after it.
	b.entities = s.recorded.Minus(log)
	switch {
	case err != nil:
		return b, s, fmt.Errorf("load the state: %w", err)
	case !found:
		return b, s, errNoLog
	}
	return b, s, nil
}

// readProgress returns how far the log was applied. A database of an older format that no server
// has opened yet has no progress; it is before the first record.
func readProgress(conn *sqlite.Conn, format int) (chat.Progress, error) {
	b, err := readLog(conn, format)
	return b.progress, err
}

// readLog returns what is recorded of the log and of the node. node and epoch may be empty in an
// older format.
func readLog(conn *sqlite.Conn, format int) (b books, err error) {
	b.progress.Time = time.Unix(0, 0).UTC()
	query := "SELECT node, '', place, time, hash FROM progress"
	switch {
	case format >= stateFormat:
		found := false
		query = "SELECT value FROM state WHERE kind = '' AND key = ''"
		take := func(q *sqlite.Stmt) error {
			found = true
			return b.setLog(q.ColumnText(0))
		}
		err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: take})
		if err == nil && !found {
			err = errNoLog
		}
		return b, err
	case format >= digestFormat:
		query = "SELECT node, epoch, place, time, hash FROM progress"
	}
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: func(q *sqlite.Stmt) error {
		b.node, b.epoch = chat.NodeID(q.ColumnText(0)), q.ColumnText(1)
		b.progress.Place = chat.Place(q.ColumnInt64(2))
		b.progress.Time = time.Unix(0, q.ColumnInt64(3)).UTC()
		if q.ColumnLen(4) != len(b.progress.Hash) {
			return errors.New("the recorded hash is cut short")
		}
		q.ColumnBytes(4, b.progress.Hash[:])
		return nil
	}})
	if err != nil {
		return b, fmt.Errorf("load progress: %w", err)
	}
	return b, nil
}

// readEntities returns the entities as this version has them, ordered by kind and key.
func readEntities(conn *sqlite.Conn, format int) ([]chat.Change, error) {
	all, err := readRows(conn, format)
	if err != nil || format >= sessionFormat {
		return all, err
	}
	return renamed(all)
}

// readRows returns the entities as they are stored, ordered by kind and key.
func readRows(conn *sqlite.Conn, format int) (all []chat.Change, err error) {
	query := "SELECT kind, key, value FROM entity ORDER BY kind, key"
	if format >= stateFormat {
		query = `SELECT kind, key, value FROM state
			WHERE NOT (kind = '' AND key = '') ORDER BY kind, key`
	}
	err = sqlitex.Execute(conn, query, &sqlitex.ExecOptions{ResultFunc: func(q *sqlite.Stmt) error {
		value := json.RawMessage(q.ColumnText(2))
		all = append(all, chat.Change{Kind: q.ColumnText(0), Key: q.ColumnText(1), Value: value})
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("load entities: %w", err)
	}
	return all, nil
}

// readState returns the State that is stored. The error is ErrDamaged if a row of it was changed,
// or if it counts other messages than the digests do.
func readState(conn *sqlite.Conn, format int) (*chat.State, error) {
	var changed error
	if format >= stateFormat {
		_, s, err := readBooks(conn)
		if err != nil {
			return nil, err
		}
		changed = s.check()
	}
	progress, err := readProgress(conn, format)
	if err != nil {
		return nil, err
	}
	entities, err := readEntities(conn, format)
	if err != nil {
		return nil, err
	}
	state, err := chat.LoadState(progress, entities)
	if err := errors.Join(changed, err); err != nil {
		return nil, err
	}
	return state, nil
}
