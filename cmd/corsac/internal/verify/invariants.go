package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// What no policy lists, unless it lists everything.
const (
	unlistedMethod = "CORSAC"
	unlistedHeader = "X-Corsac-Unlisted"
)

// invariant is something that a server with the policy must do.
type invariant struct {
	// slug names the break of it. holds says what is right otherwise, title what
	// is wrong, and means what that means to a user or an attacker.
	slug, holds, title, means string
	// one and many say what the subjects of broken checks do, such as "passes" and
	// "pass"; "" if the checks are not about different things.
	one, many string
	severity  finding.Severity
	// fix says what to do; "" leaves it to the cause of the verdict.
	fix string
	// checks returns what to look at.
	checks func(*run) []trial
}

// invariants are all of them, in the order of the report. They are made on first
// use.
var invariants = sync.OnceValue(func() []*invariant {
	return []*invariant{
		{
			slug: "allowed-origin-refused", severity: finding.Error,
			holds: "Allowed origins can read responses",
			title: "An origin that the policy allows is refused", one: "is refused", many: "are refused",
			means: "Pages of this origin cannot use the API.",
			checks: func(r *run) (list []trial) {
				for _, s := range r.allowed {
					list = append(list, decided("allowed: GET from "+s.origin, Ask{Origin: s.origin, URL: r.url, Method: "GET"}, true).about(s.origin))
				}
				return list
			},
		},
		{
			slug: "unlisted-origin-allowed", severity: finding.Error,
			holds: "Other origins are refused, however similar",
			title: "An origin that the policy does not allow can read responses",
			one:   "passes", many: "pass",
			means:  "Whoever controls such an origin can read what the API returns to the users who visit it.",
			fix:    "Compare the whole origin with the allowed ones, as text: not its beginning, its end or a part, and not with a regular expression without anchors.",
			checks: unlistedOrigins,
		},
		{
			slug: "origin-case-ignored", severity: finding.Note,
			holds:  "Origins are compared with their case",
			title:  "An allowed origin passes in upper case, too",
			means:  "Browsers write origins in lower case, so no page sends this one, and it does no harm. A program that is not a browser can send any origin.",
			fix:    "Compare the origin with the allowed ones byte for byte, as the Fetch standard does.",
			checks: upperCase,
		},
		{
			slug: "allowed-method-refused", severity: finding.Error,
			holds: "Allowed methods pass the preflight",
			title: "A method that the policy allows is refused",
			one:   "is refused", many: "are refused",
			means:  "Pages cannot make these requests.",
			checks: allowedMethods,
		},
		{
			slug: "unlisted-method-allowed", severity: finding.Error,
			holds: "Other methods are refused",
			title: "A method that the policy does not allow is allowed",
			one:   "passes", many: "pass",
			means: "Pages can make requests that the policy means to keep from them.",
			fix:   "List the methods of the policy in Access-Control-Allow-Methods, and no others.",
			checks: func(r *run) (list []trial) {
				for _, method := range []string{"PUT", "DELETE", "PATCH", unlistedMethod} {
					if !slices.Contains(r.Policy.AllowMethods, method) {
						list = append(list, decided("refused: method "+method, Ask{Origin: r.allowed[0].origin, URL: r.url, Method: method}, false).about(method))
					}
				}
				return onlyRefused(r, list)
			},
		},
		{
			slug: "allowed-header-refused", severity: finding.Error,
			holds: "Allowed headers pass the preflight",
			title: "A header that the policy allows is refused",
			one:   "is refused", many: "are refused",
			means:  "Pages cannot send this header.",
			checks: allowedHeaders,
		},
		{
			slug: "unlisted-header-allowed", severity: finding.Error,
			holds: "Other headers are refused",
			title: "A header that the policy does not allow is allowed",
			one:   "passes", many: "pass",
			means: "Pages can send headers that the policy means to keep from them.",
			fix:   "List the headers of the policy in Access-Control-Allow-Headers; do not repeat what the preflight asks for.",
			checks: func(r *run) []trial {
				return onlyRefused(r, []trial{
					decided("refused: header "+unlistedHeader, Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET", Headers: []string{unlistedHeader}}, false).about(unlistedHeader),
				})
			},
		},
		{
			slug: "credentials-refused", severity: finding.Error,
			holds:  "Credentials are allowed",
			title:  "Requests with credentials are refused, although the policy allows them",
			means:  "Pages cannot use the session of their users.",
			checks: allowedCredentials,
		},
		{
			slug: "unlisted-credentials-allowed", severity: finding.Error,
			holds: "Credentials are not allowed",
			title: "Requests with credentials are allowed, although the policy does not allow them",
			means: "Pages can read what the API returns to their users' sessions.",
			fix:   "Leave out Access-Control-Allow-Credentials.",
			checks: func(r *run) []trial {
				if r.Policy.AllowCredentials {
					return nil
				}
				return []trial{decided("refused: credentials", Ask{Origin: r.allowed[0].origin, URL: r.url, Method: "GET", Credentials: true}, false)}
			},
		},
		{
			slug: "max-age-differs", severity: finding.Error,
			holds:  "Browsers remember preflights for as long as the policy says",
			title:  "Browsers remember preflights for another time than the policy says",
			means:  "Changes of the policy reach browsers later than meant, or each request costs a preflight.",
			fix:    "Set Access-Control-Max-Age to the seconds of max_age.",
			checks: maxAge,
		},
		{
			slug: "header-not-exposed", severity: finding.Error,
			holds: "Exposed headers can be read",
			title: "A response header that the policy exposes is not exposed",
			one:   "is not exposed", many: "are not exposed",
			means:  "Script reads null for this header.",
			fix:    "List the header in Access-Control-Expose-Headers, on the response itself, errors included.",
			checks: exposed,
		},
		{
			slug: "error-response-without-cors", severity: finding.Error,
			holds: "Errors have CORS headers too",
			title: "Error responses have no CORS headers",
			one:   "has none", many: "have none",
			means:  "Pages see a network error in place of the status and the message, so users and developers look in the wrong place.",
			fix:    "Set the CORS headers on every response, whatever its status: in nginx with always, in Apache with Header always, in frameworks outside of the error handler.",
			checks: errorResponses,
		},
		{
			slug: "missing-vary-origin", severity: finding.Error,
			holds:  "Vary names Origin wherever a cache needs it",
			title:  "The response depends on Origin but does not say so in Vary",
			means:  "A cache may give the response for one origin to another, which is then refused, at times that nobody can explain.",
			fix:    "Add Vary: Origin to every response, whether its origin is allowed or not.",
			checks: varies,
		},
		{
			slug: duplicates, severity: finding.Error,
			holds:  "No CORS header is there twice",
			title:  "A CORS header is there twice",
			means:  "Browsers refuse a response with two values of Access-Control-Allow-Origin, even if they are the same.",
			fix:    "Let one layer set CORS headers: the application or the proxy before it, and remove them in the other.",
			checks: doubled,
		},
		{
			slug: "options-fails", severity: finding.Error,
			holds:  "An OPTIONS request that is not a preflight works",
			title:  "An OPTIONS request that is not a preflight fails",
			means:  "Clients that ask which methods there are get a server error.",
			fix:    "Treat OPTIONS as a preflight only if it has Origin and Access-Control-Request-Method.",
			checks: plainOptions,
		},
		{
			slug: "refusal-discloses", severity: finding.Note,
			holds:  "Refused preflights disclose nothing",
			title:  "A refused preflight discloses what the policy allows",
			means:  "Anybody can read the methods and headers of the policy. Most frameworks do this, and browsers do not care.",
			fix:    "Leave out Access-Control-Allow-Methods and -Headers where the origin is refused.",
			checks: disclosures,
		},
	}
})

// decided is a check that the browser allows or refuses a request.
func decided(name string, ask Ask, allowed bool) trial {
	return trial{name: name, ask: ask, judge: func(_ context.Context, r *run, c *trial, v *verdict.Verdict) (*finding.Finding, error) {
		if (v.Result == fetch.Allowed) == allowed {
			return nil, nil
		}
		return c.finding(v), nil
	}}
}

// onlyRefused drops checks of what the policy allows after all.
func onlyRefused(r *run, list []trial) []trial {
	return slices.DeleteFunc(list, func(c trial) bool { return r.allows(context.Background(), &c.ask) })
}

func withoutStar(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "*" })
}

// about returns the check of one of several things.
func (c trial) about(subject string) trial {
	c.subject = subject
	return c
}

// Line says in a sentence what is right if the invariant of a rule holds, and what
// the subjects of the checks that fail do instead.
func Line(rule string, broken []*finding.Case) string {
	i := slices.IndexFunc(invariants(), func(inv *invariant) bool { return inv.slug == rule })
	if i < 0 {
		return rule
	}
	inv := invariants()[i]
	if len(broken) == 0 || inv.one == "" {
		return inv.holds
	}
	list, verb := Subjects(broken), inv.many
	if len(list) == 1 {
		verb = inv.one
	}
	if more := len(list) - maxSubjects; more > 1 {
		list = append(list[:maxSubjects], fmt.Sprintf("and %d more", more))
	}
	return inv.holds + ": " + strings.Join(list, ", ") + " " + verb
}

// maxSubjects bounds the subjects in a line.
const maxSubjects = 3

// Subjects are what cases are about, each once.
func Subjects(cases []*finding.Case) (list []string) {
	for _, c := range cases {
		if s := cmp.Or(c.Subject, c.Name); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
