package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// The mistakes in the options of the npm package cors; those of one origin are in
// npmOrigins.
var (
	npmAnyOrigin = &Rule{
		ID: "express/any-origin", Severity: finding.Note, Title: "Every origin is allowed",
		Why: "Any website, also one in a sandbox with the origin null, can read the answers; requests with cookies are not possible.",
		Fix: "List the origins of your pages in an array, unless the data is for everyone.",
	}
	npmWildcardWithCredentials = &Rule{
		ID: "express/wildcard-with-credentials", Severity: finding.Error, Title: "credentials: true with the origin *", Cause: "wildcard-origin-with-credentials",
		Why: "Browsers refuse every answer to a request with credentials that allows the origin *.",
		Fix: "List the origins of your pages in an array.",
	}
	npmAnyOriginWithCredentials = &Rule{
		ID: "express/any-origin-with-credentials", Severity: finding.Error, Title: "Every origin is allowed, with credentials",
		Why: "The origin of each request is repeated, so that any website can read what belongs to the user who is logged in.",
		Fix: "List the origins of your pages in an array.",
	}
	npmConstantOrigin = &Rule{
		ID: "express/constant-origin", Severity: finding.Note, Title: "origin is a string, which is sent to everyone", Cause: "acao-other-origin",
		Why: "The package compares nothing: pages of other origins get this origin, too, as do requests without one, and a second origin cannot be added to the string.",
		Fix: "Put the origin into an array: [origin].",
	}
	npmUnanchored = &Rule{
		ID: "express/regexp-unanchored", Severity: finding.Error, Title: "The regular expression matches parts of an origin",
		Why: "Without ^ at its beginning and $ at its end it also matches https://app.example.com.evil.example or https://evilexample.com.",
		Fix: "Begin it with ^https:\\/\\/ and end it with $.",
	}
	npmOpenDot = &Rule{
		ID: "express/regexp-unescaped", Severity: finding.Error, Title: "A dot in the regular expression matches every character",
		Why: "Somebody else can register a domain that differs in this place, such as appxexample.com.",
		Fix: "Write \\. for a dot.",
	}
	npmStateful = &Rule{
		ID: "express/regexp-stateful", Severity: finding.Error, Title: "The regular expression has the flag g or y", Cause: "inconsistent-backends",
		Why: "With it, the expression remembers where it was, so that every second request is refused.",
		Fix: "Leave out the flag.",
	}
	npmOriginError = &Rule{
		ID: "express/origin-error", Severity: finding.Warning, Title: "The function for origin answers with an error", Cause: "server-error-without-cors",
		Why: "Express makes a 500 without CORS headers of it, for other origins and, unless the function handles it, for requests without an origin.",
		Fix: "Give cors an array of origins: others then get an answer without the header.",
	}
	npmOriginFalse = &Rule{
		ID: "express/origin-false", Severity: finding.Note, Title: "The function for origin answers with false", Cause: "conditional-cors-without-vary",
		Why: "The package then does nothing at all: the answer has no Vary: Origin, so that a cache may give it to allowed pages, and preflights reach the routes.",
		Fix: "Give cors an array of origins.",
	}
	npmOriginFromEnv = &Rule{
		ID: "express/origin-from-env", Severity: finding.Warning, Title: "origin comes from an environment variable that may be missing", Cause: "acao-unset-variable",
		Why: "Where the variable is not set, origin is undefined, and the package sets no headers at all.",
		Fix: "Give a default, or stop the server at its start if the variable is missing.",
	}
	npmHeadersReflected = &Rule{
		ID: "express/headers-reflected", Severity: finding.Warning, Title: "Every request header is allowed",
		Why: "Without allowedHeaders, the package repeats whatever headers a preflight asks for.",
		Fix: "List the headers that your pages send in allowedHeaders.",
	}
	npmDefaultMethods = &Rule{
		ID: "express/default-methods", Severity: finding.Note, Title: "PUT, PATCH and DELETE are allowed",
		Why: "Without methods, the package allows GET, HEAD, PUT, PATCH, POST and DELETE.",
		Fix: "List the methods that your pages use in methods.",
	}
	npmWildcardHeaders = &Rule{
		ID: "express/wildcard-headers-with-credentials", Severity: finding.Error, Title: "allowedHeaders is *, with credentials", Cause: "wildcard-headers-with-credentials",
		Why: "With credentials, browsers take * for the name of a header.", Fix: "List the headers that your pages send.",
	}
	npmWildcardExpose = &Rule{
		ID: "express/wildcard-expose-with-credentials", Severity: finding.Error, Title: "exposedHeaders is *, with credentials", Cause: "wildcard-expose-with-credentials",
		Why: "With credentials, browsers take * for the name of a header.", Fix: "List the headers that your pages read.",
	}
	npmCredentialsNotTrue = &Rule{
		ID: "express/credentials-not-true", Severity: finding.Error, Title: "credentials is not true", Cause: "acac-missing",
		Why: "The package compares with ===: a string such as 'true' does not allow credentials.", Fix: "Write credentials: true.",
	}
	npmPreflightContinue = &Rule{
		ID: "express/preflight-continue", Severity: finding.Warning, Title: "preflightContinue leaves preflights to the routes", Cause: "preflight-not-routed",
		Why: "A path without a route for OPTIONS then answers 404, or asks for a login.", Fix: "Leave out preflightContinue.",
	}
	npmPreflightStatus = &Rule{
		ID: "express/preflight-status", Severity: finding.Error, Title: "optionsSuccessStatus is not a success", Cause: "preflight-bad-status",
		Why: "Browsers refuse preflights with another status than 200 to 299.", Fix: "Leave out optionsSuccessStatus.",
	}
	npmUnknownOption = &Rule{
		ID: "express/unknown-option", Severity: finding.Error, Title: "The package cors does not know this option",
		Why: "It is ignored without a word. The options are origin, methods, allowedHeaders, exposedHeaders, credentials, maxAge, preflightContinue and optionsSuccessStatus.",
		Fix: "Use the name of the option that is meant.",
	}
	npmLeftOut = &Rule{
		ID: "express/left-out", Severity: finding.Note, Title: "Some options are left out",
		Why: "Without credentials, pages cannot send cookies; without exposedHeaders, they cannot read headers of their own; without maxAge, browsers repeat preflights after five seconds.",
		Fix: "Set those that your pages need.",
	}
	npmEveryOptions = &Rule{
		ID: "express/every-options", Severity: finding.Note, Title: "Every OPTIONS request is answered, with all lists",
		Why: "The package ends each OPTIONS with 204, also those that are not preflights, and sends methods, headers and credentials to origins that it refuses, too.",
		Fix: "Nothing needs to be done, unless routes of your own answer OPTIONS.",
	}
	jsLowerMethod = &Rule{
		ID: "express/method-case", Severity: finding.Error, Title: "A method is not in upper case", Cause: "method-case-mismatch",
		Why: "Browsers compare methods as they are written, and send PUT, PATCH and DELETE.", Fix: "Write the method in upper case.",
	}
)

