package live_test

import (
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// apiRoutes are those of an application, or of a router, that corsac verify asks
// for.
const apiRoutes = `
@NAME.get("/items")
def items(response: Response):
    response.headers["X-Total-Count"] = "1"
    response.headers["Vary"] = "X-Origin"
    return [{"id": 1}]

@NAME.put("/items")
def put_items():
    return {}

@NAME.get("/fail")
def fail():
    raise RuntimeError("failed")
`

const apiImports = `from fastapi import FastAPI, APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.middleware.cors import CORSMiddleware
`

func apiOf(name string) string { return strings.ReplaceAll(apiRoutes, "NAME", name) }

// fastapiFixed is a project of FastAPI that does not do what is wanted.
type fastapiFixed struct {
	name  string
	files map[string]string
	// app is what uvicorn runs, main:app if it is "".
	app string
	// path is the prefix of the paths that it is wanted for.
	path string
	// broken are the violations before.
	broken string
	// script is a program in Python that must work before and after.
	script string
	// quick says that it is tried without CORSAC_LIVE=1, too.
	quick bool
}

// fastapiChanged returns the files of a project after a change, and checks that a
// second one changes nothing.
func fastapiChanged(t *testing.T, stack string, files map[string]string, w *stacks.Want) map[string]string {
	t.Helper()
	apply := func(files map[string]string) (map[string]string, int) {
		fsys := fstest.MapFS{}
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		tree := source.NewTree("", fsys, slices.Sorted(maps.Keys(files)))
		s := stacks.Lookup(stack).Source
		c, err := s.Change(tree, s.Read(tree), w)
		if err != nil {
			t.Fatal(err)
		}
		after := maps.Clone(files)
		maps.Copy(after, c.Files)
		for name, edits := range c.Edits {
			if after[name], err = source.Apply(files[name], edits); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		return after, len(c.Edits) + len(c.Files)
	}
	after, _ := apply(files)
	if again, n := apply(after); n > 0 {
		t.Errorf("the second run changes\n%s\nto\n%s", after, again)
	}
	return after
}

// run starts the project with some files and verifies it.
func (x *fastapiFixed) run(t *testing.T, files map[string]string) (broken, warned, text string, status int) {
	t.Helper()
	app := x.app
	if app == "" {
		app = "main:app"
	}
	s := pythonServer(t, "fastapi, uvicorn", "README", "", "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error")
	if strings.HasSuffix(app, "()") {
		s.command = append(s.command, "--factory")
		s.command[3] = strings.TrimSuffix(app, "()")
	}
	s.files = files
	url, stop := s.start(t)
	defer stop()
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(file, []byte(meantFile), 0o600); err != nil {
		t.Fatal(err)
	}
	base := url + strings.TrimSuffix(x.path, "/")
	broken, warned, text, status = verified(t, base+"/items", "-c", file, "--failing", base+"/fail")
	if x.path != "" {
		x.outside(t, url)
	}
	return broken, warned, text, status
}

// outside checks that nothing is allowed outside of the prefix.
func (x *fastapiFixed) outside(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/items", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://app.example.com")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" || resp.StatusCode != http.StatusOK {
		t.Errorf("outside of %s: status %d, allows %q", x.path, resp.StatusCode, got)
	}
}

// try checks that the project is broken before, and not after the change.
func (x *fastapiFixed) try(t *testing.T) {
	t.Helper()
	if !x.quick {
		needLive(t)
	}
	t.Parallel()
	if broken, _, text, _ := x.run(t, x.files); broken != x.broken {
		t.Errorf("before: %q broken, want %q\n%s", broken, x.broken, text)
	}
	w := *meantWant
	w.Path = x.path
	after := fastapiChanged(t, "fastapi", x.files, &w)
	x.runScript(t, after)
	if broken, warned, text, status := x.run(t, after); broken != "" || warned != "" || status != cli.ExitOK {
		t.Errorf("after: status %d, %q broken, %q warned\n%s\n%s", status, broken, warned, text, after)
	}
}

// runScript runs the script beside the files.
func (x *fastapiFixed) runScript(t *testing.T, files map[string]string) {
	t.Helper()
	if x.script == "" {
		return
	}
	dir := t.TempDir()
	files = maps.Clone(files)
	files["script.py"] = x.script
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "script.py")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the script fails: %v\n%s", err, out)
	}
}

// fastapiMain returns the files of a project that has one.
func fastapiMain(parts ...string) map[string]string {
	return map[string]string{"main.py": apiImports + strings.Join(parts, "\n")}
}

const everyOrigin = `app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"])`

const authMiddleware = `
@app.middleware("http")
async def auth(request: Request, call_next):
    if request.method == "OPTIONS" or request.url.path == "/private":
        return JSONResponse({"detail": "log in first"}, status_code=401)
    return await call_next(request)
`

// overrides uses the application as tests do: it stays one of FastAPI, and its
// answers to exceptions have the headers.
const overrides = `
import asyncio
from main import app, user
app.dependency_overrides[user] = lambda: "overridden"

@app.get("/late")
def late():
    raise ValueError("late")

async def call(path):
    sent = []
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "scheme": "http", "headers": [(b"origin", b"https://app.example.com")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    try:
        await app(scope, receive, send)
    except ValueError:
        assert path == "/late"
    else:
        assert path != "/late"
    return sent

sent = asyncio.run(call("/user"))
assert b"overridden" in sent[1]["body"], sent
sent = asyncio.run(call("/late"))
assert sent[0]["status"] == 500 and (b"access-control-allow-origin", b"https://app.example.com") in sent[0]["headers"], sent
`

