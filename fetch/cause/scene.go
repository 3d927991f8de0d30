package cause

import (
	"cmp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// check is a step at which a request can fail. The bits of a Cause are the steps
// that it can explain.
type check uint16

const (
	atPassed      check = 1 << iota // none: the request was allowed
	atFailed                        // not CORS: the network, or what browsers refuse by themselves
	atRedirect                      // the preflight is answered by a redirect
	atStatus                        // the preflight's status
	atMissing                       // no Access-Control-Allow-Origin
	atOrigin                        // its value
	atCredentials                   // Access-Control-Allow-Credentials
	atMethods                       // Access-Control-Allow-Methods
	atHeaders                       // Access-Control-Allow-Headers
)

// scene is a verdict as causes look at it.
type scene struct {
	v *verdict.Verdict
	// last is the request that failed, or the last one; empty if none was sent.
	last *verdict.Wire
	// url is where the failed request went, or would have gone; it may be empty.
	url *weburl.URL
	// page and server are the origins of the page and of url.
	page, server origin.Origin
	// failed are the checks that failed: one, or two where the browser only names
	// the first.
	failed []check
	// refused are the headers that a preflight asked for and was not granted.
	refused []string
}

func sceneOf(v *verdict.Verdict) *scene {
	s := &scene{v: v, last: &verdict.Wire{}, url: &weburl.URL{}}
	if len(v.Wire) > 0 {
		s.last = &v.Wire[len(v.Wire)-1]
	}
	target := v.Request.URL
	if s.last.URL != "" {
		target = s.last.URL
	}
	if len(target) <= maxURL {
		if u, err := weburl.Parse(target, nil); err == nil {
			s.url = u
		}
		s.server, _ = origin.ParseURL(target)
	}
	s.page, _ = origin.Parse(v.Request.Origin)
	s.refused = s.refusedHeaders()
	s.failed = s.failedChecks()
	return s
}

// maxURL bounds what is parsed as a URL, as package origin does.
const maxURL = 1 << 16

// failedChecks puts what failed into one order for all browsers: redirect,
// status, origin, credentials, method, headers.
func (s *scene) failedChecks() []check {
	e := s.v.Error
	switch {
	case e == nil:
		return []check{atPassed}
	case s.last.Status == 0:
		return []check{atFailed}
	}
	var at check
	switch fetch.Code(strings.TrimPrefix(e.Code, "Preflight")) {
	case fetch.CodeMissingAllowOriginHeader:
		at = atMissing
	case fetch.CodeWildcardOriginNotAllowed, fetch.CodeMultipleAllowOriginValues, fetch.CodeInvalidAllowOriginValue, fetch.CodeAllowOriginMismatch:
		at = atOrigin
	case fetch.CodeInvalidAllowCredentials:
		at = atCredentials
	case fetch.CodeInvalidAllowMethodsPreflightResponse, fetch.CodeMethodDisallowedByPreflightResponse:
		at = atMethods
	case fetch.CodeInvalidAllowHeadersPreflightResponse, fetch.CodeHeaderDisallowedByPreflightResponse:
		at = atHeaders
	case "InvalidStatus", "DisallowedRedirect":
		at = atStatus
	default:
		return []check{atFailed}
	}
	switch {
	case !s.preflight():
		return []check{at}
	case s.redirect() != "":
		return []check{atRedirect}
	case s.last.Status < 200 || s.last.Status > 299:
		at = s.aboutStatus()
	}
	if at == atMethods && s.has(protocol.AllowHeaders) && len(s.refused) > 0 {
		return []check{atMethods, atHeaders}
	}
	return []check{at}
}

// aboutStatus is what a preflight's status is about. Some servers refuse a method
// or a header that is not allowed by a status, and name those that are.
func (s *scene) aboutStatus() check {
	if s.last.Status == 400 || s.last.Status == 403 {
		switch value := s.answer(protocol.AllowOrigin); {
		case value != s.sent() && value != "*":
		case s.has(protocol.AllowMethods) && !s.grantsMethod():
			return atMethods
		case s.has(protocol.AllowHeaders) && len(s.refused) > 0:
			return atHeaders
		}
	}
	return atStatus
}

func (s *scene) preflight() bool { return s.last.Kind == fetch.KindPreflight }

func (s *scene) credentialed() bool { return s.v.Request.Credentials == fetch.CredentialsInclude }

// err is the error; empty if there is none.
func (s *scene) err() *verdict.Error { return cmp.Or(s.v.Error, &verdict.Error{}) }

// code is the name of the error, and reason that of a refusal without one.
func (s *scene) code() string { return s.err().Code }

func (s *scene) reason() fetch.Reason { return fetch.Reason(s.err().Reason) }

// failedURL is where the request that failed went. A request that was refused
// before it was sent went where the last answer redirects to, if there is one.
func (s *scene) failedURL() string {
	return cmp.Or(s.redirect(), s.last.URL, s.v.Request.URL)
}

// answer is a header of the last answer, lines joined.
func (s *scene) answer(name string) string { return s.last.ResponseHeaders.Get(name) }

func (s *scene) has(name string) bool { return s.last.ResponseHeaders.Has(name) }

// lists reports whether a list header of the last answer has an entry, ignoring
// case.
func (s *scene) lists(name, entry string) bool { return protocol.Lists(s.answer(name), entry) }

// sent is the origin that the failed request named.
func (s *scene) sent() string {
	return cmp.Or(s.last.Headers.Get("Origin"), s.v.Request.Origin)
}

// isHTML reports whether the last answer is a web page.
func (s *scene) isHTML() bool {
	return protocol.IsHTML(s.answer("Content-Type"))
}

// from reports whether the Server header begins with a name, ignoring case.
func (s *scene) from(server string) bool {
	value := s.answer("Server")
	return len(value) >= len(server) && strings.EqualFold(value[:len(server)], server)
}

// status reports whether the last answer has one of the statuses.
func (s *scene) status(list ...int) bool { return slices.Contains(list, s.last.Status) }

// preflightPassed is the preflight that allowed the request which failed, or nil.
func (s *scene) preflightPassed() *verdict.Wire { return s.v.PreflightOf(s.last) }

// grantsMethod reports whether a preflight's answer lists the method, or a * that
// counts.
func (s *scene) grantsMethod() bool {
	asked := s.last.Headers.Get(protocol.RequestMethod)
	if protocol.IsSafelisted(asked) {
		return true
	}
	for v := range strings.SplitSeq(s.answer(protocol.AllowMethods), ",") {
		if v = strings.Trim(v, " \t"); v == asked || v == "*" && !s.credentialed() {
			return true
		}
	}
	return false
}

// maxNames bounds the header names that are looked at.
const maxNames = 64

func (s *scene) refusedHeaders() (refused []string) {
	asked, star := s.last.Headers.Get(protocol.RequestHeaders), !s.credentialed() && s.lists(protocol.AllowHeaders, "*")
	if !s.preflight() || asked == "" {
		return nil
	}
	// The standard alone says that * does not cover Authorization.
	strict := s.code() == string(fetch.CodeHeaderDisallowedByPreflightResponse) && s.err().Parameter == "authorization"
	allowed := map[string]bool{} // either list may be long
	for name := range strings.SplitSeq(s.answer(protocol.AllowHeaders), ",") {
		allowed[strings.ToLower(strings.Trim(name, " \t"))] = true
	}
	for name := range strings.SplitSeq(asked, ",") {
		covered := star && (name != "authorization" || !strict) || allowed[strings.ToLower(name)]
		if !covered && !slices.Contains(refused, name) {
			refused = append(refused, name)
		}
		if len(refused) == maxNames {
			break
		}
	}
	return refused
}

// redirect is the URL that the last answer redirects to, "" for none. A Location
// that is not a URL is returned as it is.
func (s *scene) redirect() string {
	to, location := protocol.Redirect(s.last.Status, s.last.ResponseHeaders.Values("Location"), s.url)
	if to != nil {
		return to.String()
	}
	return location
}

// location is the URL that the last answer redirects to; empty for none.
func (s *scene) location() *weburl.URL {
	if u, err := weburl.Parse(s.redirect(), nil); err == nil {
		return u
	}
	return &weburl.URL{}
}

// evidence is what the last exchange shows of a cause.
func (s *scene) evidence(c *Cause) (lines []string) {
	if s.last.Method == "" {
		return nil
	}
	what := s.last.Error
	if s.last.Status != 0 {
		what = s.last.StatusText()
	}
	lines = append(lines, s.last.Method+" "+s.last.URL+": "+what)
	for _, name := range c.shows {
		list := s.last.ResponseHeaders
		if sent, ok := strings.CutPrefix(name, ">"); ok {
			name, list = sent, s.last.Headers
		}
		for _, h := range list {
			if strings.EqualFold(h.Name, name) && len(lines) < maxEvidence {
				lines = append(lines, h.Name+": "+h.Value)
			}
		}
	}
	return lines
}

// isGatewayError reports whether a proxy answers for a server that it did not reach.
func (s *scene) isGatewayError() bool { return protocol.IsGatewayError(s.last.Status) }
