package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// expressRules returns all rules of Express.
func expressRules() []*Rule {
	return slices.Concat([]*Rule{
		expressAfterRoutes, expressAfterAuth, expressAfterParser, expressSingleRoute, expressTwice, expressOptionsOnly, expressStarPath, expressNotCalled, expressErrorHandler, expressErrorDrops,
		handBeside, handAlone, handAnyOrigin, handReflected, handWildcard, handPreflight, handVary, handMisspelled, handNotTrue,
	}, npmCorsRules)
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
	expressErrorHandler = &Rule{
		ID: "express/error-handler-first", Severity: finding.Warning, Title: "The error handler comes before routes", Cause: "server-error-without-cors",
		Why: "Express calls only error handlers that come after the route that failed.", Fix: "Add the error handler last.",
	}
	expressErrorDrops = &Rule{
		ID: "express/error-drops-headers", Severity: finding.Error, Title: "The error handler removes headers", Cause: "server-error-without-cors",
		Why: "No page can read an answer without Access-Control-Allow-Origin.", Fix: "Leave the CORS headers of the response as they are.",
	}

	handBeside = &Rule{
		ID: "express/header-beside-cors", Severity: finding.Error, Title: "A CORS header is set besides cors()", Cause: "acao-other-origin",
		Why: "It takes the place of the header that cors() has set: * does not work with credentials, and another origin is not that of the page.", Fix: "Leave it to cors().",
	}
	handAlone = &Rule{
		ID: "express/header-in-handler", Severity: finding.Warning, Title: "A single handler sets CORS headers", Cause: "preflight-without-cors-headers",
		Why: "Preflights, errors and other routes get none.", Fix: "Call app.use(cors(…)) right after the app is created, and leave out the header.",
	}
	handAnyOrigin = &Rule{
		ID: "express/header-any-origin", Severity: finding.Warning, Title: "Every origin is allowed, by hand",
		Why: "Any website can read the answers.", Fix: "Call app.use(cors(…)) with the origins of your pages, and leave out the header.",
	}
	handReflected = &Rule{
		ID: "express/header-reflects-origin", Severity: finding.Error, Title: "Every origin is allowed, with credentials, by hand",
		Why: "The origin of each request is repeated, so that any website can read what belongs to the user who is logged in.",
		Fix: "Call app.use(cors(…)) with the origins of your pages, and leave out the header.",
	}
	handWildcard = &Rule{
		ID: "express/header-wildcard-with-credentials", Severity: finding.Error, Title: "Access-Control-Allow-Origin: * with credentials", Cause: "wildcard-origin-with-credentials",
		Why: "Browsers refuse every answer to a request with credentials that allows the origin *.", Fix: "Call app.use(cors(…)) with the origins of your pages.",
	}
	handPreflight = &Rule{
		ID: "express/preflight-unanswered", Severity: finding.Warning, Title: "Nothing answers preflights", Cause: "preflight-not-routed",
		Why: "OPTIONS goes on to the routes: paths without one answer 404, and those behind a login 401.", Fix: "Call app.use(cors(…)), which answers them.",
	}
	handVary = &Rule{
		ID: "express/vary", Severity: finding.Warning, Title: "The origin is repeated without Vary: Origin", Cause: "missing-vary-origin",
		Why: "A cache may give the answer for one page to another, which browsers then refuse.", Fix: "Call res.vary('Origin') for every answer, or leave it to cors().",
	}
	handMisspelled = &Rule{
		ID: "express/misspelled-header", Severity: finding.Error, Title: "There is no CORS header of this name", Cause: "misspelled-cors-header",
		Why: "Browsers ignore it.", Fix: "Write it like one of Access-Control-Allow-Origin, -Allow-Methods, -Allow-Headers, -Allow-Credentials, -Expose-Headers, -Max-Age.",
	}
	handNotTrue = &Rule{
		ID: "express/header-credentials-not-true", Severity: finding.Error, Title: "Access-Control-Allow-Credentials is not true", Cause: "acac-not-true",
		Why: "Browsers compare with true, in lower case.", Fix: "Send true, or leave out the header.",
	}
)
