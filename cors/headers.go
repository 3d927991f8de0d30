package cors

import (
	"net/http"
	"slices"
	"strings"
)

// All header values of a response are in one array, so that they cost one
// allocation (TestAllocations). No array is shared: a handler that overwrites
// header values, or appends to them, changes no other header and no other
// response.

// put sets a header to one value, which it stores in the first of the free
// elements of the array, and returns the others.
func put(h http.Header, name string, free []string, value string) []string {
	free[0] = value
	h[name] = free[:1:1]
	return free[1:]
}

// putLines sets a header to a copy of lines.
func putLines(h http.Header, name string, free, lines []string) []string {
	n := copy(free, lines)
	h[name] = free[:n:n]
	return free[n:]
}

// addVary adds those of names to the Vary header that it does not list.
func addVary(h http.Header, free []string, names ...string) {
	old := h[headerVary]
	n := copy(free, old)
	for _, name := range names {
		if !lists(old, name) {
			free[n] = name
			n++
		}
	}
	if n > len(old) {
		h[headerVary] = free[:n:n]
	}
}

// setActual sets the headers of the response to a request from an origin that
// is allowed (https://fetch.spec.whatwg.org/#http-responses).
func (c *compiled) setActual(h http.Header, origin string) {
	vary := h[headerVary]
	// BenchmarkMiddleware/one-origin/actual: −4 ns of 95.
	if c.plain && len(vary) == 0 {
		values := &[2]string{origin, headerOrigin}
		h[headerAllowOrigin] = values[:1:1]
		h[headerVary] = values[1:]
		return
	}
	free := make([]string, c.actualValues+len(vary))
	if c.anyOrigin {
		origin = wildcard
	}
	free = put(h, headerAllowOrigin, free, origin)
	if c.credentials {
		free = put(h, headerAllowCredentials, free, "true")
	}
	if c.exposeHeaders != "" {
		free = put(h, headerExposeHeaders, free, c.exposeHeaders)
	}
	if c.timing {
		free = put(h, headerTimingOrigin, free, origin)
	}
	if c.resourcePolicy != "" {
		free = put(h, headerResourcePolicy, free, c.resourcePolicy)
	}
	switch {
	case !c.varies:
	case len(vary) == 0:
		put(h, headerVary, free, c.actualVary)
	default:
		addVary(h, free, c.actualVaryNames...)
	}
}

// setRefused sets the headers of a response whose origin is refused, or that
// has none: Vary, because another origin might have been allowed, and
// Cross-Origin-Resource-Policy. It is apart from addRefused so that it is
// inlined (BenchmarkMiddleware/one-origin/non-cors: −3 ns of 65).
func (c *compiled) setRefused(h http.Header) {
	if len(h) == 0 && c.resourcePolicy == "" {
		h[headerVary] = []string{c.actualVary}
		return
	}
	c.addRefused(h)
}

// addRefused is setRefused for a response that has headers, or gets several.
func (c *compiled) addRefused(h http.Header) {
	vary := h[headerVary]
	switch {
	case c.resourcePolicy != "":
		free := put(h, headerResourcePolicy, make([]string, 1+len(c.actualVaryNames)+len(vary)), c.resourcePolicy)
		addVary(h, free, c.actualVaryNames...)
	case slices.ContainsFunc(c.actualVaryNames, func(name string) bool { return !lists(vary, name) }):
		addVary(h, make([]string, len(c.actualVaryNames)+len(vary)), c.actualVaryNames...)
	}
}

// setPreflight sets the headers of the response to a preflight that is allowed.
func (c *compiled) setPreflight(h http.Header, origin string, r *http.Request) {
	vary := h[headerVary]
	n := c.preflightValues + len(vary)
	var echoed []string
	if c.echoesHeaders() {
		echoed = r.Header[headerRequestHeaders]
		n += len(echoed)
	}
	free := c.setOrigin(h, make([]string, n), origin)
	switch {
	case c.echoesMethod():
		free = put(h, headerAllowMethods, free, only(r.Header[headerRequestMethod]))
	case c.allowMethods != "":
		free = put(h, headerAllowMethods, free, c.allowMethods)
	}
	switch {
	case len(echoed) > 0:
		free = putLines(h, headerAllowHeaders, free, echoed)
	case c.allowHeaders != "" && !c.echoesHeaders():
		free = put(h, headerAllowHeaders, free, c.allowHeaders)
	}
	if c.maxAge != "" {
		free = put(h, headerMaxAge, free, c.maxAge)
	}
	switch {
	case c.preflightVary == "":
	case len(vary) == 0:
		put(h, headerVary, free, c.preflightVary)
	default:
		addVary(h, free, c.preflightVaryNames...)
	}
}

// setOrigin sets the headers that all responses to an allowed origin have.
func (c *compiled) setOrigin(h http.Header, free []string, origin string) []string {
	if c.anyOrigin {
		origin = wildcard
	}
	free = put(h, headerAllowOrigin, free, origin)
	if c.credentials {
		free = put(h, headerAllowCredentials, free, "true")
	}
	return free
}

// lists reports whether the lines of a list header contain "*" or name,
// ignoring case.
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

// debugActual sets the headers of the response to a request from an origin that
// is refused, in debug mode.
func (c *compiled) debugActual(h http.Header, origin string) {
	c.setRefused(h)
	c.debugOrigin(h, origin)
}

// debugOrigin answers an origin that is refused with one that is allowed, so
// that the browser quotes it. It never sets a header that would allow the
// request.
func (c *compiled) debugOrigin(h http.Header, origin string) {
	for _, allowed := range c.source.AllowOrigins {
		if allowed != wildcard && allowed != origin {
			h[headerAllowOrigin] = []string{allowed}
			return
		}
	}
}

// debugPreflight sets the headers of the steps that a refused preflight passed.
// For the step that failed, it sets what is allowed by name only: browsers
// differ in what "*" covers, and what is refused must stay refused.
func (d decision) debugPreflight(h http.Header, r *http.Request) {
	c := d.policy
	if d.reason.step() == stepOrigin {
		c.debugOrigin(h, d.origin)
		return
	}
	free := c.setOrigin(h, make([]string, c.preflightValues), d.origin)
	methods := c.allowMethods
	if c.anyMethod {
		methods = ""
		if d.reason.step() == stepHeaders {
			methods = only(r.Header[headerRequestMethod])
		}
	}
	if methods != "" {
		free = put(h, headerAllowMethods, free, methods)
	}
	if d.reason == HeaderNotAllowed && c.allowHeaders != "" && !c.anyHeader {
		put(h, headerAllowHeaders, free, c.allowHeaders)
	}
}
