package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// Suggest returns the shortest change to a server's CORS policy that would let
// script read the response, or nil if no policy can. All that the request needs and
// the refused answer does not allow is named at once, whatever the browser looks at
// first, so that it is not found out one refusal after another.
func Suggest(o *fetch.Outcome) []verdict.Change {
	e := o.Error
	if e == nil || !e.CORS() || !policyDecides(e.Code) || len(o.Wire) == 0 {
		return nil
	}
	s := suggestion{o: o, e: e, step: stepOf(e.Code), refused: &o.Wire[len(o.Wire)-1]}
	s.origin()
	s.credentials()
	if status := s.refused.Status; e.Preflight && (status < 200 || status > 299) {
		s.add(verdict.Change{
			Field: "preflight_status", Why: fmt.Sprintf("not %d: a preflight has no credentials and wants no resource", status), On: "preflight",
		}, "204")
	}
	if e.Preflight {
		s.methods()
		s.headers()
	}
	return s.changes
}

// policyDecides reports whether the headers of the server can mend an error.
func policyDecides(code fetch.Code) bool {
	switch code {
	case fetch.CorsDisabledScheme, fetch.RedirectContainsCredentials, fetch.InsecureLocalNetwork,
		fetch.LocalNetworkAccessPermissionDenied, fetch.PreflightDisallowedRedirect:
		return false
	}
	return true
}

// The steps of a check, in order.
const (
	stepOrigin = iota
	stepCredentials
	stepStatus
	stepMethods
	stepHeaders
	stepNone
)

func stepOf(code fetch.Code) int {
	switch fetch.Code(strings.TrimPrefix(string(code), "Preflight")) {
	case fetch.InvalidAllowCredentials:
		return stepCredentials
	case "InvalidStatus":
		return stepStatus
	case fetch.InvalidAllowMethodsPreflightResponse, fetch.MethodDisallowedByPreflightResponse:
		return stepMethods
	case fetch.InvalidAllowHeadersPreflightResponse, fetch.HeaderDisallowedByPreflightResponse:
		return stepHeaders
	}
	return stepOrigin
}

type suggestion struct {
	o       *fetch.Outcome
	e       *fetch.Error
	step    int
	refused *fetch.Wire
	changes []verdict.Change
}

func (s *suggestion) add(c verdict.Change, values ...string) {
	c.Values = values
	s.changes = append(s.changes, c)
}

func (s *suggestion) credentialed() bool {
	return s.o.Request.Credentials == fetch.CredentialsInclude
}

func (s *suggestion) origin() {
	sent := valueOf(s.refused.Headers, "Origin")
	allowed := linesOf(s.refused.ResponseHeader, "Access-Control-Allow-Origin")
	if s.step != stepOrigin && (allowed == sent || allowed == "*" && !s.credentialed()) {
		return
	}
	header := "Access-Control-Allow-Origin: " + sent
	switch {
	case sent != "null":
		s.add(verdict.Change{Field: "allow_origins", Why: "the page's origin", Header: header, On: "every"}, sent)
	case s.credentialed():
		s.add(verdict.Change{
			Field: "allow_origins", Header: header, On: "every",
			Why: "what the browser sends here; any page can send it, so rather avoid the redirect or the sandbox",
		}, "null")
		s.add(verdict.Change{Field: "dangerously_allow_null_origin", Why: "or null is refused"}, "true")
	default:
		s.add(verdict.Change{
			Field: "allow_origins", Header: "Access-Control-Allow-Origin: *", On: "every",
			Why: "the browser sends the origin null here, after a redirect or from a sandbox",
		}, "*")
	}
}

func (s *suggestion) credentials() {
	allowed := linesOf(s.refused.ResponseHeader, "Access-Control-Allow-Credentials")
	if !s.credentialed() || s.step != stepCredentials && allowed == "true" {
		return
	}
	s.add(verdict.Change{
		Field: "allow_credentials", Why: "the page sends credentials", Header: "Access-Control-Allow-Credentials: true", On: "every",
	}, "true")
	if sent := s.e.Origin; strings.HasPrefix(sent, "http://") && !isLoopback(sent) {
		s.add(verdict.Change{
			Field: "dangerously_allow_insecure_origins_with_credentials", Why: "the page is plain http; better serve it over https",
		}, "true")
	}
}

