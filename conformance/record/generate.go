package record

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/corsac-dev/corsac/conformance"
)

type (
	kv   = conformance.KV
	resp = conformance.Resp
	hop  = conformance.Hop
)

// kind is a family of cases. Of the sum of all shares, it gets its share.
type kind struct {
	family string
	share  int
	draw   func(*draw, *conformance.Case)
}

// kinds are the families in the order in which they take turns.
var kinds = []kind{
	{"gen-single", 4, (*draw).single},
	{"gen-redirect", 4, (*draw).chain},
	{"gen-cache", 2, (*draw).sequence},
	{"gen-status", 2, (*draw).status},
	{"gen-line", 1, (*draw).line},
	{"gen-referrer", 2, (*draw).policies},
	{"gen-site", 2, (*draw).sites},
	{"gen-throw", 1, (*draw).mistake},
}

// Generate draws n cases. Case i depends only on the seed and i.
func Generate(seed uint64, n int) []*conformance.Case {
	cases := make([]*conformance.Case, n)
	for i := range cases {
		cases[i] = One(seed, i)
	}
	return cases
}

// One draws case i of a seed.
func One(seed uint64, i int) *conformance.Case {
	d := &draw{Rand: rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // a seed must give the same cases
	c := &conformance.Case{ID: fmt.Sprintf("g%d-%d", seed, i)}
	d.page(c, "page", "page", "page", "page", "page", "page", "page", "null")
	k := turn(i)
	c.Family = k.family
	k.draw(d, c)
	return c
}

// turn returns the kind of case i.
func turn(i int) kind {
	sum := 0
	for _, k := range kinds {
		sum += k.share
	}
	i %= sum
	for _, k := range kinds {
		if i -= k.share; i < 0 {
			return k
		}
	}
	return kinds[0]
}

// page draws the document of a case.
func (d *draw) page(c *conformance.Case, of ...string) {
	c.Page = d.of(of...)
	c.Origin = pages[c.Page].origin
	if c.Page == "null" {
		c.Origin = "null"
	}
}

// draw makes choices. Most of them are correct, so a case has one or two odd
// parts and gets as far as they allow.
type draw struct{ *rand.Rand }

func (d *draw) in(n int) bool { return d.IntN(n) == 0 }

func (d *draw) of(list ...string) string { return list[d.IntN(len(list))] }

// mostly returns right with a chance of p in 100, and otherwise one of odd.
func (d *draw) mostly(p int, right string, odd ...string) string {
	if d.IntN(100) < p {
		return right
	}
	return d.of(odd...)
}

// absent stands for a missing header; twice separates a value into two lines.
const (
	absent = "\x00"
	twice  = "\x01"
)

// header appends the lines that a drawn value stands for.
func header(list []kv, name, value string) []kv {
	if value == absent {
		return list
	}
	for line := range strings.SplitSeq(value, twice) {
		list = append(list, kv{name, line})
	}
	return list
}

// asked is what the browser will ask of a hop. It is the generator's guess and
// may be wrong.
type asked struct {
	origin, method string
	names          []string
	include        bool
}

func (d *draw) allowOrigin(a asked) string {
	o := a.origin
	right := o
	if !a.include && d.in(3) {
		right = "*"
	}
	return d.mostly(78, right, absent, "*", "null", o+"/", strings.ToUpper(o), o+", "+o, o+twice+o, "", " "+o+"\t", o+" *", "http://*",
		"*, *", "http://localhost", "localhost:4100", "localhost", api3Origin, o+","+api3Origin, "\""+o+"\"", o+"\u00e9", "true", "https://localhost:4100",
		o+twice+"", ""+twice+o, "*"+twice+"*", " * ", "NULL", "null ", "http://user@localhost:4100", "http:localhost:4100", o+"?", "%2a")
}

func (d *draw) allowCredentials(a asked) string {
	if !a.include && d.in(2) {
		return absent
	}
	return d.mostly(85, "true", absent, "TRUE", "True", "false", "", " true ", "true, true", "true"+twice+"true", "true"+twice, "1", "*", "\"true\"", "true;")
}

func (d *draw) allowMethods(a asked) string {
	m := a.method
	right := d.of(m, "GET, "+m+", X", "get,"+m, m+","+m, ",,"+m+" ,", "\t"+m+"\t", "PUT"+twice+m)
	if !a.include && d.in(4) {
		right = "*"
	}
	return d.mostly(80, right, absent, "*", strings.ToLower(m), strings.ToUpper(m), "", "GET", "PUT PATCH", m+";", "\""+m+"\"", "("+m+")", m+", @", "*, *", ",", m+twice+"a b",
		"* ", m+"\u00e9", "DELETE", "X"+m)
}

func (d *draw) allowHeaders(a asked) string {
	names := strings.Join(a.names, d.of(",", ", ", " ,\t", ",,"))
	right := d.of(names, strings.ToUpper(names), "x-z, "+names, names+",", "content-type"+twice+names)
	if !a.include && d.in(4) {
		right = d.of("*", "*,authorization", "x-q,*")
	}
	fewer := absent
	if len(a.names) > 1 {
		fewer = strings.Join(a.names[1:], ",")
	}
	return d.mostly(80, right, absent, "*", "", fewer, names+";", "x a", "x-a x-b", "\""+names+"\"", ",", "*, authorization", "authorization", names+"\u00ff", "*-*",
		"x-a,(x-b)", "x-"+names, "content-type, authorization, x-a")
}

func (d *draw) exposeHeaders() string {
	return d.of(absent, absent, "*", "X-One", "x-one, ETag", "x-one,,x-two", "X-One"+twice+"x-two", "X-One X-Two", "\"X-One\"", "", "*, x-one", "set-cookie, x-one", "x-one;",
		"content-type", "\tx-two ", "x-one, @", "Access-Control-Allow-Origin, x-two", "x-one"+twice+"a b")
}

func (d *draw) maxAge() string {
	return d.of(absent, absent, "0", "-1", "5", "600", "abc", "", "5.5", "+600", "99999999999999999999", " 600 ", "600,600", "600"+twice+"600", "007", "1e3", "7200", "86401")
}

// preflight draws the response to a preflight.
func (d *draw) preflight(a asked) *resp {
	if d.in(60) {
		return &resp{Abort: true}
	}
	r := &resp{Status: 204}
	if d.in(7) {
		r.Status = []int{200, 200, 201, 206, 299, 300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 500, 503, 599}[d.IntN(18)]
	}
	r.Headers = header(r.Headers, d.mostly(95, "Access-Control-Allow-Origin", "access-control-allow-origin", "ACCESS-CONTROL-ALLOW-ORIGIN"), d.allowOrigin(a))
	r.Headers = header(r.Headers, "Access-Control-Allow-Credentials", d.allowCredentials(a))
	if a.method != "GET" && a.method != "POST" || d.in(4) {
		r.Headers = header(r.Headers, "Access-Control-Allow-Methods", d.allowMethods(a))
	}
	if len(a.names) > 0 || d.in(5) {
		r.Headers = header(r.Headers, "Access-Control-Allow-Headers", d.allowHeaders(a))
	}
	r.Headers = header(r.Headers, "Access-Control-Max-Age", d.maxAge())
	if r.Status >= 300 && r.Status < 400 && d.in(2) {
		r.Headers = header(r.Headers, "Location", api2Origin+"/elsewhere")
	}
	return r
}

// actual draws the response to a request that is not redirected.
func (d *draw) actual(a asked) *resp {
	if d.in(80) {
		return &resp{Abort: true}
	}
	r := &resp{Status: 200, Body: "ok"}
	if d.in(4) {
		r.Status = []int{201, 204, 205, 206, 300, 304, 400, 403, 404, 410, 418, 429, 500, 503, 599, 600, 999}[d.IntN(17)]
	}
	r.Headers = header(r.Headers, "Access-Control-Allow-Origin", d.allowOrigin(a))
	r.Headers = header(r.Headers, "Access-Control-Allow-Credentials", d.allowCredentials(a))
	r.Headers = header(r.Headers, "Access-Control-Expose-Headers", d.exposeHeaders())
	for _, h := range []kv{
		{"Content-Type", "text/plain"},
		{"Cache-Control", "no-store"},
		{"X-One", "1"},
		{"X-Two", "2"},
		{"x-two", "zwei"},
		{"ETag", "\"e\""},
		{"Set-Cookie", "s=1"},
		{"Expires", "0"},
		{"Content-Language", "de"},
		{"Pragma", "p"},
		{"Last-Modified", "never"},
		{"Vary", "Origin"},
		{"X-Odd", "\u00e9\u00ff"},
	} {
		if !d.in(3) {
			r.Headers = append(r.Headers, h)
		}
	}
	d.Shuffle(len(r.Headers), func(i, k int) { r.Headers[i], r.Headers[k] = r.Headers[k], r.Headers[i] })
	return r
}

// single draws one request to one server.
func (d *draw) single(c *conformance.Case) {
	at := d.server()
	q, a := d.request(c, at)
	c.Hops = []hop{{Origin: at, Preflight: d.preflight(a), Actual: d.actual(a)}}
	c.Steps = []conformance.Step{{Request: q}}
}

func (d *draw) server() string {
	if d.in(12) {
		return pageOrigin
	}
	return d.of(apiOrigin, apiOrigin, api2Origin, api3Origin)
}

func hopURL(c *conformance.Case, at string, k int) string {
	return fmt.Sprintf("%s/c/%s/%d", at, c.ID, k)
}
