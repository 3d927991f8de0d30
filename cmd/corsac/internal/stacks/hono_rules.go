package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

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
	r.addStateful()
	r.addOriginFromEnv("server-error-without-cors", "every request ends with an exception.")
	return r
}

// honoAll returns all rules of Hono.
func honoAll() []*Rule {
	return slices.Concat([]*Rule{
		honoOriginType, honoOriginBoolean, honoNotList, honoOnRoute, honoOptionsOnly, honoExactPath,
	}, honoPlaces.all(), honoRules.all)
}

const honoFirst = "Call app.use('*', cors(…)) right after the app is created."

var honoRule = ruleMaker("hono").rule

var honoPlaces = ruleMaker("hono").placeRules(honoFirst,
	"Hono runs what matches in the order in which it was added, and a route ends the request.", "cors() is added twice for the same paths")

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
)
