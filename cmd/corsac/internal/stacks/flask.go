package stacks

import (
	"regexp"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "flask",
	Aliases:  []string{"werkzeug", "flask-cors"},
	Title:    "Flask",
	Layer:    Application,
	Versions: "Flask with Flask-CORS 3.0.10", Proof: Live, Holds: Errors | Vary | VaryPreflights | Quiet,
	Server: pythonServer("server.py", []string{"flask", "flask_cors"}, flaskFiles),
	Why:    "Flask-CORS treats what looks like an expression as one that only has to match the beginning, ignoring case, and sends one of several listed origins to requests that have none: every origin is written as an anchored expression, and always_send is off. It sends Vary only on answers to allowed origins: the function before it sends it always.",
	Signs: []Sign{
		header(finding.Certain, "Server", "Werkzeug"),
		body(finding.Certain, "<title>RuntimeError: Working outside of"),
		body(finding.Likely, "<!doctype html>\n<html lang=en>\n<title>"),
		bodyLike(finding.Likely, `The requested URL was not found on the server\. If you entered the URL manually please check your spelling and try again\.`, "the words of Flask for a path that no route takes"),
		{finding.Possible, func(s *Seen) string {
			if value := s.Headers.Get("Set-Cookie"); flaskSession.MatchString(value) {
				return "a cookie named session, signed as Flask does"
			}
			return ""
		}},
	},
	Projects: []Project{
		{File: "requirements*.txt", Contains: "Flask"},
		{File: "requirements*.txt", Contains: "flask"},
		{File: "pyproject.toml", Contains: "flask"},
		{File: "Pipfile", Contains: "flask"},
		{File: "*.py", Contains: "from flask import"},
	},
	Source:  &Source{Files: []string{"*.py"}, Rules: flaskRules, Read: flaskRead},
	Setup:   "CORS(app, …)",
	Snippet: flaskSnippet,
	Advice: map[string]Advice{
		"preflight-without-cors-headers": {Text: "Flask answers OPTIONS by itself, without CORS headers. Call CORS(app, …) once for the whole app; @cross_origin on a route must stand below @app.route."},
		"preflight-not-routed":           {Text: "Flask answers OPTIONS only for paths that a route takes. Check the URL, then the resources argument of CORS(…)."},
		"preflight-requires-auth": {
			Text: "@app.before_request runs for preflights, too, and they never carry a cookie or a token. Answer OPTIONS before the function that authenticates; CORS(app, …) then adds the headers.",
			Code: flaskPreflights,
		},
		"server-error-without-cors": {Text: "The stack trace is in the log of the server: fix that first. With debug=True, the debugger answers exceptions outside the app, without CORS headers; otherwise, CORS(app, …) covers them."},
		"cors-missing-on-route":     {Text: "@cross_origin is about one route, and resources about some paths: call CORS(app, …) for the whole app."},
		"preflight-redirect-trailing-slash": {
			Text: "Flask redirects /x to /x/ if the route has the slash, which no preflight may. Request the URL as the route has it, or set app.url_map.strict_slashes = False.", Only: true,
		},
		"acao-other-origin": {Text: "With literal origins, Flask-CORS sends one of them to requests without Origin. Set always_send=False."},
	},
})

var flaskSession = lazyregexp.New(`^session=\.?ey?[A-Za-z0-9_-]*\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]+; HttpOnly; Path=/`)

func flaskSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	headers := r.headers
	if r.anyHeader {
		headers = []string{"*"} // which Flask-CORS replaces with what is asked for
	}
	var c code
	c.line("from flask_cors import CORS")
	c.line("")
	if !r.anyOrigin {
		c.line("@app.after_request")
		c.line("def vary_on_origin(response):")
		c.line(`    response.vary.add("Origin")`)
		c.line("    return response")
		c.line("")
	}
	c.line("CORS(")
	c.line("    app,")
	if r.anyOrigin {
		c.line(`    origins="*",`)
		c.line("    send_wildcard=True,")
	} else {
		c.line("    origins=[%s],", strings.Join(flaskOrigins(r), ", "))
	}
	c.line("    methods=[%s],", list(pyString, r.methods...))
	c.line("    allow_headers=[%s],", list(pyString, flaskNames(headers, r.anyHeader)...))
	c.when(len(r.expose) > 0, "    expose_headers=[%s],", list(pyString, r.expose...))
	c.when(r.credentials, "    supports_credentials=True,")
	if r.maxAge == 0 {
		c.line(`    max_age="0",  # for the number, it sends no header`)
	} else {
		c.when(r.maxAge > 0, "    max_age=%d,", r.maxAge)
	}
	c.line("    always_send=False,")
	c.line(")")
	return r.snippet(&c, Snippet{
		File:      "app.py",
		Place:     "right after app = Flask(__name__), before other after_request functions, in place of other calls of CORS(app, …)",
		Install:   "pip install flask-cors",
		Shortfall: gaps("Flask answers preflights only for paths that a route takes; others get 404."),
	})
}

// flaskPreflights is the snippet with a function that answers preflights before
// those that authenticate.
func flaskPreflights(p *cors.Policy) Snippet {
	s := flaskSnippet(p)
	var c code
	c.line("from flask import request")
	c.line("")
	c.line("@app.before_request")
	c.line("def answer_preflights():")
	c.line(`    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:`)
	c.line("        return app.make_default_options_response()")
	c.line("")
	s.Code = c.String() + s.Code
	s.Place = "right after app = Flask(__name__), before other before_request functions, in place of other calls of CORS(app, …)"
	return s
}

// flaskOrigins returns every origin as an anchored regular expression.
// Flask-CORS takes what looks like an expression for one, with an open end, and
// sends a literal origin to requests that have none.
func flaskOrigins(r *rules) (items []string) {
	for _, s := range r.exact {
		items = append(items, pyRegexp(exactPattern(s)))
	}
	for _, p := range r.patterns {
		items = append(items, pyRegexp(p))
	}
	return items
}

// flaskNames returns names of headers so that Flask-CORS does not take one for a
// regular expression.
func flaskNames(names []string, wild bool) []string {
	if wild {
		return names
	}
	quoted := make([]string, len(names))
	for i, s := range names {
		quoted[i] = s
		if strings.ContainsAny(s, "*$^") {
			quoted[i] = "^" + regexp.QuoteMeta(s) + "$"
		}
	}
	return quoted
}