func (s *suggestion) methods() {
	const name = "Access-Control-Allow-Methods"
	method := valueOf(s.refused.Headers, "Access-Control-Request-Method")
	allowed, readable := listOf(s.refused.ResponseHeader, name)
	switch {
	case !readable:
		s.add(verdict.Change{Field: "allow_methods", Why: "what there is cannot be parsed", Header: name + ": " + method, On: "preflight"}, method)
	case isSafelisted(method), s.step != stepMethods && s.covers(allowed, func(m string) bool { return m == method }):
	default:
		s.add(verdict.Change{
			Field: "allow_methods", Why: "the method of the request", On: "preflight",
			Header: name + ": " + strings.Join(append(allowed, method), ", "),
		}, method)
	}
}

func (s *suggestion) headers() {
	const name = "Access-Control-Allow-Headers"
	var missing []string
	allowed, readable := listOf(s.refused.ResponseHeader, name)
	if asked := valueOf(s.refused.Headers, "Access-Control-Request-Headers"); asked != "" {
		for _, h := range slices.Compact(strings.Split(asked, ",")) {
			named := slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, h) })
			if !named && (h == "authorization" || !s.covers(allowed, func(string) bool { return false })) {
				missing = append(missing, h)
			}
		}
	}
	change := verdict.Change{Field: "allow_headers", Why: "what the page sets", On: "preflight"}
	switch {
	case !readable:
		change.Why = "what there is cannot be parsed"
	case len(missing) == 0:
		return
	}
	if len(missing) > 0 {
		change.Header = name + ": " + strings.Join(append(allowed, missing...), ", ")
	}
	s.add(change, missing...)
}

// covers reports whether a list has an entry, or a * that counts: without
// credentials.
func (s *suggestion) covers(list []string, is func(string) bool) bool {
	return slices.ContainsFunc(list, func(v string) bool { return is(v) || v == "*" && !s.credentialed() })
}

// expose returns what lets script read headers that it cannot, if it can read the
// response at all.
func expose(o *fetch.Outcome, names []string) []verdict.Change {
	if o.Response == nil || o.Response.Type != fetch.TypeCORS || len(o.Wire) == 0 {
		return nil
	}
	var hidden []string
	for _, name := range names {
		if !o.CanRead(name) && !strings.EqualFold(name, "Set-Cookie") && !strings.EqualFold(name, "Set-Cookie2") {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	exposed, _ := listOf(o.Wire[len(o.Wire)-1].ResponseHeader, "Access-Control-Expose-Headers")
	return []verdict.Change{{
		Field: "expose_headers", Values: hidden, Why: "what script is to read", On: "actual",
		Header: "Access-Control-Expose-Headers: " + strings.Join(append(exposed, hidden...), ", "),
	}}
}

// listOf splits the lines of a list header into its entries. Without one that can be
// parsed there are none, as nothing in it counts then.
func listOf(headers []fetch.Header, name string) (list []string, ok bool) {
	for i := range headers {
		if !strings.EqualFold(headers[i].Name, name) {
			continue
		}
		for entry := range strings.SplitSeq(headers[i].Value, ",") {
			switch entry = strings.Trim(entry, " \t"); {
			case entry == "":
			case strings.ContainsFunc(entry, func(r rune) bool { return !isTokenRune(r) }):
				return nil, false
			default:
				list = append(list, entry)
			}
		}
	}
	return list, true
}

// isTokenRune is tchar (RFC 9110 §5.6.2).
func isTokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// linesOf is the value of a header, its lines joined.
func linesOf(headers []fetch.Header, name string) string {
	var lines []string
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			lines = append(lines, headers[i].Value)
		}
	}
	return strings.Join(lines, ", ")
}

func valueOf(headers []fetch.Header, name string) string {
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			return headers[i].Value
		}
	}
	return ""
}

func isLoopback(serialised string) bool {
	o, err := origin.Parse(serialised)
	return err == nil && o.AddressSpace() == origin.SpaceLoopback
}
