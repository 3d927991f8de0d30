package cause

import (
	"strings"
)

const oneOrigin = "The header takes one origin, or *. "

// wrongValues adds values that are not an origin.
func (r *registry) wrongValues() {
	r.add(&Cause{
		Slug: "duplicate-acao", Side: Server, at: atOrigin, rank: garbled, shows: []string{allowOrigin, "Server", "Via"},
		Title: "Access-Control-Allow-Origin is set twice; only one layer may set it",
		When:  "The response has several Access-Control-Allow-Origin lines.",
		Why:   "Browsers refuse two lines even if they are equal. Usually a proxy adds its own although the application has already set the header.",
		Fix:   "Remove CORS from one of the two layers; in nginx, proxy_hide_header Access-Control-Allow-Origin drops the application's.",
		Example: fromApp(get(), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: https://app.example.com\nAccess-Control-Allow-Origin: *",
		}),
		Fixed:   answered(read),
		applies: func(s *scene) bool { return len(s.last.ResponseHeaders.Values(allowOrigin)) > 1 },
	})
	r.add(&Cause{
		Slug: "wildcard-origin-with-credentials", Side: Policy, at: atOrigin, shows: []string{allowOrigin, allowCredentials},
		Title: "The server allows every origin (*), which does not work with credentials",
		When:  "Access-Control-Allow-Origin is * and the request has credentials mode include.",
		Why:   "With credentials, browsers require the page's own origin: otherwise every site could read what the user's cookies give access to.",
		Fix:   "Respond with {sent} instead of *, from a list of origins, with Access-Control-Allow-Credentials: true and Vary: Origin." + dropThem,
		Example: fromApp(withCookies(get()), Answer{
			Status: 200, Headers: "Access-Control-Allow-Origin: *",
		}),
		Fixed:   answered(Answer{Status: 200, Headers: allowed + cookies}),
		applies: func(s *scene) bool { return s.answer(allowOrigin) == "*" },
	})
	r.mismatch(&Cause{
		Slug:  "acao-list-of-origins",
		Title: "Access-Control-Allow-Origin lists several origins",
		When:  "Access-Control-Allow-Origin is one line with several values.",
		Why:   oneOrigin + "The list belongs in the server, which looks up the page's origin and responds with that one.",
		Fix:   "Keep the list in the server, and respond with {sent} if it is on the list, with Vary: Origin.",
		applies: func(s *scene) bool {
			return len(s.last.ResponseHeaders.Values(allowOrigin)) == 1 && len(strings.FieldsFunc(s.answer(allowOrigin), isSeparator)) > 1
		},
	}, "https://admin.example.com, https://app.example.com")
	r.mismatch(&Cause{
		Slug:  "acao-subdomain-wildcard",
		Title: "Browsers do not support wildcards within an origin: {value}",
		When:  "Access-Control-Allow-Origin contains * among other characters.",
		Why:   oneOrigin + "Patterns are for the server, which compares them with the page's origin.",
		Fix:   "Compare Origin with the pattern in the server, and respond with {sent} itself, with Vary: Origin.",
		applies: func(s *scene) bool {
			return s.isOneValue() && s.answer(allowOrigin) != "*" && strings.Contains(s.answer(allowOrigin), "*") && !s.isExpression()
		},
	}, "https://*.example.com")
	r.mismatch(&Cause{
		Slug:    "acao-literal-regex",
		Title:   "Access-Control-Allow-Origin is a regular expression: {value}",
		When:    "Access-Control-Allow-Origin has the characters of a regular expression.",
		Why:     oneOrigin + "Patterns are for the server, which compares them with the page's origin.",
		Fix:     "Compare Origin with the expression in the server, and respond with {sent} itself, with Vary: Origin.",
		applies: func(s *scene) bool { return s.isOneValue() && s.isExpression() },
	}, `^https://.*\.example\.com$`)
	r.mismatch(&Cause{
		Slug:    "acao-unset-variable",
		Title:   "Access-Control-Allow-Origin has no origin in it: {value}",
		When:    "Access-Control-Allow-Origin is empty, or what programs write for a value that is not set.",
		Why:     "The server's configuration names a variable that is not set there.",
		Fix:     "Set the variable to {sent} where the server runs. Let the server refuse to start without it.",
		applies: func(s *scene) bool { return s.isOneValue() && isUnset(s.answer(allowOrigin)) },
	}, "undefined")
	r.mismatch(&Cause{
		Slug:    "acao-literal-null",
		Title:   "The server allows the origin null instead of {sent}",
		When:    "Access-Control-Allow-Origin is null, and the page's origin is not.",
		Why:     exactly + "The word null stands for pages without an origin, such as local files and sandboxed frames; any site can make one.",
		Fix:     "Respond with {sent}, and never with null.",
		applies: func(s *scene) bool { return s.answer(allowOrigin) == "null" },
	}, "null")
	r.mismatch(&Cause{
		Slug: "acao-invalid-value", rank: last,
		Title:   "Access-Control-Allow-Origin is not an origin: {value}",
		When:    "Access-Control-Allow-Origin is not an origin, in a way that has no cause of its own.",
		Why:     exactly + oneOrigin,
		applies: func(*scene) bool { return true },
	}, "yes")
}

func isSeparator(r rune) bool { return r == ',' || r == ';' || r == '|' || r == ' ' }

// isOneValue reports whether Access-Control-Allow-Origin is not a list.
func (s *scene) isOneValue() bool {
	return len(s.last.ResponseHeaders.Values(allowOrigin)) == 1 && len(strings.FieldsFunc(s.answer(allowOrigin), isSeparator)) <= 1
}

// isExpression reports whether Access-Control-Allow-Origin looks like a regular
// expression.
func (s *scene) isExpression() bool {
	value := s.answer(allowOrigin)
	return strings.HasPrefix(value, "^") || strings.HasSuffix(value, "$") || strings.HasPrefix(value, "/^") || strings.ContainsAny(value, `\()`)
}

// isUnset reports whether a value is what programs write for one that is not set,
// or a variable that was not replaced.
func isUnset(value string) bool {
	switch strings.ToLower(value) {
	case "", "undefined", "none", "nil", "<nil>", "false", "true", "nan", "[object object]":
		return true
	}
	for _, start := range []string{"$", "{{", "%", "<%", "process.env"} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	return false
}
