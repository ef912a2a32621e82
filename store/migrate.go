package store

import (
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/chat"
)

// ErrChanged is returned for a database of an older format whose messages are not the ones that
// were written. It is not brought to this version's format. It wraps ErrDamaged.
var ErrChanged = fmt.Errorf("%w: messages were changed or removed", ErrDamaged)

// migration brings a database to the newest format, in one transaction: wherever it ends, the
// database has the old format whole, or the new one.
type migration struct {
	conn     *sqlite.Conn
	scripts  []string
	upgrades func(from, to int) // Options.Upgrades
	reached  func(step string)  // for tests, which end the program there; nil: nothing
}

// steps of a migration, in order.
const (
	stepBegun    = "begun"
	stepChecked  = "checked"   // the old format's messages and entities are as they were written
	stepMade     = "made"      // the new tables are there
	stepSummed   = "summed"    // they are complete
	stepRenamed  = "renamed"   // sessions have the names of format 5
	stepNumbered = "numbered"  // the file says that it has the new format
	stepDone     = "committed" // for good
)

func (m *migration) at(step string) {
	if m.reached != nil {
		m.reached(step)
	}
}

// from migrates a database of a format, 0 for an empty file.
func (m *migration) from(format int) error {
	if format == len(m.scripts) {
		return nil
	}
	if format > 0 && m.upgrades != nil {
		m.upgrades(format, len(m.scripts))
	}
	if err := m.transact(format); err != nil {
		return err
	}
	m.at(stepDone)
	return nil
}

func (m *migration) transact(format int) (err error) {
	end, err := sqlitex.ImmediateTransaction(m.conn)
	if err != nil {
		return err
	}
	defer end(&err)
	m.at(stepBegun)
	for ; format < len(m.scripts); format++ {
		// Check the file as it is, before the script changes it.
		var old former
		if format+1 == stateFormat {
			if old, err = readFormer(m.conn); err != nil {
				return err
			}
			m.at(stepChecked)
		}
		if err := sqlitex.ExecuteScript(m.conn, m.scripts[format], nil); err != nil {
			return fmt.Errorf("migrate from format %d: %w", format, err)
		}
		m.at(stepMade)
		if format+1 == stateFormat {
			if err := old.write(m.conn); err != nil {
				return fmt.Errorf("migrate from format %d: %w", format, err)
			}
			m.at(stepSummed)
		}
		if format+1 == sessionFormat {
			if err := renameSessions(m.conn); err != nil {
				return fmt.Errorf("migrate from format %d: %w", format, err)
			}
			m.at(stepRenamed)
		}
	}
	err = sqlitex.ExecuteTransient(m.conn, fmt.Sprintf("PRAGMA user_version = %d", format), nil)
	if err == nil {
		m.at(stepNumbered)
	}
	return err
}

// former is what a database of format 2 records, and what its messages come to in format 3.
type former struct {
	log     books // node, epoch and progress
	digests map[chat.RoomID]Digest
}

// readFormer reads a database of format 2 and checks it. It has no epoch and no digests if no
// server has opened it in that format: it was of format 1, or has just been made.
func readFormer(conn *sqlite.Conn) (f former, err error) {
	const format = stateFormat - 1
	if f.log, err = readLog(conn, format); err != nil {
		return f, err
	}
	state, err := readState(conn, format)
	if err != nil {
		return f, err
	}
	chains := map[chat.RoomID]Digest{}
	f.digests = map[chat.RoomID]Digest{}
	err = eachMessage(conn, format, "", func(m chat.Message) (err error) {
		if chains[m.Room], err = chains[m.Room].add(format, m); err != nil {
			return damaged(err)
		}
		f.digests[m.Room], err = f.digests[m.Room].add(stateFormat, m)
		return err
	})
	if err != nil {
		return f, err
	}
	if f.log.epoch != "" {
		recorded, err := readDigests(conn, format)
		if err != nil {
			return f, err
		}
		if err := compareChains(recorded, chains); err != nil {
			return f, damaged(err)
		}
	}
	for id := range chains {
		if _, known := state.Room(id); !known {
			why := fmt.Errorf("room %s has messages, but does not exist", chat.Quote(id))
			return f, damaged(why)
		}
	}
	return f, compareNewest(state, chains)
}

// damaged returns ErrChanged with what was found.
func damaged(why error) error { return fmt.Errorf("%w: %v", ErrChanged, why) }

// compareChains compares what messages come to with what was recorded as they were written.
func compareChains(recorded, computed map[chat.RoomID]Digest) error {
	for id, want := range recorded {
		if got := computed[id]; got != want {
			return fmt.Errorf("the digest of room %s up to message %d is %v, but the one recorded "+
				"up to message %d is %v", chat.Quote(id), got.Seq, got.Hash, want.Seq, want.Hash)
		}
	}
	for id := range computed {
		if _, known := recorded[id]; !known {
			return fmt.Errorf("room %s has messages, but no recorded digest", chat.Quote(id))
		}
	}
	return nil
}

// write completes the table state, which has the entities.
func (f former) write(conn *sqlite.Conn) error {
	b := f.log
	if b.node == "" {
		b.node = chat.NodeID(randomName(4))
	}
	if b.epoch == "" {
		b.epoch = randomName(8)
	}
	entities, err := readRows(conn, stateFormat)
	if err != nil {
		return err
	}
	for _, e := range entities {
		r := rowOf(e)
		if e.IsRoom() {
			d := f.digests[chat.RoomID(e.Key)]
			r.digest = &d
			if err := putRow(conn, r); err != nil {
				return err
			}
		}
		b.entities = b.entities.Plus(r.hash())
	}
	return b.putLog(conn)
}
