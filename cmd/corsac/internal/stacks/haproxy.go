package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "haproxy", Title: "HAProxy", Layer: Proxy,
	Versions: "HAProxy 2.6", Proof: Live, Holds: holdsAll,
	Why: "http-response does not run for answers that HAProxy makes itself, preflights and 503 among them, so the headers are set in http-after-response. What the request asked for is no longer there then: variables keep it. " +
		"req.fhdr reads the whole header; req.hdr would split it at commas.",
	Server: &Server{
		Upstream: true, Programs: []string{"haproxy"}, Install: "apt-get install haproxy",
		Start: "-db -f haproxy.cfg", Test: "-c -f haproxy.cfg", Files: haproxyFiles,
	},
	Signs: []Sign{
		bodyPrefix(finding.Certain, "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n"),
		bodyPrefix(finding.Likely, "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete response.\n"),
		bodyPrefix(finding.Likely, "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n"),
		bodyPrefix(finding.Likely, "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n"),
		cookie(finding.Likely, "SERVERID"),
	},
	Projects: []Project{{File: "haproxy.cfg"}, {File: "*.cfg", Contains: "haproxy"}},
	Source:   haproxySource,
	Snippet:  haproxySnippet, Routed: haproxyRouted,
	Advice: map[string]Advice{
		"headers-only-on-success":        {Text: "Write `http-after-response` for `http-response` (HAProxy 2.2 and newer): `http-response` does not run for answers that HAProxy makes itself, such as 503."},
		"duplicate-acao":                 {Text: "Write `http-after-response set-header` for `add-header`, or `del-header Access-Control-Allow-Origin` before it; or let only the application set the header."},
		"gateway-error-without-cors":     {Text: "HAProxy made this error page, because no server of the backend is up: start it, or correct its address or its health check. `http-after-response` is sent with the error too, `http-response` is not."},
		"rate-limited-without-cors":      {Text: "An `http-request deny` of HAProxy refused the request. Wait, or raise the limit; with `http-after-response`, pages can read the 429 too."},
		"auth-error-without-cors":        {Text: "HAProxy refused the request (`http-request auth` or `deny`). Its own answers have only the headers of `http-after-response`."},
		"preflight-requires-auth":        {Text: "Preflights never carry credentials. Put `http-request return status 204` for preflights before `http-request auth` and `deny`."},
		"preflight-redirect-https":       {Text: "Call the https URL: `http-request redirect scheme https` answers the other one, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":  {Text: "Add `http-after-response add-header Vary Origin`. The cache of HAProxy needs `process-vary on`."},
		"missing-vary-origin":            {Text: "Add `http-after-response add-header Vary Origin`. The cache of HAProxy needs `process-vary on`."},
		"preflight-not-routed":           {Text: "The application refuses OPTIONS. Answer preflights in HAProxy with `http-request return status 204`."},
		"preflight-bad-status":           {Text: "The answer to a preflight must have a status from 200 to 299. Answer preflights in HAProxy with `http-request return status 204`."},
		"preflight-without-cors-headers": {Text: "`http-request return` gets only the headers of `http-after-response`, not those of `http-response`."},
		"inconsistent-backends":          {Text: "One server of the backend has another configuration. Deploy the same one to all, or let HAProxy add the headers for all of them."},
	},
})

func haproxySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "HAProxy", canEverything)
	const asks = "{ var(txn.cors_method) -m found }"
	var c code
	value, allowed, granted := "%[var(txn.cors_origin)]", " if { var(txn.cors_origin) -m found }", " if { var(txn.cors_origin) -m found } "+asks
	if d.any {
		value, allowed, granted = `"*"`, "", " if "+asks
	}
	for _, s := range d.exact {
		c.line("    acl cors_allowed req.fhdr(origin) -m str %s", s)
	}
	for _, e := range d.expressions() {
		c.line("    acl cors_allowed req.fhdr(origin) -m reg %s", haproxyQuote(e))
	}
	c.when(!d.any, "    http-request set-var(txn.cors_origin) req.fhdr(origin) if cors_allowed")
	c.line("    acl cors_request req.fhdr(origin) -m found")
	c.line("    http-request set-var(txn.cors_method) req.fhdr(access-control-request-method) if METH_OPTIONS cors_request")
	c.when(d.echoHeaders, "    http-request set-var(txn.cors_headers) req.fhdr(access-control-request-headers) if METH_OPTIONS cors_request")
	c.line("    http-request return status %d if %s", d.status, asks)
	for _, name := range d.removed() {
		c.line("    http-after-response del-header %s", name)
	}
	set := func(f field, condition string) {
		value := haproxyQuote(strings.ReplaceAll(f.value, "%", "%%")) // % begins a variable
		switch {
		case f.echo && f.name == "Access-Control-Allow-Methods":
			value = "%[var(txn.cors_method)]"
		case f.echo:
			value = "%[var(txn.cors_headers)]"
		}
		c.line("    http-after-response set-header %s %s%s", f.name, value, condition)
	}
	c.line("    http-after-response set-header Access-Control-Allow-Origin %s%s", value, allowed)
	for _, f := range d.always() {
		set(f, allowed)
	}
	for _, f := range d.answer() {
		set(f, granted)
	}
	c.when(d.timing, "    http-after-response set-header Timing-Allow-Origin %s%s", value, allowed)
	c.when(d.resource != "", "    http-after-response set-header Cross-Origin-Resource-Policy %s", d.resource)
	c.when(!d.any, "    http-after-response add-header Vary Origin")
	return Snippet{
		File: "haproxy.cfg", Place: "in the frontend, before its other http-request lines; HAProxy 2.2 or newer",
		Code: c.lines(), Shortfall: d.Shortfall,
	}
}

// haproxyRouted adds the lines that forward, and a backend for each upstream.
func haproxyRouted(s *Snippet, routes []Route) (left []Route, note string) {
	var front, backs code
	for i, r := range routes {
		switch {
		case r.Upstream == nil:
			continue
		case !r.simple():
			left = append(left, r)
			continue
		case r.Path == "":
			front.line("    default_backend app%d", i+1)
		case r.Exact:
			front.line("    use_backend app%d if { path %s }", i+1, r.Path)
		default:
			front.line("    use_backend app%d if { path_beg %s }", i+1, r.Path)
		}
		backs.line("\nbackend app%d\n    server app %s", i+1, r.hostPort())
	}
	s.Code = strings.TrimSuffix(s.Code+"\n"+front.String()+backs.String(), "\n")
	return left, wholeNote(routes, "the frontend")
}

const haproxyConf = `defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    retries 0

frontend web
    bind %s
%s
    default_backend app

backend app
    server app %s
`

func haproxyFiles(code string, at Addresses) map[string]string {
	return map[string]string{"haproxy.cfg": fmt.Sprintf(haproxyConf, at.Listen("*"), code, at.Upstream)}
}

// haproxyQuote returns s as an argument. In quotes, a $ begins a variable.
func haproxyQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(s) + `"`
}
