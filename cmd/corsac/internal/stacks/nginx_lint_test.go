package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// nginxFaults has, for each rule, lines of a server with a mark before the place
// of the fault, and the text after the edits; "" if there are none.
var nginxFaults = []struct{ rule, lines, fixed string }{
	{"include-missing", "add_header Access-Control-Allow-Origin https://a.example always;\n§include snippets/missing.conf;", ""},
	{"reflects-any-origin", "add_header Access-Control-Allow-Origin §$http_origin always; add_header Access-Control-Allow-Credentials true always;", ""},
	{"reflects-any-origin", "set $o $http_origin; location / {\nmore_set_headers 'Access-Control-Allow-Credentials: true';\n§add_header Access-Control-Allow-Origin $o always;\n}", ""},
	{"reflects-origin", "add_header Access-Control-Allow-Origin §\"$http_origin\" always;", ""},
	{"wildcard-with-credentials", "add_header Access-Control-Allow-Credentials true;\nadd_header Access-Control-Allow-Origin §*;", ""},
	{"wildcard-names-with-credentials", "add_header Access-Control-Allow-Origin https://a.example; add_header Access-Control-Allow-Credentials true;\nadd_header Access-Control-Allow-Headers §*;", ""},
	{
		"unanchored-origin", `if ($http_origin ~ §"https://app\.example\.com") { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
		`if ($http_origin ~ "^https://app\.example\.com$") { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	},
	{"unanchored-origin", `if ($http_origin ~* §(example\.com|example\.org)) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`, ""},
	{
		"unanchored-origin", `if ($http_origin ~ §^https://app\.example\.com) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
		`if ($http_origin ~ ^https://app\.example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	},
	{
		"no-start-anchor", `if ($http_origin ~ §https://(app|www)\.example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
		`if ($http_origin ~ ^https://(app|www)\.example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	},
	{"expression-too-wide", `if ($http_origin ~ §^https?://.*example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`, ""},
	{
		"dot-not-escaped", `if ($http_origin ~ §^https://app.example.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
		`if ($http_origin ~ ^https://app\.example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	},
	{
		"case-insensitive-origin", `if ($http_origin ~* §"^https://app\.example\.com$") { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
		`if ($http_origin ~ "^https://app\.example\.com$") { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	},
	// As in the template of ingress-nginx.
	{
		"unanchored-origin", `if ($http_origin ~* §((https://([A-Za-z0-9\-]+)?\.example\.org)|(https://a\.example))) { set $cors 'true'; } location / { if ($cors = 'true') { more_set_headers 'Access-Control-Allow-Origin: $http_origin'; } }`,
		`if ($http_origin ~* ^((https://([A-Za-z0-9\-]+)?\.example\.org)|(https://a\.example))$) {`,
	},
	{"null-origin", "add_header Access-Control-Allow-Origin §null;", ""},
	{"several-origins", "add_header Access-Control-Allow-Origin §\"https://a.example, https://b.example\";", ""},
	{"header-twice", "add_header Access-Control-Allow-Origin https://a.example;\n§add_header Access-Control-Allow-Origin https://b.example;", ""},
	{"trailing-slash", "add_header Access-Control-Allow-Origin §'https://a.example/' always;", "add_header Access-Control-Allow-Origin 'https://a.example' always;"},
	{"wildcard-in-origin", "add_header Access-Control-Allow-Origin §https://*.example.com;", ""},
	{"invalid-origin", "add_header Access-Control-Allow-Origin §https://A.example:443;", ""},
	{"invalid-origin", "add_header Access-Control-Allow-Origin §localhost:3000;", ""},
	{"own-origin", "add_header Access-Control-Allow-Origin §$scheme://$host;", ""},
	{"credentials-not-true", "add_header Access-Control-Allow-Origin https://a.example; add_header Access-Control-Allow-Credentials §True;", ""},
	{"without-always", "location / { §add_header Access-Control-Allow-Origin *; }", "location / { add_header Access-Control-Allow-Origin * always; }"},
	{"missing-vary", "§add_header Access-Control-Allow-Origin $http_origin always;", "add_header Access-Control-Allow-Origin $http_origin always;\nadd_header Vary Origin always;"},
	{"conditional-vary", "location / { if ($http_origin = https://a.example) { §add_header Access-Control-Allow-Origin $http_origin always; add_header Vary Origin always; } }", ""},
	{"no-preflight-answer", "§location /api/ { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; proxy_pass http://a; }", ""},
	{"no-preflight-answer-for-files", "§location / { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; root /var/www; }", ""},
	{"preflight-behind-auth", "§auth_basic x; location / { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; proxy_pass http://a; }", ""},
	{"preflight-behind-auth", "location / { §auth_request /auth; add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; proxy_pass http://a; }", ""},
	{"preflight-behind-auth", "location / { §limit_except GET POST { deny all; } add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; proxy_pass http://a; }", ""},
	{"preflight-refused", "location / { if ($request_method !~ ^(GET|POST)$) { §return 405; } add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; proxy_pass http://a; }", ""},
	{"only-on-preflight", "location / { if ($request_method = OPTIONS) { §add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; return 204; } proxy_pass http://a; }", ""},
	{"if-drops-headers", "location / { add_header Access-Control-Allow-Origin * always; add_header Access-Control-Allow-Headers X-A; §if ($request_method = OPTIONS) { add_header Content-Length 0; return 204; } proxy_pass http://a; }", ""},
	{"last-if-wins", "location / { if ($request_method = GET) { set $c 1; } if ($request_method = OPTIONS) { set $c 1; } if ($c) { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; } §if ($request_method = OPTIONS) { return 204; } proxy_pass http://a; }", ""},
	{"inherited-headers-lost", "add_header Access-Control-Allow-Origin *;\n§location /a { add_header X-Frame-Options DENY; proxy_pass http://a; }", ""},
	{"error-page-without-headers", "error_page 502 /50x.html; location / { add_header Access-Control-Allow-Origin *; proxy_pass http://a; }\n§location = /50x.html { root /x; }", ""},
	{"upstream-headers-doubled", "location / {\nadd_header Access-Control-Allow-Origin *;\n§proxy_pass http://a;\n}", "proxy_hide_header Access-Control-Allow-Origin;\nproxy_pass http://a;"},
	{"upstream-headers-doubled", "location / {\nadd_header Access-Control-Allow-Origin *;\n§fastcgi_pass a:9000;\n}", "fastcgi_hide_header Access-Control-Allow-Origin;\nfastcgi_pass a:9000;"},
	{"if-in-location", "location / { §if ($request_method = GET) { add_header Access-Control-Allow-Origin *; } }", ""},
	{"preflight-headers-everywhere", "location / { add_header Access-Control-Allow-Origin *; §add_header Access-Control-Allow-Methods PUT; proxy_pass http://a; }", ""},
	{"invalid-max-age", "add_header Access-Control-Allow-Origin *; add_header Access-Control-Max-Age §1h;", ""},
	{"map-ignores-case", "", ""},
	{"inheritance-is-fragile", "§add_header Access-Control-Allow-Origin *;", ""},
	{"few-request-headers", "add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers §\"Content-Type\";", ""},
	{"no-credentials", "add_header Access-Control-Allow-Origin §*;", ""},
	{"no-max-age", "§add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A;", ""},
}

// TestNginxRules finds each fault at its place, and applies its edits.
func TestNginxRules(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range nginxFaults {
		covered[c.rule] = true
		text := inServer(c.lines)
		if c.rule == "map-ignores-case" {
			text = "http { §map $http_origin $o { https://a.example $http_origin; } server { add_header Access-Control-Allow-Origin $o; } }"
		}
		before, after, _ := strings.Cut(text, "§")
		text = before + after
		sites, _ := nginxSites(map[string]string{"nginx.conf": text})
		var found *Fault
		var all []string
		for _, s := range sites {
			for i := range s.Faults {
				f := &s.Faults[i]
				all = append(all, f.Rule.ID)
				if f.Rule.ID == "nginx/"+c.rule && (f.Start == len(before) || c.rule == "reflects-any-origin" && f.Start > len(before)) {
					found = f
				}
			}
		}
		if found == nil {
			t.Errorf("%s: not found in %s: %q", c.rule, text, all)
			continue
		}
		if c.fixed == "" {
			if len(found.Edits) > 0 {
				t.Errorf("%s: edits %+v", c.rule, found.Edits)
			}
			continue
		}
		fixed, err := source.Apply(text, found.Edits)
		if err != nil || !strings.Contains(fixed, c.fixed) {
			t.Errorf("%s: %v:\n%s", c.rule, err, fixed)
		}
		again, _ := nginxSites(map[string]string{"nginx.conf": fixed})
		for _, s := range again {
			for _, f := range s.Faults {
				if f.Rule.ID == found.Rule.ID && c.rule != "without-always" {
					t.Errorf("%s: is still found:\n%s", c.rule, fixed)
				}
			}
		}
	}
	for _, r := range Lookup("nginx").Source.Rules {
		if !covered[strings.TrimPrefix(r.ID, "nginx/")] {
			t.Errorf("%s: has no test", r.ID)
		}
		if r.Title == "" || r.Why == "" || r.Fix == "" {
			t.Errorf("%s: lacks a text", r.ID)
		}
	}
}

// TestNginxFine has what is not a mistake.
func TestNginxFine(t *testing.T) {
	preflight := "if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Headers X-A; return 204; }"
	for rule, lines := range map[string]string{
		"if-in-location":    "location / { " + preflight + " add_header Access-Control-Allow-Origin * always; }",
		"unanchored-origin": `if ($http_origin ~ https?://app\.example\.com$) { set $o $http_origin; } add_header Access-Control-Allow-Origin $o;`,
	} {
		sites, _ := nginxSites(map[string]string{"nginx.conf": inServer(lines)})
		for _, f := range sites[0].Faults {
			if f.Rule.ID == "nginx/"+rule {
				t.Errorf("%s is found in %s", rule, lines)
			}
		}
	}
}

// TestNginxIncludedTwice reports the lines of a file that two locations include once.
func TestNginxIncludedTwice(t *testing.T) {
	sites, _ := nginxSites(map[string]string{
		"nginx.conf": inServer("location /a { include cors.conf; }\nlocation /b { include cors.conf; }"),
		"cors.conf":  "add_header Access-Control-Allow-Origin https://a.example;",
	})
	n := 0
	for _, s := range sites {
		for _, f := range s.Faults {
			if f.Rule == nginxAlwaysMissing {
				n++
			}
		}
	}
	if n != 1 {
		t.Errorf("%d faults", n)
	}
}

// TestNginxTutorial checks that every flaw of the lines that tutorials have is
// named.
func TestNginxTutorial(t *testing.T) {
	const lines = `location /api/ {
    add_header 'Access-Control-Allow-Origin' '*';
    add_header 'Access-Control-Allow-Methods' 'GET, POST, OPTIONS';
    add_header 'Access-Control-Allow-Headers' 'Authorization,Content-Type';
    BACKEND
}`
	for backend, want := range map[string]string{
		"proxy_pass http://127.0.0.1:8000;":               "few-request-headers inheritance-is-fragile no-credentials no-max-age no-preflight-answer preflight-headers-everywhere upstream-headers-doubled without-always",
		"auth_basic x; proxy_pass http://127.0.0.1:8000;": "few-request-headers inheritance-is-fragile no-credentials no-max-age no-preflight-answer preflight-behind-auth preflight-headers-everywhere upstream-headers-doubled without-always",
		"root /var/www;": "few-request-headers inheritance-is-fragile no-credentials no-max-age no-preflight-answer-for-files preflight-headers-everywhere without-always",
		"proxy_hide_header Access-Control-Allow-Origin; proxy_pass http://a; location /api/x { add_header A b; }": "few-request-headers inheritance-is-fragile inherited-headers-lost no-credentials no-max-age no-preflight-answer preflight-headers-everywhere without-always",
	} {
		sites, _ := nginxSites(map[string]string{"nginx.conf": inServer(strings.Replace(lines, "BACKEND", backend, 1))})
		var got []string
		for _, f := range sites[0].Faults {
			got = append(got, strings.TrimPrefix(f.Rule.ID, "nginx/"))
		}
		slices.Sort(got)
		if got := strings.Join(slices.Compact(got), " "); got != want {
			t.Errorf("%s:\n%s, want\n%s", backend, got, want)
		}
	}
}
