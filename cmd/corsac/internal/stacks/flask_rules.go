package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// flaskCommon are mistakes that are made with Flask-CORS as with others.
var flaskCommon = commonRulesOf("flask", "Flask-CORS")

var flaskRule = ruleMaker("flask").rule

// The mistakes that are made in Python with others, too.
var (
	flaskByHand = ruleMaker("flask").ownRules("Flask-CORS",
		"Flask-CORS leaves an answer alone that has the header already: its own settings do not count for it.",
		"Use CORS(app, …) of Flask-CORS for the whole application.", "Use CORS(app, …) with a list of origins.")
	flaskStarAmong     = ruleMaker("flask").starAmong()
	flaskNoCredentials = ruleMaker("flask").noCredentials("supports_credentials=True")
)

// The mistakes that are made with the options of Flask-CORS.
var (
	flaskUnanchored = flaskRule("unanchored-origin", finding.Error, "",
		"The expression for origins has no end",
		"Flask-CORS only compares the beginning, so https://app.example.com.evil.example matches, too.",
		"Write $ at its end.")
	flaskGlob = flaskRule("wildcard-in-origin", finding.Error, "origin-not-allowed",
		"A wildcard stands where Flask-CORS reads an expression",
		"In an expression, * repeats the character before it: https://*.example.com matches no subdomain, but https://xexample.com, which anybody can register.",
		`Write the expression for it: r"^https://([a-z0-9-]+\.)+example\.com$".`)
	flaskInString = flaskRule("list-in-string", finding.Error, "",
		"One string has several values",
		"Flask-CORS takes the whole string for one origin or header, which no browser sends.",
		"Write a list of strings.")
	flaskEverybody = flaskRule("default-origins", finding.Note, "",
		"Every website is allowed, which is the default",
		"Without the option origins, Flask-CORS allows every origin.",
		`Write which websites may read the answers: origins=["https://app.example.com"], or "*" if that is meant.`)
	flaskDefaults = flaskRule("default-methods-and-headers", finding.Note, "",
		"Every method or request header is allowed, which is the default",
		"Pages can also use those that they do not need, such as DELETE.",
		`Write those that pages use: methods=["GET", "POST"], allow_headers=["Content-Type"].`)
	flaskStarMethods = flaskRule("star-for-methods", finding.Error, "method-not-allowed",
		"Flask-CORS does not know * for methods",
		"It looks for the method of the preflight in the list, so that every preflight fails.",
		"Leave the option out, or list the methods.")
	flaskRaises = flaskRule("wildcard-with-credentials", finding.Error, "wildcard-origin-with-credentials",
		"The program does not start: send_wildcard and credentials",
		"Flask-CORS raises ValueError, because browsers refuse * with credentials.",
		"List the origins, and leave out send_wildcard.")
	flaskDict = flaskRule("options-as-origins", finding.Error, "",
		"Options of resources stand in the place of origins",
		"Flask-CORS takes the paths for expressions of origins, and /* matches every origin.",
		"Write resources= in place of origins=.")
	flaskUnknownOrigins = flaskRule("origins-ignored", finding.Error, "",
		"Flask-CORS ignores the origins: it does not know the option",
		"The option is named origins, and without it, every website is allowed.",
		"Write origins=.")
	flaskUnknown = flaskRule("unknown-option", finding.Warning, "",
		"Flask-CORS does not know this option",
		"It ignores it, with a warning in the log, and the default counts.",
		"Write the name of the option, such as allow_headers (CORS_ALLOW_HEADERS), or remove it.")
	flaskNoVary = flaskRule("vary-turned-off", finding.Warning, "missing-vary-origin",
		"Vary: Origin is turned off",
		"A cache can give one page the answer for another, or one without CORS headers.",
		"Remove vary_header=False.")
	flaskVary = flaskRule("missing-vary", finding.Note, "conditional-cors-without-vary",
		"Refused answers have no Vary: Origin",
		"Flask-CORS sends Vary: Origin only to origins that it allows, and not at all if there is one origin. A cache may then give an answer without CORS headers to a page that is allowed.",
		`Add it to all answers, in a function with @app.after_request: response.vary.add("Origin").`)
	flaskAlways = flaskRule("always-send", finding.Note, "acao-other-origin",
		"Requests without Origin get one of the origins",
		"Flask-CORS then sends the first origin of the list. A cache may give that answer to the page of another origin.",
		"Write always_send=False.")
)

