package fetch

import (
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxRedirects bounds redirects
// (https://fetch.spec.whatwg.org/#concept-http-redirect-fetch).
const maxRedirects = 20

// isRedirectStatus reports whether s is a redirect status
// (https://fetch.spec.whatwg.org/#redirect-status).
func isRedirectStatus(s int) bool {
	return s == 301 || s == 302 || s == 303 || s == 307 || s == 308
}

// bodyHeaders are the request-body-header names
// (https://fetch.spec.whatwg.org/#request-body-header-name).
var bodyHeaders = []string{"content-encoding", "content-language", "content-location", "content-type"}

// location returns the Location of a redirect. ok is false if the response is
// not a redirect or has none.
func (m *machine) location(resp *WireResponse) (value string, ok bool) {
	if !isRedirectStatus(resp.Status) {
		return "", false
	}
	value, n := resp.Headers.get("Location")
	if n > 1 && m.r.oneLocation {
		value = firstLine(resp.Headers, "Location")
	}
	if n == 0 || value == "" && m.r.emptyLocationIsNone {
		return "", false
	}
	return value, true
}

func firstLine(list Headers, name string) string {
	if i := list.index(name, 0); i >= 0 {
		return trimOWS(list[i].Value)
	}
	return ""
}

// differ reports whether the lines of a name have different values.
func differ(list Headers, name string) bool {
	first := firstLine(list, name)
	for i := list.index(name, 0); i >= 0; i = list.index(name, i+1) {
		if trimOWS(list[i].Value) != first {
			return true
		}
	}
	return false
}

// parseLocation returns the location URL
// (https://fetch.spec.whatwg.org/#concept-response-location-url).
func (m *machine) parseLocation(value string) (*weburl.URL, error) {
	u, err := weburl.ParseLocation(value, m.url)
	if err != nil {
		return nil, err
	}
	// Chromium does not inherit an empty fragment.
	if !u.HasFragment && !(m.r.blinkRedirects && m.url.Fragment == "") {
		u.Fragment, u.HasFragment = m.url.Fragment, m.url.HasFragment
	}
	return u, nil
}

// checkLocation refuses what Chromium's network stack refuses before the CORS
// check.
func (m *machine) checkLocation(resp *WireResponse) *Error {
	if m.r.oneLocation && differ(resp.Headers, "Location") {
		return m.fail(codeMultipleLocation, "concept-http-redirect-fetch")
	}
	if !m.r.blinkRedirects {
		return nil
	}
	value, ok := m.location(resp)
	if !ok {
		return nil
	}
	if _, err := m.parseLocation(value); err != nil {
		return m.fail(codeInvalidRedirect, "concept-http-redirect-fetch")
	}
	return nil
}

// unsafeRedirect returns the error for a scheme that Chromium knows but never
// redirects to, and "" for others.
func unsafeRedirect(scheme string) Code {
	switch scheme {
	case "data", "file", "about", "blob", "filesystem", "chrome", "chrome-extension", "chrome-untrusted", "devtools", "isolated-app":
		return codeUnsafeRedirect
	case "view-source":
		return CodeAborted
	}
	return ""
}

// redirect is the redirect switch of HTTP fetch, and HTTP-redirect fetch
// (https://fetch.spec.whatwg.org/#concept-http-redirect-fetch). again reports
// that the machine has moved to the next URL.
func (m *machine) redirect(resp *WireResponse) (again bool, e *Error) {
	if !isRedirectStatus(resp.Status) || m.req.redirect == redirectManual {
		return false, nil
	}
	value, has := m.location(resp)
	if m.req.redirect == redirectError && (!has && !m.r.errorNeedsLocation || has && !m.r.blinkRedirects) {
		return false, m.refuseRedirect()
	}
	if !has {
		return false, nil
	}
	u, err := m.parseLocation(value)
	if err != nil {
		return false, m.fail(codeInvalidRedirect, "concept-http-redirect-fetch")
	}
	if m.hop == maxRedirects {
		return false, m.fail(codeTooManyRedirects, "concept-http-redirect-fetch")
	}
	if e := m.checkTarget(u); e != nil {
		return false, e
	}
	if m.req.body != nil && m.req.body.Kind == BodyStream && resp.Status != 303 {
		e := m.fail(CodeFailed, "concept-http-redirect-fetch")
		e.Reason = ReasonStreamRedirect
		return false, e
	}
	if m.tracing {
		m.step("concept-http-redirect-fetch", true, "redirect %d to %s", m.hop+1, u)
	}
	m.follow(u, resp)
	return true, nil
}

// refuseRedirect returns the error for redirect mode "error".
func (m *machine) refuseRedirect() *Error {
	e := m.fail(CodeFailed, "concept-http-fetch")
	e.Reason = ReasonRedirectMode
	return e
}

// checkTarget refuses a redirect to u. It checks in Chromium's order:
// credentials in u, schemes that the network stack refuses, redirect mode
// "error", what Blink refuses, the mode.
func (m *machine) checkTarget(u *weburl.URL) *Error {
	q := &m.req
	httpScheme := u.Scheme == "http" || u.Scheme == "https"
	same := httpScheme && u.Origin() == m.page.origin.String()
	// Errors are about the target, as console messages are, except for those
	// about credentials.
	about := func(e *Error) *Error {
		e.URL, e.target = u.String(), true
		return e
	}
	switch {
	case u.HasCredentials() && (m.taint == TypeCORS || q.mode == ModeCORS && !same):
		return m.fail(CodeRedirectContainsCredentials, "concept-http-redirect-fetch")
	case m.r.blinkRedirects && unsafeRedirect(u.Scheme) == codeUnsafeRedirect:
		return about(m.fail(codeUnsafeRedirect, "concept-http-redirect-fetch"))
	case q.redirect == redirectError:
		return m.refuseRedirect()
	case u.HasCredentials() && m.r.refuseUserinfo, m.r.blinkRedirects && unsafeRedirect(u.Scheme) != "":
		return about(m.fail(CodeAborted, "concept-http-redirect-fetch"))
	case q.mode == ModeSameOrigin && !same:
		e := m.refuse(ReasonSameOriginLeft, "concept-main-fetch")
		e.Code = CodeAborted
		return about(e)
	case !httpScheme && q.mode == ModeCORS:
		return about(m.fail(CodeCorsDisabledScheme, "concept-http-redirect-fetch"))
	case !httpScheme:
		return about(m.fail(codeUnknownScheme, "concept-http-redirect-fetch"))
	}
	return nil
}

// follow moves on to u: it updates the method, body, headers, tainted origin
// and referrer policy.
func (m *machine) follow(u *weburl.URL, resp *WireResponse) {
	q := &m.req
	m.strippedNow = nil
	m.leftPlain = m.leftPlain || m.url.Scheme != "https"
	if m.r.headersReturn {
		q.headers = append(q.headers[:0], m.authored...)
		if becomesGET(resp.Status, m.asked) {
			q.remove(bodyHeaders...)
		}
	}
	if becomesGET(resp.Status, q.method) {
		q.method, q.body = "GET", nil
		q.remove(bodyHeaders...)
		m.strippedNow = append(m.strippedNow, bodyHeaders...)
	}
	next := u.Origin()
	crossed := next != m.origin.String()
	if crossed {
		q.remove("authorization")
		m.strippedNow = append(m.strippedNow, "authorization")
		if !m.page.origin.SameOrigin(m.origin) {
			// https://fetch.spec.whatwg.org/#concept-request-tainted-origin
			m.nulled = true
		}
		m.demoted = m.demoted || q.mode == ModeNoCORS
	}
	if m.r.clientHints && next != m.page.origin.String() {
		// Permissions policy allows hints about the device only to the page's
		// own origin.
		q.remove("dpr", "device-memory", "downlink", "width", "viewport-width", "rtt", "ect")
	}
	if policy, ok := referrerPolicyOf(resp.Headers); ok {
		m.keepTrimmed()
		q.referrer = policy
	}
	m.hop++
	m.setURL(u)
}

// becomesGET reports whether a redirect of a status turns a method into GET.
func becomesGET(status int, method string) bool {
	switch status {
	case 301, 302:
		return method == "POST"
	case 303:
		return method != "GET" && method != "HEAD"
	}
	return false
}
