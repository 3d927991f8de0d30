package record

import (
	"sort"
	"strings"

	"github.com/corsac-dev/corsac/conformance"
)

// requestHeader is a header that script sets. asks says whether a preflight
// will probably ask for it.
type requestHeader struct {
	name, value string
	asks        bool
}

var requestHeaders = []requestHeader{
	{"X-A", "1", true},
	{"x-b", "", true},
	{"X-C", "\u00e9", true},
	{"Authorization", "Basic eDp5", true},
	{"Content-Type", "application/json", true},
	{"Content-Type", "text/plain", false},
	{"content-type", "TEXT/PLAIN; charset=\"x\"", true},
	{"Content-Type", "multipart/form-data", false},
	{"Content-Type", "text/plain,application/json", false},
	{"Content-Type", "text", true},
	{"Content-Type", "", false},
	{"Content-Type", "application/x-www-form-urlencoded;" + strings.Repeat("a", 100), true},
	{"Accept", "a/b", false},
	{"Accept", "\"", true},
	{"Accept", "(comment)", true},
	{"Accept", "\u00e9", false},
	{"Accept-Language", "en, de;q=0.1", false},
	{"Accept-Language", "en_US", true},
	{"Content-Language", "*", false},
	{"Content-Language", "a@b", true},
	{"Range", "bytes=0-", false},
	{"Range", "bytes=1-0", true},
	{"Range", "bytes=-1", true},
	{"Range", "Bytes=0-1", true},
	{"Range", "bytes=0-1,3-4", true},
	{"DPR", "1.5", false},
	{"Save-Data", "on", false},
	{"Save-Data", "off", true},
	{"Viewport-Width", "100", false},
	{"ECT", "4g", false},
	{"ECT", "6g", true},
	{"RTT", "1.5", true},
	{"Width", "007", false},
	{"Device-Memory", ".5", true},
	{"Cookie", "a=b", false},
	{"Origin", "x", false},
	{"Sec-A", "1", false},
	{"Proxy-A", "1", false},
	{"Via", "1", false},
	{"User-Agent", "me", false},
	{"X-HTTP-Method-Override", "TRACE", false},
	{"X-Method-Override", "PUT", true},
	{"X-HTTP-Method", "get, connect", false},
	{"Last-Event-ID", "1", true},
	{"Cache-Control", "no-cache", true},
	{"Pragma", "x", true},
	{"Referer", "x", false},
	{"If-None-Match", "\"e\"", true},
	{"X-Requested-With", "XMLHttpRequest", true},
	{"Access-Control-Request-Method", "PUT", false},
	{"Access-Control-Allow-Origin", "*", true},
	{"Upgrade-Insecure-Requests", "1", true},
	{"Priority", "u=1", true},
	{"Date", "x", false},
	{"x|y", "1", true},
	{"a b", "1", false},
	{"", "1", false},
	{"X-\u00e9", "1", false},
	{"X-D", "a\tb", true},
	{"X-E", " v ", true},
}

// request draws what script asks for, and guesses what the browser will ask of
// the server.
func (d *draw) request(c *conformance.Case, at string) (conformance.Request, asked) {
	q := conformance.Request{API: "fetch", URL: hopURL(c, at, 0)}
	if d.in(8) {
		q.API = "xhr"
	}
	a := asked{origin: c.Origin, method: "GET"}
	if d.in(2) {
		m := d.of("GET", "POST", "POST", "PUT", "PUT", "DELETE", "PATCH", "patch", "HEAD", "put", "head", "OPTIONS", "options", "CHICKEN", "get", "Post", "QUERY", "trace", "CONNECT", "a b", "")
		q.Method, a.method = &m, usual(m)
	}
	for range d.weight(4, 4, 3, 1) {
		h := requestHeaders[d.IntN(len(requestHeaders))]
		q.Headers = append(q.Headers, kv{h.name, h.value})
		if h.asks {
			a.names = append(a.names, strings.ToLower(h.name))
		}
	}
	sort.Strings(a.names)
	if q.Method != nil && a.method != "GET" && a.method != "HEAD" && d.in(2) {
		q.Body = &conformance.Body{Kind: d.of("text", "urlencoded", "formdata", "blob", "arraybuffer")}
		if q.Body.Kind == "blob" {
			q.Body.Type = d.of("", "text/plain", "application/json", "TEXT/PLAIN", "a/b;c=\"d\"")
		}
	}
	d.modes(&q)
	a.include = q.Credentials == "include"
	return q, a
}

