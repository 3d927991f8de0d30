package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name:     "fastapi",
	Aliases:  []string{"starlette"},
	Title:    "FastAPI",
	Layer:    Application,
	Versions: "FastAPI 0.92 with Starlette 0.26", Proof: Live, Holds: Errors | Vary | VaryPreflights | Preflights,
	Why: "app.add_middleware puts CORSMiddleware inside the layer that answers unhandled exceptions, so that their 500 has no CORS headers: the whole app is wrapped instead. " +
		"Starlette sends Vary: Origin only to origins that it allows, which caches may mix up: VaryingCORS sends it always. Starlette compares the whole origin with allow_origin_regex, of which there is one.",
	Server: pythonServer("main.py", []string{"fastapi", "uvicorn"}, fastapiFiles),
	Signs: []Sign{
		bodyLike(finding.Certain, `^\{"detail":\[\{.*"loc":\["(?:body|query|path|header|cookie)"`, "the JSON of FastAPI for an argument that is wrong"),
		bodyLike(finding.Certain, `^Disallowed CORS (?:origin|method|headers)`, "the refusal of Starlette's CORSMiddleware"),
		header(finding.Likely, "Server", "uvicorn"),
		header(finding.Likely, "Server", "hypercorn"),
		bodyLike(finding.Likely, `^\{"detail":"(?:Not Found|Method Not Allowed|Not authenticated)"\}$`, "the JSON of FastAPI for an error"),
	},
	Projects: []Project{
		{File: "requirements*.txt", Contains: "fastapi"},
		{File: "pyproject.toml", Contains: "fastapi"},
		{File: "Pipfile", Contains: "fastapi"},
		{File: "*.py", Contains: "from fastapi import"},
		{File: "*.py", Contains: "from starlette.applications import"},
	},
	Source:  &Source{Files: []string{"*.py"}, Rules: fastapiRules, Read: fastapiRead, Change: fastapiChange},
	Setup:   "app.add_middleware(CORSMiddleware, …)",
	Snippet: fastapiSnippet,
	Advice: map[string]Advice{
		"server-error-without-cors":      {Text: "The stack trace is in the log of the server: fix that first. app.add_middleware puts CORS inside the layer that answers exceptions, so a 500 has no CORS headers: wrap the app instead, as its last line.", Code: fastapiWrap},
		"preflight-not-routed":           {Text: "Without its middleware, FastAPI answers OPTIONS with 405. Wrap the app in CORSMiddleware."},
		"preflight-requires-auth":        {Text: "Wrap the app in CORSMiddleware as its last line, so that it is outside the middleware that authenticates: of several add_middleware, the last one is the outermost."},
		"auth-error-without-cors":        {Text: "Wrap the app in CORSMiddleware as its last line, so that it is outside the middleware that authenticates: of several add_middleware, the last one is the outermost."},
		"preflight-without-cors-headers": {Text: "Something inside answers OPTIONS first. Wrap the app in CORSMiddleware as its last line."},
		"origin-not-allowed":             {Text: "Starlette answers the preflight of an origin that is not listed with 400 and the text Disallowed CORS origin. List the origin."},
		"redirect-without-cors-headers":  {Text: "FastAPI redirects between /x and /x/. Request the URL as the route has it, or set FastAPI(redirect_slashes=False)."},
		"preflight-redirect-trailing-slash": {
			Text: "FastAPI redirects between /x and /x/, which no preflight may. Request the URL as the route has it; CORSMiddleware around the app answers the preflight, but the redirect remains.",
		},
		"redirect-downgrade-mixed-content": {
			Text: "The redirect is made for http because uvicorn does not know that the page used https: start it with --proxy-headers and --forwarded-allow-ips with the address of the proxy.", Only: true,
		},
		"missing-vary-origin": {
			Text: "CORSMiddleware sends Vary: Origin only to origins that it allows. Use a class in its place that sends it always.",
			Code: func(*cors.Policy) Snippet {
				return Snippet{File: "main.py", Place: "before the application; then write " + varyClass + " for CORSMiddleware where the application gets it", Code: fastapiVaryImports + "\n\n\n" + asgiVary("CORSMiddleware")}
			},
		},
	},
})

