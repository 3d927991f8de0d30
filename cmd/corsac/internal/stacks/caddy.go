package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "caddy", Title: "Caddy", Layer: Proxy,
	Signs: []Sign{
		headerWord(finding.Certain, "Server", "Caddy"),
		headerContains(finding.Certain, "Via", "Caddy"),
	},
	Projects: []Project{{File: "Caddyfile"}, {File: "*.Caddyfile"}},
	Snippet:  caddySnippet,
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

const caddyShape = `api.example.com {
%s	@cors_preflight {
		method OPTIONS
		header Origin *
		header Access-Control-Request-Method *
	}
	@cors_granted {
		method OPTIONS
		header Access-Control-Request-Method *
		%s
	}
	route {
%s		respond @cors_preflight %d
		reverse_proxy 127.0.0.1:8080 {
%s		}
	}
}`

func caddySnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Caddy", canEverything)
	d.regexps = d.without("Caddy", "{$", "`")
	allowed, condition, matcher, value := "", "header Origin *", "", `"*"`
	if !d.any {
		condition = "header_regexp Origin `" + alternatives(d.allExpressions()) + "`"
		allowed, matcher, value = "\t@cors_allowed "+condition+"\n", "@cors_allowed ", "{http.request.header.Origin}"
	}
	var set strings.Builder
	if !d.any {
		set.WriteString("\t\theader +Vary Origin\n")
	}
	always := []string{"Access-Control-Allow-Origin " + value}
	if d.credentials {
		always = append(always, "Access-Control-Allow-Credentials true")
	}
	always = append(always, caddyNames("Access-Control-Expose-Headers", d.expose, "")...)
	if d.timing {
		always = append(always, "Timing-Allow-Origin "+value)
	}
	granted := caddyNames("Access-Control-Allow-Methods", d.methods, d.echo("{http.request.header.Access-Control-Request-Method}", d.echoMethods))
	granted = append(granted, caddyNames("Access-Control-Allow-Headers", d.headers, d.echo("{http.request.header.Access-Control-Request-Headers}", d.echoHeaders))...)
	if d.maxAge != "" {
		granted = append(granted, "Access-Control-Max-Age "+d.maxAge)
	}
	caddyBlock(&set, "header "+matcher+"{", always)
	caddyBlock(&set, "header @cors_granted {", granted)
	if d.resource != "" {
		set.WriteString("\t\theader Cross-Origin-Resource-Policy " + d.resource + "\n")
	}
	return Snippet{
		File: "Caddyfile", Place: "around your reverse_proxy, with your own address for api.example.com",
		Code: fmt.Sprintf(caddyShape, allowed, condition, &set, d.status, caddyRemovals(d)), Gaps: d.gaps,
	}
}

func caddyBlock(b *strings.Builder, head string, lines []string) {
	fmt.Fprintf(b, "\t\t%s\n\t\t\t%s\n\t\t}\n", head, strings.Join(lines, "\n\t\t\t"))
}

// caddyNames returns the line of a header that lists names, if there are any.
func caddyNames(header string, names []string, echo string) []string {
	switch {
	case echo != "":
		return []string{header + " " + echo}
	case len(names) == 0:
		return nil
	}
	return []string{header + ` "` + strings.Join(names, ", ") + `"`}
}

// caddyRemovals are the headers of the application that Caddy replaces.
func caddyRemovals(d *plan) string {
	names := corsHeaders[:len(corsHeaders):len(corsHeaders)]
	if d.timing {
		names = append(names, "Timing-Allow-Origin")
	}
	if d.resource != "" {
		names = append(names, "Cross-Origin-Resource-Policy")
	}
	var b strings.Builder
	for _, name := range names {
		b.WriteString("\t\t\theader_down -" + name + "\n")
	}
	return b.String()
}
