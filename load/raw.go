package load

// rawDialect is what bench/forward speaks over TCP: the first line names the room and is answered, every further one goes to all
// others there as it is. Members put their nicknames before what they say themselves, so that as many bytes travel as elsewhere.
type rawDialect struct {
	r *run
	m *member
}

func newRawDialect(r *run, m *member) dialect { return &rawDialect{r, m} }

// rawInside is the answer to who has named a room.
const rawInside = "OK"

func (w *rawDialect) greet(*connection) error { return nil }

func (w *rawDialect) enter(s *connection) error {
	return s.ask(w.r.rooms[w.m.room]+"\n", is(rawInside))
}

func (w *rawDialect) say(b, text []byte) []byte {
	return append(append(append(append(b, w.m.nick...), said...), text...), '\n')
}

func (w *rawDialect) quit() string { return "" }

func (w *rawDialect) read(_ *connection, line []byte) (kind, mark) { return w.m.reader.read(line) }
