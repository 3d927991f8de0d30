package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "nginx", Aliases: []string{"openresty", "angie"}, Title: "nginx", Layer: Proxy,
	Signs: []Sign{
		header(finding.Certain, "Server", "nginx"),
		header(finding.Certain, "Server", "openresty"),
		header(finding.Certain, "Server", "angie"),
		body(finding.Certain, "<center>nginx"),
		body(finding.Certain, "<center>openresty"),
	},
	Projects: []Project{
		{File: "nginx.conf"}, {File: "nginx.conf.template"}, {File: "*.conf", Contains: "proxy_pass "}, {File: "*.conf.template", Contains: "proxy_pass "},
	},
	Snippet: nginxSnippet,
	Advice: map[string]Advice{
		"headers-only-on-success": {Text: "Add `always` to each `add_header` line: without it, nginx sends the header only with 200, 201, 204, 206 and redirects, never with errors."},
		"duplicate-acao": {Text: "Let one of the two set the header. If nginx does, put `proxy_hide_header Access-Control-Allow-Origin;` beside its `add_header`, which does not replace what the upstream sends; " +
			"otherwise delete the `add_header Access-Control-*` lines of nginx."},
		"gateway-error-without-cors":     {Text: "nginx made this error page, because the upstream of `proxy_pass` did not answer: start it, or correct its address; the error log of nginx says why. With `always`, pages can read the error too."},
		"rate-limited-without-cors":      {Text: "`limit_req` or `limit_conn` of nginx refused the request. Wait, or raise the limit; `add_header … always` lets pages see the 429 or 503."},
		"payload-too-large-without-cors": {Text: "Raise `client_max_body_size` in the server or location; nginx refuses bodies above 1 MB unless it is set. `add_header … always` lets pages see the 413.", Code: nginxBodySize},
		"auth-error-without-cors":        {Text: "`auth_basic`, `auth_request` or `deny` of nginx refused the request, and `add_header` without `always` is not sent with errors. Add `always`."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. Answer them before `auth_basic` or `auth_request`: a `return` in an `if` runs first.", Code: nginxSnippet},
		"preflight-redirect-https":       {Text: "Call the https URL. nginx redirects http before it looks at anything else (`return 301 https://…` in the server on port 80), and browsers do not follow redirects of preflights.", Only: true},
		"preflight-redirect-trailing-slash": {Text: "Call the URL with the slash at the end, or write `location = /api { … }` beside `location /api/ { … }`: for a location with a slash at its end and proxy_pass, " +
			"nginx redirects the URL without the slash, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":    {Text: "Add `add_header Vary Origin always;` in the same place as the other `add_header` lines. If nginx caches (`proxy_cache`), add `$http_origin` to `proxy_cache_key`, too."},
		"missing-vary-origin":              {Text: "Add `add_header Vary Origin always;` in the same place as the other `add_header` lines. If nginx caches (`proxy_cache`), add `$http_origin` to `proxy_cache_key`, too."},
		"cached-response-without-cors":     {Text: "Let nginx add the headers: `add_header` runs after `proxy_cache`, so that what is cached does not matter. Then delete the cached files."},
		"cached-for-other-origin":          {Text: "Let nginx add the headers: `add_header` and `proxy_hide_header` run after `proxy_cache`, so that what is cached does not matter. Then delete the cached files."},
		"preflight-not-routed":             {Text: "nginx or the upstream refuses OPTIONS. Answer preflights in nginx with `return 204`; a location with `limit_except` must allow OPTIONS."},
		"preflight-bad-status":             {Text: "The answer to a preflight must have a status from 200 to 299. Answer preflights in nginx with `return 204`."},
		"preflight-without-cors-headers":   {Text: "Answer preflights in nginx with `return 204`; note that `add_header` lines inside an `if` replace those outside of it."},
		"cors-only-on-preflight":           {Text: "The `add_header` lines stand inside `if ($request_method = OPTIONS)`. Move them out of it: inside, they apply to preflights only."},
		"cors-missing-on-route":            {Text: "A location with an `add_header` of its own inherits none. Repeat the CORS lines in that location, or put them in a file and `include` it."},
		"host-header-rejected":             {Text: "Pass on the name that the application expects: `proxy_set_header Host $host;`.", Code: nginxHost},
		"redirect-downgrade-mixed-content": {Text: "The application does not know that users came by https. Pass it on: `proxy_set_header X-Forwarded-Proto $scheme;`, and make the application trust it."},
		"acao-scheme-from-proxy":           {Text: "The application does not know that users came by https. Pass it on: `proxy_set_header X-Forwarded-Proto $scheme;`, and make the application trust it."},
		"inconsistent-backends":            {Text: "One server of the `upstream` block has another configuration. Deploy the same one to all, or let nginx add the headers for all of them."},
		"preflight-blocked-by-waf":         {Text: "A rule (ModSecurity, NAXSI or `deny`) refuses OPTIONS. Allow that method; the error log of nginx names the rule.", Only: true},
		"preflight-served-from-cache":      {Text: "Do not cache preflights: `proxy_cache_methods` must not list OPTIONS. Better answer them in nginx with `return 204`."},
	},
})

