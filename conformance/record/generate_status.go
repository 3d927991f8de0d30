package record

import (
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/conformance"
)

// statuses are those of which a browser, a proxy or a standard thinks
// something of its own, and neighbours that nobody knows. Without 408, which
// Chromium asks again for on connections that it has used before.
var statuses = []int{
	101, 200, 203, 205, 226, 299, 300, 304, 305, 306, 309, 399, 400, 401, 402, 407, 409, 417, 421, 425, 426, 431, 451, 499, 500,
	501, 502, 503, 504, 505, 507, 508, 510, 511, 520, 530, 599, 600, 601, 700, 777, 899, 900, 999,
}

// status draws a request whose preflight or response has a rare status, with
// the headers that belong to some of them.
func (d *draw) status(c *conformance.Case) {
	d.single(c)
	h := &c.Hops[0]
	odd := h.Actual
	if d.in(2) {
		odd = h.Preflight
	}
	odd.Abort, odd.Status = false, statuses[d.IntN(len(statuses))]
	switch odd.Status {
	case 401:
		odd.Headers = header(odd.Headers, "WWW-Authenticate", d.of(absent, "Basic realm=x", "Bearer"))
	case 407:
		odd.Headers = header(odd.Headers, "Proxy-Authenticate", d.of(absent, "Basic realm=x"))
	case 425, 429, 503:
		odd.Headers = header(odd.Headers, "Retry-After", d.of(absent, "0", "1"))
	case 101, 426:
		odd.Body = "the other protocol" // after 101, it is not HTTP any more
		odd.Headers = header(odd.Headers, "Upgrade", d.of(absent, "websocket", "h2c"))
		odd.Headers = header(odd.Headers, "Connection", d.of(absent, "Upgrade"))
	}
}

// lines are status lines that servers send by mistake, and those at the borders
// of what parsers accept.
func (d *draw) statusLine() string {
	number := d.of("0", "00", "000", "1", "9", "20", "99", "099", "0200", "200", "200", "204", "404", "500", "600", "999", "1000", "1200", "2000", "9999",
		"20000", "99999", "2147483647", "2147483648", "4294967496", "99999999999", "99999999999999999999999", "-200", "+200", "0x9", "C8", "2OO", "200.5", "")
	text := d.of(" OK", " OK", " ", "", "  OK", "\tOK", "OK", "-OK", ",OK", " \u00e9", " 404", ":OK")
	version := d.of("HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.0 ", "http/1.1 ", "Http/1.1 ", "HTTP/1.1  ", "HTTP/1.1\t",
		"HTTP/1.1", "HTTP ", "HTTP", "HTTP/ ", "HTTP/1 ", "HTTP/2 ", "HTTP/2.0 ", "HTTP/3.7 ", "HTTP/0.9 ", "HTTP/11.1 ", "HTTP/1.10 ", "HTTP/a.b ", "HTTP/1.1 \t ",
		"HTTPS/1.1 ", "HTTP /1.1 ", "ICY ", "Status: ", "220 ready ")
	return version + number + text
}

// line draws a request whose response or preflight has a status line that few
// servers send.
func (d *draw) line(c *conformance.Case) {
	at := d.server()
	m := d.of("GET", "PUT")
	q := conformance.Request{API: d.of("fetch", "fetch", "fetch", "xhr"), URL: hopURL(c, at, 0), Method: &m}
	good := func(status int) *resp {
		return &resp{Status: status, Body: "ok", Headers: []kv{
			{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Methods", "PUT"}, {"Cache-Control", "no-store"}, {"Connection", "close"},
		}}
	}
	h := hop{Origin: at, Preflight: good(204), Actual: good(200)}
	odd := h.Actual
	if m == "PUT" && d.in(3) {
		odd = h.Preflight
	}
	odd.Line = d.statusLine()
	odd.Status = 200 // decides only whether there is a body
	c.Hops, c.Steps = []hop{h}, []conformance.Step{{Request: q}}
}

// mistake draws a call that usually throws.
func (d *draw) mistake(c *conformance.Case) {
	at := d.server()
	q, a := d.request(c, at)
	c.Hops = []hop{{Origin: at, Preflight: d.preflight(a), Actual: d.actual(a)}}
	set := func(m string) { q.Method = &m }
	q.Method, q.Body = nil, nil
	if q.API == "xhr" {
		q.Headers = slices.DeleteFunc(q.Headers, func(h kv) bool { return h[0] == "" })
	}
	switch d.IntN(6) {
	case 0:
		set(d.of("TRACE", "trace", "CONNECT", "Track", "track"))
	case 1:
		set(d.of("", " ", "a b", "GET ", "P\tT", "(", "\"PUT\"", "P\u00dcT", "GET/", "PUT\n", "x,y"))
	case 2:
		q.Headers = append(q.Headers, kv{d.of("", "a b", "x|y", "x:", "X-\u00e9", "x,y", "x\"", "(", "x\ty"), "1"})
	case 3:
		q.Headers = append(q.Headers, kv{d.of("X-A", "Accept", "Cookie"), d.of("a\nb", "\u0000", "a\rb", "a\r\nX: y", "\n", "x\u0000", "a\tb", "\u00e9")})
	case 4:
		q.URL = d.of("http://[", "http://", "http://%00/", "http://a:99999/", "//", "http://:80/", fmt.Sprintf("http://u:p@localhost:4101/c/%s/0", c.ID),
			fmt.Sprintf("http://u@localhost:4101/c/%s/0", c.ID), fmt.Sprintf("http://:@localhost:4101/c/%s/0", c.ID), "http://[::1", "http://1.2.3.4.5/")
	default:
		if q.API == "xhr" {
			set(d.of("GET", "get"))
			break
		}
		q.Mode = d.of("no-cors", "same-origin", "cors", "navigate")
		set(d.of("GET", "PUT", "patch", "HEAD", "DELETE"))
		if d.in(2) {
			q.Body = &conformance.Body{Kind: "text"}
		}
		q.Cache = d.of("", "only-if-cached", "no-store")
	}
	c.Steps = []conformance.Step{{Request: q}}
}
