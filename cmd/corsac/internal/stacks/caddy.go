package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "caddy", Title: "Caddy", Layer: Proxy,
	Versions: "Caddy 2.6 and 2.11", Proof: Live, Holds: holdsAll,
	Why: "A route keeps the order of its lines; outside of one, Caddy sorts directives, and reverse_proxy may answer preflights before respond. header without defer is sent with Caddy's own errors too, and header_down removes what the application sends. " +
		"header Origin knows a * only at the ends, so header_regexp compares with an anchored expression.",
	Server: &Server{
		Upstream: true, Programs: []string{"caddy"}, Install: "apt-get install caddy",
		Start: "run --adapter caddyfile --config Caddyfile", Test: "validate --adapter caddyfile --config Caddyfile", Files: caddyFiles,
	},
	Signs: []Sign{
		product("Caddy"),
		headerContains(finding.Certain, "Via", "Caddy"),
	},
	Projects: []Project{{File: "Caddyfile"}, {File: "*.Caddyfile"}},
	Source:   caddySource,
	Snippet:  caddySnippet, Routed: caddyRouted, Join: caddyJoin, Example: "reverse_proxy " + caddyUpstream, Nowhere: "reverse_proxy " + caddyNowhere,
	Advice: map[string]Advice{
		"headers-only-on-success":        {Text: "Set the headers with `header` before `reverse_proxy`, in a `route`, and without `defer`: Caddy then sends them with its own errors too."},
		"duplicate-acao":                 {Text: "Remove what the application sends: `header_down -Access-Control-Allow-Origin` in `reverse_proxy`; or let only one of the two set the header."},
		"gateway-error-without-cors":     {Text: "Caddy made this empty 502, because the server behind `reverse_proxy` did not answer: start it, or correct its address. A `header` without `defer` is sent with the error too."},
		"payload-too-large-without-cors": {Text: "Raise `max_size` of `request_body`. A `header` without `defer` is sent with the 413 too."},
		"auth-error-without-cors":        {Text: "Put `header` before `basic_auth` or `forward_auth`, all of them in one `route`, which keeps their order."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. Put `respond @cors_preflight 204` before `basic_auth` or `forward_auth`, all of them in one `route`, which keeps their order."},
		"preflight-redirect-https":       {Text: "Call the https URL: Caddy redirects http to it, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":  {Text: "Add `header +Vary Origin`."},
		"missing-vary-origin":            {Text: "Add `header +Vary Origin`."},
		"preflight-not-routed":           {Text: "The application refuses OPTIONS. Answer preflights in Caddy with `respond 204`, in a `route`: outside of one, `handle` and `reverse_proxy` may run first."},
		"preflight-bad-status":           {Text: "The answer to a preflight must have a status from 200 to 299. Answer preflights in Caddy with `respond 204`, in a `route`."},
		"preflight-without-cors-headers": {Text: "Put `header` before `respond`, both in one `route`, which keeps their order."},
		"cors-only-on-preflight":         {Text: "The `header` lines have the matcher of preflights. Set Access-Control-Allow-Origin for every request of an allowed origin."},
	},
})

const caddyShape = caddySite + ` {
%s` + caddyPreflights + `	@cors_granted {
		method OPTIONS
		header Access-Control-Request-Method *
		%s
	}
	route {
%s		respond @cors_preflight %d
		reverse_proxy ` + caddyUpstream + ` {
%s		}
	}
}`

// caddyPreflights is the matcher that is the same for all policies.
const caddyPreflights = `	@cors_preflight {
		method OPTIONS
		header Origin *
		header Access-Control-Request-Method *
	}
`

func caddySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Caddy", canEverything)
	allowed, condition, matcher, value := "", "header Origin *", "", `"*"`
	if !d.any {
		condition = "header_regexp Origin `" + d.expression() + "`"
		allowed, matcher, value = "\t@cors_allowed "+condition+"\n", "@cors_allowed ", "{http.request.header.Origin}"
	}
	always := []string{"Access-Control-Allow-Origin " + value}
	for _, f := range d.always() {
		always = append(always, caddyField(f))
	}
	if d.timing {
		always = append(always, "Timing-Allow-Origin "+value)
	}
	var granted []string
	for _, f := range d.answer() {
		granted = append(granted, caddyField(f))
	}
	var set, down code
	set.when(!d.any, "\t\theader +Vary Origin")
	set.when(d.resource != "", "\t\theader Cross-Origin-Resource-Policy %s", d.resource)
	set.line("\t\theader %s{\n\t\t\t%s\n\t\t}", matcher, strings.Join(always, "\n\t\t\t"))
	set.line("\t\theader @cors_granted {\n\t\t\t%s\n\t\t}", strings.Join(granted, "\n\t\t\t"))
	for _, name := range d.removed() {
		down.line("\t\t\theader_down -%s", name)
	}
	return Snippet{
		File: "Caddyfile", Place: "around your reverse_proxy, with your own address for api.example.com",
		Code: fmt.Sprintf(caddyShape, allowed, condition, &set, d.status, &down), Shortfall: d.Shortfall,
	}
}

// caddySite and caddyUpstream are addresses that people replace, and caddyNowhere
// is an upstream that is not known: without the variable, Caddy answers 503.
const (
	caddySite     = "api.example.com"
	caddyUpstream = "127.0.0.1:8080"
	caddyNowhere  = "{$UPSTREAM}"
)

func caddyFiles(code string, at Addresses) map[string]string {
	site := "http://:" + at.Port
	bind := ""
	if at.Host != "" {
		bind = "\n\tbind " + at.Host
	}
	code = strings.Replace(code, caddySite+" {", site+" {"+bind, 1)
	code = strings.Replace(code, "reverse_proxy "+caddyUpstream+" {", "reverse_proxy "+at.Upstream+" {", 1)
	return map[string]string{"Caddyfile": "{\n\tadmin off\n}\n\n" + code + "\n"}
}

// caddyField returns a line inside a block of header.
func caddyField(f field) string {
	if f.echo {
		return f.name + " {http.request.header." + f.value + "}"
	}
	return f.name + " " + inQuotes(f.value)
}

// caddyRouted repeats the route for each path and upstream.
func caddyRouted(s *Snippet, routes []Route) (left []Route, note string) {
	before, block, _ := strings.Cut(s.Code, "\troute {\n")
	block = strings.TrimSuffix(block, "}")
	const forward = "\t\treverse_proxy "
	var b strings.Builder
	for _, r := range routes {
		matcher, upstream, rewrite := "", caddyNowhere, ""
		if r.Path != "" {
			matcher = r.pattern() + " "
		}
		if r.Upstream != nil {
			to := r.replaced()
			if to != "" && !r.Exact && !(strings.HasSuffix(to, "/") && strings.HasSuffix(r.prefix(), "/")) {
				left = append(left, r)
				continue
			}
			rewrite = r.caddyRewrite(to)
			if upstream = r.origin(); r.Upstream.Scheme == "http" {
				upstream = r.hostPort()
			}
		}
		fmt.Fprintf(&b, "\troute %s{\n%s", matcher, strings.Replace(block, forward+caddyNowhere, rewrite+forward+upstream, 1))
	}
	if b.Len() == 0 {
		return left, ""
	}
	s.Code = before + b.String() + "}"
	s.Place = "with your own address for " + caddySite
	return left, ""
}

// pattern returns what Caddy compares paths with.
func (r Route) pattern() string {
	if r.Exact {
		return r.Path
	}
	return r.Path + "*"
}

// caddyRewrite returns the lines that put something into the place of a path. Both
// end in a slash, if the path is a prefix. It is "" where the path stays.
func (r Route) caddyRewrite(to string) (lines string) {
	switch {
	case to == "":
		return ""
	case r.Exact:
		return "\t\trewrite * " + to + "\n"
	case r.Path != "":
		lines = "\t\turi strip_prefix " + strings.TrimSuffix(r.Path, "/") + "\n"
	}
	if to != "/" {
		lines += "\t\trewrite * " + strings.TrimSuffix(to, "/") + "{uri}\n"
	}
	return lines
}
