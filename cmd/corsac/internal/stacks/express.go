package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "express",
	Aliases:  []string{"expressjs", "connect"},
	Title:    "Express",
	Layer:    Application,
	Versions: "Express 5.3 with cors 2.8.6", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Why: "The package cors sends a single string as a constant to everyone, and skips its own Vary if a function refuses: an array compares, and says Vary: Origin always. It reflects the headers that are asked for unless allowedHeaders lists them. " +
		"app.use before everything else covers errors, and answers preflights before authentication.",
	Server: nodeServer("app.js", expressFiles),
	Signs: []Sign{
		header(finding.Certain, "X-Powered-By", "Express"),
		cookie(finding.Likely, "connect.sid"),
		trait(finding.Likely, "the error page of Express", func(s *Seen) bool {
			return strings.Contains(s.Body, "<title>Error</title>\n</head>\n<body>\n<pre>")
		}),
	},
	Projects: []Project{{File: "package.json", Contains: `"express"`}},
	Source:   &Source{Files: jsFilesAndPackage, Rules: expressRules(), Read: readExpress, Change: changeExpress},
	Setup:    "app.use(cors(…))",
	Routed:   expressRouted,
	Snippet: func(p *cors.Policy) Snippet {
		r := rulesOf(p)
		var c code
		c.line("const cors = require('cors'); // or: import cors from 'cors';")
		c.line("")
		c.line(expressUse)
		npmCors(&c, r, "  ")
		c.line("}));")
		return r.snippet(&c, Snippet{
			File:      "app.js",
			Place:     "right after const app = express(), before everything else that app uses: routes, authentication, body parsers; in place of other calls of cors(…)",
			Install:   "npm install cors",
			Shortfall: gaps(everyOptions),
		})
	},
	Advice: map[string]Advice{
		"preflight-without-cors-headers": {Text: "Express answers OPTIONS by itself for every route that it has, without CORS headers. Call app.use(cors(…)) before the routes: a middleware sees only the requests that no route before it has answered."},
		"cors-only-on-preflight":         {Text: "app.use(cors(…)) stands after the routes, so that only OPTIONS gets there: a middleware sees only the requests that no route before it has answered. Call it before the routes."},
		"preflight-not-routed":           {Text: "Call app.use(cors(…)) on the app and before the routes, not as a middleware of single routes: app.get('/x', cors(), …) does not see the OPTIONS request."},
		"preflight-requires-auth":        {Text: "Call app.use(cors(…)) before the middleware that authenticates. A preflight never carries a cookie or a token."},
		"auth-error-without-cors":        {Text: "Call app.use(cors(…)) before the middleware that authenticates, so that its 401 and 403 carry the headers, too."},
		"server-error-without-cors":      {Text: "The stack trace is in the log of the server: fix that first. Call app.use(cors(…)) before everything that can fail; what Express answers to an error then keeps the headers."},
		"origin-not-allowed":             {Text: "List the origin. If origin is a function that calls callback(new Error('Not allowed by CORS')), Express makes a 500 of it: give cors an array instead, and origins that are not in it get an answer without the header."},
		"acao-unset-variable":            {Text: "The environment variable that origin comes from is not set in this process. Write the origins into the array, or stop the server at its start if the variable is missing."},
		"cookie-samesite-blocks-cross-site": {
			Text: "Set the cookie with res.cookie(name, value, { sameSite: 'none', secure: true, httpOnly: true }), or cookie: { sameSite: 'none', secure: true } in express-session; behind a proxy also app.set('trust proxy', 1).",
			Only: true,
		},
	},
})

const expressApp = `// Routes: ` + appRoutes + `.
const express = require('express');
const app = express();

%s

app.get('/200', (req, res) => res.send('fine'));
app.get('/401', (req, res) => res.sendStatus(401));
app.get('/500', (req, res) => res.sendStatus(500));
app.get('/throw', () => { throw new Error('boom'); });
app.get('/own', (req, res) => res.set('Access-Control-Allow-Origin', '*').vary('Accept-Language').send('own'));
app.all('/x', (req, res) => res.set('X-Total-Count', '3').json({}));
app.listen(%s, %s);
`

func expressFiles(code string, at Addresses) map[string]string {
	return map[string]string{"app.js": fmt.Sprintf(expressApp, code, at.Port, jsString(at.AnyHost())), "package.json": packageJSON("cors@2.8.6", "express@5.3.0")}
}

// everyOptions is a gap of many stacks.
const everyOptions = "It answers every OPTIONS request, also those that are not preflights; none reaches your routes."

// npmCors writes the options of the npm package cors, one per line.
func npmCors(c *code, r *rules, indent string) {
	c.line("%sorigin: %s,", indent, jsOrigins(r))
	c.line("%smethods: [%s],", indent, list(jsString, r.methods...))
	// Without allowedHeaders, it allows what is asked for.
	c.when(!r.anyHeader, "%sallowedHeaders: [%s],", indent, list(jsString, r.headers...))
	c.when(len(r.expose) > 0, "%sexposedHeaders: [%s],", indent, list(jsString, r.expose...))
	c.when(r.credentials, "%scredentials: true,", indent)
	c.when(r.maxAge >= 0, "%smaxAge: %d,", indent, r.maxAge)
	c.when(r.status != 0, "%soptionsSuccessStatus: %d,", indent, r.status)
}

// jsOrigins returns the origins as an array of strings and regular expressions,
// or *. It is an array even for one origin: the package sends a string to
// everyone.
func jsOrigins(r *rules) string {
	if r.anyOrigin {
		return "'*'"
	}
	items := make([]string, 0, len(r.exact)+len(r.patterns))
	for _, s := range r.exact {
		items = append(items, jsString(s))
	}
	for _, p := range r.patterns {
		items = append(items, jsRegexp(p))
	}
	return fmt.Sprintf("[%s]", strings.Join(items, ", "))
}

// expressUse begins the call that adds the package to all paths.
const expressUse = "app.use(cors({"

// expressRouted limits a snippet to the paths of its routes, if no route is for all
// paths. Express has patterns of its own, so only plain paths are written.
func expressRouted(s *Snippet, routes []Route) (left []Route, note string) {
	routes, left = prefixes(routes)
	var paths []string
	for _, r := range routes {
		if r.Path == "" {
			return left, ""
		}
		if strings.Trim(r.Path, "/-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return append(left, routes...), ""
		}
		paths = append(paths, jsString(r.Path))
	}
	switch len(paths) {
	case 0:
	case 1:
		s.Code = strings.Replace(s.Code, expressUse, "app.use("+paths[0]+", cors({", 1)
	default:
		s.Code = strings.Replace(s.Code, expressUse, "app.use(["+strings.Join(paths, ", ")+"], cors({", 1)
	}
	return left, ""
}
