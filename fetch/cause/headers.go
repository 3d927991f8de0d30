package cause

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/internal/similar"
)

const listHeader = "A header that script sets must be in the Access-Control-Allow-Headers of the preflight response, except for a few safe ones. "

// onlyRefused reports whether one header is what a list without * lacks.
func (s *scene) onlyRefused(name string) bool {
	return len(s.refused) == 1 && s.refused[0] == name && s.has(protocol.AllowHeaders) && !s.lists(protocol.AllowHeaders, "*")
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

// askedAndAllowed shows which headers a preflight asked for, and which it got.
var askedAndAllowed = []string{">" + protocol.RequestHeaders, protocol.AllowHeaders}

// misspelled returns a header of the last answer that is nearly the one about
// which the browser complains, and that one; empty if there is none.
func (s *scene) misspelled() (wrong, right string) {
	if right = s.err().Header; right == "" || s.has(right) {
		return "", ""
	}
	known := []string{right}
	for _, h := range s.last.ResponseHeaders {
		if similar.Nearest(h.Name, known, foldHeader) != "" {
			return h.Name, right
		}
	}
	return "", ""
}

// foldHeader is a header name in the form in which misspellings are compared.
func foldHeader(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// hidden returns the headers that script wants to read, cannot read, and that are
// in the answer. Those of cookies nobody can read.
func (s *scene) hidden() (names []string) {
	if s.v.Response == nil || s.v.Response.Type != fetch.TypeCORS {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.v.ReadHeaders)) {
		cookie := strings.EqualFold(name, "Set-Cookie") || strings.EqualFold(name, "Set-Cookie2")
		if !s.v.ReadHeaders[name] && !cookie && s.has(name) && len(names) < maxNames {
			names = append(names, name)
		}
	}
	return names
}

func (s *scene) exposesStar() bool { return s.credentialed() && s.lists(protocol.ExposeHeaders, "*") }

// ignoredMaxAge is the preflight whose response has a max-age with anything but
// digits; empty if there is none. Browsers cap a number that is too large, and with
// a negative one Chrome and Firefox remember nothing, which is what it is for.
func (s *scene) ignoredMaxAge() *verdict.Wire {
	for i := range s.v.Wire {
		w := &s.v.Wire[i]
		if w.Kind != fetch.KindPreflight || !w.ResponseHeaders.Has(protocol.MaxAge) {
			continue
		}
		if value := w.ResponseHeaders.Get(protocol.MaxAge); value == "" || strings.Trim(strings.TrimPrefix(value, "-"), "0123456789") != "" {
			return w
		}
	}
	return &verdict.Wire{}
}

// setsResponseHeader reports whether the page sets a header of responses, which
// the server refuses.
func (s *scene) setsResponseHeader() bool {
	return slices.ContainsFunc(s.refused, func(name string) bool { return strings.HasPrefix(name, "access-control-") })
}
