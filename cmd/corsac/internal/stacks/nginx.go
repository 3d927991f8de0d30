package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "nginx", Aliases: []string{"openresty", "angie"}, Title: "nginx", Layer: Proxy,
	Versions: "nginx 1.22", Proof: Live, Holds: holdsAll,
	Why: "add_header cannot compare an Origin with a list, and an if in a location is safe only with return. So maps decide, and each header has a variable that is empty where it is not to be sent: nginx leaves out headers with an empty value. " +
		"Expressions are used for exact origins too, because plain keys of a map ignore case. always sends the headers with errors; proxy_hide_header removes those of the upstream, which add_header would double. " +
		"A location with an add_header of its own inherits none, so part 2 stands in each location.",
	Server: &Server{
		Upstream: true, Programs: []string{"nginx"}, Install: "apt-get install nginx-light",
		Start: `-p "$PWD" -e error.log -c nginx.conf`, Test: `-t -p "$PWD" -e error.log -c nginx.conf`, Files: nginxFiles,
	},
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
	Setup:   "add_header Access-Control-* lines",
	Reload:  "nginx -t && nginx -s reload",
	Snippet: nginxSnippet, Routed: nginxRouted, Join: nginxJoin,
	Source: nginxSource,
	Advice: map[string]Advice{
		"headers-only-on-success": {Text: "Add `always` to each `add_header` line: without it, nginx sends the header only with 200, 201, 204, 206 and redirects, never with errors.", Code: nginxAlways},
		"duplicate-acao": {Text: "Let one of the two set the header. Delete the `add_header Access-Control-*` lines of nginx: they do not replace what the upstream sends. " +
			"If the upstream's headers are right, that is all; to let nginx set them, put these lines there, of which `proxy_hide_header` drops the upstream's."},
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
		"cors-only-on-preflight":           {Text: "The `add_header` lines stand inside `if ($request_method = OPTIONS)`. Move them out of it: inside, they apply to preflights, and not to the actual responses."},
		"cors-missing-on-route":            {Text: "A location with an `add_header` of its own inherits none. Repeat the CORS lines in that location, or put them in a file and `include` it."},
		"host-header-rejected":             {Text: "Pass on the name that the application expects: `proxy_set_header Host $host;`.", Code: nginxHost},
		"redirect-downgrade-mixed-content": {Text: "The application does not know that users came by https. Pass it on: `proxy_set_header X-Forwarded-Proto $scheme;`, and make the application trust it."},
		"acao-scheme-from-proxy":           {Text: "The application does not know that users came by https. Pass it on: `proxy_set_header X-Forwarded-Proto $scheme;`, and make the application trust it."},
		"inconsistent-backends":            {Text: "One server of the `upstream` block has another configuration. Deploy the same one to all, or let nginx add the headers for all of them."},
		"preflight-blocked-by-waf":         {Text: "A rule (ModSecurity, NAXSI or `deny`) refuses OPTIONS. Allow that method; the error log of nginx names the rule.", Only: true},
		"preflight-served-from-cache":      {Text: "Do not cache preflights: `proxy_cache_methods` must not list OPTIONS. Better answer them in nginx with `return 204`."},
	},
})

// nginxMaps are variables, each empty where its header is not to be sent:
// nginx leaves out a header with an empty value.
const nginxMaps = nginxPart1 + `map $http_origin $cors_origin {
    default %s;
%s}
map $cors_origin $cors_allowed {
    default 1;
    ""      "";
}
` + nginxPreflights + `map $cors_preflight$cors_allowed $cors_granted {
    default "";
    11      1;
}`

// nginxPreflights is the map of what is the same for all policies.
const nginxPreflights = `map "$request_method|$http_origin|$http_access_control_request_method" $cors_preflight {
    default           "";
    "~^OPTIONS\|.+\|." 1;
}
`

// nginxPart1 begins the maps, and nginxInServer says where the locations stand.
const (
	nginxPart1    = "# Part 1: in http {}, outside of every server {}\n"
	nginxInServer = "in server {}"
)

func nginxSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "nginx", canEverything)
	d.keepNames(func(name string) bool { return !strings.Contains(name, "$") }) // nothing escapes a $
	fallback, origins := `""`, ""
	if d.any {
		fallback = `"*"`
	}
	for _, e := range d.allExpressions() {
		origins += fmt.Sprintf("    %s $http_origin;\n", inQuotes("~"+e))
	}
	var maps, lines code
	maps.line(nginxMaps, fallback, origins)
	for _, name := range d.removed() {
		lines.line("proxy_hide_header %s;", name)
	}
	add := func(f field, condition string) {
		value := inQuotes(f.value)
		if f.echo {
			value = "$http_" + nginxName(f.value)
		}
		name := "$cors_" + nginxName(strings.TrimPrefix(f.name, "Access-Control-"))
		maps.line("map %s %s {\n    default \"\";\n    1       %s;\n}", condition, name, value)
		lines.line("add_header %s %s always;", f.name, name)
	}
	lines.line("add_header Access-Control-Allow-Origin $cors_origin always;")
	for _, f := range d.always() {
		add(f, "$cors_allowed")
	}
	for _, f := range d.answer() {
		add(f, "$cors_granted")
	}
	lines.when(d.timing, "add_header Timing-Allow-Origin $cors_origin always;")
	lines.when(d.resource != "", "add_header Cross-Origin-Resource-Policy %s always;", d.resource)
	lines.when(!d.any, "add_header Vary Origin always;")
	lines.line("if ($cors_preflight) {\n    return %d;\n}", d.status)
	return Snippet{
		File: "nginx.conf",
		Place: "part 1 in http {}, part 2 in each location {} that needs it, before proxy_pass and in place of other add_header Access-Control-* lines; " +
			"with FastCGI or uWSGI, write fastcgi_hide_header or uwsgi_hide_header for proxy_hide_header",
		Code:      maps.lines() + "\n\n" + nginxPart2 + "\n" + lines.lines(),
		Shortfall: d.Shortfall,
	}
}

// nginxPart2 begins the lines of a location.
const nginxPart2 = "# Part 2: in the location {}"

// nginxConf is a configuration with a snippet in two parts.
const nginxConf = `daemon off;
pid nginx.pid;
error_log stderr;
events {}

http {
    access_log off;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;

%s
    server {
        listen %s;
        location / {
%s
            proxy_pass http://%s;
            proxy_set_header Host $http_host;
        }
    }
}
`

func nginxFiles(code string, at Addresses) map[string]string {
	maps, lines, _ := strings.Cut(code, nginxPart2+"\n")
	return map[string]string{"nginx.conf": fmt.Sprintf(nginxConf, indent("    ", maps), at.Listen("*"), indent("            ", lines), at.Upstream)}
}

// NginxInclude returns the code of a snippet as two files to include, and the
// line for each: in http {}, and in a location {}.
func NginxInclude(code string) (files map[string]string, inHTTP, inLocation string) {
	maps, lines, _ := strings.Cut(code, "\n\n"+nginxPart2+"\n")
	_, maps, _ = strings.Cut(maps, "\n") // the comment of part 1
	files = map[string]string{"cors_maps.conf": maps + "\n", "cors.conf": lines + "\n"}
	return files, "include cors_maps.conf;", "include cors.conf;"
}

// nginxRouted puts the lines of a location into a location for each path, with its
// proxy_pass.
func nginxRouted(s *Snippet, routes []Route) (left []Route, note string) {
	maps, lines, _ := strings.Cut(s.Code, nginxPart2+"\n")
	var c code
	c.line("%s# Part 2: "+nginxInServer, maps)
	for _, r := range routes {
		modifier := ""
		if r.Exact {
			modifier = "= "
		}
		c.line("location %s%s {\n%s", modifier, r.prefix(), indent("    ", lines))
		if r.Upstream == nil {
			c.line("    # your proxy_pass\n}")
			continue
		}
		c.when(r.Upstream.Scheme == "https", "    proxy_ssl_server_name on;")
		c.line("    proxy_pass %s%s;\n}", r.origin(), r.replaced())
	}
	s.Code = c.lines()
	s.Place = "part 1 in http {}, part 2 in server {}, in place of the locations with the same paths"
	return nil, ""
}

// nginxName returns the name of a header as variables have it.
func nginxName(header string) string {
	return strings.ToLower(strings.ReplaceAll(header, "-", "_"))
}

// nginxAlways returns the lines of nginx with the word that they lack.
func nginxAlways(p *cors.Policy) Snippet {
	d := planFor(p, "nginx", canEverything)
	d.keepNames(func(name string) bool { return !strings.Contains(name, "$") })
	origin := "$http_origin"
	if list := d.origins(); len(list) == 1 && len(d.expressions()) == 0 {
		origin = inQuotes(list[0])
	}
	var c code
	c.line("add_header Access-Control-Allow-Origin %s always;", origin)
	for _, f := range d.always() {
		c.line("add_header %s %s always;", f.name, inQuotes(f.value))
	}
	return Snippet{File: "nginx.conf", Place: "as your lines are, but with always at the end of each", Code: c.lines()}
}

func nginxBodySize(*cors.Policy) Snippet {
	return Snippet{File: "nginx.conf", Place: "in the server {} or location {}", Code: "client_max_body_size 20m;"}
}

func nginxHost(*cors.Policy) Snippet {
	return Snippet{File: "nginx.conf", Place: "in the location {}", Code: "proxy_set_header Host $host;"}
}
