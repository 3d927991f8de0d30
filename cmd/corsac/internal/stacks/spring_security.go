package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

// securityWords are methods of Spring Security that let only some users in.
var securityWords = []string{"authenticated", "fullyAuthenticated", "hasRole", "hasAnyRole", "hasAuthority", "hasAnyAuthority", "hasScope"}

// springEarly notes what makes CORS come before Spring Security in the whole
// project: a filter with an order, or a bean that Spring Security takes by itself.
func (f *codeFile) springEarly(p *springProject) {
	filters := len(f.Named("CorsFilter"))+len(f.Named("CorsWebFilter")) > 0 || containsAny(f.file.Text, []string{"ccess-Control-Allow", "ACCESS_CONTROL_ALLOW"})
	ordered := len(f.Named("setOrder"))+len(f.Named("HIGHEST_PRECEDENCE"))+len(f.Named("Order")) > 0
	p.early = p.early || filters && ordered
	for _, i := range f.Named("UrlBasedCorsConfigurationSource") {
		bean := f.Kind(i+1) == cfamily.Name && f.At(i+2) == "("
		p.early = p.early || bean || f.At(i-1) == ":" && f.At(i-2) == ")"
	}
	p.secured = p.secured || len(f.Named("HttpSecurity")) > 0
}

// springSecurity adds a site for each chain of filters that keeps preflights from
// what the project configures.
func (f *codeFile) springSecurity(p *springProject) {
	if p.early || p.controllers+p.beans == 0 {
		return
	}
	for _, i := range f.Named("HttpSecurity") {
		body, ok := f.bodyAfter(i)
		if !ok || f.full() || !f.restricts(body) {
			continue
		}
		rule, at := springSecurity, cfamily.Range{Start: i, End: i + 1}
		if off := f.corsSwitchedOff(body); off >= 0 {
			rule, at = springSecurityOff, cfamily.Range{Start: off, End: off + 1}
		} else if f.callsCORS(body) {
			continue
		}
		s := f.codeSite("the filters of Spring Security", at)
		s.fault(rule, s.Span, "")
	}
}

// callsCORS reports whether code has a call for CORS, or gives something for it to
// one: http.cors(…), cors { … }, addFilterBefore(corsFilter, …).
func (f *codeFile) callsCORS(r cfamily.Range) bool {
	for i := r.Start; i < r.End; i++ {
		if f.Kind(i) != cfamily.Name || !strings.Contains(strings.ToLower(f.At(i)), "cors") {
			continue
		}
		if f.At(i+1) == "(" || f.At(i+1) == "{" {
			return true
		}
		open := f.Up(i)
		callee := f.At(open - 1)
		if f.At(open) == "(" && (strings.HasPrefix(callee, "addFilter") || callee == "apply" || callee == "with") {
			return true
		}
	}
	return false
}

// bodyAfter returns the body of the function that a token is a parameter of.
func (f *codeFile) bodyAfter(i int) (body cfamily.Range, ok bool) {
	open := f.Up(i)
	if f.At(open) != "(" || f.Kind(i+1) != cfamily.Name && f.At(i-1) != ":" {
		return body, false
	}
	for j := f.Skip(open); j < min(f.Skip(open)+30, len(f.Tokens)); j++ {
		switch f.At(j) {
		case "{":
			return cfamily.Range{Start: j, End: f.Skip(j)}, true
		case ";":
			return body, false
		}
	}
	return body, false
}

// restricts reports whether a chain of filters asks for a login, also for
// preflights.
func (f *codeFile) restricts(body cfamily.Range) bool {
	return slices.ContainsFunc(securityWords, func(word string) bool { return f.Mentions(body, word) }) && !f.Mentions(body, "OPTIONS") && !f.Mentions(body, "PreFlightRequestMatcher") && !f.Mentions(body, "isPreFlightRequest")
}

// corsSwitchedOff returns the token of a call that switches CORS off, or -1.
func (f *codeFile) corsSwitchedOff(body cfamily.Range) int {
	for _, i := range f.Named("cors") {
		if i < body.Start || i >= body.End || f.At(i+1) != "(" && f.At(i+1) != "{" {
			continue
		}
		inside := cfamily.Range{Start: i + 1, End: f.Skip(i + 1)}
		if f.Mentions(inside, "disable") || f.Is(inside.End, ".", "disable", "(") {
			return i
		}
	}
	return -1
}

// springFilters adds a site for each registration of a filter that comes after
// Spring Security.
func (f *codeFile) springFilters(p *springProject) {
	if !p.secured || p.early {
		return
	}
	for _, i := range f.Named("FilterRegistrationBean") {
		open := i + 1
		for open < min(i+10, len(f.Tokens)) && f.At(open) != "(" && f.At(open) != ";" && f.At(open) != "=" {
			open++
		}
		if f.At(open) != "(" || f.Language == cfamily.Java && f.At(i-1) != "new" || f.full() {
			continue
		}
		call := cfamily.Range{Start: i, End: f.Skip(open)}
		if !f.Mentions(call, "CorsFilter") {
			continue
		}
		s := f.codeSite("the registration of CorsFilter", call)
		s.fault(springFilterLate, s.Span, "")
	}
}
