package stacks

import (
	"fmt"
	"net"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "varnish", Title: "Varnish", Layer: Proxy,
	Versions: "Varnish 7.1", Proof: Live, Holds: holdsAll,
	Server: &Server{
		Upstream: true, Programs: []string{"varnishd"}, Install: "apt-get install varnish", Files: varnishFiles,
		Start: `-j none -F -n "$PWD/work" -a "$host:$port" -f "$PWD/default.vcl"`,
	},
	Why: "vcl_recv decides and answers preflights; vcl_deliver and vcl_synth both set the headers, so that cached objects need no variant per origin, and errors of Varnish itself carry them. The request headers that carry the decision are taken from clients first.",
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Varnish"),
		headerContains(finding.Certain, "Via", "(Varnish/"),
		headerContains(finding.Likely, "Via", "varnish"),
		body(finding.Certain, "<p>Varnish cache server</p>"),
		body(finding.Certain, "<h3>Guru Meditation:</h3>"),
	},
	Projects: []Project{{File: "*.vcl"}},
	Snippet:  varnishSnippet, Routed: varnishRouted, Example: varnishExample, Nowhere: varnishNowhere,
	Advice: map[string]Advice{
		"headers-only-on-success":        {Text: "Set the headers in `vcl_deliver` and in `vcl_synth`: answers that Varnish makes itself do not pass through the former."},
		"duplicate-acao":                 {Text: "`unset resp.http.Access-Control-Allow-Origin;` in `vcl_deliver` before you set it, or let only the application set it."},
		"gateway-error-without-cors":     {Text: "Varnish made this error page (Backend fetch failed), because the backend did not answer: start it, or correct its address or probe. Headers set in `vcl_deliver` are sent with the error too."},
		"conditional-cors-without-vary":  {Text: "Set the headers in `vcl_deliver`, after the cache, and add Vary: Origin there. Headers of the application are cached: it must then send Vary: Origin itself."},
		"missing-vary-origin":            {Text: "Set the headers in `vcl_deliver`, after the cache, and add Vary: Origin there. Headers of the application are cached: it must then send Vary: Origin itself."},
		"cached-response-without-cors":   {Text: "Set the headers in `vcl_deliver`, which runs for every answer, cached or not. Otherwise, the application must send Vary: Origin with every answer; then ban what is cached."},
		"cached-for-other-origin":        {Text: "Set the headers in `vcl_deliver`, which runs for every answer, cached or not. Otherwise, the application must send Vary: Origin with every answer; then ban what is cached."},
		"preflight-served-from-cache":    {Text: "Answer preflights in `vcl_recv` with `return (synth(204));`, and never look them up in the cache. Then ban what is cached."},
		"preflight-not-routed":           {Text: "Answer preflights in `vcl_recv` with `return (synth(204));`, before the line that refuses other methods with 405."},
		"preflight-bad-status":           {Text: "The answer to a preflight must have a status from 200 to 299. Answer preflights in `vcl_recv` with `return (synth(204));`."},
		"preflight-without-cors-headers": {Text: "Answers of `synth` get their headers in `vcl_synth`, not in `vcl_deliver`."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. Answer them in `vcl_recv`, before the check: `return (synth(204));`."},
		"origin-header-stripped":         {Text: "Some `unset req.http.Origin;` in the VCL removes it, so that the application never sees it. Delete that line, or set the headers in Varnish."},
	},
})

// varnishExample is a backend that people replace, and varnishNowhere one that is
// not known: Varnish answers 503.
const (
	varnishExample = `backend default {
    .host = "127.0.0.1";
    .port = "8080";
}`
	varnishNowhere = "backend default none;"
)

