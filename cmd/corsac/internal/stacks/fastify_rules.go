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
	r.addOriginFromEnv("server-error-without-cors", "the plugin answers every request with 500, Invalid CORS origin option.")
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

var fastifyRule = ruleMaker("fastify").rule

// The mistakes that only @fastify/cors has.
var (
	fastifyOriginEmpty = fastifyRule("origin-empty", finding.Error, "server-error-without-cors",
		"origin is empty",
		"The plugin answers every request with 500, Invalid CORS origin option.",
		"List the origins of your pages in an array; false turns CORS off.")
	fastifyOriginWaits = fastifyRule("origin-never-answers", finding.Error, "server-timeout",
		"The function for origin never answers",
		"The plugin takes what a callback gets, or what a promise becomes, and not what the function returns: no request is ever answered.",
		"Make the function async, or call its second parameter: (origin, callback) => callback(null, …).")
	fastifyMethodsLeftOut = fastifyRule("methods-left-out", finding.Warning, "method-not-allowed",
		"Routes have methods that are not allowed",
		"Since version 11, @fastify/cors allows only GET, HEAD and POST by itself.",
		"List the methods that your pages use in methods.")
	fastifyPreflightOff = fastifyRule("preflight-off", finding.Error, "preflight-not-routed",
		"preflight: false leaves preflights without an answer",
		"OPTIONS is answered with 404, so that browsers refuse every request that needs a preflight.",
		"Leave out preflight.")
	fastifyLateHook = fastifyRule("late-hook", finding.Warning, "auth-error-without-cors",
		"The plugin runs late",
		"What is answered before its hook has no CORS headers: a failed login, a body that cannot be read; preflights are refused where a login is wanted in onRequest.",
		"Leave out hook: onRequest comes first.")
	fastifyAfterAuth = fastifyRule("cors-after-auth", finding.Error, "preflight-requires-auth",
		"The plugin comes after authentication",
		"Hooks run in the order in which they are added. A preflight never carries a cookie or a token, so that it is refused before the plugin sees it; and no page can read the answers 401 and 403.",
		fastifyFirst)
	fastifyEncapsulated = fastifyRule("encapsulated", finding.Error, "cors-only-on-preflight",
		"The plugin is registered inside another one without routes",
		"Plugins are encapsulated: what is registered inside one does not apply outside, so that answers to other requests than preflights have no CORS headers.",
		"Wrap the function in fp(…) of the package fastify-plugin, or register @fastify/cors on the app itself.")
	fastifyTwice = fastifyRule("cors-twice", finding.Error, "",
		"The plugin is registered twice",
		"The server stops at its start: the decorator 'corsPreflightEnabled' has already been added.",
		"Leave one registration; for some routes, set config.cors of the route.")
	fastifyOptionsRoute = fastifyRule("options-route", finding.Error, "",
		"There is another route for OPTIONS *",
		"The plugin adds one itself, so that the server stops at its start: Method 'OPTIONS' already declared for route '*'.",
		"Leave out the route.")
)
