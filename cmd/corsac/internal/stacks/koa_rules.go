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

// The mistakes that only @koa/cors has.
var (
	koaOriginFalse = &Rule{
		ID: "koa/origin-false", Severity: finding.Error, Title: "An empty origin allows every origin",
		Why: "The package takes * where origin is false, null or empty.", Fix: "Say who is allowed, or leave out the middleware where nobody is.",
	}
	koaOriginArray = &Rule{
		ID: "koa/origin-array", Severity: finding.Error, Title: "origin is an array", Cause: "duplicate-acao",
		Why: "The package knows no lists: it sends all of the origins, and browsers refuse more than one.", Fix: koaWords.list,
	}
	koaOriginRegexp = &Rule{
		ID: "koa/origin-regexp", Severity: finding.Error, Title: "origin is a regular expression", Cause: "acao-literal-regex",
		Why: "The package sends its text instead of comparing with it.", Fix: koaWords.list,
	}
	koaOriginBoolean = &Rule{
		ID: "koa/origin-boolean", Severity: finding.Error, Title: "origin is true, or a function that returns true", Cause: "acao-unset-variable",
		Why: "The package sends what it is, so that the header says true, and no browser accepts that.", Fix: "Return the origin itself, or an empty string.",
	}
	koaErrorsWithoutHeaders = &Rule{
		ID: "koa/errors-without-headers", Severity: finding.Error, Title: "Errors lose the CORS headers", Cause: "server-error-without-cors",
		Why: "Koa drops all headers of a response when an error is thrown, unless the package keeps its own.", Fix: "Leave out keepHeadersOnError.",
	}
	koaAfterRoutes = &Rule{
		ID: "koa/cors-after-routes", Severity: finding.Error, Title: "cors() comes after routes", Cause: "cors-only-on-preflight",
		Why: "A middleware sees only the requests that no route before it has answered.", Fix: koaFirst,
	}
	koaAfterAuth = &Rule{
		ID: "koa/cors-after-auth", Severity: finding.Error, Title: "cors() comes after authentication", Cause: "preflight-requires-auth",
		Why: "A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.", Fix: koaFirst,
	}
	koaOnRouter = &Rule{
		ID: "koa/cors-on-router", Severity: finding.Error, Title: "cors() is on a router, which gets no preflights", Cause: "preflight-without-cors-headers",
		Why: "A router runs its middlewares only for methods that a route of it has, and OPTIONS is not one of them.", Fix: koaFirst,
	}
	koaTwice = &Rule{
		ID: "koa/cors-twice", Severity: finding.Warning, Title: "cors() is called twice for the same app",
		Why: "The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.", Fix: "Leave one call.",
	}
	koaNotCalled = &Rule{
		ID: "koa/cors-not-called", Severity: finding.Error, Title: "cors is passed, not called", Cause: "url-not-found",
		Why: "The function cors returns a middleware; used as one itself it calls nobody after it, so that every request gets 404.", Fix: "Write cors({ … }).",
	}
)
