package load

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"

	"parley/chat"
	"parley/locale"
)

// full is a report with everything in it.
func full() *Report {
	var h Histogram
	for i := range 1000 {
		h.Record(time.Duration(i) * time.Millisecond)
	}
	r := &Report{
		Plan: Plan{Door: UDP, Members: 5, Senders: 2, Size: 100, InFlight: 3}, Sent: 100, GivenUp: 1, Dropped: 2, Interrupted: true,
		Enter:      Enter{Members: 5, Seconds: 0.5, Repeated: 3, Notices: Notices{Expected: 10, Received: 9, Lost: 1}},
		Deliveries: Tally{Expected: 400, Received: 390, Lost: 10, Doubled: 1, OutOfOrder: 2, Damaged: 3, Unexpected: 4},
		Measured:   Measured{Seconds: 2, Sent: 50, Deliveries: 200, Lines: 200, Datagrams: 100},
		Latency:    latencies(&h), Late: latencies(&h), Curve: curve(&h),
		Server:   &Server{RSSBefore: 1 << 20, RSSEntered: 2 << 20, BytesPerMember: 2048, RSSAfter: 3 << 20, CPU: 1, PerDelivery: 5000},
		Vanished: &Vanished{Members: 2, Seen: 1, Seconds: 30, By: "notices"},
		Stopped:  &Stopped{Members: 3, Closed: 2}, Closed: 6,
		Others: map[string]int{chat.TooFast.Sentence(): 7},
	}
	r.Timeline = Timeline{SlotSeconds: 0.1, Received: []uint64{3, 0, 2}, Slowest: []float64{5, 0, 2}}
	return r
}

func TestTheTextTellsEverythingInBothLanguages(t *testing.T) {
	for l, wanted := range map[locale.Lang][]string{
		locale.English: {
			"5 members, 2 of them talk: as fast as accepted, 3 in flight of 100 bytes", "5 in 0.50 s, 3 requests", "10 expected, 1 lost",
			"50 messages, 200 deliveries, 100/s", "2.00", "p50 503.32, p99 989.86", "400 expected, 390 received",
			"10 lost, 1 duplicated, 2 out of order, 3 damaged, 4 of the sender's own",
			"1 not received in time, 2 lines dropped",
			"5000.00 µs a delivery",
			"1.0 MiB empty, 2.0 MiB with all members (2.0 KiB each), 3.0 MiB",
			"1 of 2 detected as gone", "(according to the notices in the room)",
			"3, of which the server disconnected 2",
			"6 connections closed", "slow down\" × 7",
			"--no-limits", "ended early",
		},
		locale.Chinese: {
			"5 人", "丢失 10，重复 1", "（由房间中的退出通知得知）", "每次送达 5000.00 微秒", "--no-limits",
			"提前结束",
		},
	} {
		text := full().Text(l)
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not told in\n%s", want, text)
			}
		}
		columns := map[int]bool{}
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(line, "  ")
			value := strings.TrimLeft(line[len(name):], " ")
			columns[displaywidth.String(line[:len(line)-len(value)])] = true
		}
		if len(columns) != 1 {
			t.Errorf("what is told begins in several columns: %v\n%s", columns, text)
		}
	}
	quiet := full()
	quiet.Plan, quiet.Idle = Plan{Door: Line, Members: 6, Rooms: 2, Idle: Silent, Duration: time.Second}, &Idle{Connections: 6, Closed: 1, Bytes: 2500, CPU: 0.5}
	quiet.Enter.Notices = Notices{Expected: 6, Received: 5, Gathered: true}
	for _, want := range []string{
		"6 members in 2 rooms, silent and quiet for 1s",
		"6, each 2.50 kB of the server's memory; 0.50 s of its CPU", "5, grouped",
	} {
		if text := quiet.Text(locale.English); !strings.Contains(text, want) || strings.Contains(text, "deliveries") {
			t.Errorf("%q is not told, or more, in\n%s", want, text)
		}
	}
	r := &Report{}
	for _, want := range []string{
		"none", "not measured: name it with --data or --pid",
		"does not send any",
	} {
		if text := r.Text(locale.English); !strings.Contains(text, want) {
			t.Errorf("%q is not told in\n%s", want, text)
		}
	}
	r.ServerError = "it ended"
	if text := r.Text(locale.English); !strings.Contains(text, "not measured: it ended") || !r.OK() || r.Limited() {
		t.Error(text)
	}
}

