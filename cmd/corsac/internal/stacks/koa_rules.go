package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

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
	r.addStateful()
	r.addOriginFromEnv("", "the package allows every origin; with credentials, too.")
	return r
}

// koaAll returns all rules of Koa.
func koaAll() []*Rule {
	return slices.Concat([]*Rule{
		koaOriginFalse, koaOriginArray, koaOriginRegexp, koaOriginBoolean, koaErrorsWithoutHeaders, koaOnRouter, koaNotCalled,
	}, koaPlaces.all(), koaRules.all)
}

const koaFirst = "Call app.use(cors(…)) right after the app is created."

var koaRule = ruleMaker("koa").rule

var koaPlaces = ruleMaker("koa").placeRules(koaFirst, onlyUnanswered, "cors() is called twice for the same app")

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
	koaOnRouter = koaRule("cors-on-router", finding.Error, "preflight-without-cors-headers",
		"cors() is on a router, which gets no preflights",
		"A router runs its middlewares only for methods that a route of it has, and OPTIONS is not one of them.",
		koaFirst)
	koaNotCalled = koaRule("cors-not-called", finding.Error, "url-not-found",
		"cors is passed, not called",
		"The function cors returns a middleware; used as one itself it calls nobody after it, so that every request gets 404.",
		"Write cors({ … }).")
)
