package health

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/hub"
)

func ask(h *Health, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.Public().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestWhatIsAskedIsWhatIs(t *testing.T) {
	status := hub.Status{}
	backup := time.Time{}
	h := New()
	h.Watch(Source{
		Version: "v1", Status: func() hub.Status { return status }, Store: func() int64 { return 7 }, Backup: func() time.Time { return backup },
		Doors: func() []hub.Report {
			return []hub.Report{{Name: "udp", Dropped: map[string]uint64{"foreign": 3}, Queues: []hub.Queue{{Name: "q", Length: 2, Capacity: 5}}}}
		},
	})
	if w := ask(h, "/healthz"); w.Code != 503 || !strings.HasPrefix(w.Body.String(), "not ready") {
		t.Errorf("before it is ready: %d %s", w.Code, w.Body)
	}
	before := ask(h, "/metrics").Body.String()
	for _, line := range []string{
		"parley_ready 0", "parley_storage_ok 1", "parley_backup_timestamp_seconds 0", `parley_info{version="v1"} 1`, "parley_store_bytes 7",
		`parley_drops_total{cause="foreign",door="udp"} 3`, `parley_queue_length{queue="q"} 2`, `parley_queue_capacity{queue="q"} 5`,
	} {
		if !strings.Contains(before, line+"\n") {
			t.Errorf("%q is missing", line)
		}
	}
	status.Ready, status.Storage, backup = true, chat.StorageFailed, time.Unix(1700000000, 0)
	after := ask(h, "/metrics").Body.String()
	for _, line := range []string{"parley_ready 1", "parley_storage_ok 0", "parley_backup_timestamp_seconds 1.7e+09"} {
		if !strings.Contains(after, line+"\n") {
			t.Errorf("then %q is missing", line)
		}
	}
	if w := ask(h, "/healthz"); w.Code != 503 || !strings.HasPrefix(w.Body.String(), "storage_failed") {
		t.Errorf("on a broken disk: %d %s", w.Code, w.Body)
	}
	status.Storage = chat.OK
	if w := ask(h, "/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("when all is well: %d %s", w.Code, w.Body)
	}
}

func TestBatchesAreCounted(t *testing.T) {
	h := New()
	h.Committed([]chat.Result{
		{Messages: []chat.Message{{Kind: chat.KindMessage}, {Kind: chat.KindEntered}}}, {Messages: []chat.Message{{Kind: chat.KindMessage}}},
	}, 3*time.Millisecond, nil)
	h.Committed(nil, time.Second, chat.Refuse(chat.StorageFull))
	h.Watch(Source{Status: func() hub.Status { return hub.Status{} }, Store: func() int64 { return 0 }, Backup: func() time.Time { return time.Time{} }, Doors: func() []hub.Report { return nil }})
	got := ask(h, "/metrics").Body.String()
	for _, line := range []string{
		`parley_messages_total{kind="message"} 2`, `parley_messages_total{kind="entered"} 1`, `parley_messages_total{kind="left"} 0`,
		"parley_commit_commands_sum 2", "parley_commit_seconds_sum 0.003", "parley_commit_failures_total 1",
		`parley_commit_seconds_bucket{le="0.0016"} 0`, `parley_commit_seconds_bucket{le="0.0032"} 1`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("%q is missing", line)
		}
	}
}

func TestNothingIsRecordedUnasked(t *testing.T) {
	f := NewFlight(false)
	w := httptest.NewRecorder()
	f.serve(w, httptest.NewRequest("GET", "/debug/flight", nil))
	if w.Code != 404 || !strings.Contains(w.Body.String(), "--flight-recorder") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
