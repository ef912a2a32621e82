package command

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"parley/chat"
	"parley/hub"
	"parley/locale"
)

// watchEvery is how often status is told to who watches.
const watchEvery = time.Second

// roomLines is how many rooms the text of a State names.
const roomLines = 20

// State is how the server is.
type State struct {
	Version    string      `json:"version"`
	Node       string      `json:"node"`
	Epoch      uint64      `json:"epoch"` // counts the starts
	Started    time.Time   `json:"started"`
	Time       time.Time   `json:"time"`  // when this was asked
	Place      uint64      `json:"place"` // in the log
	Hash       string      `json:"hash"`  // over everything up to it
	Storage    string      `json:"storage"`
	Goroutines int         `json:"goroutines"`
	Heap       uint64      `json:"heap_bytes"` // in use
	RoomCount  int         `json:"room_count"` // rooms that a member can join
	Messages   uint64      `json:"messages"`   // all that are stored
	Directs    int         `json:"direct_rooms"`
	Rooms      []RoomState `json:"rooms,omitempty"` // with All
	Doors      []DoorState `json:"doors"`
	Queues     []hub.Queue `json:"queues"` // those of the doors included
	Rates      *Rates      `json:"rates,omitempty"`
	All        bool        `json:"all,omitempty"` // the text tells all of it
}

// RoomState is how a room is.
type RoomState struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Members  int    `json:"members"`
}

// DoorState is how a door is.
type DoorState struct {
	hub.Report
	Members int `json:"members"`
}

// Rates is what happened a second since the answer before.
type Rates struct {
	Messages   float64 `json:"messages"`
	Deliveries float64 `json:"deliveries"`
	Received   float64 `json:"received"`
	Sent       float64 `json:"sent"`
}

var status = Command{
	Name:     "status",
	Help:     locale.Text{EN: "show the state of the server", ZH: "查看服务器状态"},
	Example:  locale.Text{EN: "--watch"},
	Role:     Administrator,
	Replaces: true,
	Parameters: []Parameter{
		{Name: "all", Flag: true, Switch: true, Help: locale.Text{
			EN: "also show rooms, doors, queues and counters",
			ZH: "同时显示房间、入口、队列和计数",
		}},
		{Name: "watch", Flag: true, Switch: true, Endless: true, Help: locale.Text{EN: "repeat every second", ZH: "每秒刷新一次"}},
	},
	Answer: func() Answer { return new(State) },
	run: func(c call) error {
		all := c.args["all"] != ""
		now := c.desk.state(all)
		for {
			if err := c.emit(now); err != nil || c.args["watch"] == "" {
				return err
			}
			select {
			case <-time.After(watchEvery):
			case <-c.ctx.Done():
				return c.ctx.Err()
			case <-c.desk.Hub.Ended():
				return nil
			}
			before := now
			now = c.desk.state(all)
			now.Rates = now.since(before)
		}
	},
}

// state tells how the server is now. Only all of it names the rooms.
func (d *Desk) state(all bool) *State {
	s := d.Hub.Status()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	state := &State{
		Version: d.Version, Node: string(s.Node), Epoch: uint64(s.Epoch), Started: d.Started, Time: time.Now(),
		Place: uint64(s.Place), Hash: s.Hash.String(), Storage: s.Storage.String(), Queues: s.Queues,
		Goroutines: runtime.NumGoroutine(), Heap: memory.HeapInuse, All: all,
		RoomCount: s.Rooms, Messages: s.Messages, Directs: s.Directs,
	}
	for _, r := range d.Doors() {
		state.Doors = append(state.Doors, DoorState{Report: r, Members: s.Members[r.Name]})
		state.Queues = append(state.Queues, r.Queues...)
	}
	if !all {
		return state
	}
	for r := range d.Hub.Rooms() {
		state.Rooms = append(state.Rooms, RoomState{
			Name: string(r.ID), Messages: uint64(r.Seq), Members: r.Members,
		})
	}
	return state
}

// since returns what happened a second between two States.
func (s *State) since(before *State) *Rates {
	seconds := s.Time.Sub(before.Time).Seconds()
	now, then := s.totals(), before.totals()
	return &Rates{
		Messages:   max(0, now.Messages-then.Messages) / seconds, // less: a room was removed
		Deliveries: (now.Deliveries - then.Deliveries) / seconds,
		Received:   (now.Received - then.Received) / seconds,
		Sent:       (now.Sent - then.Sent) / seconds,
	}
}

func (s *State) totals() (t Rates) {
	t.Messages = float64(s.Messages)
	for _, d := range s.Doors {
		t.Deliveries += float64(d.Delivered)
		t.Received += float64(d.Received)
		t.Sent += float64(d.Sent)
	}
	return t
}

// Text implements Answer: four lines and the rates, or with All everything.
func (s *State) Text(l locale.Lang) string {
	var lines []string
	row := func(name locale.Text, text string) { lines = append(lines, labelled(name, text, l)) }
	row(locale.Text{
		EN: "running",
		ZH: "版本",
	}, locale.Text{
		EN: "%s since %s",
		ZH: "%s，启动于 %s",
	}.Format(l, s.Version, s.Started.Local().Format(clock)))
	row(locale.Text{EN: "inside", ZH: "在线"}, s.inside(l))
	row(locale.Text{EN: "history", ZH: "聊天记录"}, s.history(l))
	row(locale.Text{EN: "storage", ZH: "存储"}, s.stored(l))
	if s.All {
		lines = append(lines, s.details(l)...)
	}
	if r := s.Rates; r != nil {
		row(locale.Text{EN: "per second", ZH: "每秒"}, locale.Text{
			EN: "%.0f messages, %.0f deliveries, %.0f packets in, %.0f out",
			ZH: "消息 %.0f 条，送达 %.0f 次，收到 %.0f 个包，发出 %.0f 个包",
		}.Format(l, r.Messages, r.Deliveries, r.Received, r.Sent))
	}
	return strings.Join(lines, "\n")
}