// corsHeaders are the response headers that a layer takes over.
var corsHeaders = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

// nginxMaps are variables, each empty where its header is not to be sent:
// nginx leaves out a header with an empty value.
const nginxMaps = `# Part 1: in http {}, outside of every server {}
map $http_origin $cors_origin {
    default %s;
%s}
map $cors_origin $cors_allowed {
    default 1;
    ""      "";
}
map "$request_method|$http_origin|$http_access_control_request_method" $cors_preflight {
    default           "";
    "~^OPTIONS\|.+\|." 1;
}
map $cors_preflight$cors_allowed $cors_granted {
    default "";
    11      1;
}
`

func nginxSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "nginx", canEverything)
	d.keepNames("nginx", func(name string) bool { return !strings.Contains(name, "$") }) // nothing escapes a $
	fallback, origins := `""`, ""
	if d.any {
		fallback = `"*"`
	}
	for _, e := range d.allExpressions() {
		origins += fmt.Sprintf("    %s $http_origin;\n", nginxQuote("~"+e))
	}
	var maps, lines strings.Builder
	fmt.Fprintf(&maps, nginxMaps, fallback, origins)
	add := func(header, value string) { fmt.Fprintf(&lines, "add_header %s %s always;\n", header, value) }
	when := func(header, condition, value string) {
		if value == "" {
			return
		}
		name := "$cors_" + strings.ToLower(strings.NewReplacer("Access-Control-", "", "-", "_").Replace(header))
		fmt.Fprintf(&maps, "map %s %s {\n    default \"\";\n    1       %s;\n}\n", condition, name, value)
		add(header, name)
	}
	for _, name := range corsHeaders {
		fmt.Fprintf(&lines, "proxy_hide_header %s;\n", name)
	}
	add("Access-Control-Allow-Origin", "$cors_origin")
	if d.credentials {
		when("Access-Control-Allow-Credentials", "$cors_allowed", `"true"`)
	}
	when("Access-Control-Allow-Methods", "$cors_granted", nginxNames(d.methods, d.echoMethods, "$http_access_control_request_method"))
	when("Access-Control-Allow-Headers", "$cors_granted", nginxNames(d.headers, d.echoHeaders, "$http_access_control_request_headers"))
	when("Access-Control-Max-Age", "$cors_granted", nginxNames([]string{d.maxAge}, false, ""))
	when("Access-Control-Expose-Headers", "$cors_allowed", nginxNames(d.expose, false, ""))
	if d.timing {
		lines.WriteString("proxy_hide_header Timing-Allow-Origin;\n")
		add("Timing-Allow-Origin", "$cors_origin")
	}
	if d.resource != "" {
		lines.WriteString("proxy_hide_header Cross-Origin-Resource-Policy;\n")
		add("Cross-Origin-Resource-Policy", d.resource)
	}
	if !d.any {
		add("Vary", "Origin")
	}
	fmt.Fprintf(&lines, "if ($cors_preflight) {\n    return %d;\n}", d.status)
	return Snippet{
		File:  "nginx.conf",
		Place: "part 1 in http {}, part 2 in each location {} that needs it, before proxy_pass; with FastCGI or uWSGI, write fastcgi_hide_header or uwsgi_hide_header for proxy_hide_header",
		Code:  maps.String() + "\n# Part 2: in the location {}\n" + lines.String(),
		Gaps:  d.gaps,
	}
}

// nginxNames returns the value of a header that lists names, or "".
func nginxNames(names []string, echo bool, requested string) string {
	value := strings.Join(names, ", ")
	if echo {
		return requested
	}
	if value == "" {
		return ""
	}
	return nginxQuote(value)
}

// nginxQuote returns s as a string of nginx's configuration. Variables in it
// stay variables.
func nginxQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch {
		case s[i] == '"', s[i] == '\\' && (i+1 == len(s) || strings.IndexByte(`\"'trn`, s[i+1]) >= 0):
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}

func nginxBodySize(*cors.Policy) Snippet {
	return Snippet{File: "nginx.conf", Place: "in the server {} or location {}", Code: "client_max_body_size 20m;"}
}

func nginxHost(*cors.Policy) Snippet {
	return Snippet{File: "nginx.conf", Place: "in the location {}", Code: "proxy_set_header Host $host;"}
}
