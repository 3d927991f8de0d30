package live_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// page is where the requests come from.
const page = "http://localhost:5173"

// fault is a server that somebody has broken.
type fault struct {
	name   string
	server func(*testing.T) *server
	// url is what the page asks for, {url} being the server, and args are more of
	// the request.
	url  string
	args []string
	// origin is the page's, if it is not that of the constant page.
	origin string
	// cause and stack are what corsac check must say.
	cause, stack string
	// fix does what is printed: it changes the files of the server, given the
	// lines to paste, or the request of the page.
	fix func(t *testing.T, f *fault, s *server, code []string)
}

// checked runs corsac check and returns its verdict.
func checked(t *testing.T, f *fault, base string) (*verdict.Verdict, int, string) {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	_, port, _ := strings.Cut(host, ":")
	args := append([]string{"check", f.url, "--origin", cmp.Or(f.origin, page), "--json"}, f.args...)
	for i := range args {
		args[i] = strings.NewReplacer("{url}", base, "{host}", host, "{port}", port).Replace(args[i])
	}
	out, status := corsac(t, args...)
	var v verdict.Verdict
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%v: status %d: %s", args, status, out)
	}
	return &v, status, out
}

// try checks a broken server, does what the answer says, and checks again.
func (f fault) try(t *testing.T) {
	t.Parallel()
	s := f.server(t)
	base, stop := s.start(t)
	v, status, out := checked(t, &f, base)
	if len(v.Findings) == 0 || v.Findings[0].Cause != f.cause || v.Findings[0].Fix.Stack != f.stack {
		t.Fatalf("want %s of %q, status %d: %s", f.cause, f.stack, status, out)
	}
	if v.Error != nil && status != cli.ExitFailed {
		t.Errorf("status %d", status)
	}
	root := &v.Findings[0]
	t.Logf("%s (%s): %s\n%s", root.Cause, root.Fix.Stack, root.Title, root.Fix.Text)
	var code []string
	for _, part := range finding.Parts(root.Fix.Text) {
		if part.Code {
			code = append(code, part.Text)
		}
	}
	stop()
	f.fix(t, &f, s, code)
	base, _ = s.start(t)
	v, status, out = checked(t, &f, base)
	if status != cli.ExitOK || v.Error != nil {
		t.Fatalf("after the fix, status %d: %s", status, out)
	}
	t.Log("after the fix: allowed")
	for _, left := range v.Findings {
		if left.Cause == f.cause {
			t.Errorf("after the fix: %s", out)
		}
		t.Logf("after the fix: %s: %s", left.Severity, left.Title)
	}
}

// last returns the last piece of code: what comes before it installs packages.
func last(t *testing.T, code []string) string {
	t.Helper()
	if len(code) == 0 {
		t.Fatal("there is nothing to paste")
	}
	return code[len(code)-1]
}

// pasting returns a fix that pastes the lines at a mark in a file, and takes out
// the old ones.
func pasting(file, old string) func(*testing.T, *fault, *server, []string) {
	return func(t *testing.T, _ *fault, s *server, code []string) {
		t.Helper()
		text := s.files[file]
		if old != "" && !strings.Contains(text, old) {
			t.Fatalf("%s does not have %q", file, old)
		}
		text = strings.ReplaceAll(text, old, "")
		s.files[file] = strings.NewReplacer("#PASTE", last(t, code), "//PASTE", last(t, code)).Replace(text)
	}
}

// pastingNginx pastes both parts of nginx's lines in place of old.
func pastingNginx(old string) func(*testing.T, *fault, *server, []string) {
	return func(t *testing.T, _ *fault, s *server, code []string) {
		t.Helper()
		http_, location := nginxParts(last(t, code))
		text := strings.Replace(s.files["nginx.conf"], "http {", "http {\n"+http_, 1)
		s.files["nginx.conf"] = strings.Replace(text, old, location, 1)
	}
}

// asking returns a fix of the page: another URL.
func asking(url string) func(*testing.T, *fault, *server, []string) {
	return func(_ *testing.T, f *fault, _ *server, _ []string) { f.url = url }
}

func TestCheckNginx(t *testing.T) {
	const lines = `add_header Access-Control-Allow-Origin http://localhost:5173; add_header Vary Origin;`
	for _, f := range []fault{
		{
			name: "without always", url: "{url}/items/7", cause: "headers-only-on-success", stack: "nginx",
			server: func(t *testing.T) *server { return nginx(t, "", lines, http.HandlerFunc(items)) },
			fix:    pastingNginx(lines),
		},
		{
			name: "two layers", url: "{url}/items", cause: "duplicate-acao", stack: "nginx",
			server: func(t *testing.T) *server {
				return nginx(t, "", lines, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Access-Control-Allow-Origin", page)
					items(w, r)
				}))
			},
			fix: pastingNginx(lines),
		},
		{
			name: "authentication before CORS", url: "{url}/items", args: []string{"-X", "PUT"}, cause: "preflight-requires-auth", stack: "nginx",
			server: func(t *testing.T) *server {
				return nginx(t, "", lines, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodOptions {
						w.Header().Set("WWW-Authenticate", `Basic realm="items"`)
					}
					items(w, r)
				}))
			},
			fix: pastingNginx(lines),
		},
	} {
		t.Run(f.name, f.try)
	}
}

