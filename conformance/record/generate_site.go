package record

import "github.com/corsac-dev/corsac/conformance"

// neighbours are the origins to which requests of a page go. Hosts on this
// machine, hosts with registrable domains, and both schemes occur.
var neighbours = map[string][]string{
	"page":  {pageOrigin, apiOrigin, api2Origin, api3Origin, apisOrigin, pagesOrigin, namedOrigin, namedsOrigin, otherOrigin, othersOrigin},
	"null":  {pageOrigin, apiOrigin, api2Origin, apisOrigin, namedOrigin, namedsOrigin},
	"pages": {pagesOrigin, apisOrigin, apiOrigin, api2Origin, pageOrigin, namedsOrigin, othersOrigin, otherOrigin},
	"app":   {appOrigin, namedOrigin, otherOrigin, appsOrigin, namedsOrigin, othersOrigin, apiOrigin, api2Origin, apisOrigin},
	"apps":  {appsOrigin, namedsOrigin, othersOrigin, apisOrigin, apiOrigin, api2Origin, namedOrigin},
}

// near draws a server for a page.
func (d *draw) near(c *conformance.Case) string { return d.of(neighbours[c.Page]...) }

// sites draws a request between sites and schemes, some of which only look
// alike.
func (d *draw) sites(c *conformance.Case) {
	d.page(c, "page", "null", "pages", "app", "app", "apps", "apps")
	d.generous(c, d.weight(5, 3, 2))
}

// policies draws a request of a page with a referrer policy. Redirects may set
// another.
func (d *draw) policies(c *conformance.Case) {
	d.page(c, "page", "app", "apps", "apps")
	c.Policy = d.of(policies...)
	d.generous(c, d.weight(2, 4, 3, 2))
}

// generous draws a request with a number of redirects, which servers usually
// allow.
func (d *draw) generous(c *conformance.Case, redirects int) {
	at := d.near(c)
	q := conformance.Request{API: "fetch", URL: hopURL(c, at, 0)}
	if d.in(8) {
		q.API = "xhr"
	}
	m := d.of("GET", "GET", "POST", "POST", "PUT", "HEAD")
	q.Method = &m
	if d.in(5) {
		q.Headers = []kv{{d.of("X-A", "Authorization"), "1"}}
	}
	q.Credentials = d.of("", "include", "include")
	if q.API == "fetch" {
		if m != "PUT" {
			q.Mode = d.of("", "", "cors", "no-cors", "no-cors")
		}
		if d.in(3) {
			q.ReferrerPolicy = d.of(policies...)
		}
		if d.in(12) {
			q.Cache = d.of("no-store", "no-cache")
		}
		if q.Mode == "no-cors" {
			q.Credentials = d.of("", "include", "omit", "same-origin")
		}
	}
	for k := 0; ; k++ {
		h := hop{Origin: at, Preflight: d.open(c, &q, 204), Actual: d.open(c, &q, 200)}
		if k == redirects {
			c.Hops = append(c.Hops, h)
			break
		}
		at = d.near(c)
		h.Actual = d.open(c, &q, []int{301, 302, 303, 307, 308}[d.IntN(5)])
		h.Actual.Headers = append(h.Actual.Headers, kv{"Location", hopURL(c, at, k+1)})
		if d.in(2) {
			h.Actual.Headers = header(h.Actual.Headers, "Referrer-Policy", d.redirectPolicy())
		}
		c.Hops = append(c.Hops, h)
	}
	c.Steps = []conformance.Step{{Request: q}}
}

// redirectPolicy draws the Referrer-Policy of a redirect.
func (d *draw) redirectPolicy() string {
	if d.in(5) {
		return d.of("", "never", "unknown, origin", "origin, unknown", "ORIGIN", "unsafe-url, no-referrer", "no-referrer"+twice+"unsafe-url",
			"unsafe-url,", "default", "always", "origin-when-crossorigin", "strict-origin;", " unsafe-url ")
	}
	return d.of(policies[1:]...)
}

// open returns a response that allows a request, with whatever Origin it has.
func (d *draw) open(c *conformance.Case, q *conformance.Request, status int) *resp {
	r := &resp{Status: status, Headers: []kv{{"Cache-Control", "no-store"}}}
	origin := c.Origin
	if q.Credentials != "include" {
		origin = "*"
	} else if d.in(3) {
		origin = "null"
	}
	r.Headers = header(r.Headers, "Access-Control-Allow-Origin", d.mostly(95, origin, absent))
	r.Headers = append(r.Headers, kv{"Access-Control-Allow-Credentials", "true"}, kv{"Access-Control-Allow-Methods", "PUT"},
		kv{"Access-Control-Allow-Headers", "x-a, authorization"})
	return r
}
