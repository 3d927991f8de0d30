package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var koaWords = jsWords{
	list:    "Let origin be a function that looks the origin up in a list of yours, and returns it or an empty string.",
	methods: "allowMethods", headers: "allowHeaders", expose: "exposeHeaders", call: "app.use(cors(…))",
}

// koaRules are the mistakes in the options of @koa/cors.
var koaRules = newKoaRules()

func newKoaRules() *jsRules {
	r := newJSRules("koa", koaWords)
	r.addDefaultMethods(koaWords, "GET, HEAD, PUT, POST, DELETE and PATCH")
	r.addConstantOrigin(koaWords.list)
	r.addUnknownOption("The package @koa/cors does not know this option",
		"origin, allowMethods, allowHeaders, exposeHeaders, credentials, maxAge, keepHeadersOnError, secureContext and privateNetworkAccess")
	r.stateful = r.add("regexp-stateful", finding.Error, "inconsistent-backends", "The regular expression has the flag g or y",
		"With it, the expression remembers where it was, so that every second request is refused.", "Leave out the flag.")
	r.originFromEnv = r.add("origin-from-env", finding.Warning, "", "origin comes from an environment variable that may be missing",
		"Where the variable is not set, origin is undefined, and the package allows every origin; with credentials, too.",
		"Give a default, or stop the server at its start if the variable is missing.")
	return r
}

// koaAll returns all rules of Koa.
func koaAll() []*Rule {
	return append([]*Rule{
		koaOriginFalse, koaOriginArray, koaOriginRegexp, koaOriginBoolean, koaErrorsWithoutHeaders,
		koaAfterRoutes, koaAfterAuth, koaOnRouter, koaTwice, koaNotCalled,
	}, koaRules.all...)
}

const koaFirst = "Call app.use(cors(…)) right after the app is created."

var koaRule = ruleMaker("koa").rule

// The mistakes that only @koa/cors has.
var (
	koaOriginFalse = koaRule("origin-false", finding.Error, "",
		"An empty origin allows every origin",
		"The package takes * where origin is false, null or empty.",
		"Say who is allowed, or leave out the middleware where nobody is.")
	koaOriginArray = koaRule("origin-array", finding.Error, "duplicate-acao",
		"origin is an array",
		"The package knows no lists: it sends all of the origins, and browsers refuse more than one.",
		koaWords.list)
	koaOriginRegexp = koaRule("origin-regexp", finding.Error, "acao-literal-regex",
		"origin is a regular expression",
		"The package sends its text instead of comparing with it.",
		koaWords.list)
	koaOriginBoolean = koaRule("origin-boolean", finding.Error, "acao-unset-variable",
		"origin is true, or a function that returns true",
		"The package sends what it is, so that the header says true, and no browser accepts that.",
		"Return the origin itself, or an empty string.")
	koaErrorsWithoutHeaders = koaRule("errors-without-headers", finding.Error, "server-error-without-cors",
		"Errors lose the CORS headers",
		"Koa drops all headers of a response when an error is thrown, unless the package keeps its own.",
		"Leave out keepHeadersOnError.")
	koaAfterRoutes = koaRule("cors-after-routes", finding.Error, "cors-only-on-preflight",
		"cors() comes after routes",
		"A middleware sees only the requests that no route before it has answered.",
		koaFirst)
	koaAfterAuth = koaRule("cors-after-auth", finding.Error, "preflight-requires-auth",
		"cors() comes after authentication",
		"A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.",
		koaFirst)
	koaOnRouter = koaRule("cors-on-router", finding.Error, "preflight-without-cors-headers",
		"cors() is on a router, which gets no preflights",
		"A router runs its middlewares only for methods that a route of it has, and OPTIONS is not one of them.",
		koaFirst)
	koaTwice = koaRule("cors-twice", finding.Warning, "",
		"cors() is called twice for the same app",
		"The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.",
		"Leave one call.")
	koaNotCalled = koaRule("cors-not-called", finding.Error, "url-not-found",
		"cors is passed, not called",
		"The function cors returns a middleware; used as one itself it calls nobody after it, so that every request gets 404.",
		"Write cors({ … }).")
)
