package stacks

import (
	"encoding/json"
	"strings"

	"github.com/corsac-dev/corsac/cors"
)

// staticAbilities are those of hosts of files, which send fixed headers.
const staticAbilities = canCredentials | canExpose | canMaxAge | canOthers

// fixedHeaders returns the headers of a policy, if they are the same for
// everyone.
func (d *plan) fixedHeaders() []field {
	origin := d.origins()[0]
	fields := []field{{"Access-Control-Allow-Origin", origin, false}}
	fields = append(append(fields, d.always()...), d.answer()...)
	if d.timing {
		fields = append(fields, field{"Timing-Allow-Origin", origin, false})
	}
	if d.resource != "" {
		fields = append(fields, field{"Cross-Origin-Resource-Policy", d.resource, false})
	}
	if !d.any {
		fields = append(fields, field{"Vary", "Origin", false})
	}
	return fields
}

// headerRule is a rule of Firebase and of Vercel.
type headerRule struct {
	Source  string      `json:"source"`
	Headers []headerKey `json:"headers"`
}

type headerKey struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// jsonHeaders returns a rule that sends fixed headers.
func (d *plan) jsonHeaders(source string) headerRule {
	r := headerRule{Source: source}
	for _, f := range d.fixedHeaders() {
		r.Headers = append(r.Headers, headerKey{f.name, f.value})
	}
	return r
}

// hostingAdvice is that of hosts that answer every path with index.html.
func hostingAdvice(rewrite string) map[string]Advice {
	return map[string]Advice{
		"spa-fallback-instead-of-api": {Text: "The host of the front end answers every unknown path with index.html. Call the address of the API, or " + rewrite + ", so that no CORS is needed."},
		"html-instead-of-json":        {Text: "The host of the front end answers every unknown path with index.html. Call the address of the API, or " + rewrite + ", so that no CORS is needed."},
	}
}

// staticSnippet returns the snippet of a host of files.
func staticSnippet(p *cors.Policy, title string, s Snippet, write func(*plan) string) Snippet {
	d := planFor(p, title, staticAbilities)
	s.Code = write(d)
	s.Shortfall = d.Shortfall
	return s
}

// tomlString returns s as a string of TOML.
func tomlString(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("stacks: " + err.Error()) // a string always can be encoded
	}
	return string(b)
}

// tomlHeaders returns the headers of a rule in netlify.toml.
func tomlHeaders(d *plan) string {
	var c code
	c.line("[[headers]]\n  for = \"/*\"\n  [headers.values]")
	for _, f := range d.fixedHeaders() {
		c.line("    %s = %s", f.name, tomlString(f.value))
	}
	return strings.TrimSuffix(c.String(), "\n")
}
