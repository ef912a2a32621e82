package commands

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"parley/chat"
)

// head is that of the frame in testdata/frame.txt, which has a part of a frame on each line.
var head = Head{Node: "n1", Epoch: 3, Life: 0x0123456789abcdef, Number: 258, First: 300}

func examples() []chat.Command {
	ann := chat.SessionID{Node: "n1", Life: head.Life, N: 1}
	return []chat.Command{
		chat.Enter{Session: ann, Door: "line", Nick: chat.Nick{Name: "Ann", Key: "ann"}},
		chat.Post{By: chat.By(ann), Room: chat.Lobby, Text: "hello"},
		chat.Alive{},
	}
}

func build(t testing.TB, head Head, all ...chat.Command) []byte {
	t.Helper()
	b, err := NewBuilder(head)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := b.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	data, err := b.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// seal appends the checksum to a frame without one.
func seal(body []byte) []byte {
	return binary.BigEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, castagnoli))
}

// TestFrameKeepsItsForm: such a frame may be in a log. Its bytes never change.
func TestFrameKeepsItsForm(t *testing.T) {
	golden, err := os.ReadFile("testdata/frame.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, err := hex.DecodeString(strings.Join(strings.Fields(string(golden)), ""))
	if err != nil {
		t.Fatal(err)
	}
	if data := build(t, head, examples()...); !bytes.Equal(data, want) {
		t.Errorf("the frame is\n%x, want\n%x", data, want)
	}
	f, err := Parse(want)
	if err != nil || f.Head != head || !reflect.DeepEqual(f.Commands, examples()) {
		t.Errorf("the frame is read as %+v, %v", f, err)
	}
	origin := chat.Origin{Node: "n1", Epoch: 3, Life: head.Life, N: 302}
	if o := f.Origin(2); o != origin {
		t.Errorf("the last command has the origin %+v", o)
	}
}

func TestParseKeepsNothing(t *testing.T) {
	data := build(t, head, examples()...)
	f, err := Parse(data)
	clear(data)
	if err != nil || f.Head != head || !reflect.DeepEqual(f.Commands, examples()) {
		t.Errorf("after its bytes were overwritten, the frame is %+v, %v", f, err)
	}
}

func TestTornFrames(t *testing.T) {
	data := build(t, head, examples()...)
	for n := range data {
		if f, err := Parse(data[:n]); !errors.Is(err, ErrTorn) {
			t.Errorf("the first %d of %d bytes: %+v, %v", n, len(data), f, err)
		}
	}
}

// TestChangedFrames changes each bit. Where a length is changed, the frame may seem torn.
func TestChangedFrames(t *testing.T) {
	data := build(t, head, examples()...)
	for i := range 8 * len(data) {
		changed := bytes.Clone(data)
		changed[i/8] ^= 1 << (i % 8)
		f, err := Parse(changed)
		switch {
		case err == nil:
			t.Errorf("with another bit %d of byte %d: %+v", i%8, i/8, f)
		case i/8 == 0 && changed[0] > format:
			if !errors.Is(err, chat.ErrNewer) {
				t.Errorf("format %d: %v", changed[0], err)
			}
		case i/8 > 0 && !errors.Is(err, ErrChanged) && !errors.Is(err, ErrTorn):
			t.Errorf("with another bit %d of byte %d: %v", i%8, i/8, err)
		}
	}
	if _, err := Parse(append(bytes.Clone(data), 0)); !errors.Is(err, ErrChanged) {
		t.Errorf("with a byte more: %v", err)
	}
}

// frameOf is a frame with a right checksum, and a node, numbers and commands as given.
func frameOf(node, numbers, rest string) string {
	fixed := "\x01" + strings.Repeat("\x00", 7) + "\x01" + strings.Repeat("\x00", 7) + "\x01"
	return string(seal([]byte(fixed + node + numbers + rest)))
}

// hostile has frames with a right checksum that no server writes, with what the error says.
var hostile = []struct{ data, says string }{
	{frameOf("\x02n1", "\x01\x01", "\x00\x00"), "cut off: 28 bytes"},
	{frameOf("\x05nodes", "\x01\x01", "\x00\x00"), "no commands"},
	{frameOf("\x02n1", "\x01\x00", "\x00\x01\x01\x11"), "numbered from 0"},
	{frameOf("\x00", "\x01\x01", "\x00\x01\x01\x11....."), "bytes after its last command"},
	{frameOf("\x00", "\x01\x01", "\x00\x02\x01\x11\x01\x11"), `the node "" is not`},
	{frameOf("\x02n\xff", "\x01\x01", "\x00\x01\x01\x11"), "UTF-8"},
	{frameOf("\x02n\x00", "\x01\x01", "\x00\x01\x01\x11"), "without NUL"},
	{frameOf("\x81\x01", "\x01\x01", "\x00\x01\x01\x11"), "more than 128"},
	{frameOf("\x02n1", "\x81\x00\x01", "\x00\x01\x01\x11"), "invalid form"},
	{frameOf("\x02n1", strings.Repeat("\xff", 11), "\x00\x01\x01\x11"), "invalid form"},
	{
		frameOf("\x02n1", "\x01"+strings.Repeat("\xff", 9)+"\x01", "\x00\x02\x01\x11\x01\x11"),
		"from number 18446744073709551615 on",
	},
	{frameOf("\x02n1", "\x01\x01", "\x00\x01\x81\x80\x04"), "more than 65536"},
	{frameOf("\x02n1", "\x01\x01", "\x00\x01\x02\x11"), "cut off"},
	{frameOf("\x02n1", "\x01\x01", "\xff\xff\x01\x11"), "cut off"},
	{frameOf("\x02n1", "\x01\x01", "\x00\x02\x01\x11\x00"), "command: no bytes"},
	{frameOf("\x02n1", "\x01\x05", "\x00\x02\x01\x11\x01\x02"), `command 6 of the node "n1"`},
	{frameOf("\x02n1", "\x01\x05", "\x00\x02\x01\x11\x01\xfe"), "kind 254: unknown kind"},
	{"\x00" + strings.Repeat("x", 40), "its first byte is 0"},
	{"\x01" + strings.Repeat("x", MaxBytes), "262145 bytes, more than 262144"},
}

func TestHostileFramesAreRefused(t *testing.T) {
	for _, h := range hostile {
		f, err := Parse([]byte(h.data))
		if err == nil || f.Commands != nil || !strings.Contains(err.Error(), h.says) {
			t.Errorf("%.60q: %+v, %v; want %q", h.data, f, err, h.says)
		}
		if newer := strings.Contains(h.says, "unknown"); errors.Is(err, chat.ErrNewer) != newer {
			t.Errorf("%.60q: %v", h.data, err)
		}
	}
}

func TestParseAllocatesInProportion(t *testing.T) {
	worst := strings.Repeat("\x01\x09", MaxCommands) // the largest Command of one byte
	for name, data := range map[string][]byte{
		"commands of one byte": []byte(frameOf("\x02n1", "\x01\x01", "\xff\xff"+worst)),
		"no command":           []byte(frameOf("\x02n1", "\x01\x01", "\xff\xff"+worst[:9])),
		"a long list":          []byte(frameOf("\x02n1", "\x01\x01", "\x00\x01\x03\x0d\xff\x01")),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse(data)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 100*uint64(len(data))+16<<10 {
			t.Errorf("%s: %d bytes for a frame of %d, %v", name, n, len(data), err)
		}
	}
}

func TestBuilderKeepsBounds(t *testing.T) {
	text := strings.Repeat("x", 60<<10)
	by := chat.By(chat.SessionID{Node: "n1", Life: 1, N: 1})
	for _, try := range []struct {
		head    Head
		command chat.Command
		count   int
	}{
		{head, chat.Post{By: by, Room: chat.Lobby, Text: text}, 4},
		{head, chat.Post{By: by, Room: chat.Lobby, Text: text[:16<<10]}, 15},
		{head, chat.Alive{}, MaxCommands},
		{Head{Node: "n1", First: math.MaxUint64}, chat.Alive{}, 1},
	} {
		b, err := NewBuilder(try.head)
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			err = b.Add(try.command)
		}
		if !errors.Is(err, ErrFull) || b.Count() != try.count {
			t.Errorf("after %d times %T: %v", b.Count(), try.command, err)
		}
		data, err := b.Append(nil)
		if err != nil || len(data) > MaxBytes {
			t.Errorf("%d times %T: %d bytes, %v", try.count, try.command, len(data), err)
		}
		if f, err := Parse(data); err != nil || len(f.Commands) != try.count {
			t.Errorf("%d times %T is read as %d, %v", try.count, try.command, len(f.Commands), err)
		}
	}
}

