package verdict

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

// suggest returns the shortest change to a server's CORS policy that would let
// script read the response, or nil if no policy can. All that the request needs and
// the refused answer does not allow is named at once, whatever the browser looks at
// first, so that it is not found out one refusal after another.
func suggest(o *fetch.Outcome) []Change {
	e := o.Error
	if e == nil || len(o.Wire) == 0 {
		return nil
	}
	s := suggestion{o: o, e: e, about: e.Header(), refused: &o.Wire[len(o.Wire)-1]}
	if e.Code != fetch.CodePreflightInvalidStatus && !strings.HasPrefix(s.about, "Access-Control-") {
		return nil
	}
	s.origin()
	s.credentials()
	if status := s.refused.Status; e.Preflight && (status < 200 || status > 299) {
		s.add(Change{
			Field: "preflight_status", Why: fmt.Sprintf("not %d: a preflight has no credentials and wants no resource", status), On: "preflight",
		}, "204")
	}
	if e.Preflight {
		s.methods()
		s.headers()
	}
	return s.changes
}

type suggestion struct {
	o       *fetch.Outcome
	e       *fetch.Error
	about   string // the header that was refused, or none
	refused *fetch.Recorded
	changes []Change
}

func (s *suggestion) add(c Change, values ...string) {
	c.Values = append([]string{}, values...) // never null in JSON
	s.changes = append(s.changes, c)
}

func (s *suggestion) credentialed() bool {
	return s.o.Request.Credentials == fetch.CredentialsInclude
}

func (s *suggestion) origin() {
	sent := s.refused.Headers.Get("Origin")
	allowed := s.refused.ResponseHeaders.Get(protocol.AllowOrigin)
	if s.about != protocol.AllowOrigin && (allowed == sent || allowed == "*" && !s.credentialed()) {
		return
	}
	if len(s.refused.ResponseHeaders.Values(protocol.AllowOrigin)) > 1 {
		return // two layers set it: one must stop, and the policy may be right
	}
	header := protocol.AllowOrigin + ": " + sent
	switch {
	case sent != "null":
		s.add(Change{Field: "allow_origins", Why: "the page's origin", Header: header, On: "every"}, sent)
	case s.credentialed():
		s.add(Change{
			Field: "allow_origins", Header: header, On: "every",
			Why: "what the browser sends here; any page can send it, so rather avoid the redirect or the sandbox",
		}, "null")
		s.add(Change{Field: "dangerously_allow_null_origin", Why: "or null is refused"}, "true")
	default:
		s.add(Change{
			Field: "allow_origins", Header: protocol.AllowOrigin + ": *", On: "every",
			Why: "the browser sends the origin null here, after a redirect or from a sandbox",
		}, "*")
	}
}

func (s *suggestion) credentials() {
	allowed := s.refused.ResponseHeaders.Get(protocol.AllowCredentials)
	if !s.credentialed() || s.about != protocol.AllowCredentials && allowed == "true" {
		return
	}
	s.add(Change{
		Field: "allow_credentials", Why: "the page sends credentials", Header: protocol.AllowCredentials + ": true", On: "every",
	}, "true")
	if sent := s.e.Origin; strings.HasPrefix(sent, "http://") && !isLoopback(sent) {
		s.add(Change{
			Field: "dangerously_allow_insecure_origins_with_credentials", Why: "the page is plain http; better serve it over https",
		}, "true")
	}
}

func (s *suggestion) methods() {
	method := s.refused.Headers.Get("Access-Control-Request-Method")
	allowed, readable := listOf(s.refused.ResponseHeaders, protocol.AllowMethods)
	why := "the method of the request"
	if strings.EqualFold(method, "PATCH") && method != "PATCH" {
		method, why = "PATCH", "the page must write it in upper case, too" // browsers send it as it is written
		if s.covers(allowed, func(m string) bool { return m == method }) {
			return // only the page must change
		}
	}
	switch {
	case !readable:
		s.add(Change{Field: "allow_methods", Why: "what there is cannot be parsed", Header: protocol.AllowMethods + ": " + method, On: "preflight"}, method)
	case protocol.IsSafelisted(method), s.about != protocol.AllowMethods && s.covers(allowed, func(m string) bool { return m == method }):
	default:
		s.add(Change{
			Field: "allow_methods", Why: why, On: "preflight",
			Header: protocol.AllowMethods + ": " + strings.Join(append(allowed, method), ", "),
		}, method)
	}
}

func (s *suggestion) headers() {
	var missing []string
	allowed, readable := listOf(s.refused.ResponseHeaders, protocol.AllowHeaders)
	if asked := s.refused.Headers.Get("Access-Control-Request-Headers"); asked != "" {
		named := map[string]bool{} // either list may be long
		for _, a := range allowed {
			named[strings.ToLower(a)] = true
		}
		star := named["*"] && !s.credentialed()
		for _, h := range slices.Compact(strings.Split(asked, ",")) {
			if !named[strings.ToLower(h)] && (h == "authorization" || !star) {
				missing = append(missing, h)
			}
		}
	}
	change := Change{Field: "allow_headers", Why: "what the page sets", On: "preflight"}
	switch {
	case !readable:
		change.Why = "what there is cannot be parsed"
	case len(missing) == 0:
		return
	}
	if len(missing) > 0 {
		change.Header = protocol.AllowHeaders + ": " + strings.Join(append(allowed, missing...), ", ")
	}
	s.add(change, missing...)
}

// covers reports whether a list has an entry, or a * that counts: without
// credentials.
func (s *suggestion) covers(list []string, is func(string) bool) bool {
	return slices.ContainsFunc(list, func(v string) bool { return is(v) || v == "*" && !s.credentialed() })
}

// expose returns what lets script read headers of the response that it cannot, if
// it can read the response at all. A header that the response does not have needs
// no change: exposing it would not help.
func expose(o *fetch.Outcome, names []string) []Change {
	if o.Response == nil || o.Response.Type != fetch.TypeCORS || len(o.Wire) == 0 {
		return nil
	}
	var hidden []string
	sent := o.Wire[len(o.Wire)-1].ResponseHeaders
	for _, name := range names {
		if sent.Has(name) && !o.CanRead(name) && !strings.EqualFold(name, "Set-Cookie") && !strings.EqualFold(name, "Set-Cookie2") {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return nil
	}
	exposed, _ := listOf(sent, protocol.ExposeHeaders)
	return []Change{{
		Field: "expose_headers", Values: hidden, Why: "what script is to read", On: "actual",
		Header: protocol.ExposeHeaders + ": " + strings.Join(append(exposed, hidden...), ", "),
	}}
}

// listOf splits the lines of a list header into its entries. Without one that can be
// parsed there are none, as nothing in it counts then.
func listOf(headers fetch.Headers, name string) (list []string, ok bool) {
	for entry := range strings.SplitSeq(headers.Get(name), ",") {
		switch entry = strings.Trim(entry, " \t"); {
		case entry == "":
		case strings.ContainsFunc(entry, func(r rune) bool { return !isTokenRune(r) }):
			return nil, false
		default:
			list = append(list, entry)
		}
	}
	return list, true
}

// isTokenRune is tchar (RFC 9110 §5.6.2).
func isTokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func isLoopback(serialised string) bool {
	o, err := origin.Parse(serialised)
	return err == nil && o.AddressSpace() == origin.SpaceLoopback
}
