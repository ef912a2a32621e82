package test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"parley/archive"
	"parley/locale"
	"parley/server"
	"parley/store"
)

// still are the metrics that say what is, not what happens; of parley_ready package health shows that it moves.
var still = []string{"parley_info", "parley_queue_capacity", "parley_ready"}

var documented = regexp.MustCompile("(?m)^\\| `(parley_[a-z_]+)` ")

func TestEveryDocumentedMetricMoves(t *testing.T) {
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	moved := map[string]bool{}
	told := map[string]bool{}
	for _, happens := range []func(*testing.T, *scraper){talking, talkingInLines, flooding, fillingUp, waiting, backingUp} {
		s := newScraper(t, moved, told)
		happens(t, s)
		s.look()
	}
	var names []string
	for _, m := range documented.FindAllStringSubmatch(string(page), -1) {
		names = append(names, m[1])
		if !told[m[1]] {
			t.Errorf("%s is documented and not there", m[1])
		}
		if !moved[m[1]] && !slices.Contains(still, m[1]) {
			t.Errorf("%s does not move", m[1])
		}
	}
	for name := range told {
		if strings.HasPrefix(name, "parley_") && !slices.Contains(names, name) {
			t.Errorf("%s is not documented", name)
		}
	}
	if !told["go_goroutines"] || !moved["go_memstats_alloc_bytes_total"] || !told["process_resident_memory_bytes"] {
		t.Error("nothing is told of the process")
	}
}

// talking is an evening in the chat room, with somebody who vanishes.
func talking(t *testing.T, s *scraper) {
	s.open(nil)
	ann, bob := s.room.enter("ann"), s.room.enter("bob")
	ann.hears("bob enters the chat room")
	ann.says("hello")
	bob.hears("ann: hello")
	bob.conn.Close()
	ann.says("is anybody there?")
	s.until(`parley_unreachable_total{door="udp"}`, func() {})
	ann.says("hello?")
	ann.hears("bob quits the chat room")
}

// talkingInLines is another, through the port; somebody comes who does not know how.
func talkingInLines(t *testing.T, s *scraper) {
	s.open(nil)
	ann := s.room.enter("ann")
	at := s.room.server.StreamAddrs()[0].String()
	bob, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	if _, err := io.WriteString(bob, "\nbob\nhello\n/dance\n"); err != nil {
		t.Fatal(err)
	}
	ann.hears("bob enters the chat room", "bob: hello")
	ann.says("hello bob")
	stranger, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := io.WriteString(stranger, "NICK carl\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, sample := range []string{
		`parley_members{door="line"}`, `parley_packets_received_total{door="line"}`, `parley_packets_sent_total{door="line"}`,
		`parley_deliveries_total{door="line"}`, `parley_refusals_total{code="command_unknown",door="line"}`, `parley_queue_length{queue="line.connections"}`,
		`parley_packets_received_total{door="port"}`, `parley_drops_total{cause="unserved",door="port"}`, `parley_queue_length{queue="port.connections"}`,
	} {
		s.until(sample, func() {})
	}
}

// flooding sends more than a small buffer holds, and what nobody can understand.
func flooding(t *testing.T, s *scraper) {
	s.open(func(c *server.Config) { c.UDP.Buffer = 1 })
	ann := s.room.enter("ann")
	for range 20_000 {
		ann.send("nonsense")
	}
	s.until(`parley_socket_overflows_total{door="udp"}`, func() { ann.send("nonsense") }) // the next one read tells of those that were not
}

// fillingUp says more than the disk takes.
func fillingUp(t *testing.T, s *scraper) {
	s.open(func(c *server.Config) { c.StoreMaxSize = 100 << 10; c.NoLimits = true })
	ann := s.room.enter("ann")
	s.until("parley_commit_failures_total", func() { ann.says(strings.Repeat("x", 4000)) })
}

