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

// The mistakes in where cors(…) is called, and in headers that are set by hand.
var (
	expressAfterRoutes = &Rule{
		ID: "express/cors-after-routes", Severity: finding.Error, Title: "cors() comes after routes", Cause: "cors-only-on-preflight",
		Why: "A middleware sees only the requests that no route before it has answered.", Fix: firstFix,
	}
	expressAfterAuth = &Rule{
		ID: "express/cors-after-auth", Severity: finding.Error, Title: "cors() comes after authentication", Cause: "preflight-requires-auth",
		Why: "A preflight never carries a cookie or a token, so that it is refused before cors() sees it; and no page can read the answers 401 and 403.", Fix: firstFix,
	}
	expressAfterParser = &Rule{
		ID: "express/cors-after-parser", Severity: finding.Warning, Title: "cors() comes after a body parser", Cause: "error-response-without-cors",
		Why: "What the parser refuses, with 400 or 413, has no CORS headers.", Fix: firstFix,
	}
	expressSingleRoute = &Rule{
		ID: "express/cors-on-route", Severity: finding.Error, Title: "cors() is on a single route, which gets no preflights", Cause: "preflight-not-routed",
		Why: "The route does not see the OPTIONS request that browsers send first, for other methods and for headers.", Fix: firstFix,
	}
	expressTwice = &Rule{
		ID: "express/cors-twice", Severity: finding.Warning, Title: "cors() is called twice for the same paths",
		Why: "The first answers preflights, and the last one sets the headers of answers: the settings of both are mixed.", Fix: "Leave one call.",
	}
	expressOptionsOnly = &Rule{
		ID: "express/options-only", Severity: finding.Error, Title: "cors() answers preflights only", Cause: "cors-only-on-preflight",
		Why: "app.options(…) is for OPTIONS requests; the answers to all others have no CORS headers.", Fix: firstFix,
	}
	expressStarPath = &Rule{
		ID: "express/star-path", Severity: finding.Error, Title: "Express 5 does not know the path *",
		Why: "The server stops at its start with the error Missing parameter name.", Fix: "app.use(cors(…)) answers preflights by itself: leave out the line.",
	}
	expressNotCalled = &Rule{
		ID: "express/cors-not-called", Severity: finding.Error, Title: "cors is passed, not called", Cause: "server-timeout",
		Why: "The function cors returns a middleware; used as one itself it never calls next, so that no request is answered.", Fix: "Write cors({ … }).",
	}
	expressOptionsUnreached = &Rule{
		ID: "express/options-unreached", Severity: finding.Note, Title: "A route for OPTIONS is never reached",
		Why: "cors() before it ends every OPTIONS request itself, also those that are not preflights.", Fix: "Leave out the route, or add it before cors().",
	}
	expressErrorHandler = &Rule{
		ID: "express/error-handler-first", Severity: finding.Warning, Title: "The error handler comes before routes", Cause: "server-error-without-cors",
		Why: "Express calls only error handlers that come after the route that failed.", Fix: "Add the error handler last.",
	}
	expressErrorDrops = &Rule{
		ID: "express/error-drops-headers", Severity: finding.Error, Title: "The error handler removes headers", Cause: "server-error-without-cors",
		Why: "No page can read an answer without Access-Control-Allow-Origin.", Fix: "Leave the CORS headers of the response as they are.",
	}
)
