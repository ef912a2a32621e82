package ways

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/locale"
)

// response is an answer to a request.
type response struct {
	status  int
	kind    string // Content-Type
	body    string
	headers []string // more of them, such as "Allow: GET"
}

// ServerHeader is the header by which another server on this machine recognizes Parley.
const ServerHeader = "Server: Parley"

// seeWays tells a client that a request failed for how to go on.
const seeWays = "/ shows how to join. 打开 / 查看加入方式。\n"

// problem returns an answer for a request that is not served. Programs read it more than people
// do, so its words are those of the protocol.
func problem(status int) response {
	return response{
		status: status, kind: "text/plain; charset=utf-8",
		body: http.StatusText(status) + "\n" + seeWays,
	}
}

// bytes returns the whole answer, without its body if only the head was asked for. Nothing of it is
// kept by browsers, or can load, run or be framed by anything else.
func (r response) bytes(headOnly bool) []byte {
	headers := append([]string{
		ServerHeader,
		"Date: " + time.Now().UTC().Format(http.TimeFormat),
		"Content-Type: " + r.kind,
		"Content-Length: " + strconv.Itoa(len(r.body)),
		"Connection: close",
		"Cache-Control: no-store",
		"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options: nosniff",
		"Referrer-Policy: no-referrer",
	}, r.headers...)
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\n%s\r\n\r\n",
		r.status, http.StatusText(r.status), strings.Join(headers, "\r\n"))
	if headOnly {
		return []byte(head)
	}
	return []byte(head + r.body)
}

// accepted returns the language that an Accept-Language header prefers (RFC 9110, section 12.5.4),
// of those that there are; English if it names others only. Without such a header, as from curl, it
// is the server's.
func accepted(headers []string, own locale.Lang) locale.Lang {
	best, lang := 0.0, locale.English
	if strings.Trim(strings.Join(headers, ""), " *") == "" {
		return own
	}
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameter, _ := strings.Cut(item, ";")
		weight := 1.0
		if q, is := strings.CutPrefix(strings.TrimSpace(parameter), "q="); is {
			weight, _ = strconv.ParseFloat(q, 64) // invalid: 0, which is never
		}
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "-")
		if weight <= best || primary != "zh" && primary != "en" {
			continue
		}
		best, lang = weight, locale.English
		if primary == "zh" {
			lang = locale.Chinese
		}
	}
	return lang
}
