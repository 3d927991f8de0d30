package explain_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

const (
	blocked   = "Access to fetch at 'http://localhost:7031/items' from origin 'http://localhost:5173' has been blocked by CORS policy: "
	missing   = blocked + "No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
	firefox   = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
	preflight = blocked + "Response to preflight request doesn't pass access control check: "
)

// causesOf returns the causes of an explanation.
func causesOf(x *explain.Explanation) (slugs []string) {
	for i := range x.Findings {
		slugs = append(slugs, x.Findings[i].Cause)
	}
	return slugs
}

// TestPossibleCauses checks that causes that the message excludes are not named,
// and which one is the first.
func TestPossibleCauses(t *testing.T) {
	for _, c := range []struct {
		name, text, first string
		without           []string
	}{
		{"a status of 200 in another line", missing + "GET http://localhost:7031/items net::ERR_FAILED 200 (OK)", "no-cors-headers", []string{"error-response-without-cors"}},
		{"a status of 500 in another line", missing + "GET http://localhost:7031/items net::ERR_FAILED 500 (Internal Server Error)", "server-error-without-cors", []string{"no-cors-headers"}},
		{"only the status", "GET http://localhost:7031/items net::ERR_FAILED 200 (OK)", "no-cors-headers", []string{"connection-refused"}},
		{"the status of another request", missing + "GET http://localhost:7031/other net::ERR_FAILED 500 (Internal Server Error)", "no-cors-headers", nil},
		{
			"http at localhost, an ordinary port", firefox + "http://localhost:7999/items. (Reason: CORS request did not succeed). Status code: (null).", "connection-refused",
			[]string{"tls-untrusted-certificate", "dns-failure", "blocked-unsafe-port"},
		},
		{"a port that browsers block", firefox + "http://localhost:6000/items. (Reason: CORS request did not succeed). Status code: (null).", "connection-refused", []string{"tls-untrusted-certificate"}},
		{"Safari over http", "[Error] Fetch API cannot load http://192.168.0.2:7999/items due to access control checks.", "no-cors-headers", []string{"tls-untrusted-certificate"}},
		{
			"a redirect at localhost", preflight + "Redirect is not allowed for a preflight request.", "preflight-redirect-trailing-slash",
			[]string{"preflight-redirect-www", "preflight-redirect-double-slash"},
		},
		{
			"a redirect of the root", strings.Replace(preflight, "http://localhost:7031/items", "http://example.com/", 1) + "Redirect is not allowed for a preflight request.", "preflight-redirect-https",
			[]string{"preflight-redirect-trailing-slash"},
		},
	} {
		x := explain.Explain([]byte(c.text), explain.Options{})
		causes := causesOf(x)
		if len(causes) == 0 || causes[0] != c.first {
			t.Errorf("%s: causes %v, want %s first", c.name, causes, c.first)
		}
		for _, slug := range c.without {
			if slices.Contains(causes, slug) {
				t.Errorf("%s: causes %v, with %s", c.name, causes, slug)
			}
		}
		if x.Extract.Status != "" && strings.Contains(x.Apart, "status of the response") {
			t.Errorf("%s: the status is %s, and %q", c.name, x.Extract.Status, x.Apart)
		}
	}
	x := explain.Explain([]byte(firefox+"http://localhost:6000/items. (Reason: CORS request did not succeed). Status code: (null)."), explain.Options{})
	if !slices.Contains(causesOf(x), "blocked-unsafe-port") {
		t.Errorf("port 6000: causes %v", causesOf(x))
	}
}

// TestRedirectTargets checks that a fix names the URL to call.
func TestRedirectTargets(t *testing.T) {
	const redirect = "' from origin 'http://localhost:5173' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight request."
	for _, c := range []struct{ url, slug, want string }{
		{"http://localhost:7031/items", "preflight-redirect-trailing-slash", "Call http://localhost:7031/items/ "},
		{"http://example.com/a/?x=//y", "preflight-redirect-trailing-slash", "Call http://example.com/a?x=//y "},
		{"http://example.com/a//b", "preflight-redirect-double-slash", "Call http://example.com/a/b "},
		{"http://example.com/a", "preflight-redirect-https", "Call https://example.com/a "},
		{"http://example.com/a", "preflight-redirect-www", "Call http://www.example.com/a "},
		{"https://www.example.com/a", "preflight-redirect-www", "Call https://example.com/a "},
		{"http://localhost:7031/items", "preflight-redirect-https", "call the URL in the Location header"},
	} {
		x := explain.Explain([]byte("Access to fetch at '"+c.url+redirect), explain.Options{})
		i := slices.Index(causesOf(x), c.slug)
		if i < 0 || !strings.Contains(x.Findings[i].Fix.Text, c.want) {
			t.Errorf("%s: %s does not say %q: %+v", c.url, c.slug, c.want, x.Findings)
		}
	}
}

