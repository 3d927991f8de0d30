package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// expressRules returns all rules of Express.
func expressRules() []*Rule {
	return slices.Concat([]*Rule{
		expressAfterParser, expressSingleRoute, expressOptionsOnly, expressStarPath, expressNotCalled, expressErrorHandler, expressErrorDrops, expressOptionsUnreached,
	}, expressPlaces.all(), npmRules.all)
}

const expressFirst = "Call app.use(cors(…)) right after the app is created."

var expressRule = ruleMaker("express").rule

var expressPlaces = ruleMaker("express").placeRules(expressFirst, onlyUnanswered, "cors() is called twice for the same paths")

// The mistakes in how else cors(…) is called, and in headers that are set by hand.
var (
	expressAfterParser = expressRule("cors-after-parser", finding.Warning, "error-response-without-cors",
		"cors() comes after a body parser",
		"What the parser refuses, with 400 or 413, has no CORS headers.",
		expressFirst)
	expressSingleRoute = expressRule("cors-on-route", finding.Error, "preflight-not-routed",
		"cors() is on a single route, which gets no preflights",
		"The route does not see the OPTIONS request that browsers send first, for other methods and for headers.",
		expressFirst)
	expressOptionsOnly = expressRule("options-only", finding.Error, "cors-only-on-preflight",
		"cors() answers preflights only",
		"app.options(…) is for OPTIONS requests; the answers to all others have no CORS headers.",
		expressFirst)
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