const varnishShape = `vcl 4.1;

` + varnishExample + `

sub vcl_recv {
    unset req.http.X-Cors-Origin;
    unset req.http.X-Cors-Preflight;
%s    if (req.method == "OPTIONS" && req.http.Origin && req.http.Access-Control-Request-Method) {
        set req.http.X-Cors-Preflight = "1";
        return (synth(%d));
    }
}

sub cors {
%s}

sub vcl_deliver {
    call cors;
}

sub vcl_synth {
    call cors;
    if (req.http.X-Cors-Preflight) {
        synthetic("");
        return (deliver);
    }
}`

// vclTests returns conditions of VCL of which one is true for the origins of a plan;
// quote writes a string.
func vclTests(d *plan, quote func(string) string) (tests []string) {
	for _, s := range d.exact {
		tests = append(tests, "req.http.Origin == "+quote(s))
	}
	for _, e := range d.expressions() {
		tests = append(tests, "req.http.Origin ~ "+quote(e))
	}
	return tests
}

func varnishSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Varnish", canEverything)
	recv := "    set req.http.X-Cors-Origin = \"*\";\n"
	if !d.any {
		recv = "    if (" + strings.Join(vclTests(d, inQuotes), " ||\n        ") + ") {\n        set req.http.X-Cors-Origin = req.http.Origin;\n    }\n"
	}
	return Snippet{
		File:  "default.vcl",
		Place: "with your own backend; where you have a vcl_recv, vcl_deliver or vcl_synth already, put these lines at its beginning",
		Code:  fmt.Sprintf(varnishShape, recv, d.status, varnishHeaders(d)), Shortfall: d.Shortfall,
	}
}

// varnishRouted sets the backend, which is one on http.
func varnishRouted(s *Snippet, routes []Route) (left []Route, note string) {
	var backend *Route
	for i, r := range routes {
		switch {
		case r.Upstream == nil:
		case !r.simple(), backend != nil && backend.hostPort() != r.hostPort():
			left = append(left, r)
		case backend == nil:
			backend = &routes[i]
			s.Code = strings.Replace(s.Code, varnishNowhere, varnishBackend(varnishExample, backend.hostPort()), 1)
		}
	}
	return left, wholeNote(routes, "the VCL")
}

// varnishBackend puts an address into the code of a snippet.
func varnishBackend(snippet, address string) string {
	host, port, _ := net.SplitHostPort(address)
	return strings.NewReplacer(`.host = "127.0.0.1"`, `.host = "`+host+`"`, `.port = "8080"`, `.port = "`+port+`"`).Replace(snippet)
}

// varnishVary adds Origin to Vary, once.
const varnishVary = `    if (!resp.http.Vary) {
        set resp.http.Vary = "Origin";
    } elsif (resp.http.Vary !~ "(?i)(^|[ ,])origin($|[ ,])") {
        set resp.http.Vary = resp.http.Vary + ", Origin";
    }`

// varnishHeaders returns the body of the subroutine that sets the headers.
func varnishHeaders(d *plan) string {
	var c code
	for _, name := range d.removed() {
		c.line("    unset resp.http.%s;", name)
	}
	c.when(!d.any, varnishVary)
	c.when(d.resource != "", "    set resp.http.Cross-Origin-Resource-Policy = %s;", inQuotes(d.resource))
	set := func(indent string, f field) {
		value := inQuotes(f.value)
		if f.echo {
			value = "req.http." + f.value
		}
		c.line("%sset resp.http.%s = %s;", indent, f.name, value)
	}
	c.line("    if (req.http.X-Cors-Origin) {")
	c.line("        set resp.http.Access-Control-Allow-Origin = req.http.X-Cors-Origin;")
	for _, f := range d.always() {
		set("        ", f)
	}
	c.when(d.timing, "        set resp.http.Timing-Allow-Origin = req.http.X-Cors-Origin;")
	c.line("        if (req.http.X-Cors-Preflight) {")
	for _, f := range d.answer() {
		set("            ", f)
	}
	c.line("        }\n    }")
	return c.String()
}

func varnishFiles(code string, at Addresses) map[string]string {
	return map[string]string{"default.vcl": varnishBackend(code, at.Upstream)}
}
