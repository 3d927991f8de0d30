package cause

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// passed adds what goes wrong with a request that was allowed.
func (r *registry) passed() {
	r.add(&Cause{
		Slug: "header-not-exposed", Side: Policy, at: atPassed, rank: first, Severity: verdict.SeverityWarning, shows: []string{exposeHeaders},
		Title:   "Script cannot read the response header {hidden}",
		When:    "A header that script wants to read is in the response, and Access-Control-Expose-Headers does not name it.",
		Why:     "Unless a header is exposed, script on another origin can read only Cache-Control, Content-Language, Content-Length, Content-Type, Expires, Last-Modified and Pragma.",
		Fix:     "Add {hidden} to the headers that the policy exposes.",
		Example: Scenario{Page: app, Request: get(), ReadHeaders: []string{"X-Total-Count"}, Answers: []Answer{{Status: 200, Headers: allowed + "X-Total-Count: 3"}}},
		Fixed:   answered(Answer{Status: 200, Headers: allowed + "X-Total-Count: 3\nAccess-Control-Expose-Headers: X-Total-Count"}),
		applies: func(s *scene) bool { return len(s.hidden()) > 0 && !s.exposesStar() },
	})
	r.add(&Cause{
		Slug: "wildcard-expose-with-credentials", Side: Policy, at: atPassed, rank: first, Severity: verdict.SeverityWarning, shows: []string{exposeHeaders},
		Title:   "Access-Control-Expose-Headers is *, which does not work with credentials",
		When:    "Access-Control-Expose-Headers has *, the request has credentials mode include, and script wants to read a header.",
		Why:     "With credentials, * is the name of a header and not a wildcard, so {hidden} cannot be read.",
		Fix:     "List the exposed headers by name, including {hidden}." + dropThem,
		Example: Scenario{Page: app, Request: withCookies(get()), ReadHeaders: []string{"X-Total-Count"}, Answers: []Answer{{Status: 200, Headers: allowed + cookies + "X-Total-Count: 3\nAccess-Control-Expose-Headers: *"}}},
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies + "X-Total-Count: 3\nAccess-Control-Expose-Headers: X-Total-Count"}),
		applies: func(s *scene) bool { return len(s.hidden()) > 0 && s.exposesStar() },
	})
	r.add(&Cause{
		Slug: "authorization-not-covered-by-wildcard", Side: Policy, at: atPassed | atHeaders, Severity: verdict.SeverityWarning, shows: []string{allowHeaders},
		Title:   "Access-Control-Allow-Headers: * does not cover Authorization",
		When:    "A preflight asks for Authorization, and Access-Control-Allow-Headers is * without it.",
		Why:     "The Fetch standard requires Authorization to be listed by name. Browsers still allow it today, but warn that they will stop.",
		Fix:     "Send Access-Control-Allow-Headers: *, Authorization.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}), grants("Access-Control-Allow-Headers: *"), read),
		Fixed:   answered(grants("Access-Control-Allow-Headers: *, Authorization"), read),
		applies: func(s *scene) bool {
			return slices.ContainsFunc(s.v.Wire, func(w verdict.Wire) bool {
				granted := w.ResponseHeaders.Get(allowHeaders)
				return w.Kind == fetch.KindPreflight && listed(w.Headers.Get(requestHeaders), "authorization") &&
					listed(granted, "*") && !listed(granted, "authorization") && !s.credentialed()
			})
		},
	})
	r.add(&Cause{
		Slug: "no-cors-mode-opaque", Side: Page, at: atPassed, Severity: verdict.SeverityWarning,
		Title:   "Mode no-cors hides the response from script",
		When:    "Script makes a request with mode no-cors to another origin.",
		Why:     "The mode suppresses the error, but script gets an opaque response with status 0 that it cannot read.",
		Fix:     "Remove mode: \"no-cors\" from the request, and let the server allow the page's origin.",
		Example: fromApp(fetch.Request{URL: api, Options: fetch.Options{Mode: fetch.ModeNoCORS}}, Answer{Status: 200}),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			d, r := s.v.Request.Destination, s.v.Response
			script := d == "" || d == fetch.DestinationFetch || d == fetch.DestinationXHR
			return script && s.v.Request.Mode == fetch.ModeNoCORS && r != nil && r.Type == fetch.TypeOpaque
		},
	})
	r.add(&Cause{
		Slug: "max-age-ignored", Side: Policy, at: atPassed, Severity: verdict.SeverityWarning,
		Title:   "Browsers ignore Access-Control-Max-Age: {max-age}",
		When:    "A preflight response has an Access-Control-Max-Age that is not a number of seconds.",
		Why:     "The value is a number of seconds, in digits only. Without a valid value, browsers ask again after 5 seconds.",
		Fix:     "Write seconds, such as 7200, which is the most that Chrome accepts.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 1h"), read),
		Fixed:   answered(grants("Access-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 3600"), read),
		applies: func(s *scene) bool { return s.ignoredMaxAge().URL != "" },
	})
	r.add(&Cause{
		Slug: "authorization-dropped-on-redirect", Side: Page, at: atPassed, Severity: verdict.SeverityWarning,
		isNote: func(s *scene) bool { return s.last.Status >= 200 && s.last.Status < 300 }, // it was not needed
		Title: "The redirect to another origin drops the Authorization header",
		When:  "Script sets Authorization, and a redirect to another origin is followed without it.",
		Why:   "Browsers remove Authorization when a redirect leads to another origin, so that the token does not reach another server.",
		Fix:   "Call {url} from the page directly.",
		Example: fromApp(get(fetch.Header{Name: "Authorization", Value: "Bearer t"}),
			granted, Answer{Status: 307, Headers: allowed + "Location: https://cdn.example.net/items"},
			Answer{Status: 401, Headers: "Access-Control-Allow-Origin: *"}),
		Fixed: Scenario{Request: fetch.Request{URL: "https://cdn.example.net/items", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer t"}}}, Answers: []Answer{granted, read}},
		applies: func(s *scene) bool {
			return s.v.Request.Headers.Has("Authorization") && s.last.Hop > 0 && s.last.Kind == fetch.KindActual && !s.last.Headers.Has("Authorization")
		},
	})
}

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

func (s *scene) exposesStar() bool { return s.credentialed() && s.lists(exposeHeaders, "*") }

// ignoredMaxAge is the preflight whose response has a max-age with anything but
// digits; empty if there is none. Browsers cap a number that is too large, and with
// a negative one Chrome and Firefox remember nothing, which is what it is for.
func (s *scene) ignoredMaxAge() *verdict.Wire {
	for i := range s.v.Wire {
		w := &s.v.Wire[i]
		if w.Kind != fetch.KindPreflight || !w.ResponseHeaders.Has(maxAge) {
			continue
		}
		if value := w.ResponseHeaders.Get(maxAge); value == "" || strings.Trim(strings.TrimPrefix(value, "-"), "0123456789") != "" {
			return w
		}
	}
	return &verdict.Wire{}
}
