package report

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// Change is a field of a policy and what has to be in it.
type Change struct {
	Field  string   `json:"field"`  // as in corsac.yaml
	Values []string `json:"values"` // entries to be in a list, or one value
	Why    string   `json:"why"`
}

// Suggest returns the shortest change to a server's CORS policy that would let
// script read the response, or nil if no policy can. All that the request needs of
// the step that failed and of those after it is named at once, so that it is not
// found out one refusal after another.
func Suggest(o *fetch.Outcome) []Change {
	e := o.Error
	if e == nil || !e.CORS() || !policyDecides(e.Code) {
		return nil
	}
	s := suggestion{o: o, e: e, step: stepOf(e.Code)}
	s.origin()
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
	changes []Change
}

func (s *suggestion) add(field, why string, values ...string) {
	s.changes = append(s.changes, Change{field, values, why})
}

func (s *suggestion) credentialed() bool {
	return s.o.Request.Credentials == fetch.CredentialsInclude
}

func (s *suggestion) origin() {
	if s.step <= stepOrigin {
		sent := s.e.Origin
		if n := len(s.o.Wire); n > 0 {
			sent = valueOf(s.o.Wire[n-1].Headers, "Origin")
		}
		switch {
		case sent != "null":
			s.add("allow_origins", "the page's origin, on every response", sent)
		case s.credentialed():
			s.add("allow_origins", "what the browser sends here; any page can send it, so rather avoid the redirect or the sandbox", "null")
			s.add("dangerously_allow_null_origin", "or null is refused", "true")
		default:
			s.add("allow_origins", "the browser sends the origin null here, after a redirect or from a sandbox", "*")
		}
	}
	if s.step <= stepCredentials && s.credentialed() {
		s.add("allow_credentials", "the page sends credentials", "true")
		if sent := s.e.Origin; strings.HasPrefix(sent, "http://") && !isLoopback(sent) {
			s.add("dangerously_allow_insecure_origins_with_credentials", "the page is plain http; better serve it over https", "true")
		}
	}
}

func (s *suggestion) methods() {
	method := s.o.Request.Method
	if s.step > stepMethods || method == "GET" || method == "HEAD" || method == "POST" {
		return
	}
	s.add("allow_methods", "the method of the request", method)
}

func (s *suggestion) headers() {
	asked := ""
	for i := range s.o.Wire {
		if s.o.Wire[i].Kind == fetch.KindPreflight {
			asked = valueOf(s.o.Wire[i].Headers, "Access-Control-Request-Headers")
		}
	}
	if asked == "" {
		return
	}
	names := strings.Split(asked, ",")
	s.add("allow_headers", "the headers that the page sets", slices.Compact(names)...)
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