// TestOddInput checks what explain says about input that is not a whole message.
func TestOddInput(t *testing.T) {
	for _, c := range []struct{ name, text, slug, title, url, check string }{
		{"empty", " \n", explain.NotCORS, "There is nothing to explain", "", ""},
		{"the beginning", "blocked by CORS policy", explain.Unknown, "the beginning of a message", "", "corsac check URL"},
		{"a longer beginning", blocked, explain.Unknown, "the beginning of a message", "http://localhost:7031/items", "corsac check http://localhost:7031/items --origin http://localhost:5173"},
		{"a copied command", "curl 'http://localhost:7031/items' -H 'Origin: http://localhost:5173' -H 'sec-fetch-mode: cors'", explain.NotCORS, "a request", "", "corsac check --from auto -"},
		{"a copied call", "fetch(\"http://localhost:7031/items\", {\"method\": \"GET\", \"mode\": \"cors\"});", explain.NotCORS, "a request", "", "corsac check --from auto -"},
		{"an incomplete HAR file", `{"log": {"version": "1.2", "entries": [{"request": {"url": "http`, explain.Unknown, "HAR file cannot be read", "", ""},
		{
			"curl", "curl: (7) Failed to connect to localhost port 7999 after 0 ms: Couldn't connect to server", "connection-refused", "Nothing listens at http://localhost:7999",
			"http://localhost:7999/", "corsac check http://localhost:7999/ --origin ORIGIN",
		},
		{"curl, without DNS", "curl: (6) Could not resolve host: api.internal", "dns-failure", "api.internal could not be resolved", "http://api.internal/", "corsac check http://api.internal/"},
		{"Node", "Error: connect ECONNREFUSED 127.0.0.1:3000", "connection-refused", "Nothing listens at http://127.0.0.1:3000", "http://127.0.0.1:3000/", "corsac check http://127.0.0.1:3000/"},
		{
			"uvicorn", "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File \"/app/starlette/middleware/cors.py\", line 85, in __call__\n    await self.app(scope, receive, send)\nRuntimeError: x",
			"server-error-without-cors", "The server failed", "", "corsac check URL",
		},
		{"a stack with cors.py", "Traceback (most recent call last):\n  File \"/app/starlette/middleware/cors.py\", line 85, in __call__\nRuntimeError: x", explain.NotCORS, "does not look like", "", ""},
		{"Node's cors package", "Error: x\n    at cors (/app/node_modules/cors/lib/index.js:188:7)", explain.NotCORS, "does not look like", "", ""},
	} {
		x := explain.Explain([]byte(c.text), explain.Options{})
		if x.Slug != c.slug || !strings.Contains(x.Title, c.title) || x.Extract.URL != c.url || !strings.HasPrefix(x.Check, c.check) || c.check == "" && x.Check != "" {
			t.Errorf("%s: %s, %q, %q, %q", c.name, x.Slug, x.Title, x.Extract.URL, x.Check)
		}
	}
}

// TestWithoutQuotes checks that messages of Chromium are recognised after a shell
// removed their quotes.
func TestWithoutQuotes(t *testing.T) {
	n := 0
	for _, s := range samples(t, "messages.json") {
		bare := strings.ReplaceAll(s.Text, "'", "")
		if bare == s.Text || !strings.Contains(s.Text, "blocked by CORS policy") {
			continue
		}
		n++
		x := explain.Explain([]byte(bare), explain.Options{})
		if x.Slug != s.Slug {
			t.Errorf("%s: slug %s, want %s\n%s", s.ID, x.Slug, s.Slug, bare)
			continue
		}
		checkCauses(t, s.ID, x, s.Causes)
		checkExtract(t, s.ID, x, s.Extract)
	}
	if n < 15 {
		t.Errorf("only %d messages", n)
	}
}

// TestCheckOfPreflight checks that the command asks for the method of a request
// with a preflight.
func TestCheckOfPreflight(t *testing.T) {
	x := explain.Explain([]byte(preflight+"It does not have HTTP ok status."), explain.Options{})
	if !strings.Contains(x.Check, " -X METHOD -H 'NAME: VALUE'") {
		t.Error(x.Check)
	}
}

// TestCheckMessage checks which arguments are names that do not exist.
func TestCheckMessage(t *testing.T) {
	for argument, isName := range map[string]bool{
		"acao-mising": true, "nosuch.txt": true, "/tmp/nowhere": true, "saved.har": true, `C:\logs\a.txt`: true, "a/b": true,
		"Failed to fetch": false, "net::ERR_FAILED": false, "ECONNREFUSED": false, "MissingAllowOriginHeader": false, "http://localhost:8080/items": false,
		"CORS request did not succeed.": false, "Script error.": false, "": false,
	} {
		if err := explain.CheckMessage(argument); (err != nil) != isName {
			t.Errorf("%q: %v", argument, err)
		}
	}
}