func TestFramesHaveUpToMaxBytes(t *testing.T) {
	b, err := NewBuilder(head)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 60<<10)
	by := chat.By(chat.SessionID{Node: "n1", Life: 1, N: 1})
	for err == nil {
		err = b.Add(chat.Post{By: by, Room: chat.Lobby, Text: text})
	}
	for n := len(text) - 1; errors.Is(err, ErrFull); n-- {
		err = b.Add(chat.Post{By: by, Room: chat.Lobby, Text: text[:n]})
	}
	data, appendErr := b.Append(nil)
	if err != nil || appendErr != nil || len(data) != MaxBytes {
		t.Errorf("the longest frame has %d bytes, %v, %v", len(data), err, appendErr)
	}
	if f, err := Parse(data); err != nil || len(f.Commands) != 5 {
		t.Errorf("the longest frame is read as %d commands, %v", len(f.Commands), err)
	}
}

func TestBuilderRefusesWhatParseWould(t *testing.T) {
	for _, h := range []Head{
		{First: 1},
		{Node: "n1"},
		{Node: "n\xff", First: 1},
		{Node: "n\x00", First: 1},
		{Node: chat.NodeID(strings.Repeat("n", nodeBytes+1)), First: 1},
	} {
		if _, err := NewBuilder(h); err == nil {
			t.Errorf("a frame begins with %+v", h)
		}
	}
	b, err := NewBuilder(head)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := b.Append([]byte("before")); err == nil || string(data) != "before" {
		t.Errorf("a frame without commands: %q, %v", data, err)
	}
	if err := b.Add(chat.Post{Text: "\xff"}); err == nil || errors.Is(err, ErrFull) {
		t.Errorf("a text that is not UTF-8: %v", err)
	}
	for _, c := range examples() {
		if err := b.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	data, err := b.Append([]byte("before"))
	if want := build(t, head, examples()...); err != nil || string(data) != "before"+string(want) {
		t.Errorf("after a refused command the frame is %q, %v", data, err)
	}
}

func FuzzParseFrame(f *testing.F) {
	f.Add(build(f, head, examples()...), false)
	for _, h := range hostile {
		if len(h.data) < 1000 {
			f.Add([]byte(h.data), false)
			f.Add([]byte(h.data[:len(h.data)-checksumSize]), true)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, sealed bool) {
		if sealed { // else hardly a changed frame gets past the checksum
			data = seal(data)
		}
		frame, err := Parse(data)
		if err != nil {
			if !reflect.DeepEqual(frame, Frame{}) {
				t.Fatalf("an error comes with %+v", frame)
			}
			return
		}
		if again := build(t, frame.Head, frame.Commands...); !bytes.Equal(again, data) {
			t.Fatalf("%x is %+v, that is %x", data, frame, again)
		}
	})
}

// posts is the load of the benchmarks: a frame full of posts of 100 bytes.
func posts(b *testing.B) (data []byte, count int) {
	builder, err := NewBuilder(head)
	by := chat.By(chat.SessionID{Node: "n1", Life: head.Life, N: 1000})
	text := strings.Repeat("0123456789", 10)
	var post chat.Command = chat.Post{By: by, Room: chat.Lobby, Text: text}
	for err == nil {
		err = builder.Add(post)
	}
	if !errors.Is(err, ErrFull) {
		b.Fatal(err)
	}
	data, err = builder.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	return data, builder.Count()
}

func BenchmarkBuildFrame(b *testing.B) {
	var data []byte
	var count int
	for b.Loop() {
		data, count = posts(b)
	}
	report(b, data, count)
}

func BenchmarkParseFrame(b *testing.B) {
	data, count := posts(b)
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
	report(b, data, count)
}

// report reports the figures of one command.
func report(b *testing.B, data []byte, count int) {
	b.ReportMetric(float64(len(data))/float64(count), "bytes/command")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/command")
}
