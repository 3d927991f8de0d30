package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "ingress-nginx", Aliases: []string{"nginx-ingress"}, Title: "ingress-nginx", Layer: Proxy,
	Versions: "ingress-nginx 1.15", Holds: Errors | Quiet, BuiltOn: []string{"nginx"},
	Why: "For the import of what is there: ingress-nginx is retired, its expressions lack a beginning, it matches one label only, and it never sends Vary. Move to the Gateway API (corsac generate gateway-api) or to a middleware of the application.",
	Signs: []Sign{
		bodyPrefix(finding.Certain, "default backend - 404"),
		trait(finding.Certain, "the certificate page of the Ingress controller", func(s *Seen) bool {
			return strings.Contains(s.Body, "Kubernetes Ingress Controller Fake Certificate")
		}),
	},
	Projects: []Project{{File: "*.y*ml", Contains: "nginx.ingress.kubernetes.io/"}},
	Source:   ingressSource,
	Snippet:  ingressSnippet,
	Advice: map[string]Advice{
		"url-not-found":                     {Text: "No Ingress matches this host and path: the default backend answered. Compare host and path of the Ingress with the URL."},
		"duplicate-acao":                    {Text: "With `enable-cors`, the controller replaces the headers of the application; a `configuration-snippet` with add_header does not. Use only one of the two."},
		"gateway-error-without-cors":        {Text: "The controller made this error page, because no pod of the service answered: look at the endpoints of the service, its port and its readiness probe."},
		"payload-too-large-without-cors":    {Text: "Raise the annotation `nginx.ingress.kubernetes.io/proxy-body-size`; it is 1m unless it is set.", Code: ingressBodySize},
		"preflight-requires-auth":           {Text: "Preflights never carry credentials. With `enable-cors: \"true\"`, the controller answers preflights of allowed origins before `auth-url` and `auth-type`."},
		"preflight-redirect-https":          {Text: "Call the https URL: `ssl-redirect` answers the other one, and browsers do not follow redirects of preflights.", Only: true},
		"preflight-redirect-trailing-slash": {Text: "Call the URL that the redirect leads to; the application or a `rewrite-target` makes the redirect, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":     {Text: "ingress-nginx never sends Vary: Origin. Let the application send it, or add it with a `configuration-snippet`: more_set_headers \"Vary: Origin\";"},
		"missing-vary-origin":               {Text: "ingress-nginx never sends Vary: Origin. Let the application send it, or add it with a `configuration-snippet`: more_set_headers \"Vary: Origin\";"},
		"preflight-not-routed":              {Text: "Set `nginx.ingress.kubernetes.io/enable-cors: \"true\"`: the controller then answers preflights of the origins that are listed; others reach the application."},
	},
})

const ingressPrefix = "    nginx.ingress.kubernetes.io/"

func ingressSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "ingress-nginx", canEverything&^(canPorts|canRegexps|canEcho|canOthers|canStatus))
	var c code
	c.line("metadata:\n  annotations:")
	set := func(name string, values ...string) {
		c.when(len(values) > 0, "%s%s: %s", ingressPrefix, name, yamlString(strings.Join(values, ", ")))
	}
	d.keepNames(func(name string) bool { // what the annotations accept
		return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_*") == ""
	})
	set("enable-cors", "true")
	set("cors-allow-origin", d.wildcards()...)
	set("cors-allow-methods", d.methods...)
	if len(d.headers) == 0 {
		d.headers = []string{"Accept"} // otherwise it allows a list of its own
	}
	set("cors-allow-headers", d.headers...)
	set("cors-expose-headers", d.expose...)
	if !d.credentials {
		set("cors-allow-credentials", "false")
	} else {
		set("cors-allow-credentials", "true")
	}
	if d.maxAge == "" {
		d.maxAge = "5" // as browsers do; otherwise it sends 20 days
	}
	set("cors-max-age", d.maxAge)
	if slices.ContainsFunc(d.wildcards(), func(s string) bool { return strings.Contains(s, "*.") }) {
		d.cannot(insteadEnumerate, "matches one label only with a *: deeper subdomains are refused.")
	}
	if !d.any {
		d.gap("never sends Vary: Origin; if there is a cache before it, the application must send it.")
	}
	return Snippet{File: "ingress.yaml", Place: "in metadata of the Ingress", Code: c.lines(), Shortfall: d.Shortfall}
}

func ingressBodySize(*cors.Policy) Snippet {
	return Snippet{File: "ingress.yaml", Place: "in metadata of the Ingress", Code: "metadata:\n  annotations:\n" + ingressPrefix + `proxy-body-size: "20m"`}
}