func TestCheckFastAPI(t *testing.T) {
	const middleware = `app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:5173"], allow_methods=["*"], allow_headers=["*"])`
	with := func(lines string) func(*testing.T) *server {
		return func(t *testing.T) *server { return fastapi(t, lines+"\n\n#PASTE") }
	}
	authenticating := `
@app.middleware("http")
async def authenticate(request, call_next):
    if request.method != "OPTIONS" and not request.headers.get("authorization", "").startswith("Bearer good"):
        return Response("log in", status_code=401)
    return await call_next(request)
`
	for _, f := range []fault{
		{name: "an exception", server: with(middleware), url: "{url}/fail", cause: "server-error-without-cors", stack: "fastapi", fix: pasting("main.py", middleware)},
		{name: "no CORS", server: with(""), url: "{url}/items", args: []string{"-X", "PUT", "-H", "Content-Type: application/json"}, cause: "no-cors-headers", stack: "fastapi", fix: pasting("main.py", "")},
		{
			name: "a slash too many", server: with(strings.Replace(middleware, "5173", "5173/", 1)), url: "{url}/items", cause: "origin-not-allowed", stack: "fastapi",
			fix: pasting("main.py", strings.Replace(middleware, "5173", "5173/", 1)),
		},
		{
			name: "authentication before CORS", server: with(middleware + authenticating), url: "{url}/items", args: []string{"-H", "Authorization: Bearer old"},
			cause: "auth-error-without-cors", stack: "fastapi", fix: pasting("main.py", middleware),
		},
	} {
		t.Run(f.name, f.try)
	}
}

// flask returns an application with lines before its routes.
func flask(t *testing.T, lines string) *server {
	return pythonServer(t, "flask, flask_cors", "app.py", `from flask import Flask, Response, request
from flask_cors import CORS

app = Flask(__name__)
`+lines+`

@app.route("/items/", methods=["GET", "PUT"])
def items():
    return [{"id": 1}]

app.run("127.0.0.1", {port})
`, "app.py")
}

func TestCheckFlask(t *testing.T) {
	const cors = `CORS(app, origins=["http://localhost:5173"])`
	put := []string{"-X", "PUT"}
	for _, f := range []fault{
		{name: "no CORS", server: func(t *testing.T) *server { return flask(t, "#PASTE") }, url: "{url}/items/", args: put, cause: "no-cors-headers", stack: "flask", fix: pasting("app.py", "")},
		{name: "redirect to a slash", server: func(t *testing.T) *server { return flask(t, cors) }, url: "{url}/items", args: put, cause: "preflight-redirect-trailing-slash", stack: "flask", fix: asking("{url}/items/")},
		{
			name: "authentication before CORS", server: func(t *testing.T) *server {
				return flask(t, cors+`
#PASTE
@app.before_request
def authenticate():
    if request.headers.get("Authorization") != "Bearer good":
        return Response("log in", status=401)
`)
			}, url: "{url}/items/", args: []string{"-X", "PUT", "-H", "Authorization: Bearer good"}, cause: "preflight-requires-auth", stack: "flask", fix: pasting("app.py", ""),
		},
	} {
		t.Run(f.name, f.try)
	}
}

// tls returns an nginx with a certificate for localhost that is valid until a
// time.
func tls(t *testing.T, until time.Time) *server {
	certificate, key := selfSigned(t, until)
	s := nginx(t, "", "add_header Access-Control-Allow-Origin http://localhost:5173 always; add_header Vary Origin always;", http.HandlerFunc(items))
	s.files["nginx.conf"] = strings.Replace(s.files["nginx.conf"], "{port};", "{port} ssl; ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;", 1)
	s.files["cert.pem"], s.files["key.pem"] = certificate, key
	return s
}

func selfSigned(t *testing.T, until time.Time) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", encoded)
}

// renewed returns a fix that puts a new certificate in place, and trusts it as a
// browser trusts the authority of its machine.
func renewed(t *testing.T, f *fault, s *server, _ []string) {
	t.Helper()
	s.files["cert.pem"], s.files["key.pem"] = selfSigned(t, time.Now().Add(time.Hour))
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(s.files["cert.pem"]), 0o600); err != nil {
		t.Fatal(err)
	}
	f.args = []string{"--cacert", ca}
}