// The mistakes that are made with where it is set.
var (
	flaskLate = flaskRule("config-too-late", finding.Warning, "",
		"CORS(app) has read the configuration before this",
		"Flask-CORS reads app.config once, when it is called. What is set later has no effect.",
		"Move the line before the call.")
	flaskAbove = flaskRule("cross-origin-above-route", finding.Error, "cors-missing-on-route",
		"@cross_origin stands above @app.route, and has no effect",
		"The route has the function as it is below its decorator.",
		"Put @cross_origin below @app.route.")
	flaskInside = flaskRule("auth-above-cross-origin", finding.Warning, "preflight-requires-auth",
		"Authentication stands above @cross_origin",
		"It sees preflights first, which never carry a cookie or a token, and its own answers have no CORS headers.",
		"Put @cross_origin directly below @app.route.")
	flaskAuth = flaskRule("preflight-authenticated", finding.Warning, "preflight-requires-auth",
		"A function before all requests also refuses preflights",
		"Preflights never carry a cookie or a token. Flask-CORS only adds headers to the answer, and browsers refuse a preflight with the status 401.",
		`Let preflights through: if request.method == "OPTIONS": return None.`)
	flaskNever = flaskRule("resource-without-slash", finding.Error, "cors-missing-on-route",
		"No path matches this resource",
		"Flask-CORS compares the path from its beginning, which is a slash.",
		"Write a slash before it.")
	flaskExact = flaskRule("one-path-only", finding.Note, "cors-missing-on-route",
		"This resource is exactly one path",
		"What does not look like an expression must be the whole path: /api is not /api/items.",
		`Write r"/api/.*" for all below it.`)
	flaskPart = flaskRule("part-of-app", finding.Note, "cors-missing-on-route",
		"CORS is set for a blueprint only",
		"Answers for paths that no route of it takes, such as a 404, have no CORS headers.",
		"Give the headers to the application: CORS(app, resources={…}).")
	flaskTwice = flaskRule("header-twice", finding.Error, "duplicate-acao",
		"Access-Control-Allow-Origin is sent twice",
		"Flask-CORS has set the header when this adds another, and browsers refuse an answer with two.",
		"Remove the line: Flask-CORS sets the headers.")
	flaskUnused = flaskRule("never-added", finding.Warning, "no-cors-headers",
		"CORS is made or imported, but no application has it",
		"By itself it does nothing: no answer has CORS headers.",
		`Write CORS(app, origins=["https://app.example.com"]), or cors.init_app(app).`)
	flaskOld = flaskRule("old-version", finding.Warning, "",
		"Flask-CORS before 6.0.0 can apply the options of another path",
		"It tries the longer expressions of resources first, whether they are more exact or not, and before 4.0.2 it lets every website reach private networks (CVE-2024-6839, CVE-2024-6221).",
		"Update it: flask-cors>=6.0.0.")
)

var flaskRules = []*Rule{
	flaskCommon.reflects, flaskCommon.never, flaskCommon.null, flaskCommon.wide, flaskCommon.partial,
	flaskUnanchored, flaskGlob, flaskInString, flaskStarAmong, flaskEverybody, flaskDefaults, flaskStarMethods, flaskRaises, flaskDict,
	flaskUnknownOrigins, flaskUnknown, flaskNoVary, flaskVary, flaskAlways, flaskNoCredentials, flaskLate, flaskAbove, flaskInside,
	flaskAuth, flaskNever, flaskExact, flaskPart, flaskByHand.beside, flaskTwice, flaskByHand.alone, flaskByHand.reflects, flaskUnused, flaskOld,
}
