package live_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// starletteOptions are options of CORSMiddleware in many forms.
var starletteOptions = []string{
	`allow_origins=["https://app.example.com", "http://localhost:3000"], allow_methods=["GET", "PUT"], allow_headers=["X-A", "authorization"]`,
	`allow_origins=["*"]`,
	`allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["X-B"], max_age=60 * 60`,
	`allow_origins=["https://app.example.com/", "https://APP.example.com", "https://*.example.com", "null"], allow_methods=("DELETE",)`,
	`allow_origins="*", allow_methods="*", allow_headers="*"`,
	`allow_origins="https://*.example.com", allow_headers="X-A"`,
	`allow_origins={"https://app.example.com"}, allow_credentials=True, allow_headers=["*"], allow_methods=["POST", "PATCH"]`,
	`allow_origin_regex="https://.*\\.example\\.com", allow_methods=["GET", "HEAD", "POST"]`,
	`allow_origin_regex=r"https://app.example.com", allow_credentials=1`,
	`allow_origin_regex=r"https://(app|www)\.example\.com|http://localhost(:\d+)?", allow_methods=["PUT"]`,
	`allow_origin_regex=r"^https://app\.example\.com", allow_methods=[]`,
	`allow_origins="https://app.example.com,http://localhost:3000".split(","), allow_origin_regex="", allow_methods=["GET"] + ["PUT"]`,
	`allow_origins=("https://app.example.com"), max_age=0`,
	`allow_origins=("https://app.ex" "ample.com",), expose_headers=("X-B", "X-A"), allow_credentials=False`,
}

var (
	triedOrigins = []string{"https://app.example.com", "https://www.example.com", "https://a.b.example.com", "http://localhost:3000", "http://localhost", "https://appxexample.com", "https://app.example.com.evil.example", "https://evilapp.example.com", "null", "https://evil.example"}
	triedMethods = []string{"GET", "PUT", "PATCH", "DELETE", "QUERY"}
	triedHeaders = []string{"", "x-a", "authorization", "content-type", "x-other"}
)

// decideScript prints the decisions of the CORSMiddleware that is installed: per options,
// origin, method and header, whether a preflight is allowed.
const decideScript = `
import json, sys
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
options, origins, methods, headers = json.load(sys.stdin)
out = []
for o in options:
    m = eval("CORSMiddleware(None, " + o + ")")
    for origin in origins:
        for method in methods:
            for header in headers:
                h = {"origin": origin, "access-control-request-method": method}
                if header:
                    h["access-control-request-headers"] = header
                r = m.preflight_response(Headers(h))
                out.append(r.status_code == 200)
json.dump(out, sys.stdout)
`

// TestReadFastAPI checks that what is read from the options allows the same
// preflights as the CORSMiddleware itself does.
func TestReadFastAPI(t *testing.T) {
	pythonServer(t, "starlette", "README", "")
	compareDecisions(t, "fastapi", decideScript, starletteOptions)
}

// TestReadFlask checks the same for Flask-CORS.
func TestReadFlask(t *testing.T) {
	pythonServer(t, "flask, flask_cors", "README", "")
	compareDecisions(t, "flask", flaskScript, flaskOptions)
}

// TestReadDjango checks the same for django-cors-headers.
func TestReadDjango(t *testing.T) {
	pythonServer(t, "django, corsheaders", "README", "")
	compareDecisions(t, "django", djangoScript, djangoOptions)
}

// compareDecisions compares the decisions that a script prints with those of the
// policies that are read, but for GET, HEAD and POST, which every policy allows.
func compareDecisions(t *testing.T, stack, script string, all []string) {
	t.Helper()
	input, err := json.Marshal([]any{all, triedOrigins, triedMethods, triedHeaders})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", script)
	cmd.Stdin = strings.NewReader(string(input))
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var decisions []bool
	if err := json.Unmarshal(output, &decisions); err != nil {
		t.Fatal(err)
	}
	for _, options := range all {
		m := middlewareOf(t, stack, options)
		for _, origin := range triedOrigins {
			for _, method := range triedMethods {
				for _, header := range triedHeaders {
					allowed := decisions[0]
					decisions = decisions[1:]
					if method == "GET" && !strings.Contains(options, "GET") {
						continue // refused, as nobody listed it
					}
					if got := m.allows(origin, method, header); got != allowed {
						t.Errorf("%s\n%s, %s, %q: %v, but %s says %v", options, origin, method, header, got, stack, allowed)
					}
				}
			}
		}
	}
}

// readPolicy is a policy that was read; nil if it allows nothing.
type readPolicy struct{ *cors.Middleware }

// readForms are the files that have the options of a stack.
var readForms = map[string]string{
	"fastapi": "from starlette.middleware.cors import CORSMiddleware\napp = CORSMiddleware(x, %s)\n",
	"flask":   "import re\nfrom flask_cors import CORS\nCORS(app, %s)\n",
	"django":  "# django\nfrom corsheaders.defaults import default_headers, default_methods\n%s\n",
}

func middlewareOf(t *testing.T, stack, options string) readPolicy {
	t.Helper()
	text := fmt.Sprintf(readForms[stack], options)
	tree := source.NewTree("", fstest.MapFS{"main.py": {Data: []byte(text)}}, []string{"main.py"})
	sites := stacks.Lookup(stack).Source.Read(tree)
	if len(sites) != 1 {
		t.Fatalf("%d sites in %s", len(sites), options)
	}
	if !slices.ContainsFunc(sites[0].Draft.Entries, func(e stacks.Entry) bool { return strings.Contains(e.Field, "origin") }) {
		return readPolicy{}
	}
	p, err := sites[0].Draft.Policy()
	if err != nil {
		t.Fatalf("%s: %v", options, err)
	}
	m, err := cors.New(*p)
	if err != nil {
		t.Fatalf("%s: %v", options, err)
	}
	return readPolicy{m}
}

// allows reports whether a preflight is allowed.
func (m readPolicy) allows(origin, method, header string) bool {
	if m.Middleware == nil {
		return false
	}
	r := httptest.NewRequest("OPTIONS", "http://api.example/", nil)
	r.Header.Set("Origin", origin)
	r.Header.Set("Access-Control-Request-Method", method)
	if header != "" {
		r.Header.Set("Access-Control-Request-Headers", header)
	}
	w := httptest.NewRecorder()
	m.Wrap(nil).ServeHTTP(w, r)
	h := w.Result().Header
	methods, headers := h.Get("Access-Control-Allow-Methods"), strings.ToLower(h.Get("Access-Control-Allow-Headers"))
	return h.Get("Access-Control-Allow-Origin") != "" && (method == "GET" || strings.Contains(methods, method) || methods == "*") && (header == "" || strings.Contains(headers, header) || strings.Contains(headers, "*"))
}
