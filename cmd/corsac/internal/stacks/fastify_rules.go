package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var fastifyWords = jsWords{
	list:    "List the origins of your pages in an array.",
	methods: "methods", headers: "allowedHeaders", expose: "exposedHeaders", call: "app.register(cors, …)",
}

// fastifyRules are the mistakes in the options of @fastify/cors.
var fastifyRules = newFastifyRules()

func newFastifyRules() *jsRules {
	r := newJSRules("fastify", fastifyWords)
	r.addDefaultMethods(fastifyWords, "GET, HEAD, PUT, PATCH, POST and DELETE before version 11")
	r.addConstantOrigin("Put it into an array with the origin of the deployed page.")
	r.addPreflights()
	r.addWildcardWithCredentials(fastifyWords)
	r.addUnknownOption("The package @fastify/cors does not know this option",
		"origin, methods, allowedHeaders, exposedHeaders, credentials, maxAge, cacheControl, hook, preflight, strictPreflight, preflightContinue, optionsSuccessStatus, hideOptionsRoute, logLevel and delegator")
	r.originFromEnv = r.add("origin-from-env", finding.Warning, "server-error-without-cors", "origin comes from an environment variable that may be missing",
		"Where the variable is not set, origin is undefined, and the plugin answers every request with 500, Invalid CORS origin option.",
		"Give a default, or stop the server at its start if the variable is missing.")
	return r
}

// fastifyAll returns all rules of Fastify.
func fastifyAll() []*Rule {
	return append([]*Rule{
		fastifyOriginEmpty, fastifyOriginWaits, fastifyMethodsLeftOut, fastifyPreflightOff, fastifyLateHook,
		fastifyAfterAuth, fastifyEncapsulated, fastifyTwice, fastifyOptionsRoute,
	}, fastifyRules.all...)
}

const fastifyFirst = "Call app.register(cors, …) right after the app is created, before other hooks and plugins."

// The mistakes that only @fastify/cors has.
var (
	fastifyOriginEmpty = &Rule{
		ID: "fastify/origin-empty", Severity: finding.Error, Title: "origin is empty", Cause: "server-error-without-cors",
		Why: "The plugin answers every request with 500, Invalid CORS origin option.", Fix: "List the origins of your pages in an array; false turns CORS off.",
	}
	fastifyOriginWaits = &Rule{
		ID: "fastify/origin-never-answers", Severity: finding.Error, Title: "The function for origin never answers", Cause: "server-timeout",
		Why: "The plugin takes what a callback gets, or what a promise becomes, and not what the function returns: no request is ever answered.",
		Fix: "Make the function async, or call its second parameter: (origin, callback) => callback(null, …).",
	}
	fastifyMethodsLeftOut = &Rule{
		ID: "fastify/methods-left-out", Severity: finding.Warning, Title: "Routes have methods that are not allowed", Cause: "method-not-allowed",
		Why: "Since version 11, @fastify/cors allows only GET, HEAD and POST by itself.", Fix: "List the methods that your pages use in methods.",
	}
	fastifyPreflightOff = &Rule{
		ID: "fastify/preflight-off", Severity: finding.Error, Title: "preflight: false leaves preflights without an answer", Cause: "preflight-not-routed",
		Why: "OPTIONS is answered with 404, so that browsers refuse every request that needs a preflight.", Fix: "Leave out preflight.",
	}
	fastifyLateHook = &Rule{
		ID: "fastify/late-hook", Severity: finding.Warning, Title: "The plugin runs late", Cause: "auth-error-without-cors",
		Why: "What is answered before its hook has no CORS headers: a failed login, a body that cannot be read; preflights are refused where a login is wanted in onRequest.",
		Fix: "Leave out hook: onRequest comes first.",
	}
	fastifyAfterAuth = &Rule{
		ID: "fastify/cors-after-auth", Severity: finding.Error, Title: "The plugin comes after authentication", Cause: "preflight-requires-auth",
		Why: "Hooks run in the order in which they are added. A preflight never carries a cookie or a token, so that it is refused before the plugin sees it; and no page can read the answers 401 and 403.",
		Fix: fastifyFirst,
	}
	fastifyEncapsulated = &Rule{
		ID: "fastify/encapsulated", Severity: finding.Error, Title: "The plugin is registered inside another one without routes", Cause: "cors-only-on-preflight",
		Why: "Plugins are encapsulated: what is registered inside one does not apply outside, so that answers to other requests than preflights have no CORS headers.",
		Fix: "Wrap the function in fp(…) of the package fastify-plugin, or register @fastify/cors on the app itself.",
	}
	fastifyTwice = &Rule{
		ID: "fastify/cors-twice", Severity: finding.Error, Title: "The plugin is registered twice",
		Why: "The server stops at its start: the decorator 'corsPreflightEnabled' has already been added.", Fix: "Leave one registration; for some routes, set config.cors of the route.",
	}
	fastifyOptionsRoute = &Rule{
		ID: "fastify/options-route", Severity: finding.Error, Title: "There is another route for OPTIONS *",
		Why: "The plugin adds one itself, so that the server stops at its start: Method 'OPTIONS' already declared for route '*'.", Fix: "Leave out the route.",
	}
)
