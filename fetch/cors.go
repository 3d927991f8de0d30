package fetch

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// headerValue is [Headers.get], except that lines without a value may not
// count, depending on the profile.
func (r *rules) headerValue(list Headers, name string) (string, int) {
	if !r.ignoreEmptyLines {
		return list.get(name)
	}
	value, n := "", 0
	for i := list.index(name, 0); i >= 0; i = list.index(name, i+1) {
		v := trimOWS(list[i].Value)
		if v == "" {
			continue
		}
		if n++; n > 1 {
			v = value + ", " + v
		}
		value = v
	}
	return value, n
}

// allowOrigin returns the value of Access-Control-Allow-Origin and the number
// of its lines. Firefox counts only lines in the usual spelling as several;
// with others, lines without a value do not count.
func (r *rules) allowOrigin(list Headers) (string, int) {
	const name = "Access-Control-Allow-Origin"
	all, n := list.get(name)
	if !r.ignoreEmptyLines || n < 2 {
		return all, n
	}
	usual := 0
	for i := range list {
		if list[i].Name == name {
			usual++
		}
	}
	if usual > 1 {
		return all, n
	}
	value, _ := r.headerValue(list, name)
	return value, 1
}

// corsFailure is why a CORS check failed: the code without "Preflight", and the
// value that failed.
type corsFailure struct {
	code  Code
	value string
	lines int
}

// corsCheck is the CORS check (https://fetch.spec.whatwg.org/#cors-check).
// origin is the serialised request origin, which the header must equal byte for
// byte. ok reports success.
func (r *rules) corsCheck(list Headers, origin string, include bool) (f corsFailure, ok bool) {
	value, lines := r.allowOrigin(list)
	switch {
	case lines == 0:
		return corsFailure{code: CodeMissingAllowOriginHeader}, false
	case value == "*" && !include:
		return f, true
	case value == "*":
		return corsFailure{CodeWildcardOriginNotAllowed, value, lines}, false
	case value != origin:
		return corsFailure{classifyOrigin(value), value, lines}, false
	case !include:
		return f, true
	}
	if value, lines = r.headerValue(list, "Access-Control-Allow-Credentials"); value != "true" {
		return corsFailure{CodeInvalidAllowCredentials, value, lines}, false
	}
	return f, true
}

// classifyOrigin says what is wrong with a value that is not the page's origin.
// It does so as Chromium does: a space or a comma makes it several values, and
// any other URL makes it another origin.
func classifyOrigin(value string) Code {
	switch {
	case strings.ContainsAny(value, " ,"):
		return CodeMultipleAllowOriginValues
	case value == "null":
		return CodeAllowOriginMismatch
	}
	if _, err := weburl.Parse(value, nil); err != nil {
		return CodeInvalidAllowOriginValue
	}
	return CodeAllowOriginMismatch
}

// preflightGrant is what a successful preflight allows.
type preflightGrant struct {
	methods, headers []string
}

// checkPreflight is the second half of CORS-preflight fetch
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch): the checks on the
// response, in the browser's order. names are the unsafe header names of the
// request; origin is the Origin that the preflight had. A grant may come with
// an error, because some browsers cache it all the same.
func (m *machine) checkPreflight(resp *WireResponse, names []string, origin string) (*preflightGrant, *Error) {
	include := m.req.credentials == CredentialsInclude
	okStatus := resp.Status >= 200 && resp.Status <= 299
	_, redirect := m.location(resp)
	order := m.r.preflightOrder
	if order == redirectFirst && redirect {
		return nil, m.preflightError(CodePreflightDisallowedRedirect, resp.Status)
	}
	if order == statusFirst && !okStatus {
		return nil, m.preflightError(CodePreflightInvalidStatus, resp.Status)
	}
	own := m.r.realOriginPreflight && m.page.origin.SameOrigin(m.origin)
	if f, ok := m.r.corsCheck(resp.Headers, origin, include); !ok && !own {
		f.code = "Preflight" + f.code
		return nil, m.accessError(f, resp.Status, true)
	}
	if order == accessFirst && redirect {
		if m.req.redirect == redirectFollow {
			return nil, m.preflightError(CodePreflightDisallowedRedirect, resp.Status)
		}
		return nil, m.preflightError(CodePreflightInvalidStatus, resp.Status)
	}
	if !okStatus {
		return nil, m.preflightError(CodePreflightInvalidStatus, resp.Status)
	}
	if m.tracing {
		m.step("cors-preflight-fetch", true, "preflight response passes the CORS check and has an OK status, %d", resp.Status)
	}
	return m.checkGrant(resp, names, include)
}

// checkGrant parses Access-Control-Allow-Methods and -Headers, and checks the
// request against them.
func (m *machine) checkGrant(resp *WireResponse, names []string, include bool) (*preflightGrant, *Error) {
	methods, lines := m.r.headerValue(resp.Headers, "Access-Control-Allow-Methods")
	headers, _ := m.r.headerValue(resp.Headers, "Access-Control-Allow-Headers")
	g := &preflightGrant{}
	var badMethod, badHeader string
	var okMethods, okHeaders bool
	g.methods, badMethod, okMethods = parseTokenList(methods)
	g.headers, badHeader, okHeaders = parseTokenList(headers)
	if lines == 0 && m.req.flag && m.r.flagAddsMethod {
		g.methods = []string{m.req.method}
	}
	switch {
	case !okMethods:
		return nil, m.listError(CodeInvalidAllowMethodsPreflightResponse, resp.Status, methods, badMethod)
	case m.r.methodBeforeHeaders && !m.methodAllowed(g, include):
	case !okHeaders:
		return nil, m.listError(CodeInvalidAllowHeadersPreflightResponse, resp.Status, headers, badHeader)
	}
	if !m.methodAllowed(g, include) {
		e := m.preflightError(CodeMethodDisallowedByPreflightResponse, resp.Status)
		e.Parameter, e.value = m.req.method, methods
		return g, e
	}
	star := !include && contains(g.headers, "*")
	for _, name := range names {
		if star && (name != "authorization" || m.r.starCoversAuthorization) || containsFold(g.headers, name) {
			continue
		}
		e := m.preflightError(CodeHeaderDisallowedByPreflightResponse, resp.Status)
		e.Parameter, e.value, e.name = name, headers, name
		if at := m.req.find(name); at >= 0 {
			e.name = m.req.headers[at].Name
		}
		return g, e
	}
	if m.tracing {
		m.step("cors-preflight-fetch", true, "method %s and headers %q are allowed", m.req.method, names)
	}
	return g, nil
}

func (m *machine) methodAllowed(g *preflightGrant, include bool) bool {
	return contains(g.methods, m.req.method) || isSafelistedMethod(m.req.method) || !include && contains(g.methods, "*")
}

func (m *machine) listError(code Code, status int, value, token string) *Error {
	e := m.preflightError(code, status)
	e.value, e.token = value, token
	return e
}

func (m *machine) preflightError(code Code, status int) *Error {
	e := m.fail(code, "cors-preflight-fetch")
	e.Preflight, e.status = true, status
	return e
}

// accessError returns the error for a failed CORS check.
func (m *machine) accessError(f corsFailure, status int, preflight bool) *Error {
	e := m.fail(f.code, "cors-check")
	e.value, e.lines, e.status, e.Preflight = f.value, f.lines, status, preflight
	switch Code(strings.TrimPrefix(string(f.code), "Preflight")) {
	case CodeMultipleAllowOriginValues, CodeInvalidAllowOriginValue, CodeAllowOriginMismatch, CodeInvalidAllowCredentials:
		e.Parameter = f.value
	}
	return e
}
