package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// The mistakes that are made with CORS in FastAPI and Starlette.
var (
	fastapiAnyWithCredentials = &Rule{
		ID: "fastapi/any-origin-with-credentials", Severity: finding.Error, Cause: "wildcard-origin-with-credentials",
		Title: "Every website may read the data of your users",
		Why:   "With * or an expression for everything, and credentials, Starlette repeats whatever origin asks: any page can act as the user who opens it. Older versions send * to requests without cookies, which browsers refuse.",
		Fix:   "List the origins in allow_origins, or drop allow_credentials.",
	}
	fastapiUnhandled = &Rule{
		ID: "fastapi/unhandled-errors", Severity: finding.Warning, Cause: "server-error-without-cors",
		Title: "The 500 of an exception that nobody handles has no CORS headers",
		Why:   "Starlette answers exceptions in a layer outside of all added middleware, CORSMiddleware too: the page sees a CORS error in place of the 500.",
		Fix:   "Add starlette.middleware.errors.ServerErrorMiddleware inside of CORSMiddleware, or wrap the application: app = CORSMiddleware(app, …).",
	}
	fastapiVary = &Rule{
		ID: "fastapi/missing-vary", Severity: finding.Note, Cause: "missing-vary-origin",
		Title: "Refused answers have no Vary: Origin",
		Why:   "CORSMiddleware sends Vary: Origin only to origins that it allows. A cache may then give an answer without CORS headers to a page that is allowed.",
		Fix:   "Put a layer around it that sends Vary: Origin always.",
	}
	fastapiDefaultMethods = &Rule{
		ID: "fastapi/default-methods", Severity: finding.Warning, Cause: "method-not-allowed",
		Title: "Only GET is allowed, which is the default",
		Why:   "Without allow_methods, Starlette refuses the preflight of every other method: that of a POST with JSON, too.",
		Fix:   `Write the methods that pages use: allow_methods=["GET", "POST", …].`,
	}
	fastapiEveryMethod = &Rule{
		ID: "fastapi/every-method", Severity: finding.Note,
		Title: "Every method is allowed",
		Why:   "Pages can also use those that they do not need, such as DELETE.",
		Fix:   "List the methods that pages use.",
	}
	fastapiEveryHeader = &Rule{
		ID: "fastapi/every-header", Severity: finding.Note,
		Title: "Every request header is allowed",
		Why:   "Starlette repeats whatever header a page asks for, Authorization too.",
		Fix:   "List the headers that pages send.",
	}
	fastapiString = &Rule{
		ID: "fastapi/string-for-list", Severity: finding.Error,
		Title: "A string in the place of a list",
		Why:   "Starlette looks for the origin in the string, so that every part of it is allowed, and takes each character of the others for a name. A * anywhere in allow_origins allows every website.",
		Fix:   "Put the string into a list, or split it.",
	}
	fastapiRegexList = &Rule{
		ID: "fastapi/list-for-regex", Severity: finding.Error, Cause: "server-error-without-cors",
		Title: "A list in the place of an expression",
		Why:   "allow_origin_regex is one expression: re.compile raises a TypeError, and the program does not start, or fails at the first request.",
		Fix:   "Write one string, with | between the expressions.",
	}
	fastapiSlash = &Rule{
		ID: "fastapi/origin-trailing-slash", Severity: finding.Error, Cause: "acao-trailing-slash",
		Title: "An origin ends with a slash",
		Why:   "Browsers send origins without it, and Starlette compares them byte for byte: it allows nothing.",
		Fix:   "Remove the slash.",
	}
	fastapiPath = &Rule{
		ID: "fastapi/origin-path", Severity: finding.Error, Cause: "acao-has-path",
		Title: "An origin has a path",
		Why:   "An origin is scheme, host and port: what has a path allows nothing.",
		Fix:   "Remove the path.",
	}
	fastapiScheme = &Rule{
		ID: "fastapi/origin-scheme", Severity: finding.Error, Cause: "acao-missing-scheme",
		Title: "An origin has no scheme",
		Why:   "Browsers send http:// or https:// before the host: what has none allows nothing.",
		Fix:   "Write https:// before it, or http:// for a development server.",
	}
	fastapiWildcard = &Rule{
		ID: "fastapi/origin-wildcard", Severity: finding.Error, Cause: "acao-subdomain-wildcard",
		Title: "A wildcard within an origin",
		Why:   "Starlette compares allow_origins byte for byte: this allows nothing.",
		Fix:   "Use allow_origin_regex, with escaped dots.",
	}
	fastapiSpelling = &Rule{
		ID: "fastapi/origin-spelling", Severity: finding.Error,
		Title: "No browser sends this origin",
		Why:   "Browsers send origins in lower case and without the default port: this allows nothing.",
		Fix:   "Write it as browsers send it.",
	}
	fastapiNull = &Rule{
		ID: "fastapi/null-origin", Severity: finding.Warning, Cause: "null-origin-page",
		Title: "The origin null is allowed",
		Why:   "Every website can send requests with the origin null, from a sandboxed frame.",
		Fix:   "Serve the page over http or https and list its origin.",
	}
	fastapiStarAmong = &Rule{
		ID: "fastapi/star-among-origins", Severity: finding.Warning,
		Title: "A * beside other origins allows every website",
		Why:   "The other origins of the list have no meaning then.",
		Fix:   "Remove the *, or the other origins.",
	}
	fastapiRegexDot = &Rule{
		ID: "fastapi/regex-dot", Severity: finding.Warning,
		Title: "A dot in the regular expression stands for any character",
		Why:   "https://app.example.com also matches https://appxexample.com, which somebody else can register.",
		Fix:   `Write \. for a dot, in a raw string: r"https://app\.example\.com".`,
	}
	fastapiRegexWide = &Rule{
		ID: "fastapi/regex-wide", Severity: finding.Error,
		Title: "The regular expression matches domains of others",
		Why:   `.* before a domain without \. also matches https://evilexample.com, and after it https://example.com.evil.com.`,
		Fix:   `Match labels only: r"https://([a-z0-9-]+\.)*example\.com".`,
	}
	fastapiRegexAll = &Rule{
		ID: "fastapi/regex-everything", Severity: finding.Warning,
		Title: "The regular expression matches every origin",
		Why:   "Every website may read the answers, those of private networks included.",
		Fix:   "Match your own origins only.",
	}
	fastapiOutside = &Rule{
		ID: "fastapi/middleware-outside", Severity: finding.Warning, Cause: "preflight-requires-auth",
		Title: "Another middleware is outside of CORSMiddleware",
		Why:   "Of several middlewares, the one that is added last is the outermost: it sees preflights first, and its own answers, such as a 401 or a redirect, have no CORS headers.",
		Fix:   "Add CORSMiddleware last; in a list, write it first.",
	}
	fastapiTwo = &Rule{
		ID: "fastapi/two-middlewares", Severity: finding.Warning,
		Title: "Two CORSMiddlewares around the same application",
		Why:   "The outer one answers all preflights, and what the inner one allows still gets its headers: origins that only one of them lists work for some requests.",
		Fix:   "Keep one.",
	}
	fastapiPart = &Rule{
		ID: "fastapi/part-of-app", Severity: finding.Note, Cause: "cors-missing-on-route",
		Title: "CORS is set for a part of the application only",
		Why:   "Other routes, and the answers of the outer application for paths that it does not know, have no CORS headers.",
		Fix:   "Add it to the outer application, if the other routes are for pages, too.",
	}
	fastapiOwn = &Rule{
		ID: "fastapi/own-header", Severity: finding.Warning,
		Title: "CORS headers are set by hand besides CORSMiddleware",
		Why:   "The header of the handler reaches origins that CORSMiddleware refuses.",
		Fix:   "Remove the lines: CORSMiddleware sets the headers.",
	}
	fastapiHand = &Rule{
		ID: "fastapi/by-hand", Severity: finding.Warning, Cause: "cors-missing-on-route",
		Title: "CORS headers are set by hand",
		Why:   "Only these answers have them: not those to preflights, for unknown paths, and of exceptions.",
		Fix:   "Use CORSMiddleware for the whole application.",
	}
	fastapiReflects = &Rule{
		ID: "fastapi/reflected-origin", Severity: finding.Error,
		Title: "The origin of every request is repeated",
		Why:   "Every website is allowed, and with credentials it may read the data of your users.",
		Fix:   "Use CORSMiddleware with a list of origins.",
	}
	fastapiOptions = &Rule{
		ID: "fastapi/options-route", Severity: finding.Note, Cause: "preflight-not-routed",
		Title: "A route answers preflights by hand",
		Why:   "CORSMiddleware answers preflights for all paths, before any route.",
		Fix:   "Remove the route.",
	}
	fastapiRefused = &Rule{
		ID: "fastapi/refused-says-more", Severity: finding.Note,
		Title: "Refused answers carry the other CORS headers",
		Why:   "Starlette sends Access-Control-Allow-Methods, -Headers and -Credentials to origins that it refuses, too: harmless in browsers, but anybody can see what is allowed.",
		Fix:   "Nothing, or move CORS to a proxy that refuses without headers.",
	}
	fastapiNoCredentials = &Rule{
		ID: "fastapi/no-credentials", Severity: finding.Note, Cause: "acac-missing",
		Title: "Cookies and other credentials are not allowed",
		Why:   "That is the default: browsers do not let a page read the answer to a request with credentials.",
		Fix:   "Nothing, if pages send tokens in a header; else allow_credentials=True.",
	}
	fastapiUnused = &Rule{
		ID: "fastapi/never-added", Severity: finding.Warning, Cause: "no-cors-headers",
		Title: "CORSMiddleware is imported, but never added",
		Why:   "The import alone does nothing: no answer has CORS headers.",
		Fix:   "Add it: app.add_middleware(CORSMiddleware, allow_origins=[…]).",
	}
)

var fastapiRules = []*Rule{
	fastapiAnyWithCredentials, fastapiUnhandled, fastapiVary, fastapiDefaultMethods, fastapiEveryMethod, fastapiEveryHeader,
	fastapiString, fastapiSlash, fastapiPath, fastapiScheme, fastapiWildcard, fastapiSpelling, fastapiNull, fastapiStarAmong,
	fastapiRegexDot, fastapiRegexWide, fastapiRegexAll, fastapiOutside, fastapiTwo, fastapiPart, fastapiOwn, fastapiHand,
	fastapiReflects, fastapiOptions, fastapiRefused, fastapiNoCredentials, fastapiUnused,
}
