package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "fastly", Title: "Fastly", Layer: Edge, BuiltOn: []string{"varnish"},
	Why: "VCL: vcl_recv answers preflights through an error that vcl_error turns into a 204, so that they never reach the backend, and vcl_deliver sets the headers, so that the cache needs no variants per origin.",
	Signs: []Sign{
		hasHeader(finding.Certain, "X-Fastly-Request-ID"), hasHeader(finding.Certain, "Fastly-Restarts"),
		body(finding.Certain, "Fastly error: "), host(".edgecompute.app"),
		header(finding.Likely, "X-Served-By", "cache-"),
	},
	Projects: []Project{{File: "fastly.toml"}},
	Snippet:  fastlySnippet,
	Advice: map[string]Advice{
		"conditional-cors-without-vary": {Text: "Fastly heeds Vary: let your server send Vary: Origin with every answer, or set the headers in vcl_deliver, which runs after the cache."},
		"missing-vary-origin":           {Text: "Fastly heeds Vary: let your server send Vary: Origin with every answer, or set the headers in vcl_deliver, which runs after the cache."},
		"cached-response-without-cors":  {Text: "Let your server send Vary: Origin with every answer, or set the headers in vcl_deliver, which runs after the cache; then purge the URL."},
		"cached-for-other-origin":       {Text: "Let your server send Vary: Origin with every answer, or set the headers in vcl_deliver, which runs after the cache; then purge the URL."},
		"preflight-served-from-cache":   {Text: "Answer preflights in VCL, or pass OPTIONS in vcl_recv; then purge the URL."},
		"preflight-blocked-by-waf":      {Text: "A rule of the Next-Gen WAF refuses OPTIONS. Allow that method for the path of the API.", Only: true},
	},
})

const fastlyShape = `# A VCL snippet of type recv:
if (req.method == "OPTIONS" && req.http.Origin && req.http.Access-Control-Request-Method) {
  error 618 "preflight";
}

# A VCL snippet of type error:
if (obj.status == 618) {
  set obj.status = %d;
  set obj.response = "preflight";
  synthetic {""};
  return(deliver);
}

# A VCL snippet of type deliver:
%s`

func fastlySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Fastly", canEverything)
	var c code
	for _, name := range d.removed() {
		c.line("unset resp.http.%s;", name)
	}
	c.when(!d.any, `add resp.http.Vary = "Origin";`)
	c.when(d.resource != "", "set resp.http.Cross-Origin-Resource-Policy = %s;", longString(d.resource))
	indent, value := "", `"*"`
	if !d.any {
		c.line("if (%s) {", strings.Join(vclTests(d, longString), "\n    || "))
		indent, value = "  ", "req.http.Origin"
	}
	set := func(indent string, f field) {
		v := longString(f.value)
		if f.echo {
			v = "req.http." + f.value
		}
		c.line("%sset resp.http.%s = %s;", indent, f.name, v)
	}
	c.line("%sset resp.http.Access-Control-Allow-Origin = %s;", indent, value)
	for _, f := range d.always() {
		set(indent, f)
	}
	c.when(d.timing, "%sset resp.http.Timing-Allow-Origin = %s;", indent, value)
	c.line(`%sif (req.method == "OPTIONS" && req.http.Access-Control-Request-Method) {`, indent)
	for _, f := range d.answer() {
		set(indent+"  ", f)
	}
	c.line("%s}", indent)
	c.when(!d.any, "}")
	return Snippet{File: "main.vcl", Place: "as three VCL snippets", Code: fmt.Sprintf(fastlyShape, d.status, c.lines()), Shortfall: d.Shortfall}
}

// longString returns s as a string of Fastly's VCL in which % and backslashes are
// themselves. Nothing in a plan has a quote.
func longString(s string) string { return `{"` + s + `"}` }