// labelled returns a line of the state.
func labelled(name locale.Text, text string, l locale.Lang) string {
	return locale.Text{EN: "%s: %s", ZH: "%s：%s"}.Format(l, name.In(l), text)
}

// stored says whether messages can be stored, or why not. In English it is the Code, which scripts
// read.
func (s *State) stored(l locale.Lang) string {
	if l != locale.Chinese {
		return s.Storage
	}
	for _, code := range []chat.Code{chat.StorageFull, chat.StorageFailed, chat.StorageLost} {
		if code.String() == s.Storage {
			said, _, _ := strings.Cut(locale.Refusal(chat.Refuse(code), l), "，请") // for members
			return said
		}
	}
	if s.Storage == chat.OK.String() {
		return "正常"
	}
	return s.Storage
}

// figuresChinese are the counters of doors.
var figuresChinese = map[string]string{
	"received": "收到", "sent": "发出", "delivered": "送达", "overflowed": "溢出丢弃",
	"unreachable": "无法送达", "dropped": "丢弃", "refused": "拒绝",
}

// figure names a counter.
func figure(name string, l locale.Lang) string {
	first, cause, _ := strings.Cut(name, " ")
	words, ok := figuresChinese[first]
	switch {
	case !ok || l != locale.Chinese:
		return name
	case first == "refused":
		return words + "：" + refusedFor(cause, l)
	case cause != "":
		return words + "：" + named(cause, l)
	}
	return words
}

// history tells how much there is in the history.
func (s *State) history(l locale.Lang) string {
	if l == locale.Chinese {
		return fmt.Sprintf("%d 条消息（含进出记录和私聊），%d 个房间", s.Messages, s.RoomCount)
	}
	return locale.Counted(s.Messages,
		"message") + ", including joins, leaves and private messages; " +
		locale.Counted(s.RoomCount, "room")
}

// inside tells how many members there are, and through which doors.
func (s *State) inside(l locale.Lang) string {
	members := 0
	var doors []string
	for _, d := range s.Doors {
		if members += d.Members; d.Members > 0 {
			doors = append(doors, fmt.Sprintf("%s %d", doorName(d.Name), d.Members))
		}
	}
	said := locale.Text{EN: locale.Counted(members, "member"), ZH: fmt.Sprintf("%d 人",
		members)}.In(l)
	if len(doors) > 0 {
		said += locale.Text{
			EN: " (%s)",
			ZH: "（%s）",
		}.Format(l, strings.Join(doors, locale.Text{EN: ", ", ZH: "，"}.In(l)))
	}
	return said
}

// memberless are the doors that have no members: port hands its connections to other doors.
var memberless = []string{"port", "control"}

// details are the lines that few need.
func (s *State) details(l locale.Lang) (lines []string) {
	row := func(name locale.Text, text string) { lines = append(lines, labelled(name, text, l)) }
	row(locale.Text{
		EN: "memory",
		ZH: "内存",
	}, locale.Text{
		EN: "%.1f MB in use, %d goroutines",
		ZH: "已用 %.1f MB，%d 个 goroutine",
	}.Format(l, float64(s.Heap)/1e6, s.Goroutines))
	for _, r := range s.Rooms[:min(len(s.Rooms), roomLines)] {
		row(locale.Text{EN: "room", ZH: "房间"}, locale.Text{EN: "%s, %d inside, %d messages", ZH: "%s，在线 %d 人，%d 条消息"}.Format(l, r.Name, r.Members, r.Messages))
	}
	if more := len(s.Rooms) - roomLines; more > 0 {
		row(locale.Text{EN: "rooms", ZH: "房间"}, (&More{Count: more}).Text(l))
	}
	row(locale.Text{EN: "private conversations", ZH: "私聊"}, fmt.Sprint(s.Directs))
	for _, d := range s.Doors {
		name := named(doorName(d.Name), l)
		if d.Address != "" { // else others take its connections
			name = locale.Text{EN: "%s on %s", ZH: "%s，%s"}.Format(l, name, d.Address)
		}
		if !slices.Contains(memberless, d.Name) {
			name = locale.Text{EN: "%s, %d inside", ZH: "%s，在线 %d 人"}.Format(l, name, d.Members)
		}
		row(locale.Text{EN: "door", ZH: "入口"}, name)
		lines = append(lines, d.figures(l)...)
	}
	for _, q := range s.Queues {
		text := fmt.Sprint(q.Length)
		if q.Capacity > 0 {
			text += fmt.Sprintf(" / %d", q.Capacity)
		}
		row(locale.Text{EN: "queue " + q.Name, ZH: "队列 " + named(q.Name, locale.Chinese)}, text)
	}
	return lines
}

// figures are what the door counted, a line each, without those that are zero.
func (d *DoorState) figures(l locale.Lang) []string {
	counted := map[string]uint64{
		"received": d.Received, "sent": d.Sent, "delivered": d.Delivered, "overflowed": d.Overflowed, "unreachable": d.Unreachable,
	}
	for cause, n := range d.Dropped {
		counted["dropped "+cause] = n
	}
	for code, n := range d.Refused {
		counted["refused "+code] = n
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if counted[name] > 0 {
			lines = append(lines, fmt.Sprintf("  %s %d", figure(name, l), counted[name]))
		}
	}
	return lines
}
