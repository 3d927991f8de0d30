package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

var fastapiRule = ruleMaker("fastapi").rule

// The mistakes that are made in Python with others, too.
var (
	fastapiByHand = ruleMaker("fastapi").ownRules("CORSMiddleware",
		"The header of the handler reaches origins that CORSMiddleware refuses.",
		"Use CORSMiddleware for the whole application.", "Use CORSMiddleware with a list of origins.")
	fastapiStarAmong     = ruleMaker("fastapi").starAmong()
	fastapiNoCredentials = ruleMaker("fastapi").noCredentials("allow_credentials=True")
)

// The mistakes that are made with CORS in FastAPI and Starlette.
var (
	fastapiAnyWithCredentials = fastapiRule("any-origin-with-credentials", finding.Error, "wildcard-origin-with-credentials",
		"Every website may read the data of your users",
		"With * or an expression for everything, and credentials, Starlette repeats whatever origin asks: any page can act as the user who opens it. Older versions send * to requests without cookies, which browsers refuse.",
		"List the origins in allow_origins, or drop allow_credentials.")
	fastapiUnhandled = fastapiRule("unhandled-errors", finding.Warning, "server-error-without-cors",
		"The 500 of an exception that nobody handles has no CORS headers",
		"Starlette answers exceptions in a layer outside of all added middleware, CORSMiddleware too: the page sees a CORS error in place of the 500.",
		"Add starlette.middleware.errors.ServerErrorMiddleware inside of CORSMiddleware, or wrap the application: app = CORSMiddleware(app, …).")
	fastapiVary = fastapiRule("missing-vary", finding.Note, "missing-vary-origin",
		"Refused answers have no Vary: Origin",
		"CORSMiddleware sends Vary: Origin only to origins that it allows. A cache may then give an answer without CORS headers to a page that is allowed.",
		"Put a layer around it that sends Vary: Origin always.")
	fastapiDefaultMethods = fastapiRule("default-methods", finding.Warning, "method-not-allowed",
		"Only GET is allowed, which is the default",
		"Without allow_methods, Starlette refuses the preflight of every other method: that of a POST with JSON, too.",
		`Write the methods that pages use: allow_methods=["GET", "POST", …].`)
	fastapiEveryMethod = fastapiRule("every-method", finding.Note, "",
		"Every method is allowed",
		"Pages can also use those that they do not need, such as DELETE.",
		"List the methods that pages use.")
	fastapiEveryHeader = fastapiRule("every-header", finding.Note, "",
		"Every request header is allowed",
		"Starlette repeats whatever header a page asks for, Authorization too.",
		"List the headers that pages send.")
	fastapiString = fastapiRule("string-for-list", finding.Error, "",
		"A string in the place of a list",
		"Starlette looks for the origin in the string, so that every part of it is allowed, and takes each character of the others for a name. A * anywhere in allow_origins allows every website.",
		"Put the string into a list, or split it.")
	fastapiRegexList = fastapiRule("list-for-regex", finding.Error, "server-error-without-cors",
		"A list in the place of an expression",
		"allow_origin_regex is one expression: re.compile raises a TypeError, and the program does not start, or fails at the first request.",
		"Write one string, with | between the expressions.")
	fastapiSlash = fastapiRule("origin-trailing-slash", finding.Error, "acao-trailing-slash",
		"An origin ends with a slash",
		"Browsers send origins without it, and Starlette compares them byte for byte: it allows nothing.",
		"Remove the slash.")
	fastapiPath = fastapiRule("origin-path", finding.Error, "acao-has-path",
		"An origin has a path",
		"An origin is scheme, host and port: what has a path allows nothing.",
		"Remove the path.")
	fastapiScheme = fastapiRule("origin-scheme", finding.Error, "acao-missing-scheme",
		"An origin has no scheme",
		"Browsers send http:// or https:// before the host: what has none allows nothing.",
		"Write https:// before it, or http:// for a development server.")
	fastapiWildcard = fastapiRule("origin-wildcard", finding.Error, "acao-subdomain-wildcard",
		"A wildcard within an origin",
		"Starlette compares allow_origins byte for byte: this allows nothing.",
		"Use allow_origin_regex, with escaped dots.")
	fastapiSpelling = fastapiRule("origin-spelling", finding.Error, "",
		"No browser sends this origin",
		"Browsers send origins in lower case and without the default port: this allows nothing.",
		"Write it as browsers send it.")
	fastapiNull = fastapiRule("null-origin", finding.Warning, "null-origin-page",
		"The origin null is allowed",
		"Every website can send requests with the origin null, from a sandboxed frame.",
		"Serve the page over http or https and list its origin.")
	fastapiRegexDot = fastapiRule("regex-dot", finding.Warning, "",
		"A dot in the regular expression stands for any character",
		"https://app.example.com also matches https://appxexample.com, which somebody else can register.",
		`Write \. for a dot, in a raw string: r"https://app\.example\.com".`)
	fastapiRegexWide = fastapiRule("regex-wide", finding.Error, "",
		"The regular expression matches domains of others",
		`.* before a domain without \. also matches https://evilexample.com, and after it https://example.com.evil.com.`,
		`Match labels only: r"https://([a-z0-9-]+\.)*example\.com".`)
	fastapiRegexAll = fastapiRule("regex-everything", finding.Warning, "",
		"The regular expression matches every origin",
		"Every website may read the answers, those of private networks included.",
		"Match your own origins only.")
	fastapiOutside = fastapiRule("middleware-outside", finding.Warning, "preflight-requires-auth",
		"Another middleware is outside of CORSMiddleware",
		"Of several middlewares, the one that is added last is the outermost: it sees preflights first, and its own answers, such as a 401 or a redirect, have no CORS headers.",
		"Add CORSMiddleware last; in a list, write it first.")
	fastapiTwo = fastapiRule("two-middlewares", finding.Warning, "",
		"Two CORSMiddlewares around the same application",
		"The outer one answers all preflights, and what the inner one allows still gets its headers: origins that only one of them lists work for some requests.",
		"Keep one.")
	fastapiPart = fastapiRule("part-of-app", finding.Note, "cors-missing-on-route",
		"CORS is set for a part of the application only",
		"Other routes, and the answers of the outer application for paths that it does not know, have no CORS headers.",
		"Add it to the outer application, if the other routes are for pages, too.")
	fastapiOptions = fastapiRule("options-route", finding.Note, "preflight-not-routed",
		"A route answers preflights by hand",
		"CORSMiddleware answers preflights for all paths, before any route.",
		"Remove the route.")
	fastapiRefused = fastapiRule("refused-says-more", finding.Note, "",
		"Refused answers carry the other CORS headers",
		"Starlette sends Access-Control-Allow-Methods, -Headers and -Credentials to origins that it refuses, too: harmless in browsers, but anybody can see what is allowed.",
		"Nothing, or move CORS to a proxy that refuses without headers.")
	fastapiUnused = fastapiRule("never-added", finding.Warning, "no-cors-headers",
		"CORSMiddleware is imported, but never added",
		"The import alone does nothing: no answer has CORS headers.",
		"Add it: app.add_middleware(CORSMiddleware, allow_origins=[…]).")
)

var fastapiRules = []*Rule{
	fastapiAnyWithCredentials, fastapiUnhandled, fastapiVary, fastapiDefaultMethods, fastapiEveryMethod, fastapiEveryHeader,
	fastapiString, fastapiRegexList, fastapiSlash, fastapiPath, fastapiScheme, fastapiWildcard, fastapiSpelling, fastapiNull, fastapiStarAmong,
	fastapiRegexDot, fastapiRegexWide, fastapiRegexAll, fastapiOutside, fastapiTwo, fastapiPart, fastapiByHand.beside, fastapiByHand.alone,
	fastapiByHand.reflects, fastapiOptions, fastapiRefused, fastapiNoCredentials, fastapiUnused,
}