// fastapiProjects are projects as people have them.
func fastapiProjects() []fastapiFixed {
	const never = "allowed-method-refused allowed-origin-refused error-response-without-cors"
	app := "app = FastAPI()\n"
	return []fastapiFixed{
		{name: "nothing", files: fastapiMain(app, apiOf("app")), broken: never},
		{name: "the tutorial", quick: true, files: fastapiMain(app, `origins = ["http://localhost:3000", "https://app.example.com/"]`,
			"app.add_middleware(\n    CORSMiddleware,\n    allow_origins=origins,\n    allow_methods=[\"*\"],\n    allow_headers=[\"*\"],\n)", apiOf("app")), broken: "allowed-method-refused allowed-origin-refused error-response-without-cors"},
		{name: "every origin with credentials", files: fastapiMain(app, everyOrigin, apiOf("app")), broken: "credentials-refused error-response-without-cors header-not-exposed max-age-differs unlisted-header-allowed unlisted-method-allowed unlisted-origin-allowed"},
		{name: "authentication outside", files: fastapiMain(app, everyOrigin, authMiddleware, apiOf("app")), broken: "allowed-method-refused credentials-refused error-response-without-cors header-not-exposed unlisted-origin-allowed"},
		{name: "a handler of exceptions", files: fastapiMain(app, everyOrigin, apiOf("app"), `
@app.exception_handler(Exception)
async def failed(request, exc):
    return JSONResponse({"error": "failed"}, status_code=500, headers={"Access-Control-Allow-Origin": "*"})
`), broken: "credentials-refused header-not-exposed max-age-differs unlisted-header-allowed unlisted-method-allowed unlisted-origin-allowed"},
		{name: "a factory", app: "main:create_app()", files: fastapiMain("router = APIRouter()", apiOf("router"), "\ndef create_app():\n    app = FastAPI()\n    app.include_router(router)\n    return app\n"), broken: never},
		{name: "dependencies that tests override", quick: true, files: fastapiMain("def user():\n    return 'real'\n", app, everyOrigin, apiOf("app"), "@app.get('/user')\ndef who(name=Depends(user)):\n    return name\n"), broken: "credentials-refused error-response-without-cors header-not-exposed max-age-differs unlisted-header-allowed unlisted-method-allowed unlisted-origin-allowed", script: overrides},
		{name: "middleware of other files", quick: true, files: map[string]string{
			"main.py": apiImports + "app = FastAPI()\n" + everyOrigin + "\n" + apiOf("app") + "import auth\n",
			"auth.py": "from main import app\nfrom fastapi import Request\nfrom fastapi.responses import JSONResponse\n" + authMiddleware,
		}, app: "auth:app", broken: "allowed-method-refused credentials-refused error-response-without-cors header-not-exposed unlisted-origin-allowed"},
		{name: "an expression", files: fastapiMain(app, `app.add_middleware(CORSMiddleware, allow_origin_regex="https://.*example.(com|org)", allow_methods=["GET", "PUT", "DELETE"], allow_headers=["Authorization", "Content-Type"], allow_credentials=True, max_age=3600)`, apiOf("app")), broken: "allowed-method-refused allowed-origin-refused error-response-without-cors header-not-exposed unlisted-origin-allowed"},
		{name: "headers by hand", quick: true, files: fastapiMain(app, `
@app.middleware("http")
async def cors(request: Request, call_next):
    response = Response() if request.method == "OPTIONS" else await call_next(request)
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Allow-Methods"] = "*"
    return response
`, apiOf("app")), broken: "allowed-header-refused credentials-refused error-response-without-cors header-not-exposed max-age-differs missing-vary-origin unlisted-method-allowed unlisted-origin-allowed"},
		{name: "a list of middleware", files: fastapiMain(`
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

app = FastAPI(middleware=[Middleware(GZipMiddleware), Middleware(CORSMiddleware, allow_origins=["*"])])
`, apiOf("app")), broken: "allowed-header-refused allowed-method-refused credentials-refused error-response-without-cors header-not-exposed unlisted-origin-allowed"},
		{name: "wrapped", files: fastapiMain("api = FastAPI()\n", apiOf("api"), `app = CORSMiddleware(api, allow_origins=["*"])`), broken: "allowed-header-refused allowed-method-refused credentials-refused header-not-exposed unlisted-origin-allowed"},
		{name: "a part", path: "/api/", files: fastapiMain(app, apiOf("app"), "api = APIRouter()", apiOf("api"), "app.include_router(api, prefix='/api')"), broken: never},
		{name: "an application within", path: "/api/", files: fastapiMain(app, apiOf("app"), "api = FastAPI()", apiOf("api"), "app.mount('/api', api)"), broken: never},
	}
}

func TestFixFastAPI(t *testing.T) {
	for _, x := range fastapiProjects() {
		t.Run(x.name, x.try)
	}
}
