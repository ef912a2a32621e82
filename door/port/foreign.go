package port

import (
	"fmt"
	"html"
	"strconv"
	"strings"

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
	at, says := v.conn.LocalAddr().String(), reasons[foreign].says
	if target == scriptPath {
		return response("200 OK", "text/x-python", refusingScript(
			says.In(d.config.Lang)+"\n"+withOpenSSL.Format(d.config.Lang, at),
		), method == "HEAD")
	}
	way, page := html.EscapeString(at), html.EscapeString("https://"+at+"/")
	body := paragraphs(says) +
		"<p><code>openssl s_client -quiet -connect " + way + "</code>" +
		"<span lang=\"en\">, then Enter</span> " +
		"<span lang=\"zh\">（连接后再按一次回车）</span></p>\n" +
		fmt.Sprintf("<p><a href=\"%s\">%s</a></p>\n", page, page)
	return response(reasons[foreign].status, "text/html", document(body), method == "HEAD")
}

// refusingScript returns a client for Python that prints why it cannot join, and exits with status
// 1. Its response has status 200: with any other, curl -f shows nothing of the body.
func refusingScript(why string) string {
	return "import sys\nsys.exit(" + strconv.Quote(why) + ")\n"
}