// npmOrigins are the mistakes in one origin.
var npmOrigins = &originRules{
	slash: &Rule{
		ID: "express/origin-slash", Severity: finding.Error, Title: "The origin ends with a slash", Cause: "acao-trailing-slash",
		Why: "Browsers send origins without one, so that it matches nothing.", Fix: "Leave out the slash.",
	},
	path: &Rule{
		ID: "express/origin-path", Severity: finding.Error, Title: "The origin has a path", Cause: "acao-has-path",
		Why: "Browsers send scheme, host and port only, so that it matches nothing.", Fix: "Leave out the path.",
	},
	scheme: &Rule{
		ID: "express/origin-scheme", Severity: finding.Error, Title: "The origin has no scheme", Cause: "acao-missing-scheme",
		Why: "Browsers send https:// or http:// before the host, so that it matches nothing.", Fix: "Write https:// or http:// before it.",
	},
	upper: &Rule{
		ID: "express/origin-case", Severity: finding.Error, Title: "The origin is not in lower case", Cause: "acao-case-mismatch",
		Why: "Browsers send origins in lower case, so that it matches nothing.", Fix: "Write it in lower case.",
	},
	port: &Rule{
		ID: "express/origin-default-port", Severity: finding.Error, Title: "The origin has the default port of its scheme", Cause: "acao-default-port",
		Why: "Browsers leave it out, so that it matches nothing.", Fix: "Leave out the port.",
	},
	wildcard: &Rule{
		ID: "express/origin-wildcard", Severity: finding.Error, Title: "An origin with * is compared as it stands", Cause: "acao-subdomain-wildcard",
		Why: "The package knows no wildcards in strings; in an array, even * alone matches nothing.", Fix: "Write a regular expression with ^ and $, or * alone without an array.",
	},
	list: &Rule{
		ID: "express/origin-list", Severity: finding.Error, Title: "Several origins in one string", Cause: "acao-list-of-origins",
		Why: "The string is sent or compared as a whole, so that it matches nothing.", Fix: "Write an array with one string per origin.",
	},
	null: &Rule{
		ID: "express/origin-null", Severity: finding.Error, Title: "The origin null is allowed", Cause: "acao-literal-null",
		Why: "Every website can have this origin, with a frame that has the attribute sandbox.", Fix: "Serve the page over http instead of from a file, and list its origin.",
	},
	code: &Rule{
		ID: "express/origin-quoted-code", Severity: finding.Error, Title: "The origin is code in quotes", Cause: "acao-invalid-value",
		Why: "In quotes it is a text, which is never replaced by the value, so that it matches nothing.", Fix: "Leave out the quotes, or write ` for them around ${…}.",
	},
	other: &Rule{
		ID: "express/origin-invalid", Severity: finding.Error, Title: "The string is not an origin", Cause: "acao-invalid-value",
		Why: "Browsers send scheme, host and port, so that it matches nothing.", Fix: "Write it as the console of the browser shows it, such as https://app.example.com.",
	},
}

// npmCorsRules are the rules about the options of the npm package cors.
var npmCorsRules = []*Rule{
	npmAnyOrigin, npmWildcardWithCredentials, npmAnyOriginWithCredentials, npmConstantOrigin, npmUnanchored, npmOpenDot, npmStateful, npmOriginError, npmOriginFalse, npmOriginFromEnv, npmHeadersReflected, npmDefaultMethods, npmWildcardHeaders, npmWildcardExpose, npmCredentialsNotTrue, npmPreflightContinue, npmPreflightStatus, npmUnknownOption, npmLeftOut, npmEveryOptions, jsLowerMethod,
	npmOrigins.slash, npmOrigins.path, npmOrigins.scheme, npmOrigins.upper, npmOrigins.port, npmOrigins.wildcard, npmOrigins.list, npmOrigins.null, npmOrigins.code, npmOrigins.other,
}
