package command

import (
	"strings"
	"testing"

	"parley/chat"
	"parley/hub"
	"parley/locale"
)

// TestCountedRefusalsDoNotAddressTheOperator: their sentences are those of the member.
func TestCountedRefusalsDoNotAddressTheOperator(t *testing.T) {
	for _, c := range chat.Codes()[1:] {
		if said := refusedFor(c.String(), locale.Chinese); strings.ContainsAny(said, "你请") ||
			!strings.HasSuffix(said, "（"+c.String()+"）") || strings.HasPrefix(said, "（") {
			t.Errorf("%v: %s", c, said)
		}
	}
	if said := refusedFor("not_inside", locale.Chinese); said != "未以该昵称加入聊天室（not_inside）" {
		t.Error(said)
	}
	lost := &State{Storage: chat.StorageLost.String()}
	if said := lost.stored(locale.Chinese); said != "服务器的数据库已丢失" {
		t.Error(said)
	}
}

func TestTheStateInChineseHasChineseNames(t *testing.T) {
	s := &State{
		Doors: []DoorState{{Report: hub.Report{
			Name: "udp", Address: "127.0.0.1:1",
			Dropped: map[string]uint64{"too_fast": 3},
			Refused: map[string]uint64{"nick_occupied": 2},
		}}, {Report: hub.Report{Name: "port", Address: "127.0.0.1:1"}}, {
			Report: hub.Report{Name: "line"}, Members: 2,
		}}, Directs: 3, Rates: &Rates{Messages: 1, Deliveries: 2, Received: 3, Sent: 4},
		Queues: []hub.Queue{
			{Name: "ledger", Capacity: 9}, {Name: "new"}, {Name: "line.requests"},
		},
	}
	for lang, want := range map[locale.Lang][]string{
		locale.Chinese: {
			"入口：UDP，127.0.0.1:1，", "  丢弃：超过速率（too_fast） 3",
			"  拒绝：昵称已被占用（nick_occupied） 2", "队列 等待写盘（ledger）：0 / 9", "队列 new：0",
			"入口：TCP 端口（port），127.0.0.1:1\n", "入口：TCP，在线 2 人",
			"队列 TCP 成员的请求（line.requests）：0", "私聊：3",
			"每秒：消息 1 条，送达 2 次，收到 3 个包，发出 4 个包",
		},
		locale.English: {
			"door: UDP on 127.0.0.1:1, ", "  dropped too_fast 3", "  refused nick_occupied 2",
			"queue ledger: 0 / 9", "queue new: 0", "door: port on 127.0.0.1:1\n",
			"door: TCP, 2 inside", "private conversations: 3",
			"per second: 1 messages, 2 deliveries, 3 packets in, 4 out",
		},
	} {
		s.All = true
		said := s.Text(lang)
		for _, line := range want {
			if !strings.Contains(said, line) {
				t.Errorf("%q is not in %s", line, said)
			}
		}
	}
}
