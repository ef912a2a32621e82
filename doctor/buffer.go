package doctor

import (
	"context"
	"runtime"

	"parley/door/udp/socket"
	"parley/locale"
)

// burstShare is how much of udp.buffer one waiting line may take. The kernel grants twice the setting and charges what a datagram
// takes in memory: some 830 bytes for a short one on Linux, up to four times that with some network cards.
const burstShare = 1 << 10

// crowd is how many of those who may be inside are counted on to talk in the same instant, as one of so many.
const crowd = 10

// buffer is the room for datagrams that were not read yet.
type buffer struct {
	asked, granted int64 // bytes, as udp.buffer counts; 0: as the system has it, refused
	inside, most   int64 // members
	overflow       uint64
	crowded        uint64 // read, and dropped as the log had no room
	system         string // runtime.GOOS
}

func checkBuffer(ctx context.Context, e *Examination) []Finding {
	if e.Config.Listen.Datagrams() == "" {
		return noDatagrams(e.Config.Listen)
	}
	b := buffer{asked: int64(e.Config.UDP.Buffer), most: int64(e.Config.UDP.Members), system: runtime.GOOS}
	granted, err := socket.ReceiveBuffer(ctx, e.Config.UDP.Buffer)
	if err != nil {
		return []Finding{broken(locale.Text{EN: "cannot open a socket: %v", ZH: "无法打开套接字：%v"}, err)}
	}
	b.granted = int64(granted)
	if door, _, known := e.house().udp(); known {
		b.inside, b.overflow, b.crowded = int64(door.Members), door.Overflowed, door.Dropped["crowded"]
	}
	return judgeBuffer(b)
}

// needed is what holds a line of everybody inside, or of a good part of those who may come, at the same instant.
func (b buffer) needed() int64 { return max(b.inside, b.most/crowd) * burstShare }

func judgeBuffer(b buffer) []Finding {
	var found []Finding
	enough := max(b.needed(), b.asked)
	if b.overflow > 0 {
		found = append(found, warning(locale.Text{
			EN: "%d datagrams were lost since the server started: the buffer was full",
			ZH: "服务器启动以来丢失 %d 个数据报：缓冲区已满",
		}, b.overflow).cure(b.remedy(2*enough)))
	}
	if b.crowded > 0 {
		found = append(found, warning(locale.Text{
			EN: "%d datagrams were dropped since the server started: too many were waiting for the disk",
			ZH: "服务器启动以来丢弃 %d 个数据报：等待写盘的请求太多",
		}, b.crowded).cure(paste("parley serve --ledger-queue 16384")))
	}
	unknown := b.granted == 0 && b.asked == 0 // as the system has it
	if !unknown && b.granted < b.needed() && b.overflow == 0 {
		found = append(found, warning(locale.Text{
			EN: "the system grants %s of %s: lines are lost if more than %d members talk at the same instant",
			ZH: "系统只给 %s（要求 %s）：超过 %d 名成员同时发言会丢失消息",
		}, size(uint64(b.granted)), size(uint64(b.asked)), b.granted/burstShare).cure(b.remedy(enough)))
	}
	switch {
	case found != nil:
	case unknown:
		found = append(found, ok(locale.Text{EN: "the system's default", ZH: "系统默认值"}))
	default:
		found = append(found, ok(locale.Text{
			EN: "%s, enough for %d members who talk at the same instant", ZH: "%s，足够 %d 名成员同时发言",
		}, size(uint64(b.granted)), b.granted/burstShare))
	}
	return found
}

// remedy has the system grant so many bytes, and the server ask for them.
func (b buffer) remedy(bytes int64) locale.Text {
	bytes = (bytes + 1<<20 - 1) &^ (1<<20 - 1)
	setting := "parley serve --udp-buffer " + size(uint64(bytes))
	if b.asked >= bytes {
		setting = "parley serve"
	}
	switch b.system {
	case "linux":
		return locale.Text{
			EN: "sudo sysctl -w net.core.rmem_max=%d\necho net.core.rmem_max=%d | sudo tee /etc/sysctl.d/60-parley.conf  # also after a reboot\n%s  # restart the server",
			ZH: "sudo sysctl -w net.core.rmem_max=%d\necho net.core.rmem_max=%d | sudo tee /etc/sysctl.d/60-parley.conf  # 重启机器后仍有效\n%s  # 重新启动服务器",
		}.Fill(bytes, bytes, setting)
	case "darwin":
		return locale.Text{
			EN: "sudo sysctl -w kern.ipc.maxsockbuf=%d\n%s  # restart the server",
			ZH: "sudo sysctl -w kern.ipc.maxsockbuf=%d\n%s  # 重新启动服务器",
		}.Fill(2*bytes, setting)
	}
	return paste(setting)
}
