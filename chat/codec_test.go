package chat

import (
	"bytes"
	"encoding/hex"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// written is a Command with a name in testdata/commands.txt.
type written struct {
	name    string
	command Command
}

// full has one Command of each kind, in which no field is zero.
func full() []written {
	by := Actor{
		Session: SessionID{Node: "n1", Life: 0x0123456789abcdef, N: 300}, As: "ann", Operator: true,
	}
	peer := netip.MustParseAddrPort("[fe80::1%eth0]:8888")
	return []written{
		{"enter", Enter{Session: by.Session, Door: "udp", Peer: peer, Nick: nick("Ann")}},
		{"post", Post{By: by, Room: Lobby, Text: "waves", Action: true}},
		{"direct", Direct{By: by, ToKey: "ben", To: 12, Text: "psst", New: true}},
		{"join", Join{By: by, Room: "attic", Rooms: 1000, Joined: 10, New: true}},
		{"part", Part{By: by, Room: "attic", Detail: "bye"}},
		{"rename", Rename{By: by, Nick: Nick{Name: "Zoë", Key: "zoë"}}},
		{"topic", SetTopic{By: by, Room: "attic", Text: "tea"}},
		{"away", SetAway{By: by, Text: "lunch"}},
		{"leave", Leave{By: by, Reason: ReasonQuit, Detail: "bye"}},
		{"announce", Announce{By: by, Text: "five o'clock"}},
		{"kick", Kick{By: by, NickKey: "ben", Detail: "enough"}},
		{"remove-room", RemoveRoom{By: by, Room: "@1:2"}},
		{"start", Start{Resumable: []string{"udp", "line"}, Within: time.Minute, Alone: true}},
		{"stop", Stop{Resumable: []string{"udp"}}},
		{"gone", Gone{Node: "n2", Epoch: 300, Life: math.MaxUint64, N: 7}},
		{"sweep", Sweep{}},
		{"alive", Alive{}},
	}
}

// variants has Commands with fields that are zero, and with extreme values.
func variants() []written {
	ann := By(SessionID{Node: "n1", Life: 0x0123456789abcdef, N: 1})
	far := By(SessionID{Node: "北", Life: math.MaxUint64, N: math.MaxUint64})
	four := netip.MustParseAddrPort("192.0.2.1:65535")
	return []written{
		{"enter-line", Enter{Session: ann.Session, Door: "line", Nick: nick("小明")}},
		{"enter-ipv4", Enter{Session: ann.Session, Door: "udp", Peer: four, Nick: nick("Ann")}},
		{"post-plain", Post{By: ann, Room: Lobby, Text: "你好\n\tb"}},
		{"post-by-nobody", Post{Room: Lobby, Text: "hello"}},
		{"post-far", Post{By: far, Room: Lobby, Text: "hello"}},
		{"direct-plain", Direct{By: ann, ToKey: "ben", Text: "psst"}},
		{"direct-user", Direct{By: ann, ToKey: "ben", To: math.MaxInt64, Text: "psst"}},
		{"join-none", Join{By: ann, Room: "attic"}},
		{"join-most", Join{By: ann, Room: "attic", Rooms: math.MaxInt32, Joined: math.MaxInt32}},
		{"part-plain", Part{By: ann, Room: "attic"}},
		{"topic-none", SetTopic{By: ann, Room: "attic"}},
		{"back", SetAway{By: ann}},
		{"leave-gone", Leave{By: ann, Reason: ReasonGone}},
		{"announce-operator", Announce{By: ByOperator(), Text: "five o'clock"}},
		{"kick-operator", Kick{By: ByOperator(), NickKey: "ben"}},
		{"remove-everywhere", RemoveRoom{By: ByOperator(), Room: Everywhere}},
		{"start-none", Start{}},
		{"start-alone", Start{Alone: true}},
		{"stop-none", Stop{}},
		{"start-within", Start{Within: time.Nanosecond}},
		{"start-no-name", Start{Resumable: []string{"udp", ""}}},
	}
}

// stored returns the lines of testdata/commands.txt.
func stored(t testing.TB) (names []string, forms map[string][]byte) {
	t.Helper()
	table, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	forms = map[string][]byte{}
	for line := range strings.Lines(string(table)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name == "#" {
			continue
		}
		form, err := hex.DecodeString(digits)
		if _, twice := forms[name]; err != nil || twice {
			t.Fatalf("line %q: %v, or its name is there twice", line, err)
		}
		names, forms[name] = append(names, name), form
	}
	return names, forms
}

// TestWrittenCommandsKeepTheirMeaning: a line of the table may be in a log. To change one is to
// change what a history says.
func TestWrittenCommandsKeepTheirMeaning(t *testing.T) {
	names, forms := stored(t)
	var want []string
	for _, w := range slices.Concat(full(), variants()) {
		want = append(want, w.name)
		form, err := AppendCommand([]byte("before"), w.command)
		if err != nil {
			t.Errorf("%s: %v", w.name, err)
			continue
		}
		form = form[len("before"):]
		if !bytes.Equal(form, forms[w.name]) {
			t.Errorf("the table has another line than\n%s %x", w.name, form)
		}
		if c, err := DecodeCommand(forms[w.name]); err != nil || !reflect.DeepEqual(c, w.command) {
			t.Errorf("%s is read as %#v, %v\nwant %#v", w.name, c, err, w.command)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the table has %q, this test %q", names, want)
	}
}

// TestEveryCommandIsWrittenWhole: the form has every field of every Command there is.
func TestEveryCommandIsWrittenWhole(t *testing.T) {
	var examples []string
	kinds := map[byte]string{}
	for _, w := range full() {
		value := reflect.ValueOf(w.command)
		name := value.Type().Name()
		examples = append(examples, name)
		if zero := zeroField(value); zero != "" {
			t.Errorf("the full %s has no value in the field %s", name, zero)
		}
		kind := w.command.kind()
		if other, taken := kinds[kind]; taken || kind == 0 {
			t.Errorf("%s has the kind %d, as %q has", name, kind, other)
		}
		kinds[kind] = name
	}
	slices.Sort(examples)
	if declared := withApply(t); !slices.Equal(examples, declared) {
		t.Errorf("full has %q, declared are %q", examples, declared)
	}
}

// zeroField returns the name of a field that is zero, or empty.
func zeroField(v reflect.Value) string {
	_, isAddress := v.Interface().(netip.AddrPort)
	if v.Kind() != reflect.Struct || isAddress {
		return ""
	}
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Field(i).IsZero() {
			return name
		}
		if inner := zeroField(v.Field(i)); inner != "" {
			return name + "." + inner
		}
	}
	return ""
}

// withApply returns the types of this package that have a method apply, in order.
func withApply(t *testing.T) (names []string) {
	t.Helper()
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv != nil && f.Name.Name == "apply" {
				names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// TestAFieldCanBeAdded plays a later version, in which Part has one more field. Without a value in
// it, a Part keeps its form. With one, this version reports ErrNewer.
func TestAFieldCanBeAdded(t *testing.T) {
	type later struct {
		Part
		Urgency uint64
	}
	write := func(c later) []byte {
		f := write(nil, partKind)
		f.part(&c.Part)
		f.number(&c.Urgency)
		form, err := f.written()
		if err != nil {
			t.Fatal(err)
		}
		return form
	}
	_, forms := stored(t)
	for _, name := range []string{"part", "part-plain"} {
		var c later
		f := read(forms[name][1:])
		f.part(&c.Part)
		f.number(&c.Urgency)
		if err := f.rest(); err != nil || c.Room != "attic" || c.Urgency != 0 {
			t.Errorf("the later version reads %s as %+v, %v", name, c, err)
		}
		if form := write(c); !bytes.Equal(form, forms[name]) {
			t.Errorf("the later version writes %s as %x", name, form)
		}
		c.Urgency = 7
		if got, err := DecodeCommand(write(c)); !errors.Is(err, ErrNewer) {
			t.Errorf("%s with a field more: %v, %v", name, got, err)
		}
	}
}

func TestBoundsHoldWhatTheRulesAllow(t *testing.T) {
	if nickBytes < NickMaxBytes || noteBytes < NoteMaxBytes || roomBytes < 2*NickMaxBytes+2 ||
		roomBytes < RoomMaxBytes || CommandMaxBytes < 60<<10+1<<10 {
		t.Error("a bound is too small")
	}
	for _, c := range []Command{
		Post{By: full()[1].command.(Post).By, Room: Lobby, Text: strings.Repeat("x", 60<<10)},
		Join{Room: RoomID(strings.Repeat("r", roomBytes))},
		Kick{NickKey: strings.Repeat("k", nickBytes), Detail: strings.Repeat("d", noteBytes)},
		Start{Resumable: make([]string, listMax)},
	} {
		form, err := AppendCommand(nil, c)
		if err != nil {
			t.Errorf("%T: %v", c, err)
			continue
		}
		if got, err := DecodeCommand(form); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%T of %d bytes: %v", c, len(form), err)
		}
	}
}

// unwritable has Commands that no log may have.
func unwritable() []written {
	ann := SessionID{Node: "n1", N: 1}
	long := func(n int) string { return strings.Repeat("x", n+1) }
	noIP := netip.AddrPortFrom(netip.Addr{}, 1)
	return []written{
		{"has no written form", broken{}},
		{"not UTF-8", Post{Room: Lobby, Text: "a\xff"}},
		{"a NUL", Post{Room: Lobby, Text: "a\x00"}},
		{"a message is not empty", Post{Room: Lobby}},
		{"a message is not empty", Direct{ToKey: "ben"}},
		{"a message is not empty", Announce{By: ByOperator()}},
		{"a nickname is not empty", Enter{Session: ann, Door: "line"}},
		{"a nickname is not empty", Rename{By: By(ann), Nick: Nick{Name: "Ann"}}},
		{"has a node and a number", Enter{Session: SessionID{N: 1}, Nick: nick("Ann")}},
		{"has a node and a number", Enter{Session: SessionID{Node: "n1"}, Nick: nick("Ann")}},
		{"a room to join has a name", Join{By: By(ann)}},
		{"invalid address", Enter{Session: ann, Peer: noIP, Nick: nick("Ann")}},
		{"more than 96", Rename{Nick: Nick{Name: long(nickBytes), Key: "x"}}},
		{"more than 96", Kick{NickKey: long(nickBytes)}},
		{"more than 128", Start{Resumable: []string{long(nameBytes)}}},
		{"more than 255", Start{Resumable: make([]string, listMax+1)}},
		{"more than 256", Join{Room: RoomID(long(roomBytes))}},
		{"more than 400", SetTopic{Text: long(noteBytes)}},
		{"more than 400", Leave{Detail: long(noteBytes)}},
		{"more than 65536", Post{Text: long(CommandMaxBytes)}},
		{"more than 65536", Post{Room: Lobby, Text: long(CommandMaxBytes - 20)}},
		{"more than 2147483647", Join{Room: "attic", Rooms: -1}},
		{"more than 2147483647", Join{Room: "attic", Joined: -1}},
		{"more than 9223372036854775807", Start{Within: -1}},
		{"more than 9223372036854775807", Direct{Text: "x", To: 1 << 63}},
	}
}

func TestWhatCannotBeReadIsNotWritten(t *testing.T) {
	for _, w := range unwritable() {
		form, err := AppendCommand([]byte("before"), w.command)
		if err == nil || !strings.Contains(err.Error(), w.name) || string(form) != "before" {
			t.Errorf("%T: %q, %v; want %q", w.command, form, err, w.name)
		}
	}
}

// entering is the form of an Enter up to its address.
const entering = "\x01\x01n\x01\x02\x03\x04\x05\x06\x07\x08\x01\x03udp"

// hostile has bytes that are not the form of a Command, with what the error says.
var hostile = []struct{ data, says string }{
	{"", "no bytes"},
	{"\x00", "kind 0: unknown kind"},
	{"\x12", "kind 18: unknown kind"},
	{"\xff", "kind 255: unknown kind"},
	{"\x11\x00", "1 bytes after the last known field"},
	{"\x0e\x01\x03udp\x01", "1 bytes after the last known field"},
	{"\x0d\x00\x00\x02", "unknown flags 00000010"},
	{"\x0d\x00", "ends with a field that is zero"},
	{"\x0d\x01\x03udp\x00", "ends with a field that is zero"},
	{"\x0d\x00\x80\x00", "invalid number"},
	{"\x0d\x00\x80", "invalid number"},
	{"\x0d\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "invalid number"},
	{"\x0d\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "is more than 9223372036854775807"},
	{"\x0d\x80\x02", "is more than 255"},
	{"\x0d\x05\x01x", "2 bytes of a list of 5"},
	{"\x0d\x02\x01x", "a list ends early"},
	{"\x08\x81\x01", "129 bytes, more than 128"},
	{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "more than 128"},
	{"\x08\x02x", "1 bytes of a text of 2"},
	{"\x08\x01\xff", "not UTF-8"},
	{"\x08\x01\x00", "a NUL"},
	{"\x08\x01n\x01\x02", "2 bytes of 8"},
	{"\x08\x01n\x01\x02\x03\x04\x05\x06\x07\x08\x01\x00\x02", "unknown flags 00000010"},
	{entering + "\x071.2.3.4\x03Ann\x03ann", "invalid address"},
	{entering + "\x0b01.2.3.4:80\x03Ann\x03ann", "invalid address"},
	{entering + "\x0b1.2.3.4:080\x03Ann\x03ann", "invalid address"},
	{entering + "\x0b[FE80::1]:1\x03Ann\x03ann", "invalid address"},
	{entering + "\x00\x03Ann", "a nickname is not empty"},
	{"\x01", "a nickname is not empty"},
	{"\x02", "a message is not empty"},
	{"\x02" + strings.Repeat("x", CommandMaxBytes), "65537 bytes, more than 65536"},
}

func TestHostileCommandsAreRefused(t *testing.T) {
	for _, h := range hostile {
		c, err := DecodeCommand([]byte(h.data))
		newer := strings.Contains(h.says, "unknown") || strings.Contains(h.says, "last known")
		if c != nil || err == nil || !strings.Contains(err.Error(), h.says) ||
			errors.Is(err, ErrNewer) != newer {
			t.Errorf("%.40q: %v, %v; want %q", h.data, c, err, h.says)
		}
	}
}

func TestUnknownFlagsAreNotOverlooked(t *testing.T) {
	_, forms := stored(t)
	for _, name := range []string{"post", "direct", "join", "start"} { // those that end with flags
		for bit := 1; bit < 8; bit++ {
			form := bytes.Clone(forms[name])
			form[len(form)-1] |= 1 << bit
			if c, err := DecodeCommand(form); !errors.Is(err, ErrNewer) {
				t.Errorf("%s with another flag %d: %#v, %v", name, bit, c, err)
			}
		}
	}
}

// TestCutCommandsAreNotMistakenForNewer: only bytes that are too many can be of another version.
func TestCutCommandsAreNotMistakenForNewer(t *testing.T) {
	_, forms := stored(t)
	for name, form := range forms {
		for n := range form {
			if _, err := DecodeCommand(form[:n]); errors.Is(err, ErrNewer) {
				t.Errorf("the first %d bytes of %s: %v", n, name, err)
			}
		}
	}
}