func fastapiSnippet(p *cors.Policy) Snippet {
	if rulesOf(p).anyOrigin {
		return fastapiWrap(p)
	}
	return fastapiWrapped(p, fastapiVaryImports+"\n\n\n"+asgiVary("CORSMiddleware")+"\n", varyClass)
}

// fastapiWrap returns the lines without those that add what CORSMiddleware leaves
// out.
func fastapiWrap(p *cors.Policy) Snippet {
	return fastapiWrapped(p, fastapiImport, "CORSMiddleware")
}

const (
	fastapiImport      = "from starlette.middleware.cors import CORSMiddleware"
	fastapiVaryImports = "from starlette.datastructures import MutableHeaders\n" + fastapiImport
)

// fastapiWrapped returns the lines that put a class around the application, after
// those that import or define it.
func fastapiWrapped(p *cors.Policy, before, class string) Snippet {
	r := rulesOf(p)
	var c code
	c.line("%s", before)
	c.line("")
	c.line("app = %s(", class)
	c.line("    app,")
	switch {
	case r.anyOrigin:
		c.line(`    allow_origins=["*"],`)
	default:
		c.when(len(r.exact) > 0, "    allow_origins=[%s],", list(pyString, r.exact...))
		c.when(len(r.patterns) > 0, "    allow_origin_regex=%s,", pyRegexp(r.union()))
	}
	c.line("    allow_methods=[%s],", list(pyString, r.methods...))
	if r.anyHeader {
		c.line(`    allow_headers=["*"],`)
	} else {
		c.line("    allow_headers=[%s],", list(pyString, r.headers...))
	}
	c.when(len(r.expose) > 0, "    expose_headers=[%s],", list(pyString, r.expose...))
	c.when(r.credentials, "    allow_credentials=True,")
	if r.maxAge < 0 {
		c.line("    max_age=%d,  # seconds; what browsers do without the header", unsetMaxAge)
	} else {
		c.line("    max_age=%d,", r.maxAge)
	}
	c.line(")")
	return r.snippet(&c, Snippet{
		File:      "main.py",
		Place:     "the last lines of the file, after all routes: around the app, so that answers to exceptions carry the headers, too; in place of app.add_middleware(CORSMiddleware, …)",
		Shortfall: gaps("Refused preflights get 400, and a list of what would be allowed."),
	})
}

const fastapiApp = `# Routes: ` + appRoutes + `.
import uvicorn
from fastapi import FastAPI, HTTPException, Response

app = FastAPI()


@app.get("/200")
def fine():
    return "fine"


@app.get("/401")
def denied():
    raise HTTPException(401)


@app.get("/500")
def failed():
    raise HTTPException(500)


@app.get("/throw")
def boom():
    raise RuntimeError("boom")


@app.get("/own")
def own(response: Response):
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Vary"] = "Accept-Language"
    return "own"


@app.api_route("/x", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def x(response: Response):
    response.headers["X-Total-Count"] = "3"
    return {}


%s

uvicorn.run(app, host=%s, port=%s, log_level="critical")
`

func fastapiFiles(code string, at Addresses) map[string]string {
	return map[string]string{"main.py": fmt.Sprintf(fastapiApp, code, pyString(at.AnyHost()), at.Port), "requirements.txt": "fastapi\nuvicorn\n"}
}

// varyClass is the class that adds the Vary that CORSMiddleware leaves out.
const varyClass = "VaryingCORS"

// asgiVary returns that class. It is not a BaseHTTPMiddleware, which would be
// shorter, because that hides from handlers that a client has gone (Starlette
// before 0.28). base is the name of CORSMiddleware.
func asgiVary(base string) string {
	return "class " + varyClass + "(" + base + `):
    """CORSMiddleware with Vary: Origin on every response, for caches."""

    async def __call__(self, scope, receive, send):
        async def send_vary(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                vary = headers.get("vary", "").lower().replace(",", " ").split()
                if "origin" not in vary:
                    headers.append("Vary", "Origin")
            await send(message)

        await super().__call__(scope, receive, send_vary)`
}

// union returns the patterns as one.
func (r *rules) union() pattern {
	var res []string
	for _, p := range r.patterns {
		res = append(res, p.re)
	}
	return pattern{re: strings.Join(res, "|")}
}
