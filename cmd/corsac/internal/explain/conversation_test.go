package explain_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestCurlOutput checks what explain says about the output of curl.
func TestCurlOutput(t *testing.T) {
	const page = "> Origin: https://app.example.com\n"
	for _, c := range []struct {
		name, output, origin string
		slug, url, notes     string
	}{
		{
			"allowed", "> GET /items HTTP/1.1\n> Host: localhost:8000\n" + page + ">\n< HTTP/1.1 200 OK\n< Access-Control-Allow-Origin: https://app.example.com\n<\n", "",
			explain.Allowed, "http://localhost:8000/items", "",
		},
		{
			"a preflight over TLS", "* SSL connection using TLSv1.3\n> OPTIONS /items HTTP/2\n> Host: api.example.com\n" + page + "> Access-Control-Request-Method: PUT\n>\n< HTTP/2 405 \n< allow: GET\n<\n", "",
			"preflight-not-routed", "https://api.example.com/items", "",
		},
		{
			"an interim response", "> GET /items HTTP/1.1\n> Host: localhost:8000\n" + page + ">\n< HTTP/1.1 103 Early Hints\n<\n< HTTP/1.1 200 OK\n<\n", "",
			"no-cors-headers", "http://localhost:8000/items", "",
		},
		{
			"a redirect", "> GET /a HTTP/1.1\n> Host: localhost:8000\n" + page + ">\n< HTTP/1.1 302 Found\n< Location: /login\n<\n> GET /login HTTP/1.1\n> Host: localhost:8000\n" + page + ">\n< HTTP/1.1 200 OK\n<\n", "",
			"redirect-to-login", "http://localhost:8000/a", "",
		},
		{
			"no Origin", "> GET /items HTTP/1.1\n> Host: localhost:8000\n>\n< HTTP/1.1 200 OK\n<\n", "",
			"acao-missing", "http://localhost:8000/items", "no Origin header",
		},
		{
			"no Origin, with the page", "> GET /items HTTP/1.1\n> Host: localhost:8000\n>\n< HTTP/1.1 200 OK\n< Access-Control-Allow-Origin: *\n<\n", "http://localhost:3000",
			explain.Allowed, "http://localhost:8000/items", "no Origin header",
		},
		{
			"curl -i with its command", "$ curl -i -H 'Origin: https://app.example.com' https://api.example.com/items\nHTTP/2 200 \naccess-control-allow-origin: https://other.example.com\n\n[]", "",
			"acao-other-origin", "https://api.example.com/items", "",
		},
		{"curl -i", "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: undefined\r\n\r\nx: y", "", "acao-unset-variable", "", "does not show the request"},
		{"a header in a body", "HTTP/1.1 200 OK\n\nAccess-Control-Allow-Origin: *", "", "acao-missing", "", ""},
	} {
		x := explain.Explain([]byte(c.output), explain.Options{Origin: c.origin})
		if notes := strings.Join(x.Notes, " "); x.Slug != c.slug || x.Extract.URL != c.url || !strings.Contains(notes, c.notes) {
			t.Errorf("%s: %s, %s, %q", c.name, x.Slug, x.Extract.URL, notes)
		}
	}
}

// TestVerdicts checks what explain says about verdicts, one and several.
func TestVerdicts(t *testing.T) {
	var input bytes.Buffer
	for _, value := range []string{"https://app.example.com", "https://app.example.com/", "null"} {
		q, err := verdict.ParseQuestion([]byte(`{"origin": "https://app.example.com", "url": "https://api.example.com/", "wire": [{"status": 200, "response_headers": [["Access-Control-Allow-Origin", "` + value + `"]]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		v, err := q.Ask()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&input).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	x := explain.Explain(input.Bytes(), explain.Options{})
	if x.Kind != explain.KindVerdict || x.Slug != "acao-trailing-slash" || len(x.Messages) != 1 || x.Messages[0].Slug != "acao-literal-null" {
		t.Errorf("%+v", x)
	}
}

// TestHAR checks what explain says about a HAR file: its first request that is
// blocked, and the others.
func TestHAR(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "cli", "testdata", "check", "small.har"))
	if err != nil {
		t.Fatal(err)
	}
	x := explain.Explain(data, explain.Options{})
	if x.Kind != explain.KindHAR || !x.IsKnown() || x.Slug == explain.Allowed || len(x.Findings) == 0 || x.Check == "" {
		t.Errorf("%+v", x)
	}
	for _, other := range append(x.Messages, x) {
		if _, ok := explain.Lookup(other.Slug); !ok {
			t.Errorf("%s is not in the catalogue", other.Slug)
		}
	}
}

// TestStack checks that the fix is for the stack, with the origin, method and
// headers of the message, and only once.
func TestStack(t *testing.T) {
	var policies []cors.Policy
	s := &stacks.Stack{Name: "sample", Title: "Sample", Snippet: func(p *cors.Policy) stacks.Snippet {
		policies = append(policies, *p)
		return stacks.Snippet{File: "app.conf", Code: "allow"}
	}, Advice: map[string]stacks.Advice{
		"acah-missing": {Text: "Sample has a list.", Only: true}, "wildcard-headers-with-credentials": {Text: "Name them."},
	}}
	text := "PATCH https://api.example.com/me net::ERR_FAILED\nAccess to fetch at 'https://api.example.com/me' from origin 'https://app.example.com' has been blocked by CORS policy: " +
		"Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response."
	x := explain.Explain([]byte(text), explain.Options{Stacks: []*stacks.Stack{s}})
	if len(policies) != 1 || policies[0].AllowOrigins[0] != "https://app.example.com" || policies[0].AllowHeaders[0] != "x-api-key" || policies[0].AllowMethods[0] != "PATCH" {
		t.Errorf("policies %+v", policies)
	}
	first := x.Findings[0].Fix
	if first.Stack != "sample" || first.Where != "app.conf" || !strings.Contains(first.Text, "\n    allow") || first.Check != x.Check {
		t.Errorf("first fix: %+v", first)
	}
	for _, f := range x.Findings[1:] {
		if strings.Contains(f.Fix.Text, "    allow") || f.Cause == "acah-missing" && f.Fix.Text != "Sample has a list." {
			t.Errorf("%s: %+v", f.Cause, f.Fix)
		}
	}
}
