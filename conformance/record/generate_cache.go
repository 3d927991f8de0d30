package record

import (
	"strings"

	"github.com/corsac-dev/corsac/conformance"
)

// shortest is the shortest lifetime that is drawn, in seconds.
const shortest = "2"

// sequence draws two to four requests to one URL, with responses to preflights
// that may change in between. A preflight that does not appear on the wire was
// covered by the preflight cache. Lifetimes are either much longer than a
// sequence, or clearly over when they should be.
func (d *draw) sequence(c *conformance.Case) {
	at := d.of(apiOrigin, api2Origin)
	lifetime := d.of("600", "600", "600", "7200", "0", "-1", shortest, shortest, "+600", " 600", "abc", "", absent, "600,600", "600"+twice+"600", "5.5", "007200", "99999999999999999999")
	hops := d.remembered(c, at, lifetime)
	c.Hops = hops
	for i, n := 0, 2+d.weight(5, 4, 2); i < n; i++ {
		s := conformance.Step{Request: d.repeated(c, at)}
		if i > 0 {
			if lifetime == shortest && d.in(2) {
				s.DelayMS = 3200
			}
			if d.in(4) {
				s.Hops = d.remembered(c, at, lifetime)
			}
		}
		c.Steps = append(c.Steps, s)
	}
}

// repeated draws from a few methods and headers, so requests often ask for the
// same.
func (d *draw) repeated(c *conformance.Case, at string) conformance.Request {
	q := conformance.Request{API: "fetch", URL: hopURL(c, at, 0)}
	if d.in(10) {
		q.API = "xhr"
	}
	m := d.of("PUT", "PUT", "PUT", "DELETE", "GET", "POST", "PATCH", "HEAD")
	q.Method = &m
	for _, h := range []kv{{"X-A", "1"}, {"X-B", "2"}, {"Authorization", "Basic eDp5"}, {"Content-Type", "application/json"}, {"Accept", "a/b"}} {
		if d.in(4) {
			q.Headers = append(q.Headers, h)
		}
	}
	q.Credentials = d.of("", "", "omit", "include", "include")
	if q.API == "xhr" {
		if q.Credentials != "include" {
			q.Credentials = ""
		}
		return q
	}
	if d.in(8) {
		q.Cache = d.of("no-store", "reload", "no-cache", "default", "force-cache")
	}
	if d.in(12) {
		q.URL += d.of("#f", "?q")
	}
	if d.in(20) {
		q.Redirect = d.of("manual", "error")
	}
	return q
}

// remembered draws responses that usually allow everything that repeated asks
// for.
func (d *draw) remembered(c *conformance.Case, at, lifetime string) []hop {
	origin := d.mostly(90, c.Origin, "*", absent, api3Origin)
	p := &resp{Status: 204}
	if d.in(12) {
		p.Status = []int{200, 404, 500, 302}[d.IntN(4)]
	}
	p.Headers = header(p.Headers, "Access-Control-Allow-Origin", origin)
	p.Headers = header(p.Headers, "Access-Control-Allow-Credentials", d.mostly(92, "true", absent, "TRUE"))
	p.Headers = header(p.Headers, "Access-Control-Allow-Methods", d.mostly(55, "PUT, DELETE, PATCH", "PUT", "DELETE, PUT", "*", "PATCH", absent, "put", "PUT,*", "GET, POST, HEAD"))
	p.Headers = header(p.Headers, "Access-Control-Allow-Headers", d.mostly(55, "X-A, X-B, Authorization, Content-Type", "x-a", "*", "x-a, x-b", "*, authorization", absent, "content-type,x-a,accept", "X-A,*"))
	p.Headers = header(p.Headers, "Access-Control-Max-Age", lifetime)
	if d.in(8) {
		p.Headers = append(p.Headers, kv{"Cache-Control", d.of("no-store", "max-age=600")}, kv{"Vary", d.of("*", "Origin")})
	}
	a := &resp{Status: 200, Body: "ok", Headers: []kv{{"Cache-Control", "no-store"}, {"Content-Type", "text/plain"}}}
	if d.in(20) {
		a = &resp{Abort: true}
	} else {
		a.Headers = header(a.Headers, "Access-Control-Allow-Origin", d.mostly(88, c.Origin, absent, "*", strings.ToUpper(c.Origin)))
		a.Headers = header(a.Headers, "Access-Control-Allow-Credentials", d.mostly(92, "true", absent))
	}
	return []hop{{Origin: at, Preflight: p, Actual: a}}
}