// modes draws the remaining options. XMLHttpRequest has only credentials and an
// upload listener.
func (d *draw) modes(q *conformance.Request) {
	q.Credentials = d.of("", "omit", "same-origin", "include", "include")
	if q.API == "xhr" {
		if q.Credentials != "include" {
			q.Credentials = ""
		}
		q.UploadListener = d.in(4)
		return
	}
	if d.in(12) {
		q.Mode = d.of("cors", "same-origin", "no-cors")
	}
	if d.in(6) {
		q.Redirect = d.of("follow", "manual", "error")
	}
	if d.in(12) {
		q.ReferrerPolicy = d.of("no-referrer", "same-origin", "origin", "unsafe-url", "strict-origin")
	}
	if d.in(20) {
		q.Cache = d.of("no-store", "reload", "no-cache")
	}
}

// weight draws an index; each weight says how often.
func (d *draw) weight(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := d.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return 0
}

// usual returns a method as browsers send it.
func usual(m string) string {
	switch u := strings.ToUpper(m); u {
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return u
	}
	return m
}

// chain draws a request that servers redirect.
func (d *draw) chain(c *conformance.Case) {
	at := d.server()
	q, a := d.request(c, at)
	if d.in(10) {
		q.URL += d.of("?a=b", "#f", "?a#f")
	}
	tainted := false
	for k, n := 0, 1+d.weight(5, 3, 2); ; k++ {
		if tainted {
			a.origin = "null"
		}
		h := hop{Origin: at, Preflight: d.preflight(a)}
		if k == n {
			h.Actual = d.actual(a)
			c.Hops = append(c.Hops, h)
			break
		}
		next := d.server()
		if d.in(4) {
			next = at
		}
		status := []int{301, 302, 303, 307, 308}[d.IntN(5)]
		h.Actual = d.redirect(a, status, d.location(c, at, next, k+1))
		c.Hops = append(c.Hops, h)
		tainted = tainted || next != at && at != c.Origin
		if status == 303 && a.method != "HEAD" || status < 303 && a.method == "POST" {
			a.method = "GET"
		}
		at = next
	}
	c.Steps = []conformance.Step{{Request: q}}
}

func (d *draw) redirect(a asked, status int, location string) *resp {
	r := &resp{Status: status}
	if d.in(25) {
		r.Status = []int{300, 304, 305, 306, 309}[d.IntN(5)]
	}
	r.Headers = header(r.Headers, "Access-Control-Allow-Origin", d.mostly(70, a.origin, d.allowOrigin(a)))
	r.Headers = header(r.Headers, "Access-Control-Allow-Credentials", d.allowCredentials(a))
	r.Headers = header(r.Headers, "Cache-Control", "no-store")
	r.Headers = header(r.Headers, "Location", location)
	return r
}

// location returns, in most cases, the next hop's URL in one of its spellings.
func (d *draw) location(c *conformance.Case, at, next string, k int) string {
	u := hopURL(c, next, k)
	host := strings.TrimPrefix(u, "http://")
	if d.in(30) && len(c.Hops) > 0 { // back, to make a loop
		return hopURL(c, c.Hops[0].Origin, 0)
	}
	if d.IntN(100) < 72 {
		return u
	}
	if next == at && d.in(2) {
		return d.of(strings.TrimPrefix(u, next), "./"+u[strings.LastIndex(u, "/")+1:], "?self", "")
	}
	return d.of(u+"#frag", u+"?x=1", u+"?x#y", "http://u:p@"+host, "http://u@"+host, "http://@"+host, "http://:@"+host, "//"+host, " "+u+" ", "HTTP://"+host,
		"http:"+host, "http:\\\\"+host, u+"#", absent, "http://[", "http://", "data:,x", "mailto:a@b", "javascript:0", "about:blank", "ws://"+host, "ftp://"+host, "blob:"+u,
		"http://localhost:9/", u+twice+u, u+twice+next+"/x", "\u00e9", "x:y", u+"?\u00e9", u+"?a b", "http://localhost%2f/")
}
