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

var honoRule = ruleMaker("hono").rule

// The mistakes that only hono/cors has.
var (
	honoOriginType = honoRule("origin-type", finding.Error, "server-error-without-cors",
		"origin is not a string, an array of strings or a function",
		"The middleware compares strings: every request ends with an exception; in an array, what is not a string matches nothing.",
		"For a regular expression, write a function: (origin) => (/^…$/.test(origin) ? origin : null).")
	honoOriginBoolean = honoRule("origin-boolean", finding.Error, "acao-unset-variable",
		"The function for origin returns true",
		"The middleware sends what it returns, so that the header says true, and no browser accepts that.",
		"Return the origin itself, or null.")
	honoNotList = honoRule("list-needed", finding.Error, "",
		"A string is where an array belongs",
		"The middleware ignores a string for allowMethods, and throws an exception for allowHeaders and exposeHeaders.",
		"Write an array with one string per name.")
	honoAfterRoutes = honoRule("cors-after-routes", finding.Error, "cors-only-on-preflight",
		"cors() comes after routes",
		"Hono runs what matches in the order in which it was added, and a route ends the request.",
		honoFirst)
	honoAfterAuth = honoRule("cors-after-auth", finding.Error, "preflight-requires-auth",
		"cors() comes after authentication",
		"A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.",
		honoFirst)
	honoOnRoute = honoRule("cors-on-route", finding.Error, "preflight-not-routed",
		"cors() is on a single route, which gets no preflights",
		"The route does not see the OPTIONS request that browsers send first, for other methods and for headers: it is answered with 404.",
		honoFirst)
	honoOptionsOnly = honoRule("options-only", finding.Error, "cors-only-on-preflight",
		"cors() answers preflights only",
		"app.options(…) is for OPTIONS requests; the answers to all others have no CORS headers.",
		honoFirst)
	honoExactPath = honoRule("path-exact", finding.Error, "cors-missing-on-route",
		"The path of cors() does not cover what is below it",
		"A path without * at its end is that path only.",
		"End the path with /*, or use '*'.")
	honoTwice = honoRule("cors-twice", finding.Warning, "",
		"cors() is added twice for the same paths",
		"The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.",
		"Leave one call.")
)
