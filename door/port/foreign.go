package port

import (
	"fmt"
	"html"
	"net"
	"strconv"
	"strings"

	"parley/guard"
	"parley/locale"
)

// withOpenSSL is the way in for a client from outside the served networks.
var withOpenSSL = locale.Text{
	EN: "openssl s_client -quiet -connect %s, then Enter",
	ZH: "openssl s_client -quiet -connect %s，连接后再按一次回车",
}

// scriptPath is where the page's client for Python is.
const scriptPath = "/join.py"

// foreignAnswer returns the HTTP response to a client from outside the served networks. It names
// only ways that work for that client.
func (d *Door) foreignAnswer(v *visit) string {
	method, target, _ := strings.Cut(string(v.first), " ")
	target, _, _ = strings.Cut(target, " ")
	target, _, _ = strings.Cut(target, "?")
	at, known := reachedAt(v.conn.LocalAddr())
	if target == scriptPath {
		return response("200 OK", "text/x-python", refusingScript(
			reasons[foreign].says.In(d.config.Lang)+"\n"+withOpenSSL.Format(d.config.Lang, at),
		), method == "HEAD")
	}
	return response(reasons[foreign].status, "text/html", foreignPage(at, known), method == "HEAD")
}

// reachedAt returns where a client from outside connected, if the connection's local end is that
// address. A private one is not: a router or a proxy replaced the address, and a placeholder stands
// for it.
func reachedAt(local net.Addr) (at string, known bool) {
	tcp, ok := local.(*net.TCPAddr)
	if !ok || guard.IsPrivate(tcp.AddrPort().Addr().Unmap()) {
		return "HOST:PORT", false
	}
	return tcp.String(), true
}

// foreignPage returns the page for a client from outside that found this server at an address. A
// placeholder, which is not known, is not a link.
func foreignPage(at string, known bool) string {
	way, page := html.EscapeString(at), html.EscapeString("https://"+at+"/")
	link := fmt.Sprintf("<a href=\"%s\">%s</a>", page, page)
	if !known {
		link = "<code>" + page + "</code>"
	}
	return document(paragraphs(reasons[foreign].says) +
		"<p><code>openssl s_client -quiet -connect " + way + "</code>" +
		"<span lang=\"en\">, then Enter</span> " +
		"<span lang=\"zh\">（连接后再按一次回车）</span></p>\n" +
		"<p>" + link + "</p>\n")
}

// refusingScript returns a client for Python that prints why it cannot join, and exits with status
// 1. Its response has status 200: with any other, curl -f shows nothing of the body.
func refusingScript(why string) string {
	return "import sys\nsys.exit(" + strconv.Quote(why) + ")\n"
}
