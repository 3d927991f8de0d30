package stacks

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// rules is a policy as snippets need it: complete lists, and what no stack can
// say. It contains nothing that a valid policy could not: origins, names of
// headers and methods, all of them printable ASCII.
type rules struct {
	// anyOrigin is the origin *; exact and patterns are then empty.
	anyOrigin bool
	// exact are origins, byte for byte; null among them if the policy has it.
	exact []string
	// patterns are sets of origins: wildcards and regular expressions.
	patterns []pattern
	// extensions are the patterns for all extensions of a browser, as written.
	extensions []string
	// methods begin with GET, HEAD and POST, which stacks want to see listed.
	methods []string
	// anyMethod says that the policy allows every method; methods are the usual
	// ones, and Lost says so.
	anyMethod bool
	// headers and expose are names as written. With anyHeader, headers is empty
	// or Authorization; expose may be a single *.
	anyHeader       bool
	headers, expose []string
	credentials     bool
	// maxAge is in seconds; -1 if the policy does not set it.
	maxAge int
	// status of preflights is 0 if any will do.
	status int
	// Shortfall says which parts of the policy are not carried over.
	Shortfall
}

// unsetMaxAge is what browsers use if nothing is sent, for stacks that send
// something else by default
// (https://fetch.spec.whatwg.org/#http-access-control-max-age).
const unsetMaxAge = 5

const anyMethodLost = "The policy allows every method; the methods listed here are the usual ones."

// usualMethods stand for every method where it cannot be said otherwise.
var usualMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// rulesOf reads a policy. What a valid policy cannot contain is left out.
func rulesOf(p *cors.Policy) *rules {
	r := &rules{maxAge: -1, status: p.PreflightStatus}
	r.readOrigins(p)
	r.credentials = p.AllowCredentials && !r.anyOrigin
	r.methods = names(append([]string{"GET", "HEAD", "POST"}, p.AllowMethods...), equal)
	if slices.Contains(r.methods, "*") {
		r.anyMethod, r.methods = true, usualMethods
		r.lose(insteadMethods, anyMethodLost)
	}
	r.headers, r.expose = names(p.AllowHeaders, strings.EqualFold), names(p.ExposeHeaders, strings.EqualFold)
	if slices.Contains(r.headers, "*") {
		r.anyHeader = true
		r.headers = slices.DeleteFunc(r.headers, func(s string) bool { return s == "*" })
	}
	if r.credentials {
		r.expose = slices.DeleteFunc(r.expose, func(s string) bool { return s == "*" })
	}
	if d, ok := p.MaxAge.Duration(); ok {
		r.maxAge = int(max(0, d) / time.Second)
	}
	if p.AllowTiming {
		r.lose(insteadHeader, "It does not send Timing-Allow-Origin.")
	}
	if p.ResourcePolicy != "" {
		r.loseResource(p.ResourcePolicy, "It does not send Cross-Origin-Resource-Policy.")
	}
	return r
}

func (r *rules) readOrigins(p *cors.Policy) {
	for _, s := range p.AllowOrigins {
		switch pattern, err := origin.ParsePattern(s); {
		case s == "*":
			r.anyOrigin = true
		case s == "null":
			if p.DangerouslyAllowNullOrigin {
				r.exact = append(r.exact, s)
			}
		case err != nil:
		case !isPlain(s):
			r.lose(insteadPlain, "It leaves out %s, whose host may be read in another way.", s)
		case pattern.AnyHost():
			r.extensions, r.patterns = append(r.extensions, s), append(r.patterns, extensionPattern(pattern))
		case pattern.IsExact():
			r.exact = append(r.exact, s)
		default:
			r.patterns = append(r.patterns, wildcard(pattern))
		}
	}
	for _, s := range p.DangerouslyAllowOriginRegexps {
		if re, ok := portable(s); ok {
			r.patterns = append(r.patterns, pattern{re: re})
		} else {
			r.lose(insteadPattern, "It leaves out the regular expression %+q, which other engines may read differently or need very long for: a pattern such as https://*.example.org is safer.", s)
		}
	}
	if p.AllowOriginFunc != nil {
		r.lose(insteadCode, "It leaves out the origins that a function of the policy allows.")
	}
	if r.anyOrigin {
		r.exact, r.patterns, r.extensions = nil, nil, nil
	}
}

// names returns the names that are tokens, each once.
func names(list []string, same func(a, b string) bool) (names []string) {
	for _, s := range list {
		known := func(other string) bool { return same(s, other) }
		if httpguts.ValidHeaderFieldName(s) && !slices.ContainsFunc(names, known) {
			names = append(names, s)
		}
	}
	return names
}

func equal(a, b string) bool { return a == b }

// single returns the only origin, or "" if there is not exactly one.
func (r *rules) single() string {
	if len(r.exact) == 1 && len(r.patterns) == 0 {
		return r.exact[0]
	}
	return ""
}

// wildcards returns the patterns in the notation of corsac, such as
// https://*.example.org, and whether all have one. Some have only a regular
// expression, and stacks may differ in the wildcards that they know.
func (r *rules) wildcards() (list []string, all bool) {
	all = true
	for _, p := range r.patterns {
		if p.wild == "" {
			all = false
			continue
		}
		list = append(list, p.wild)
	}
	return list, all
}

// seconds returns maxAge, or what browsers use if it is not set.
func (r *rules) seconds() int {
	if r.maxAge < 0 {
		return unsetMaxAge
	}
	return r.maxAge
}

// usualHeaders stand for every header where it cannot be said otherwise.
var usualHeaders = []string{"Accept", "Authorization", "Content-Type", "X-Requested-With"}

// headerList returns the request headers as a list. With credentials, * is the
// name of a header, so that every header cannot be said with it; Lost says so.
func (r *rules) headerList() []string {
	switch {
	case !r.anyHeader:
		return r.headers
	case r.credentials:
		r.lose(insteadHeaders, "The policy allows every request header; with credentials, browsers want a list: add the headers that your pages send.")
		return names(append(slices.Clone(usualHeaders), r.headers...), strings.EqualFold)
	default:
		return append([]string{"*"}, r.headers...)
	}
}

// headersOf is headerList for a stack that takes a * for the name of a header.
func (r *rules) headersOf(title string) []string {
	if r.anyHeader && !r.credentials {
		r.lose(insteadHeaders, "The policy allows every request header; %s wants a list: add the headers that your pages send.", title)
		return usualHeaders
	}
	return r.headerList()
}

// withoutRegexps says that a stack cannot express regular expressions.
func (r *rules) withoutRegexps(title string) {
	for _, s := range r.extensions {
		r.lose(insteadExtension, "It leaves out %s, which %s cannot express.", s, title)
	}
	if wild, _ := r.wildcards(); len(wild)+len(r.extensions) < len(r.patterns) {
		r.lose(insteadPattern, "It leaves out the regular expressions of the policy, which %s cannot express.", title)
	}
}

// snippet completes a snippet: its code, and the shortfall that all stacks have.
func (r *rules) snippet(c *code, s Snippet) Snippet {
	s.Code = c.lines()
	s.Shortfall = s.with(r.Shortfall)
	return s
}
