package diagnose

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// split says which part of a refused preflight is refused. It is found out by
// asking with one method or one header at a time.
type split struct {
	// fine says that the page's origin is allowed with a method, without headers.
	fine bool
	// method and headers are refused. If neither is, though the origin is fine,
	// only the combination is.
	method  string
	headers []string
	// passed is the preflight that passed, and refused those that did not, the
	// first of each kind.
	passed  *reply
	refused []*reply
}

// The bounds of what is asked for one at a time.
const maxAlone = 8

// parts returns which part of the refused preflight is refused.
func (s *scene) parts() *split {
	if s.split == nil {
		s.split = s.takeApart()
	}
	return s.split
}

func (s *scene) takeApart() *split {
	p := &split{}
	if !s.preflight() || s.sender == nil {
		return p
	}
	asked, headers := s.last.Headers.Get(protocol.RequestMethod), s.askedHeaders()
	if asked == "" || s.isSilent() {
		return p
	}
	with := asked
	if len(headers) > 0 {
		if r := s.alone(asked, nil); r.grants(false) {
			p.fine, p.passed = true, r
		} else if r != nil {
			p.refused = append(p.refused, r)
		}
	}
	for _, m := range s.otherMethods(asked) {
		if p.fine {
			break
		}
		if r := s.alone(m, nil); r.grants(false) {
			p.fine, p.passed, p.method, with = true, r, asked, m
		}
	}
	if p.fine {
		s.headersApart(p, with, headers)
	}
	return p
}

// isSilent reports whether neither the preflight nor the URL itself shows anything
// of CORS, so that there is no policy that could be asked.
func (s *scene) isSilent() bool {
	if s.last.Status >= 300 || s.showsCORS() {
		return false
	}
	r := s.actual()
	return r.success() && r.bare() && !showsCORS(r.Headers)
}

// showsCORS reports whether the last answer is that of a server that handles CORS.
func (s *scene) showsCORS() bool { return showsCORS(s.last.ResponseHeaders) }

func showsCORS(h fetch.Headers) bool {
	vary := strings.ToLower(h.Get("Vary"))
	return protocol.Lists(vary, "origin") || strings.Contains(vary, "access-control-request") || h.Has(protocol.AllowMethods) || h.Has(protocol.AllowHeaders) || h.Has(protocol.AllowCredentials)
}

// headersApart asks for one header at a time. It stops at the bound.
func (s *scene) headersApart(p *split, method string, headers []string) {
	for _, name := range headers[:min(len(headers), maxAlone)] {
		if r := s.alone(method, []string{name}); r != nil && !r.grants(false) {
			p.headers = append(p.headers, name)
			p.refused = append(p.refused, r)
		}
	}
}

// alone asks for a method and at most one header.
func (s *scene) alone(method string, headers []string) *reply {
	why := "a preflight for " + method + " alone"
	if len(headers) > 0 {
		why = "a preflight for the header " + headers[0] + " alone"
	}
	return s.ask(preflightFor(s.target(), s.sent(), method, headers, why))
}

// otherMethods are methods that a policy may allow instead. The rarer ones are
// tried only where the server shows that it handles preflights.
func (s *scene) otherMethods(asked string) []string {
	list := []string{http.MethodGet, http.MethodPost}
	if upper := strings.ToUpper(asked); upper != asked {
		list = append([]string{upper}, list...)
	}
	if s.showsCORS() {
		list = append(list, http.MethodPut, http.MethodPatch, http.MethodDelete)
	}
	return slices.DeleteFunc(list, func(m string) bool { return m == asked })
}
