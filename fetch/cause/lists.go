package cause

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// key is a header of the examples that needs a preflight.
var key = fetch.Header{Name: "X-Api-Key", Value: "k"}

// grants is a preflight's answer to the page https://app.example.com.
func grants(lines string) Answer { return Answer{Status: 204, Headers: allowed + lines} }

// lists adds what is wrong with the lists of methods and headers.
func (r *registry) lists() {
	r.add(&Cause{
		Slug: "method-not-allowed", Side: Policy, at: atMethods, rank: last, shows: []string{">" + requestMethod, allowMethods},
		Title:   "The server's policy does not allow the method {method}",
		When:    "The preflight is allowed for the page's origin, and Access-Control-Allow-Methods lacks the method.",
		Why:     "Any page may use GET, HEAD and POST. Any other method must be in the Access-Control-Allow-Methods of the preflight response.",
		Fix:     "Add {method} to the methods that the policy allows.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: GET, POST")),
		Fixed:   answered(granted, read),
		applies: func(*scene) bool { return true },
	})
	r.add(&Cause{
		Slug: "method-case-mismatch", Side: Page, at: atMethods, shows: []string{">" + requestMethod, allowMethods},
		Title:   "The page sends {method} in lower case, but the server allows {upper}",
		When:    "Access-Control-Allow-Methods has the method, except that it is in upper case.",
		Why:     "Methods are case-sensitive. Browsers upper-case only DELETE, GET, HEAD, OPTIONS, POST and PUT.",
		Fix:     "Write {upper} in the page's request.",
		Example: fromApp(fetch.Request{URL: api, Method: "patch"}, grants("Access-Control-Allow-Methods: PATCH")),
		Fixed:   Scenario{Request: fetch.Request{URL: api, Method: "PATCH"}, Answers: []Answer{grants("Access-Control-Allow-Methods: PATCH"), read}},
		applies: func(s *scene) bool {
			m := s.v.Request.Method
			return m != strings.ToUpper(m) && s.lists(allowMethods, m) && s.code() == string(fetch.CodeMethodDisallowedByPreflightResponse)
		},
	})
	r.add(&Cause{
		Slug: "wildcard-methods-with-credentials", Side: Policy, at: atMethods, shows: []string{allowMethods},
		Title:   "Access-Control-Allow-Methods is *, which does not work with credentials",
		When:    "Access-Control-Allow-Methods has *, and the request has credentials mode include.",
		Why:     "With credentials, * is the name of a method and not a wildcard.",
		Fix:     "List the methods by name, including {method}." + dropThem,
		Example: fromApp(withCookies(put()), grants(cookies+"Access-Control-Allow-Methods: *")),
		Fixed:   answered(grants(cookies+"Access-Control-Allow-Methods: PUT"), Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.credentialed() && s.lists(allowMethods, "*") },
	})
	r.add(&Cause{
		Slug: "acam-syntax-error", Side: Policy, at: atMethods, rank: first, shows: []string{allowMethods},
		Title:   "Access-Control-Allow-Methods cannot be parsed: {methods}",
		When:    "Access-Control-Allow-Methods is not a comma-separated list of methods.",
		Why:     "One mistake anywhere in the list makes browsers reject the whole response.",
		Fix:     "Separate the methods with commas only, without quotes or brackets: GET, PUT.",
		Example: fromApp(put(), grants("Access-Control-Allow-Methods: GET; PUT")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeInvalidAllowMethodsPreflightResponse) },
	})
	r.add(&Cause{
		Slug: "acah-syntax-error", Side: Policy, at: atHeaders, rank: first, shows: []string{allowHeaders},
		Title:   "Access-Control-Allow-Headers cannot be parsed: {headers}",
		When:    "Access-Control-Allow-Headers is not a comma-separated list of header names.",
		Why:     "One mistake anywhere in the list makes browsers reject the whole response.",
		Fix:     "Separate the names with commas only, without quotes or brackets: Content-Type, X-Api-Key.",
		Example: fromApp(get(key), grants("Access-Control-Allow-Headers: Content-Type; X-Api-Key")),
		Fixed:   answered(granted, read),
		applies: func(s *scene) bool { return s.code() == string(fetch.CodeInvalidAllowHeadersPreflightResponse) },
	})
	r.add(&Cause{
		Slug: "wildcard-headers-with-credentials", Side: Policy, at: atHeaders, shows: []string{allowHeaders},
		Title:   "Access-Control-Allow-Headers is *, which does not work with credentials",
		When:    "Access-Control-Allow-Headers has *, and the request has credentials mode include.",
		Why:     "With credentials, * is the name of a header and not a wildcard.",
		Fix:     "List the headers by name, including {refused}." + dropThem,
		Example: fromApp(withCookies(get(key)), grants(cookies+"Access-Control-Allow-Headers: *")),
		Fixed:   answered(grants(cookies+"Access-Control-Allow-Headers: x-api-key"), Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.credentialed() && s.lists(allowHeaders, "*") && !s.setsResponseHeader() },
	})
	r.add(&Cause{
		Slug: "client-sets-response-header", Side: Page, at: atHeaders, rank: first, shows: []string{">" + requestHeaders},
		Title:   "The page sends a header that only a server can use: {refused}",
		When:    "The page sets a header such as Access-Control-Allow-Origin on the request.",
		Why:     "The headers that allow a request are for the server to send. On a request they do nothing, except that the server would have to allow them, too.",
		Fix:     "Remove the header from the page's request, and set it on the server's response.",
		Example: fromApp(get(fetch.Header{Name: "Access-Control-Allow-Origin", Value: "*"}), granted),
		Fixed:   Scenario{Request: get(), Answers: []Answer{read}},
		applies: func(s *scene) bool {
			return s.setsResponseHeader() && s.code() != string(fetch.CodeInvalidAllowHeadersPreflightResponse)
		},
	})
}

// setsResponseHeader reports whether the page sets a header of responses, which
// the server refuses.
func (s *scene) setsResponseHeader() bool {
	return slices.ContainsFunc(s.refused, func(name string) bool { return strings.HasPrefix(name, "access-control-") })
}
