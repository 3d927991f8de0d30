package cause

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

const listHeader = "A header that script sets must be in the Access-Control-Allow-Headers of the preflight response, except for a few safe ones. "

// requestHeaders adds headers that a preflight does not allow.
func (r *registry) requestHeaders() {
	shows := []string{">" + requestHeaders, allowHeaders}
	r.add(&Cause{
		Slug: "header-not-allowed", Side: Policy, at: atHeaders, rank: last, shows: shows,
		Title:   "The server's policy does not allow the header {refused}",
		When:    "The preflight is allowed for the page's origin, and Access-Control-Allow-Headers lacks a header.",
		Why:     listHeader,
		Fix:     "Add {refused} to the headers that the policy allows.",
		Example: fromApp(get(key), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   answered(granted, read),
		applies: func(*scene) bool { return true },
	})
	r.add(&Cause{
		Slug: "acah-missing", Side: Policy, at: atHeaders, shows: shows,
		Title:   "The preflight response has no Access-Control-Allow-Headers",
		When:    "The preflight is allowed for the page's origin and method, and its response has no Access-Control-Allow-Headers.",
		Why:     listHeader + "The page sends {refused}.",
		Fix:     "Let the policy allow the headers that the page sends: {refused}.",
		Example: fromApp(get(key), grants("")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return !s.has(allowHeaders) && !s.setsResponseHeader() },
	})
	r.add(&Cause{
		Slug: "content-type-not-allowed", Side: Policy, at: atHeaders, shows: shows,
		Title:   "The server's policy does not allow the header Content-Type",
		When:    "Content-Type is the only header that the preflight response does not allow.",
		Why:     listHeader + "Only the Content-Types of HTML forms are safe; application/json is not.",
		Fix:     "Add Content-Type to the headers that the policy allows.",
		Example: fromApp(put(fetch.Header{Name: "Content-Type", Value: "application/json"}), grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: Authorization")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.onlyRefused("content-type") },
	})
	r.add(&Cause{
		Slug: "authorization-not-allowed", Side: Policy, at: atHeaders, shows: shows,
		Title:   "The server's policy does not allow the header Authorization",
		When:    "Authorization is the only header that the preflight response does not allow, and it has no *.",
		Why:     listHeader + "The preflight itself does not carry the token; it only asks whether the request may do so.",
		Fix:     "Add Authorization to the headers that the policy allows.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.onlyRefused("authorization") },
	})
	r.add(&Cause{
		Slug: "library-header-not-allowed", Side: Policy, at: atHeaders, shows: shows,
		Title:   "{library} adds headers that the server's policy does not allow",
		When:    "All headers that the preflight response does not allow are known to come from a library.",
		Why:     listHeader + "The page's own code does not set {refused}: a library does.",
		Fix:     "Add {refused} to the headers that the policy allows, or configure the library not to add them to requests for {server}.",
		Example: fromApp(get(fetch.Header{Name: "sentry-trace", Value: "a-b-1"}), grants("Access-Control-Allow-Headers: Content-Type")),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool { return s.library() != "" && s.has(allowHeaders) && !s.lists(allowHeaders, "*") },
	})
}

// onlyRefused reports whether one header is what a list without * lacks.
func (s *scene) onlyRefused(name string) bool {
	return len(s.refused) == 1 && s.refused[0] == name && s.has(allowHeaders) && !s.lists(allowHeaders, "*")
}

// libraries are those that add headers to requests, by the beginning of the name.
var libraries = []struct{ prefix, name string }{
	{"sentry-trace", "Sentry"},
	{"baggage", "A tracing library (Sentry, OpenTelemetry)"},
	{"traceparent", "A tracing library (OpenTelemetry, Elastic APM)"},
	{"tracestate", "A tracing library (OpenTelemetry, Elastic APM)"},
	{"elastic-apm-traceparent", "Elastic APM"},
	{"x-datadog-", "Datadog"},
	{"newrelic", "New Relic"},
	{"x-newrelic-", "New Relic"},
	{"x-b3-", "A tracing library (Zipkin)"},
	{"b3", "A tracing library (Zipkin)"},
	{"request-id", "Application Insights"},
	{"request-context", "Application Insights"},
	{"x-instana-", "Instana"},
	{"x-dtpc", "Dynatrace"},
	{"x-client-info", "The Supabase client"},
	{"x-requested-with", "A library (jQuery, some configurations of axios)"},
}

// library is what adds the refused headers; "" if one of them is not known as a
// library's.
func (s *scene) library() (name string) {
	for _, h := range s.refused {
		i := slices.IndexFunc(libraries, func(l struct{ prefix, name string }) bool {
			return h == l.prefix || strings.HasSuffix(l.prefix, "-") && strings.HasPrefix(h, l.prefix)
		})
		if i < 0 {
			return ""
		}
		if name == "" || len(libraries[i].name) < len(name) {
			name = libraries[i].name
		}
	}
	return name
}
