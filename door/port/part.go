package port

import (
	"fmt"
	"html"
	"io"
	"sort"
	"strings"
	"time"

	"parley/locale"
)

// Who is turned away has partingTime to read why, and what it still says, up to partingBytes, is thrown away: a connection that is
// closed with something unread is reset, and the answer lost on its way. partingsMax bounds how many are told at once that there
// are too many, see partings.
const (
	partingTime  = 2 * time.Second
	partingBytes = 64 << 10
	partingsMax  = 256
)

// partings returns how many connections are told at once that there are more than most.
func partings(most int) int { return min(partingsMax, most/8+2) }

// Descriptors returns how many descriptors a door has open at most that serves so many connections:
// one for each, for each that is told that there are too many, and for one that was just accepted.
func Descriptors(connections int) int { return connections + partings(connections) + 1 }

// Within returns how many connections a door can serve with so many descriptors, at most most.
func Within(descriptors, most int) int {
	tooMany := func(n int) bool { return Descriptors(n) > descriptors }
	return max(0, sort.Search(most+1, tooMany)-1)
}

// reason is why a connection is not served.
type reason int

const (
	foreign reason = iota
	crowded
	crowdedAddress
	tooFast
	silent
	unknown
	unserved
	tlsFailed
	proxyFailed
	panicked
	acceptFailed
	reasonCount
)

// reasons are what each is called in reports, the status it has in HTTP, and what the client is
// told; nothing: it cannot be told.
var reasons = [reasonCount]struct {
	name, status string
	says         locale.Text
}{
	foreign: {"foreign", "403 Forbidden", locale.Text{
		EN: "clients outside the server's network need TLS: connect to the same port with TLS",
		ZH: "从外部网络只能通过 TLS 连接本服务器：请使用 TLS（https）连接同一端口",
	}},
	crowded: {"crowded", "503 Service Unavailable", locale.Text{
		EN: "too many connections, try again later", ZH: "连接太多，请稍后再试",
	}},
	crowdedAddress: {"crowded_address", "503 Service Unavailable", locale.Text{
		EN: "too many connections from your address, close one of them",
		ZH: "来自你的地址的连接太多，请先关闭一个",
	}},
	tooFast: {"too_fast", "429 Too Many Requests", locale.Text{
		EN: "too many connections in a short time, try again later", ZH: "短时间内连接太多，请稍后再试",
	}},
	silent: {"silent", "408 Request Timeout", locale.Text{
		EN: "timed out waiting for a known protocol: connect again and press Enter",
		ZH: "太久没有收到可识别的内容，连接已断开：请重新连接，然后按回车键",
	}},
	unknown: {"unknown", "400 Bad Request", locale.Text{
		EN: "unknown protocol: connect again and, with netcat, press Enter first; text must " +
			"be UTF-8",
		ZH: "无法识别收到的内容，连接已断开：请重新连接，用 netcat 时先按回车键；文本须为 UTF-8 编码",
	}},
	unserved: {"unserved", "501 Not Implemented", locale.Text{
		EN: "this is a Parley chat room, which does not serve this protocol here",
		ZH: "这是 Parley 聊天室，不能用这种方式加入",
	}},
	tlsFailed:    {name: "tls_failed"},
	proxyFailed:  {name: "proxy_failed"},
	panicked:     {name: "panicked"},
	acceptFailed: {name: "accept_failed"},
}

// turnAway counts a connection, tells the client why, and closes.
func (d *Door) turnAway(v *visit, p Protocol, r reason) {
	d.count(v, r)
	d.part(v, p, r)
}

// part tells a client in what it speaks why it is not served, and closes.
func (d *Door) part(v *visit, p Protocol, r reason) {
	defer v.conn.Close()
	if v.conn.SetDeadline(time.Now().Add(partingTime)) != nil {
		return // the other side, or Stop, was faster
	}
	if _, err := io.WriteString(v.conn, d.farewell(v, p, r)); err != nil {
		return
	}
	if v.conn.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, v.conn, partingBytes) // whatever it is
	}
}

// labelled is one of the Ways behind its name.
var labelled = locale.Text{EN: "%s: %s", ZH: "%s：%s"}

// farewell is the whole answer.
func (d *Door) farewell(v *visit, p Protocol, r reason) string {
	says := reasons[r].says
	switch {
	case says.EN == "":
		return ""
	case p == TLS:
		return refusesTLS
	case p == HTTP && r == foreign:
		return d.foreignAnswer(v)
	case p == HTTP:
		return d.page(r, strings.HasPrefix(string(v.first), "HEAD "))
	case p == IRC:
		return "ERROR :" + says.EN + "\r\n"
	}
	var text strings.Builder
	text.WriteString(says.In(d.config.Lang) + "\r\n")
	if r == foreign {
		at, _ := reachedAt(v.conn.LocalAddr())
		text.WriteString(withOpenSSL.Format(d.config.Lang, at) + "\r\n")
	}
	if r == unserved || r == unknown {
		for _, w := range d.config.Ways {
			lang := d.config.Lang
			text.WriteString(labelled.Format(lang, w.Name.In(lang), w.How.In(lang)) + "\r\n")
		}
	}
	return text.String()
}

// page is a whole HTTP response, without its body if only the head was asked for.
func (d *Door) page(r reason, headOnly bool) string {
	var body strings.Builder
	body.WriteString(paragraphs(reasons[r].says))
	if len(d.config.Ways) > 0 {
		body.WriteString("<p><span lang=\"en\">Ways to join</span> " +
			"<span lang=\"zh\">加入方式</span></p>\n<dl>\n")
		for _, w := range d.config.Ways {
			fmt.Fprintf(&body, "<dt>%s</dt><dd lang=\"en\">%s</dd><dd lang=\"zh\">%s</dd>\n",
				html.EscapeString(w.Name.EN), html.EscapeString(w.How.EN),
				html.EscapeString(w.How.ZH))
		}
		body.WriteString("</dl>\n")
	}
	return response(reasons[r].status, "text/html", document(body.String()), headOnly)
}

// document returns a page of HTML with a body.
func document(body string) string {
	return "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">" +
		"<meta name=\"viewport\" content=\"width=device-width\">" +
		"<title>Parley</title></head><body>\n<h1>Parley</h1>\n" + body + "</body></html>\n"
}

// paragraphs returns a text in each language, as HTML.
func paragraphs(text locale.Text) string {
	return fmt.Sprintf("<p lang=\"en\">%s</p>\n<p lang=\"zh\">%s</p>\n",
		html.EscapeString(text.EN), html.EscapeString(text.ZH))
}

// response returns an HTTP response, without its body if only the head was asked for.
func response(status, kind, body string, headOnly bool) string {
	head := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\n"+
		"Content-Length: %d\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n",
		status, kind, len(body))
	if headOnly {
		return head
	}
	return head + body
}