func TestCheckConnections(t *testing.T) {
	closed := "http://127.0.0.1:" + testenv.FreePort(t) + "/items"
	allowed := func(t *testing.T) *server {
		return nginx(t, "", "add_header Access-Control-Allow-Origin http://localhost:5173 always; add_header Vary Origin always;", http.HandlerFunc(items))
	}
	for _, f := range []fault{
		{name: "an expired certificate", server: func(t *testing.T) *server { return tls(t, time.Now().Add(-24*time.Hour)) }, url: "https://{host}/items", cause: "tls-expired-certificate", fix: renewed},
		{
			name: "http for https", server: func(t *testing.T) *server { return tls(t, time.Now().Add(time.Hour)) }, url: "http://{host}/items", cause: "http-to-https-port",
			fix: func(t *testing.T, f *fault, s *server, code []string) {
				f.url = "https://{host}/items"
				renewed(t, f, s, code)
			},
		},
		{name: "a wrong port", server: allowed, url: closed, cause: "connection-refused", fix: asking("{url}/items")},
	} {
		t.Run(f.name, f.try)
	}
}

func TestCheckExpress(t *testing.T) {
	const cors = `app.use(require('cors')({ origin: 'http://localhost:5173' }));`
	const login = `app.use((req, res, next) => req.get('Authorization') === 'Bearer good' ? next() : res.status(401).send('log in'));`
	with := func(before, after string) func(*testing.T) *server {
		return func(t *testing.T) *server { return express(t, expressApp(before, after)) }
	}
	put := []string{"-X", "PUT", "-H", "Authorization: Bearer good"}
	for _, f := range []fault{
		{name: "CORS after the routes", server: with("//PASTE", cors), url: "{url}/items", cause: "cors-only-on-preflight", stack: "express", fix: pasting("app.js", cors)},
		{name: "CORS after the routes, with a preflight", server: with("//PASTE", cors), url: "{url}/items", args: put, cause: "cors-only-on-preflight", stack: "express", fix: pasting("app.js", cors)},
		{name: "CORS on a route alone", server: with("//PASTE\napp.get('/one', require('cors')({ origin: 'http://localhost:5173' }), (req, res) => res.json({}));", ""), url: "{url}/one", args: put, cause: "preflight-without-cors-headers", stack: "express", fix: pasting("app.js", "")},
		{name: "authentication before CORS", server: with("//PASTE\n"+login+cors, ""), url: "{url}/items", args: put, cause: "preflight-requires-auth", stack: "express", fix: pasting("app.js", cors)},
		{
			name: "an error for other origins", server: with("//PASTE\napp.use(require('cors')({ origin: (o, done) => done(o === 'https://app.example.com' ? null : new Error('Not allowed by CORS'), true) }));", ""),
			url: "{url}/items", cause: "origin-not-allowed", stack: "express",
			fix: pasting("app.js", "app.use(require('cors')({ origin: (o, done) => done(o === 'https://app.example.com' ? null : new Error('Not allowed by CORS'), true) }));"),
		},
	} {
		t.Run(f.name, f.try)
	}
}

// TestCheckExpressBehindNginx is Express with CORS headers behind an nginx with
// its own.
func TestCheckExpressBehindNginx(t *testing.T) {
	npm(t)
	app, _ := express(t, expressApp(`app.use(require('cors')({ origin: 'http://localhost:5173' }));`, "")).start(t)
	const lines = `add_header Access-Control-Allow-Origin http://localhost:5173 always;`
	fault{
		url: "{url}/items", cause: "duplicate-acao", stack: "nginx",
		server: func(t *testing.T) *server {
			s := nginx(t, "", lines, nil)
			s.files["nginx.conf"] = strings.ReplaceAll(s.files["nginx.conf"], "http://{app}", app)
			return s
		},
		fix: pastingNginx(lines),
	}.try(t)
}

// TestCheckVite asks Vite's development server for what an API has: it answers
// with the page, until it forwards to the API.
func TestCheckVite(t *testing.T) {
	npm(t)
	api := httptest.NewServer(http.StripPrefix("/api", http.HandlerFunc(items)))
	t.Cleanup(api.Close)
	const listen = "host: '127.0.0.1', port: {port}, strictPort: true,"
	fault{
		url: "{url}/api/items", cause: "spa-fallback-instead-of-api", stack: "vite",
		server: func(*testing.T) *server {
			return &server{
				files: map[string]string{
					"vite.config.mjs": "export default { server: { " + listen + " } };\n",
					"index.html":      "<!doctype html>\n<html><head><script type=\"module\" src=\"/main.js\"></script></head><body><div id=\"root\"></div></body></html>\n",
					"main.js":         "document.body.append('hello');\n",
				},
				command: []string{"node", filepath.Join(modules(), "vite", "bin", "vite.js")},
			}
		},
		fix: func(t *testing.T, _ *fault, s *server, code []string) {
			merged := strings.Replace(last(t, code), "server: {", "server: { "+listen, 1)
			s.files["vite.config.mjs"] = strings.Replace(merged, "http://localhost:8080", api.URL, 1) // as it says
		},
	}.try(t)
}
