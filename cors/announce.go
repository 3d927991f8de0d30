package cors

import (
	"net/http"
	"strings"
)

// values hands out header values from one array, so that a response costs one
// allocation. The array belongs to one request and is shared with nothing: a
// handler that writes into the values of its response, or appends to them,
// changes no other header and no other response.
type values struct{ free []string }

func newValues(n int) values { return values{make([]string, n)} }

// take returns the next n values, with no room behind them.
func (v *values) take(n int) []string {
	taken := v.free[:n:n]
	v.free = v.free[n:]
	return taken
}

// one returns a slice of s alone.
func (v *values) one(s string) []string {
	v.free[0] = s
	return v.take(1)
}

// clone returns a copy of lines.
func (v *values) clone(lines []string) []string {
	return v.take(copy(v.free, lines))
}

// announceActual sets the headers of the response to a request from an origin
// that is allowed (https://fetch.spec.whatwg.org/#http-responses).
func (c *compiled) announceActual(h http.Header, r *http.Request) {
	v := newValues(c.actualValues + len(h[headerVary]))
	c.announceOrigin(h, &v, r)
	if c.exposeHeaders != "" {
		h[headerExposeHeaders] = v.one(c.exposeHeaders)
	}
	if c.timing {
		h[headerTimingOrigin] = v.one(c.originValue(r))
	}
	c.announceAlways(h, &v)
}

// announceNonCORS sets the headers of the response to a request without an
// origin. Where all responses have the same CORS headers, so has this one, since
// a cache may use it for a request with an origin
// (https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches).
func (c *compiled) announceNonCORS(h http.Header, r *http.Request) {
	if c.varies {
		c.announceNothing(h)
		return
	}
	c.announceActual(h, r)
}

// announceNothing sets the headers of a response that is not for other origins:
// only that it could have been, and who may embed it.
func (c *compiled) announceNothing(h http.Header) {
	if c.resourcePolicy == "" && lists(h[headerVary], headerOrigin) {
		return
	}
	v := newValues(2 + len(h[headerVary]))
	c.announceAlways(h, &v)
}

// announceAlways sets the headers that all responses have but those to
// preflights.
func (c *compiled) announceAlways(h http.Header, v *values) {
	if c.resourcePolicy != "" {
		h[headerResourcePolicy] = v.one(c.resourcePolicy)
	}
	if c.varies {
		addVary(h, v, headerOrigin)
	}
}

// originValue returns the origin that is allowed, as headers say it.
func (c *compiled) originValue(r *http.Request) string {
	if c.anyOrigin {
		return wildcard
	}
	return r.Header[headerOrigin][0]
}

func (c *compiled) announceOrigin(h http.Header, v *values, r *http.Request) {
	h[headerAllowOrigin] = v.one(c.originValue(r))
	if c.credentials {
		h[headerAllowCredentials] = v.one("true")
	}
}

// announcePreflight sets the headers of the answer to an allowed preflight.
func (c *compiled) announcePreflight(h http.Header, r *http.Request) {
	v := newValues(c.preflightValues + len(r.Header[headerRequestHeaders]) + len(h[headerVary]))
	c.announceOrigin(h, &v, r)
	switch {
	case c.echoesMethod():
		h[headerAllowMethods] = v.one(r.Header[headerRequestMethod][0])
	case c.announceMethods != "":
		h[headerAllowMethods] = v.one(c.announceMethods)
	}
	switch {
	case c.echoesHeaders():
		if names := r.Header[headerRequestHeaders]; len(names) > 0 {
			h[headerAllowHeaders] = v.clone(names)
		}
	case c.announceHeaders != "":
		h[headerAllowHeaders] = v.one(c.announceHeaders)
	}
	if c.maxAge != "" {
		h[headerMaxAge] = v.one(c.maxAge)
	}
	if len(h[headerVary]) == 0 && c.preflightVary != "" {
		h[headerVary] = v.one(c.preflightVary)
		return
	}
	addVary(h, &v, c.preflightVaryNames...)
}

// addVary adds those of names to the Vary header that it does not list.
func addVary(h http.Header, v *values, names ...string) {
	old := h[headerVary]
	n := copy(v.free, old)
	for _, name := range names {
		if !lists(old, name) {
			v.free[n] = name
			n++
		}
	}
	if n > len(old) {
		h[headerVary] = v.take(n)
	}
}

// lists reports whether the lines of a list header contain name, in any case,
// or "*".
func lists(lines []string, name string) bool {
	for _, line := range lines {
		for more := true; more; {
			var element string
			element, line, more = strings.Cut(line, ",")
			if element = trimOWS(element); element == wildcard || strings.EqualFold(element, name) {
				return true
			}
		}
	}
	return false
}

// debugOrigin answers an origin that is refused with one that is allowed, which
// the browser then quotes. A header that would allow the request is never set.
func (c *compiled) debugOrigin(h http.Header, r *http.Request) {
	for _, allowed := range c.source.AllowOrigins {
		if allowed != wildcard && allowed != r.Header[headerOrigin][0] {
			h[headerAllowOrigin] = []string{allowed}
			return
		}
	}
}

// debugPreflight sets the headers of the steps that a refused preflight passed,
// and for the step that failed only what is allowed by name: browsers differ in
// what "*" covers, and a refusal must stay one.
func (c *compiled) debugPreflight(h http.Header, r *http.Request, reason Reason) {
	if reason.step() == stepOrigin {
		c.debugOrigin(h, r)
		return
	}
	v := newValues(c.preflightValues)
	c.announceOrigin(h, &v, r)
	methods := c.announceMethods
	if c.anyMethod {
		methods = ""
		if reason.step() == stepHeaders {
			methods = r.Header[headerRequestMethod][0]
		}
	}
	if methods != "" {
		h[headerAllowMethods] = v.one(methods)
	}
	if reason == HeaderNotAllowed && c.announceHeaders != "" && !c.anyHeader {
		h[headerAllowHeaders] = v.one(c.announceHeaders)
	}
}