func TestTheJSONHasItsNames(t *testing.T) {
	r := full()
	r.Idle = &Idle{}
	content, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, value := range got {
		names = append(names, name)
		if inside, ok := value.(map[string]any); ok && name != "others" {
			for below := range inside {
				names = append(names, name+"."+below)
			}
		}
	}
	slices.Sort(names)
	page, err := os.ReadFile("../docs/bench/report.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "server_error") {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/bench/report.md does not tell what %s is", name)
		}
	}
}

func TestMetricsAreRead(t *testing.T) {
	const cpu, rss = "process_cpu_seconds_total 1.5\n", "process_resident_memory_bytes 3.2768e+07\n"
	page := func(text string) Meter {
		return Metrics(func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
	}
	got, err := page("# HELP process_cpu_seconds_total 7\n" + cpu + "process_cpu_seconds_total_of_others 9\n\n" + rss)()
	if err != nil || got.CPU != 1500*time.Millisecond || got.RSS != 32768000 {
		t.Errorf("%+v %v", got, err)
	}
	for text, want := range map[string]string{
		"":                                    cpuMetric,
		cpu:                                   rssMetric,
		rss:                                   cpuMetric,
		"process_cpu_seconds_total x\n" + rss: "invalid syntax",
	} {
		if _, err := page(text)(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	closed := errors.New("closed")
	if _, err := Metrics(func() (io.ReadCloser, error) { return nil, closed })(); !errors.Is(err, closed) {
		t.Error(err)
	}
}

func TestAProcessIsMeasured(t *testing.T) {
	meter, err := Process(os.Getpid())
	if runtime.GOOS != "linux" {
		if err == nil {
			t.Error("no error")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	first, err := meter()
	if err != nil || first.RSS < 1<<20 {
		t.Errorf("%+v %v", first, err)
	}
	for now := first; now.CPU == first.CPU; { // burns some itself
		if now, err = meter(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Process(1 << 30); err == nil {
		t.Error("a process that is not there is measured")
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	good := Plan{Door: UDP, Members: 2, Senders: 1, Rate: 1, Size: 100, Duration: time.Second}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	irc := Door{Name: "irc", SizeMax: 400, New: Line.New}
	mute := Door{Name: "mute", New: Line.New} // announces nothing
	for want, spoil := range map[string]func(*Plan){
		`invalid door "": one of udp, line`: func(p *Plan) { p.Door = Door{} },

		"two members":   func(p *Plan) { p.Members = 1 },
		"senders must":  func(p *Plan) { p.Senders = 3 },
		"20 million":    func(p *Plan) { p.Members, p.Senders = 10_000, 10_000 },
		"rate must":     func(p *Plan) { p.Rate = -1 },
		"in flight":     func(p *Plan) { p.Rate = 0 },
		"64 to 900":     func(p *Plan) { p.Size = 63 },
		"duration must": func(p *Plan) { p.Duration = 0 },
		"must stay":     func(p *Plan) { p.Vanish = 2 },
		"only one room": func(p *Plan) { p.Members, p.Senders, p.Rooms = 4, 2, 2 },
		"at least two members that": func(p *Plan) {
			p.Members, p.Senders, p.Rooms, p.Door = 3, 2,
				2, Line
		},
		"in each room ":         func(p *Plan) { p.Members, p.Rooms, p.Door = 4, 2, Line },
		"400 bytes with irc":    func(p *Plan) { p.Size, p.Door = 401, irc },
		"only a udp server":     func(p *Plan) { p.Echo, p.Door = true, Line },
		"stop reading with udp": func(p *Plan) { p.Members, p.Stopped = 4, 1 },
		"cannot send": func(p *Plan) {
			p.Members, p.Senders, p.Stopped, p.Door = 4, 4,
				1, Line
		},
		"measured in one":   func(p *Plan) { p.Vanish, p.Door = 1, mute },
		"entered or silent": func(p *Plan) { p.Idle = Silent },
		`invalid value "asleep" for --idle: entered or silent`: func(p *Plan) { p.Idle = "asleep" },
	} {
		p := good
		spoil(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	good.Members, good.Echo = 1, true
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}
