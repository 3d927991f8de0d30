package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// expressRules returns all rules of Express.
func expressRules() []*Rule {
	return slices.Concat([]*Rule{
		expressAfterRoutes, expressAfterAuth, expressAfterParser, expressSingleRoute, expressTwice, expressOptionsOnly, expressStarPath, expressNotCalled, expressErrorHandler, expressErrorDrops, expressOptionsUnreached,
	}, npmRules.all)
}

const firstFix = "Call app.use(cors(…)) right after the app is created."

var expressRule = ruleMaker("express").rule

// The mistakes in where cors(…) is called, and in headers that are set by hand.
var (
	expressAfterRoutes = expressRule("cors-after-routes", finding.Error, "cors-only-on-preflight",
		"cors() comes after routes",
		"A middleware sees only the requests that no route before it has answered.",
		firstFix)
	expressAfterAuth = expressRule("cors-after-auth", finding.Error, "preflight-requires-auth",
		"cors() comes after authentication",
		"A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.",
		firstFix)
	expressAfterParser = expressRule("cors-after-parser", finding.Warning, "error-response-without-cors",
		"cors() comes after a body parser",
		"What the parser refuses, with 400 or 413, has no CORS headers.",
		firstFix)
	expressSingleRoute = expressRule("cors-on-route", finding.Error, "preflight-not-routed",
		"cors() is on a single route, which gets no preflights",
		"The route does not see the OPTIONS request that browsers send first, for other methods and for headers.",
		firstFix)
	expressTwice = expressRule("cors-twice", finding.Warning, "",
		"cors() is called twice for the same paths",
		"The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.",
		"Leave one call.")
	expressOptionsOnly = expressRule("options-only", finding.Error, "cors-only-on-preflight",
		"cors() answers preflights only",
		"app.options(…) is for OPTIONS requests; the answers to all others have no CORS headers.",
		firstFix)
	expressStarPath = expressRule("star-path", finding.Error, "",
		"Express 5 does not know the path *",
		"The server stops at its start with the error Missing parameter name.",
		"app.use(cors(…)) answers preflights by itself: leave out the line.")
	expressNotCalled = expressRule("cors-not-called", finding.Error, "server-timeout",
		"cors is passed, not called",
		"The function cors returns a middleware; used as one itself it never calls next, so that no request is answered.",
		"Write cors({ … }).")
	expressOptionsUnreached = expressRule("options-unreached", finding.Note, "",
		"A route for OPTIONS is never reached",
		"cors() before it ends every OPTIONS request itself, also those that are not preflights.",
		"Leave out the route, or add it before cors().")
	expressErrorHandler = expressRule("error-handler-first", finding.Warning, "server-error-without-cors",
		"The error handler comes before routes",
		"Express calls only error handlers that come after the route that failed.",
		"Add the error handler last.")
	expressErrorDrops = expressRule("error-drops-headers", finding.Error, "server-error-without-cors",
		"The error handler removes headers",
		"No page can read an answer without Access-Control-Allow-Origin.",
		"Leave the CORS headers of the response as they are.")
)
