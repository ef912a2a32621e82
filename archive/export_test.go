package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/store"
)

// signed is an export of these lines, with the last line that belongs to them.
func signed(entities, messages int, lines ...string) string {
	body := strings.Join(lines, "\n") + "\n"
	sum := sha256.Sum256([]byte(body))
	return fmt.Sprintf(`%s{"type":"end","entities":%d,"messages":%d,"sha256":"%s"}`+"\n", body, entities, messages, hex.EncodeToString(sum[:]))
}

const (
	header = `{"type":"export","format":2,"room":""}`
	lobby2 = `{"type":"entity","kind":"room","key":"lobby","value":{"id":"lobby","seq":2}}`
	first  = `{"type":"message","room":"lobby","seq":1,"time":"2020-05-01T12:00:01.123456789Z",` +
		`"kind":"entered","nick":"小明","text":"","author":1,"place":1}`
	second = `{"type":"message","room":"lobby","seq":2,"time":"2020-05-01T12:00:02.123456789Z",` +
		`"kind":"message","nick":"小明","text":"one\n\ttwo <b> & \"quotes\"","author":1,"place":2}`
)

// TestExportIsWhatThePageSays, byte for byte.
func TestExportIsWhatThePageSays(t *testing.T) {
	dir := t.TempDir()
	apply(t, dir, chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "小明", Key: "小明"}},
		chat.Post{By: chat.By(s1), Room: chat.Lobby, Text: "one\n\ttwo <b> & \"quotes\""})
	if got, want := exported(t, dir, ""), signed(1, 2, header, lobby2, first, second); got != want {
		t.Errorf("it is\n%swant\n%s", got, want)
	}
	if got, want := exported(t, dir, "lobby"), signed(1, 2, strings.Replace(header, `""`, `"lobby"`, 1), lobby2, first, second); got != want {
		t.Errorf("of the lobby it is\n%swant\n%s", got, want)
	}
	refusedWith(t, Export(t.Context(), dir, "cellar", io.Discard, quiet),
		`no such room: "cellar"; the rooms are: lobby`)
	refusedWith(t, Export(t.Context(), dir, "", failing{}, quiet), "broken pipe")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// rooms fills a directory with three rooms and returns it.
