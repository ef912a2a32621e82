package command

import (
	"strings"
	"testing"

	"parley/hub"
	"parley/locale"
)

func TestTheStateInChineseHasChineseNames(t *testing.T) {
	s := &State{Doors: []DoorState{{Report: hub.Report{
		Name: "udp", Address: "127.0.0.1:1",
		Dropped: map[string]uint64{"too_fast": 3}, Refused: map[string]uint64{"nick_occupied": 2},
	}}, {Report: hub.Report{Name: "port", Address: "127.0.0.1:1"}}, {
		Report: hub.Report{Name: "line"}, Members: 2,
	}}, Queues: []hub.Queue{
		{Name: "ledger", Capacity: 9}, {Name: "new"}, {Name: "line.requests"},
	}}
	for lang, want := range map[locale.Lang][]string{
		locale.Chinese: {
			"入口：UDP，127.0.0.1:1，", "  丢弃：超过速率（too_fast） 3",
			"  拒绝：昵称已被占用（nick_occupied） 2", "队列 等待写盘（ledger）：0 / 9", "队列 new：0",
			"入口：TCP 端口（port），127.0.0.1:1\n", "入口：TCP，在线 2 人",
			"队列 TCP 成员的请求（line.requests）：0",
		},
		locale.English: {
			"door: UDP on 127.0.0.1:1, ", "  dropped too_fast 3", "  refused nick_occupied 2",
			"queue ledger: 0 / 9", "queue new: 0", "door: port on 127.0.0.1:1\n",
			"door: TCP, 2 inside",
		},
	} {
		said := strings.Join(s.details(lang), "\n")
		for _, line := range want {
			if !strings.Contains(said, line) {
				t.Errorf("%q is not in %s", line, said)
			}
		}
	}
}
