package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "varnish", Title: "Varnish", Layer: Proxy,
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Varnish"),
		headerContains(finding.Certain, "Via", "varnish"),
		body(finding.Certain, "<p>Varnish cache server</p>"),
		body(finding.Certain, "<h3>Guru Meditation:</h3>"),
	},
	Projects: []Project{{File: "*.vcl"}},
	Snippet:  varnishSnippet,
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

const varnishShape = `vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "8080";
}

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

func varnishSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Varnish", canEverything)
	d.regexps = d.without("Varnish", `"}`)
	recv := "    set req.http.X-Cors-Origin = \"*\";\n"
	if !d.any {
		var tests []string
		for _, s := range d.exact {
			tests = append(tests, `req.http.Origin == "`+s+`"`)
		}
		for _, e := range d.expressions() {
			tests = append(tests, `req.http.Origin ~ `+vclQuote(e))
		}
		recv = "    if (" + strings.Join(tests, " ||\n        ") + ") {\n        set req.http.X-Cors-Origin = req.http.Origin;\n    }\n"
	}
	return Snippet{
		File:  "default.vcl",
		Place: "with your own backend; if you have a vcl_recv, vcl_deliver or vcl_synth, put these lines at its beginning",
		Code:  fmt.Sprintf(varnishShape, recv, d.status, varnishHeaders(d)), Gaps: d.gaps,
	}
}

// varnishHeaders returns the body of the subroutine that sets the headers.
func varnishHeaders(d *plan) string {
	var b strings.Builder
	set := func(indent, header, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%sset resp.http.%s = %s;\n", indent, header, value)
		}
	}
	for _, name := range corsHeaders {
		fmt.Fprintf(&b, "    unset resp.http.%s;\n", name)
	}
	if d.timing {
		b.WriteString("    unset resp.http.Timing-Allow-Origin;\n")
	}
	if !d.any {
		b.WriteString("    if (!resp.http.Vary) {\n        set resp.http.Vary = \"Origin\";\n    } elsif (resp.http.Vary !~ \"(?i)(^|[ ,])origin($|[ ,])\") {\n        set resp.http.Vary = resp.http.Vary + \", Origin\";\n    }\n")
	}
	if d.resource != "" {
		set("    ", "Cross-Origin-Resource-Policy", vclQuote(d.resource))
	}
	b.WriteString("    if (req.http.X-Cors-Origin) {\n")
	set("        ", "Access-Control-Allow-Origin", "req.http.X-Cors-Origin")
	if d.credentials {
		set("        ", "Access-Control-Allow-Credentials", `"true"`)
	}
	set("        ", "Access-Control-Expose-Headers", varnishNames(d.expose, ""))
	if d.timing {
		set("        ", "Timing-Allow-Origin", "req.http.X-Cors-Origin")
	}
	b.WriteString("        if (req.http.X-Cors-Preflight) {\n")
	set("            ", "Access-Control-Allow-Methods", varnishNames(d.methods, d.echo("req.http.Access-Control-Request-Method", d.echoMethods)))
	set("            ", "Access-Control-Allow-Headers", varnishNames(d.headers, d.echo("req.http.Access-Control-Request-Headers", d.echoHeaders)))
	set("            ", "Access-Control-Max-Age", varnishNames([]string{d.maxAge}, ""))
	b.WriteString("        }\n    }\n")
	return b.String()
}

// varnishNames returns the value of a header that lists names, or "".
func varnishNames(names []string, echo string) string {
	value := strings.Join(names, ", ")
	if echo != "" || value == "" {
		return echo
	}
	return vclQuote(value)
}

// vclQuote returns s as a string of VCL, in which nothing can be escaped.
func vclQuote(s string) string {
	if strings.Contains(s, `"`) {
		return `{"` + s + `"}`
	}
	return `"` + s + `"`
}