func rooms(t testing.TB) string {
	t.Helper()
	dir := talk(t, "one")
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	result := chat.Result{Changes: []chat.Change{
		{Kind: "room", Key: "attic", Value: json.RawMessage(`{"id":"attic","seq":2}`)}, {Kind: "room", Key: "地下室", Value: json.RawMessage(`{"id":"地下室","seq":0}`)},
	}}
	for i := range 2 {
		result.Messages = append(result.Messages, chat.Message{Room: "attic", Seq: chat.Seq(i + 1), Time: noon, Kind: chat.KindMessage, Nick: "Bob", Text: "up here"})
	}
	if err := errors.Join(s.Commit([]chat.Result{result}, chat.Progress{Place: 20, Time: noon}), s.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// highest returns the highest place of a message in an export, 1 if no message has one.
func highest(export string) chat.Place {
	place := chat.Place(1)
	for line := range strings.Lines(export) {
		var m chat.Message
		if err := json.Unmarshal([]byte(line), &m); err == nil {
			place = max(place, m.Place)
		}
	}
	return place
}

func TestImportOfAnExport(t *testing.T) {
	for _, room := range []chat.RoomID{"", "attic", "lobby", "地下室"} {
		dir := rooms(t)
		before := exported(t, dir, room)
		again, err := imported(t, before)
		if err != nil {
			t.Fatal(err)
		}
		wants(t, again, store.FileName)
		if after := exported(t, again, room); after != before {
			t.Errorf("room %q was\n%sand is\n%s", room, before, after)
		}
		if epochOf(t, again) == epochOf(t, dir) {
			t.Error("the imported history has the epoch of the old one")
		}
		report, err := VerifyData(t.Context(), again, quiet)
		if err != nil || len(report.Problems) > 0 || report.Place != highest(before) ||
			report.Hash == (chat.Hash{}) {
			t.Errorf("%+v, %v", report, err)
		}
		apply(t, again, chat.Announce{By: chat.ByOperator(), Text: "it goes on"})
		if report, err := VerifyData(t.Context(), again, quiet); err != nil || len(report.Problems) > 0 {
			t.Errorf("%+v, %v", report, err)
		}
	}
	empty := t.TempDir()
	apply(t, empty)
	if again, err := imported(t, exported(t, empty, "")); err != nil || exported(t, again, "") != exported(t, empty, "") {
		t.Errorf("an empty one: %v", err)
	}
}

// TestWhateverARoomHoldsIsTakenBack: all that a command can lead to.
func TestWhateverARoomHoldsIsTakenBack(t *testing.T) {
	long := func(letter string) chat.Nick {
		name := strings.Repeat(letter, chat.NickMaxBytes/len(letter))
		return chat.Nick{Name: name, Key: name}
	}
	dir := t.TempDir()
	apply(t, dir,
		chat.Enter{Session: s1, Door: "line", Nick: long("小")},
		chat.Enter{Session: s2, Door: "line", Nick: long("明")},
		chat.Join{By: chat.By(s1), Room: "dev", Rooms: 9, Joined: 9, New: true},
		chat.Post{By: chat.By(s1), Room: "dev", Text: "waves", Action: true},
		chat.SetTopic{By: chat.By(s1), Room: "dev", Text: "tea"},
		chat.SetTopic{By: chat.By(s1), Room: "dev"},
		chat.SetTopic{By: chat.By(s1), Room: chat.Lobby, Text: "cake"},
		chat.Direct{By: chat.By(s2), ToKey: long("小").Key, Text: "psst", New: true},
		chat.Rename{By: chat.By(s1), Nick: chat.Nick{Name: "Ann", Key: "ann"}},
		chat.SetAway{By: chat.By(s1), Text: "lunch"},
		chat.Part{By: chat.By(s1), Room: "dev"},
		chat.Post{By: chat.By(s1), Room: chat.Lobby, Text: "bye"},
		chat.Leave{By: chat.By(s1), Reason: chat.ReasonSlow},
		chat.Announce{By: chat.ByOperator(), Text: "tea at five"},
	)
	before := exported(t, dir, "")
	for _, kind := range chat.Kinds() {
		if !strings.Contains(before, fmt.Sprintf("%q:%q", "kind", kind)) {
			t.Errorf("nothing of the kind %s is in it", kind)
		}
	}
	again, err := imported(t, before)
	if err != nil {
		t.Fatal(err)
	}
	if after := exported(t, again, ""); after != before {
		t.Errorf("it was\n%sand is\n%s", before, after)
	}
	for _, d := range []string{dir, again} {
		if report, err := VerifyData(t.Context(), d, quiet); err != nil || len(report.Problems) > 0 {
			t.Errorf("%+v, %v", report, err)
		}
	}
}

// TestImportInBatches: more than one transaction takes, with times that others wrote in other ways.
func TestImportInBatches(t *testing.T) {
	lines := []string{header, fmt.Sprintf(`{"type":"entity","kind":"room","key":"lobby","value":{"id":"lobby","seq":%d}}`, 2*batchMessages+1)}
	for i := range 2*batchMessages + 1 {
		lines = append(lines, fmt.Sprintf(` { "text": "n\u00fam %d", "type":"message","room":"lobby","seq":%d,"time":"2020-05-01T14:00:00+02:00","kind":"message","nick":"Ann"}`, i, i+1))
	}
	dir, err := imported(t, signed(1, 2*batchMessages+1, lines...))
	if err != nil {
		t.Fatal(err)
	}
	if got := exported(t, dir, ""); !strings.Contains(got, `"seq":10001,"time":"2020-05-01T12:00:00Z","kind":"message","nick":"Ann","text":"núm 10000"}`) {
		t.Errorf("%s", got[len(got)-500:])
	}
}

// message is a line like second, with one thing changed.
func message(field string, value any) string {
	var line map[string]any
	if err := json.Unmarshal([]byte(second), &line); err != nil {
		panic(err)
	}
	line[field] = value
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// refusedImport is an export that no server has written, with the first line that shows it.
type refusedImport struct {
	content string
	line    int
	why     string
}

// with is a good export but for what follows its first message.
func with(lines ...string) string {
	return signed(1, 2, append([]string{header, lobby2, first}, lines...)...)
}

// refusedShapes are exports whose lines are not such, or not in order.
func refusedShapes() map[string]refusedImport {
	good := signed(1, 2, header, lobby2, first, second)
	return map[string]refusedImport{
		"nothing":        {"", 1, "cut off"},
		"a backup":       {"SQLite format 3\x00", 1, "use parley restore"},
		"something else": {"dear diary\n", 1, "not an export: the first line"},
		"an array":       {"[]\n", 1, "not an export: the first line"},
		"cut off between lines": {
			strings.Join([]string{header, lobby2, first, ""}, "\n"), 4,
			"cut off",
		},
		"cut off in a line": {
			good[:len(header)+len(lobby2)+20], 3,
			"expected one JSON object",
		},
		"cut off in the last line": {good[:len(good)-10], 5, "expected one JSON object"},
		"something after the end":  {good + "\n", 6, "there is more after"},
		"two exports":              {good + good, 6, "there is more after"},
		"a changed byte":           {strings.Replace(good, "quotes", "quores", 1), 5, "the file was changed"},
		"no header":                {signed(1, 2, lobby2, first, second), 1, "not an export"},
		"two headers":              {signed(1, 2, header, header, lobby2), 2, "wrong order"},
		"a newer format": {
			signed(0, 0, `{"type":"export","format":3,"room":""}`), 1,
			"unknown format 3",
		},
		"no format": {
			signed(0, 0, `{"type":"export","format":0,"room":""}`), 1,
			"unknown format 0",
		},
		"a place in format 1": {
			signed(1, 2, strings.Replace(header, "2", "1", 1), lobby2, first, second), 3,
			"since format 2",
		},
		"amendments in format 1": {
			signed(1, 2, strings.Replace(header, "2", "1", 1),
				strings.Replace(lobby2, `"seq":2`, `"seq":2,"amended":1`, 1), first, second), 2,
			"since format 2",
		},
		"amendments beyond all": {
			signed(1, 2, header,
				strings.Replace(lobby2, `"seq":2`, `"seq":2,"amended":9223372036854775806`, 1),
				first, second), 2, "invalid amended",
		},
		"a place that goes back": {with(message("place", 0)), 4, "its place in the log is 0"},
		"a place beyond all": {
			with(message("place", uint64(1)<<62+1)), 4,
			"its place in the log is 4611686018427387905, but must be at most 4611686018427387904",
		},
		"an author to come":       {with(message("author", 3)), 4, "its author 3 is later"},
		"a reply to itself":       {with(message("reply", 2)), 4, "which is not before it"},
		"a negative author":       {with(message("author", -1)), 4, "cannot parse it"},
		"an unknown type":         {with(`{"type":"poll"}`), 4, "must be export, entity"},
		"no type":                 {with(`{}`), 4, "must be export, entity, message or end"},
		"a type that is not text": {with(`{"type":7}`), 4, "must be export, entity"},
		"an unknown field":        {with(message("colour", "red")), 4, "colour"},
		"a missing field": {
			with(strings.Replace(second, `"nick":"小明",`, "", 1)), 4,
			"nick",
		},
		"a field twice": {
			with(strings.Replace(second, `"seq":2`, `"seq":2,"seq":2`, 1)),
			4, "twice",
		},
		"a field in capitals":   {with(strings.Replace(second, `"nick"`, `"Nick"`, 1)), 4, "Nick"},
		"two objects in a line": {with(second + second), 4, "something follows it"},
		"not UTF-8": {
			with(strings.Replace(second, "quotes", "\xff", 1)), 4,
			"not UTF-8",
		},
		"too long a line": {
			with(strings.Repeat(" ", lineMaxBytes) + second), 4,
			"longer than",
		},
		"an entity among messages": {with(lobby2, second), 4, "wrong order"},
	}
}

// refusedOrders are exports whose lines are such, and not in order or not all there.
func refusedOrders() map[string]refusedImport {
	return map[string]refusedImport{
		"an entity of presence": {
			with(`{"type":"entity","kind":"node","key":"n","value":{}}`),
			4, "wrong order",
		},
		"presence": {
			signed(1, 0, header,
				`{"type":"entity","kind":"session","key":"s","value":{}}`), 2,
			"unknown kind of entity",
		},
		"an entity twice": {
			signed(2, 2, header, lobby2, lobby2, first, second), 3,
			"wrong order",
		},
		"entities out of order": {signed(2, 2, header, lobby2, strings.ReplaceAll(lobby2,
			"lobby", "attic"), first, second), 3, "wrong order"},
		"an entity's shape":        {signed(1, 2, header, strings.Replace(lobby2, `"seq"`, `"sec"`, 1), first), 2, `"sec" is not known`},
		"an entity's key":          {signed(1, 2, header, strings.Replace(lobby2, `"lobby"`, `"attic"`, 1), first), 2, "another key"},
		"a room's name":            {signed(1, 2, header, strings.ReplaceAll(lobby2, "lobby", `a\u001bb`), first), 2, "not a valid room name"},
		"another room's entity":    {signed(1, 2, strings.Replace(header, `""`, `"attic"`, 1), lobby2, first, second), 2, `another room than "attic"`},
		"another room's message":   {signed(0, 2, strings.Replace(header, `""`, `"attic"`, 1), first, second), 2, `another room than "attic"`},
		"a room that is not there": {with(message("room", "attic")), 4, "wrong order"},
		"a room without an entity": {with(message("room", "zoo")), 4, "should be 2"},
		"a room of no name":        {signed(0, 1, header, message("room", "")), 2, "has no entity"},
		"a gap":                    {with(message("seq", 3)), 4, "message 3 follows message 1"},
		"a message twice":          {with(first, second), 4, "message 1 follows message 1"},
		"more than the room has":   {with(second, message("seq", 3)), 5, "the newest should be 2"},
		"fewer than the room has":  {signed(1, 1, header, lobby2, first), 4, "should be 2"},
		"a room without messages": {
			signed(1, 0, header, lobby2), 3,
			"by the seq of its rooms, it should have 2 messages",
		},
		"a wrong count":          {signed(1, 3, header, lobby2, first, second), 5, "counts"},
		"a wrong count of rooms": {signed(2, 2, header, lobby2, first, second), 5, "counts"},
		"a negative seq":         {with(message("seq", -2)), 4, "cannot parse it"},
	}
}

// refusedMessages are exports with a message or an entity that no server writes.
func refusedMessages() map[string]refusedImport {
	long := strings.Repeat("x", 10_000)
	return map[string]refusedImport{
		"time goes back": {
			with(message("time", "2019-01-01T00:00:00Z")), 4,
			"older than the message before it",
		},
		"time in the future": {with(message("time", noon.Add(3*time.Hour))), 4, "in the future"},
		"time beyond all": {signed(1, 2, header, lobby2, strings.Replace(first, "2020-",
			"0001-", 1)), 3, "its time is out of range"},
		"an invalid time": {with(message("time", "noon")), 4, "cannot parse it"},
		"a text in a quiet room": {
			signed(1, 2, header, strings.NewReplacer("lobby", "x", `"seq":2`,
				`"seq":2,"quiet":true`).
				Replace(lobby2), strings.ReplaceAll(first, "lobby", "x"),
				strings.ReplaceAll(second, "lobby", "x")), 4,
			"a quiet room has only joins",
		},
		"an unknown kind":          {with(message("kind", "poll")), 4, "unknown kind of message"},
		"no text":                  {with(message("text", "")), 4, "the message is empty"},
		"too long a text":          {with(message("text", strings.Repeat("x", textMaxBytes+1))), 4, "too long"},
		"a NUL":                    {with(message("text", "a\x00b")), 4, "not UTF-8 text"},
		"an escape sequence":       {with(message("text", "a\x1b[2J")), 4, "control characters"},
		"lines that end in CR":     {with(message("text", "a\rb")), 4, "control characters"},
		"no nick":                  {with(message("nick", "")), 4, "other messages must have one"},
		"a nick of two lines":      {with(message("nick", "a\nb")), 4, "its nick"},
		"too long a nick":          {with(message("nick", strings.Repeat("x", chat.NickMaxBytes+1))), 4, "its nick"},
		"an announcement's nick":   {with(message("kind", "announcement")), 4, "must have no nick"},
		"an entering's text":       {with(message("kind", "entered")), 4, "must have no text"},
		"a nick nobody can have":   {with(message("nick", "ann: hello")), 4, "its nick"},
		"a nick that becomes none": {with(message("kind", "renamed")), 4, `invalid new nickname "`},
		"a topic of two lines":     {with(message("kind", "topic")), 4, "must be one line"},
		"no reason for leaving":    {with(message("kind", "left")), 4, `unknown reason "`},
		"null for a text":          {with(strings.Replace(first, `"text":""`, `"text":null`, 1)), 4, "null"},
		"a long kind": {
			with(message("kind", long)), 4,
			`unknown kind of message "xxx`,
		},
		"a long reason":            {with(strings.Replace(message("text", long), `"kind":"message"`, `"kind":"left"`, 1)), 4, `unknown reason "`},
		"a long room of an export": {signed(0, 2, strings.Replace(header, `""`, `"`+long+`"`, 1), first), 2, "another room than"},
		"a long kind of entity": {signed(1, 0, header, strings.Replace(lobby2, `"room"`,
			`"`+long+`"`, 1)), 2, `unknown kind of entity "xxx`},
		"half a character": {with(message("text", "x"), strings.Replace(second, "quotes", `\ud83d`,
			1)), 5, `\ud83d is half a character`},
	}
}

func TestImportRefuses(t *testing.T) {
	all := refusedShapes()
	maps.Copy(all, refusedOrders())
	maps.Copy(all, refusedMessages())
	for what, c := range all {
		t.Run(what, func(t *testing.T) {
			dir, err := imported(t, c.content)
			refusedWith(t, err, c.why)
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if err != nil && !strings.HasPrefix(err.Error(), fmt.Sprintf("line %d: ", c.line)) {
				t.Errorf("%v: want line %d", err, c.line)
			}
			wants(t, dir)
		})
	}
	if _, err := imported(t, strings.TrimSuffix(signed(1, 2, header, lobby2, first, second),
		"\n")); err != nil {
		t.Errorf("without the last line's end: %v", err)
	}
}

// TestExportRefusesWhatJSONWouldChange.
func TestExportRefusesWhatJSONWouldChange(t *testing.T) {
	dir := talk(t)
	change(t, filepath.Join(dir, store.FileName), "UPDATE message SET text = CAST(x'ff' AS TEXT) WHERE seq = 3")
	refusedWith(t, Export(t.Context(), dir, "", io.Discard, quiet), "message 3 is not UTF-8")
}

// FuzzDecode: whatever comes in, what is taken comes out of an export as it is, and goes in again as the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(signed(1, 2, header, lobby2, first, second)))
	f.Add([]byte(signed(0, 0, header)))
	f.Add([]byte(signed(1, 2, lobby2, header, second, first)))
	f.Add([]byte(exported(f, rooms(f), "")))
	f.Add([]byte(signed(1, 2, header, strings.Replace(lobby2, `"seq":2`, `"seq":2,"amended":3`, 1),
		first,
		strings.Replace(second, `"place":2`, `"author":1,"reply":1,"place":2`, 1))))
	for _, format := range []string{"1", "2"} {
		old, err := os.ReadFile("../store/testdata/format" + format + ".jsonl")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(old)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		// The checksum would keep the fuzzer out.
		if at := bytes.LastIndex(body, []byte(`"sha256":"`)); at >= 0 {
			line := bytes.LastIndexByte(body[:at], '\n') + 1
			sum := sha256.Sum256(body[:line])
			body = append(bytes.Clone(body[:at]), fmt.Sprintf(`"sha256":"%s"}`, hex.EncodeToString(sum[:]))...)
		}
		once, ok := recode(t, body)
		if !ok {
			return
		}
		if twice, ok := recode(t, once); !ok || !bytes.Equal(once, twice) {
			t.Errorf("taken is %q, exported that is %q, and again %q", body, once, twice)
		}
	})
}

// recode decodes an export and encodes what was in it.
func recode(t *testing.T, body []byte) (again []byte, ok bool) {
	t.Helper()
	var b bytes.Buffer
	e := newEncoder(&b)
	var room chat.RoomID
	if l, err := newLineReader(bytes.NewReader(body)).next(); err == nil {
		if h, is := l.(*headerLine); is {
			room = h.Room
		}
	}
	if err := e.header(room); err != nil {
		t.Fatal(err)
	}
	_, err := decode(bytes.NewReader(body), noon.Add(time.Hour), func(all []chat.Change) error {
		for _, c := range all {
			if err := e.entity(c); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}, e.message)
	if err != nil {
		return nil, false
	}
	if err := e.end(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), true
}
