package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var honoWords = jsWords{
	list:    "List the origins of your pages in an array of strings.",
	methods: "allowMethods", headers: "allowHeaders", expose: "exposeHeaders", call: "app.use('*', cors(…))",
}

// honoRules are the mistakes in the options of hono/cors.
var honoRules = newHonoRules()

func newHonoRules() *jsRules {
	r := newJSRules("hono", honoWords)
	r.addDefaultMethods(honoWords, "GET, HEAD, PUT, POST, DELETE, PATCH and, from 4.13 on, QUERY")
	r.addWildcardWithCredentials(honoWords)
	r.addUnknownOption("The middleware of Hono does not know this option", "origin, allowMethods, allowHeaders, exposeHeaders, credentials and maxAge")
	r.stateful = r.add("regexp-stateful", finding.Error, "inconsistent-backends", "The regular expression has the flag g or y",
		"With it, the expression remembers where it was, so that every second request is refused.", "Leave out the flag.")
	r.originFromEnv = r.add("origin-from-env", finding.Warning, "server-error-without-cors", "origin comes from an environment variable that may be missing",
		"Where the variable is not set, origin is undefined, and every request ends with an exception.",
		"Give a default, or stop the server at its start if the variable is missing.")
	return r
}

// honoAll returns all rules of Hono.
func honoAll() []*Rule {
	return append([]*Rule{
		honoOriginType, honoOriginBoolean, honoNotList, honoAfterRoutes, honoAfterAuth, honoOnRoute, honoOptionsOnly, honoExactPath, honoTwice,
	}, honoRules.all...)
}

const honoFirst = "Call app.use('*', cors(…)) right after the app is created."

// The mistakes that only hono/cors has.
var (
	honoOriginType = &Rule{
		ID: "hono/origin-type", Severity: finding.Error, Title: "origin is not a string, an array of strings or a function", Cause: "server-error-without-cors",
		Why: "The middleware compares strings: every request ends with an exception; in an array, what is not a string matches nothing.",
		Fix: "For a regular expression, write a function: (origin) => (/^…$/.test(origin) ? origin : null).",
	}
	honoOriginBoolean = &Rule{
		ID: "hono/origin-boolean", Severity: finding.Error, Title: "The function for origin returns true", Cause: "acao-unset-variable",
		Why: "The middleware sends what it returns, so that the header says true, and no browser accepts that.", Fix: "Return the origin itself, or null.",
	}
	honoNotList = &Rule{
		ID: "hono/list-needed", Severity: finding.Error, Title: "A string is where an array belongs",
		Why: "The middleware ignores a string for allowMethods, and throws an exception for allowHeaders and exposeHeaders.", Fix: "Write an array with one string per name.",
	}
	honoAfterRoutes = &Rule{
		ID: "hono/cors-after-routes", Severity: finding.Error, Title: "cors() comes after routes", Cause: "cors-only-on-preflight",
		Why: "Hono runs what matches in the order in which it was added, and a route ends the request.", Fix: honoFirst,
	}
	honoAfterAuth = &Rule{
		ID: "hono/cors-after-auth", Severity: finding.Error, Title: "cors() comes after authentication", Cause: "preflight-requires-auth",
		Why: "A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.", Fix: honoFirst,
	}
	honoOnRoute = &Rule{
		ID: "hono/cors-on-route", Severity: finding.Error, Title: "cors() is on a single route, which gets no preflights", Cause: "preflight-not-routed",
		Why: "The route does not see the OPTIONS request that browsers send first, for other methods and for headers: it is answered with 404.", Fix: honoFirst,
	}
	honoOptionsOnly = &Rule{
		ID: "hono/options-only", Severity: finding.Error, Title: "cors() answers preflights only", Cause: "cors-only-on-preflight",
		Why: "app.options(…) is for OPTIONS requests; the answers to all others have no CORS headers.", Fix: honoFirst,
	}
	honoExactPath = &Rule{
		ID: "hono/path-exact", Severity: finding.Error, Title: "The path of cors() does not cover what is below it", Cause: "cors-missing-on-route",
		Why: "A path without * at its end is that path only.", Fix: "End the path with /*, or use '*'.",
	}
	honoTwice = &Rule{
		ID: "hono/cors-twice", Severity: finding.Warning, Title: "cors() is added twice for the same paths",
		Why: "The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.", Fix: "Leave one call.",
	}
)
