package ways

import (
	"fmt"
	"html"
	"net/http"
	"net/netip"
	"strings"

	"parley/locale"
)

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem}
h2{font-size:1.1rem;margin:1.5rem 0 0}
p{margin:.25rem 0}
pre{font:.9rem/1.4 ui-monospace,monospace;margin:.5rem 0;padding:.75rem;border:1px solid;border-radius:.4rem;` +
	`white-space:pre-wrap;overflow-wrap:anywhere;-webkit-user-select:all;user-select:all}
small{overflow-wrap:anywhere}`

// way is a section of the page: what one needs, and what to type.
type way struct {
	title   locale.Text
	command string
	hint    locale.Text
	html    string // behind the hint, complete and safe
}

var (
	title = locale.Text{EN: "Join the chat room", ZH: "加入聊天室"}
	intro = locale.Text{
		EN: "Copy a command into a terminal and run it. The server asks for your nickname; " +
			"then type and press Enter. /help lists the commands and /quit leaves. " +
			"Parley's own client has no /help.",
		ZH: "选择一种方式，把命令复制到终端运行。服务器会先询问昵称，之后输入内容、按回车即可聊天。" +
			"输入 /help 查看命令，/quit 退出；Parley 自带的客户端没有 /help。",
	}
	pressEnter = locale.Text{EN: "Press Enter once to start.", ZH: "连接后按一次回车。"}
	orWait     = locale.Text{
		EN: "Press Enter once to start, or wait a few seconds.",
		ZH: "连接后按一次回车，或稍等几秒。",
	}
	leaveNetcat = locale.Text{
		EN: "Ctrl-C leaves, too. Ctrl-D leaves in some netcats only.",
		ZH: "按 Ctrl-C 也可以退出；有些 netcat 按 Ctrl-D 不会退出。",
	}
	downloadText = locale.Text{EN: "Download join.py", ZH: "下载 join.py"}
)

// ways returns every way in for a client.
func (d *Door) ways(v visitor, lang locale.Lang) []way {
	at := v.at
	url := "http://" + at.String() + "/join.py"
	quoted := url
	if strings.Contains(url, "[") {
		quoted = "'" + url + "'" // shells look for files that match brackets
	}
	start := pressEnter
	if d.config.Prompts {
		start = orWait
	}
	download := `<p><a href="/join.py">` + downloadText.In(lang) + `</a></p>`
	all := []way{
		{
			title:   locale.Text{EN: "Python 3 and curl", ZH: "Python 3 和 curl"},
			command: `python3 -c "$(curl -fsS ` + quoted + `)"`,
			hint: locale.Text{
				EN: "It reconnects after a restart of the server, to the lobby. " +
					"Ctrl-C or Ctrl-D leaves.",
				ZH: "服务器重启后会自动重新连接，回到大厅。按 Ctrl-C 或 Ctrl-D 退出。",
			},
		},
		{
			title:   locale.Text{EN: "The same client as a file", ZH: "先下载脚本，再运行"},
			command: "curl -O " + quoted + "\npython3 join.py",
			hint: locale.Text{
				EN: "You can read the script before you run it.", ZH: "可以先查看脚本内容再运行。",
			},
			html: download,
		},
		{
			title:   locale.Text{EN: "Python 3 without curl", ZH: "只用 Python 3"},
			command: Lines(at.host, at.number(), true, lang),
			hint: locale.Text{
				EN: "It does not reconnect. Ctrl-C or Ctrl-D leaves.",
				ZH: "不需要 curl；断线后不会自动重新连接。按 Ctrl-C 或 Ctrl-D 退出。",
			},
		},
		{
			title: locale.Text{EN: "netcat", ZH: "netcat"}, command: "nc " + at.host + " " + at.number(),
			hint: locale.Text{
				EN: start.EN + " When the connection ends, after /quit or because the " +
					"server stops, some netcats wait until you press Enter again.",
				ZH: start.ZH + "连接结束后（输入 /quit 或服务器停止），有些 netcat 要再按一次回车才会退出。",
			},
			html: "<p>" + html.EscapeString(leaveNetcat.In(lang)) + "</p>",
		},
		{
			title:   locale.Text{EN: "telnet", ZH: "telnet"},
			command: "telnet -E -- " + at.host + " -" + at.number(),
			hint: locale.Text{
				EN: "-E and the minus sign before the port let telnet send every Chinese " +
					"character. If the server still says that a text is not UTF-8, use netcat.",
				ZH: "-E 和端口前的减号不能省，否则有些汉字会丢失。若仍提示“不是 UTF-8 文本”，请改用 netcat。",
			},
		},
		d.encryptedWay(at, lang),
	}
	if v.encrypted && isPublic(at.host) { // clients outside the server's networks need TLS
		return all[len(all)-1:]
	}
	if v.encrypted { // the client may be in a network that is served in no other way
		last := len(all) - 1
		all = append([]way{all[last]}, all[:last]...)
	}
	if port := d.config.Datagrams.Port(); port != 0 {
		all = append(all, way{
			title:   locale.Text{EN: "Parley's own client", ZH: "Parley 自带的客户端"},
			command: "parley join " + d.datagramsAt(v).String(),
			hint: locale.Text{
				EN: "It needs the program parley: ask the operator of the server for it. It has " +
					"the lobby only: no other rooms and no history. It shows private messages, " +
					"but cannot send them. Type quit or press Ctrl-C to leave.",
				ZH: "需要 parley 程序，可向服务器管理员索取。此客户端只有大厅，没有其他房间和聊天记录；" +
					"能看到发给你的私聊，但不能发私聊。输入 quit 或按 Ctrl-C 退出。",
			},
		})
	}
	return all
}

// isPublic says whether an address is one of the internet.
func isPublic(host string) bool {
	at, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && at.IsGlobalUnicast() && !at.IsPrivate()
}

func (d *Door) encryptedWay(at address, lang locale.Lang) way {
	w := way{
		title:   locale.Text{EN: "openssl, encrypted", ZH: "openssl（加密）"},
		command: "openssl s_client -quiet -connect " + at.String(),
		hint: locale.Text{
			EN: "Press Enter once to start. By default, connections from outside the server's " +
				"private networks must be encrypted.",
			ZH: "连接后先按一次回车。从外部网络默认只能使用加密连接。",
		},
	}
	if digest := d.config.Fingerprint(); digest != "" {
		label := locale.Text{EN: "Certificate (SHA-256): %s", ZH: "证书（SHA-256）：%s"}
		w.html = "<p><small>" + html.EscapeString(label.Format(lang, digest)) + "</small></p>\n" +
			"<p>" + html.EscapeString(selfSigned.In(lang)) + "</p>\n<pre><code>" +
			html.EscapeString(fingerprintOf(at)) + "</code></pre>"
	}
	return w
}

// selfSigned explains what openssl says of the server's own certificate.
var selfSigned = locale.Text{
	EN: "“verify error:num=18:self-signed certificate” is expected: by default, the server makes " +
		"its certificate itself. To be sure that you reach the right server, compare the " +
		"fingerprint that the following command prints with the one on the server's first " +
		"screen, or with that of parley address. “Can't use SSL_get_servername” is expected, too.",
	ZH: "出现 “verify error:num=18:self-signed certificate” 是正常的：默认情况下，证书由服务器自己签发。" +
		"要确认连到的是正确的服务器，请运行下面的命令，并把显示的指纹与服务器首屏或 parley address 显示的对比。" +
		"“Can't use SSL_get_servername” 也是正常的。",
}

// fingerprintOf is a command that prints the fingerprint of the certificate at an address.
func fingerprintOf(at address) string {
	return "openssl s_client -connect " + at.String() + " </dev/null 2>/dev/null | " +
		"openssl x509 -noout -sha256 -fingerprint"
}

// datagramsAt returns where a client sends datagrams. If they have the number of the connection's
// port, it is the one that the client knows: a router may have changed both.
func (d *Door) datagramsAt(v visitor) address {
	bound, at := d.config.Datagrams, v.at
	if addr := bound.Addr().Unmap(); !addr.IsUnspecified() && addr != v.local.Addr() {
		at.host = addr.WithZone("").String()
	}
	if bound.Port() != v.local.Port() {
		at.port = bound.Port()
	}
	return at
}

// page returns the page of all ways in.
func (d *Door) page(v visitor, lang locale.Lang) response {
	tag := locale.Text{EN: "en", ZH: "zh-Hans"}.In(lang)
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<title>%s</title>\n<style>\n%s\n</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n",
		tag, title.In(lang), style, title.In(lang), html.EscapeString(intro.In(lang)))
	for i, w := range d.ways(v, lang) {
		fmt.Fprintf(&b, "<section aria-labelledby=\"way%d\">\n<h2 id=\"way%d\">%s</h2>\n<p>%s</p>\n"+
			"<pre><code>%s</code></pre>\n%s</section>\n", i, i, html.EscapeString(w.title.In(lang)),
			html.EscapeString(w.hint.In(lang)), html.EscapeString(w.command), w.html)
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	return response{
		status: http.StatusOK, kind: "text/html; charset=utf-8", body: b.String(),
		headers: []string{"Content-Language: " + tag, "Vary: Accept-Language"},
	}
}