// waiting has somebody else write the database, so that commands pile up.
func waiting(t *testing.T, s *scraper) {
	s.open(nil)
	ann := s.room.enter("ann")
	other, err := sqlite.OpenConn(filepath.Join(s.room.config.Data, store.FileName), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := sqlitex.ExecuteTransient(other, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	ann.says("one")
	ann.says("two")
	s.until(`parley_queue_length{queue="answers"}`, func() {})
	s.look()
	if err := sqlitex.ExecuteTransient(other, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	ann.hearsNothing()
	if got := s.room.said("ann"); len(got) != 2 {
		t.Errorf("stored %q", got)
	}
}

// backingUp makes a backup.
func backingUp(t *testing.T, s *scraper) {
	s.open(nil)
	made, _, err := archive.MakeBackup(context.Background(), s.room.config.Data, filepath.Join(t.TempDir(), "backup.db"), func(locale.Text, int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.NoteBackup(s.room.config.Data, made); err != nil {
		t.Fatal(err)
	}
}

func TestEveryQueueHasANameAndALength(t *testing.T) {
	page, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newScraper(t, map[string]bool{}, map[string]bool{})
	s.open(nil)
	want := []string{"answers", "ledger", "line.connections", "line.departures", "line.outboxes", "line.requests", "line.unread", "line.writer", "port.connections", "port.undecided", "udp.departures", "udp.outboxes", "udp.requests", "udp.visits", "udp.writer"}
	var got []string
	for name := range s.samples() {
		if queue, is := strings.CutPrefix(name, `parley_queue_length{queue="`); is {
			got = append(got, strings.TrimSuffix(queue, `"}`))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the queues are %q", got)
	}
	for _, door := range s.room.server.Desk().Doors() {
		for cause := range door.Dropped {
			if !strings.Contains(string(page), "`"+cause+"`") {
				t.Errorf("that %s drops as %s is not documented", door.Name, cause)
			}
		}
	}
	for _, name := range got {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("the queue %s is not documented", name)
		}
	}
}

func TestHealthSaysWhetherMessagesAreTaken(t *testing.T) {
	s := newScraper(t, map[string]bool{}, map[string]bool{})
	s.open(func(c *server.Config) { c.StoreMaxSize = 100 << 10; c.NoLimits = true })
	if status, body := s.get("/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("healthy: %d %q", status, body)
	}
	ann := s.room.enter("ann")
	s.until("parley_commit_failures_total", func() { ann.says(strings.Repeat("x", 4000)) })
	if status, body := s.get("/healthz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(body, "storage_full") {
		t.Errorf("on a full disk: %d %q", status, body)
	}
	for _, path := range []string{"/debug/pprof/", "/debug/flight", "/api/v1/status", "/"} {
		if status, body := s.get(path); status != http.StatusNotFound {
			t.Errorf("%s answers in public: %d %q", path, status, body)
		}
	}
}

func TestTheControlSocketDebugs(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.FlightRecorder = true })
	h, err := server.FindHolder(r.config.Data)
	if err != nil {
		t.Fatal(err)
	}
	for path, beginning := range map[string]string{
		"/healthz":                       "ok",
		"/metrics":                       "# HELP",
		"/debug/pprof/goroutine":         "\x1f\x8b", // gzip
		"/debug/pprof/profile?seconds=1": "\x1f\x8b",
		"/debug/flight":                  "go 1.",
		"/api/v1/status":                 "{",
	} {
		if status, body := askSocket(t, h.Socket, path); status != http.StatusOK || !strings.HasPrefix(body, beginning) {
			t.Errorf("%s: %d, %.40q", path, status, body)
		}
	}
}

// askSocket asks a control socket, as curl does.
func askSocket(t *testing.T, socket, path string) (status int, body string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	response, err := (&http.Client{Transport: transport}).Get("http://parley" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(content)
}

func TestMetricsNameNobody(t *testing.T) {
	s := newScraper(t, map[string]bool{}, map[string]bool{})
	s.open(nil)
	ann, bob := s.room.enter("小明"), s.room.enter("bob-the-builder")
	ann.hears("bob-the-builder enters the chat room")
	ann.says("the secret is xyzzy")
	bob.hears("小明: the secret is xyzzy")
	_, body := s.get("/metrics")
	for _, name := range []string{"小明", "bob", "xyzzy", "lobby", "127.0.0.1"} {
		if strings.Contains(body, name) {
			t.Errorf("the metrics tell of %q", name)
		}
	}
}

func TestStatusWatchesUntilTheServerEnds(t *testing.T) {
	s := serve(t, t.TempDir(), "--listen", "127.0.0.1:0")
	watch := command(t, "status", "--watch", "-o", "json", "--data", s.dir)
	out, err := watch.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make([]byte, 1<<16)
	seen := ""
	for !strings.Contains(seen, `"rates"`) {
		n, err := out.Read(lines)
		if err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		seen += string(lines[:n])
	}
	s.stop()
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if err := watch.Wait(); err != nil {
		t.Errorf("watching ended with %v", err)
	}
}

// scraper asks a server for its metrics and notes which of them exist and move.
type scraper struct {
	t           *testing.T
	room        *room
	moved, told map[string]bool
	last        map[string]float64
}

func newScraper(t *testing.T, moved, told map[string]bool) *scraper {
	return &scraper{t: t, moved: moved, told: told}
}

func (s *scraper) open(set func(*server.Config)) {
	s.t.Helper()
	s.room = openRoom(s.t, func(c *server.Config) {
		c.MetricsListen = "127.0.0.1:0"
		if set != nil {
			set(c)
		}
	})
	s.look()
}

func (s *scraper) get(path string) (status int, body string) {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + s.room.server.MetricsAddr().String() + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// samples are the values by name and labels.
func (s *scraper) samples() map[string]float64 {
	s.t.Helper()
	_, body := s.get("/metrics")
	all := map[string]float64{}
	for line := range strings.Lines(body) {
		name, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found || name == "#" {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			s.t.Fatalf("%q: %v", line, err)
		}
		all[name] = v
	}
	return all
}

// until asks until a sample is not 0.
func (s *scraper) until(name string, meanwhile func()) {
	s.t.Helper()
	for end := time.Now().Add(patience); s.samples()[name] == 0; meanwhile() {
		if time.Now().After(end) {
			s.t.Fatalf("%s stays 0", name)
		}
	}
}

// look notes what moved since the look before.
func (s *scraper) look() {
	s.t.Helper()
	now := s.samples()
	for name, v := range now {
		family, _, _ := strings.Cut(name, "{")
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			family = strings.TrimSuffix(family, part)
		}
		s.told[family] = true
		if s.last != nil && s.last[name] != v {
			s.moved[family] = true
		}
	}
	s.last = now
}
