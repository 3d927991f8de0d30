package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "apache", Aliases: []string{"httpd", "apache2"}, Title: "Apache", Layer: Proxy,
	Versions: "Apache 2.4.71", Proof: Live, Holds: holdsAll,
	Why: "SetEnvIf compares the Origin with anchored expressions, which Header then uses as a condition. Apache has two tables of headers, and only that of always is sent with errors and with its own answers: so both are cleared of what the application sends, and always sets. " +
		"A RewriteRule answers preflights before authentication and ProxyPass.",
	Server: &Server{
		Upstream: true, Programs: []string{"apache2", "httpd"}, Install: "apt-get install apache2", Prepare: apachePrepare,
		Start: `-D FOREGROUND -d "$PWD" -f httpd.conf`, Test: `-t -d "$PWD" -f httpd.conf`, Files: apacheFiles,
	},
	Signs: []Sign{
		product("Apache"),
		body(finding.Certain, "<address>Apache/"),
		body(finding.Likely, "<p>The requested URL was not found on this server.</p>"),
	},
	Projects: []Project{
		{File: "httpd.conf"}, {File: "apache2.conf"}, {File: ".htaccess"}, {File: "*.conf", Contains: "<VirtualHost"},
	},
	Source:  apacheSource,
	Setup:   "Header … Access-Control-* lines",
	Snippet: apacheSnippet, Routed: apacheRouted,
	Advice: map[string]Advice{
		"acao-unset-variable":               {Text: "Apache writes (null) for an environment variable that is not set. Give each `Header … %{NAME}e` line its condition, `env=NAME`, and set NAME with `SetEnvIf Origin ^https://app\\.example\\.com$ NAME=$0`."},
		"headers-only-on-success":           {Text: "Write `Header always set` for `Header set`: without `always`, Apache sends the header with its successful answers only."},
		"duplicate-acao":                    {Text: "Apache keeps two tables of headers: `Header always set` does not replace what the application sends. Add `Header onsuccess unset Access-Control-Allow-Origin`, or let only one of the two set the header."},
		"gateway-error-without-cors":        {Text: "Apache made this error page, because the server behind `ProxyPass` did not answer: start it, or correct its address. With `Header always set`, pages can read the error too."},
		"payload-too-large-without-cors":    {Text: "Raise `LimitRequestBody` (0 means no limit). With `Header always set`, pages can read the 413 too.", Code: apacheBodySize},
		"auth-error-without-cors":           {Text: "Apache refused the request (`Require`, `AuthType`). Errors have only the headers of `Header always set`."},
		"preflight-requires-auth":           {Text: "Preflights never carry credentials. Answer them with a `RewriteRule` in the virtual host, which runs before authentication; or exempt them with `<LimitExcept OPTIONS>` around `Require`."},
		"preflight-redirect-https":          {Text: "Call the https URL. Browsers do not follow redirects of preflights, such as that of `Redirect permanent / https://…`.", Only: true},
		"preflight-redirect-trailing-slash": {Text: "Call the URL with the slash at the end: `DirectorySlash` redirects the one without, and browsers do not follow redirects of preflights.", Only: true},
		"conditional-cors-without-vary":     {Text: "Add `Header always merge Vary Origin`. With mod_cache, that also keeps the answers for different origins apart."},
		"missing-vary-origin":               {Text: "Add `Header always merge Vary Origin`. With mod_cache, that also keeps the answers for different origins apart."},
		"preflight-not-routed":              {Text: "Apache or the application refuses OPTIONS. Answer preflights in Apache with a `RewriteRule … [R=204,L]`; a `<Limit>` or `<LimitExcept>` must allow OPTIONS."},
		"preflight-bad-status":              {Text: "The answer to a preflight must have a status from 200 to 299. Answer preflights in Apache with a `RewriteRule … [R=204,L]`."},
		"preflight-without-cors-headers":    {Text: "Answer preflights in Apache with a `RewriteRule … [R=204,L]`; only `Header always set` applies to that answer."},
		"cors-only-on-preflight":            {Text: "The `Header` lines apply to OPTIONS only (`<Limit OPTIONS>`, `<If>`). Move them out of it."},
		"preflight-blocked-by-waf":          {Text: "ModSecurity refuses OPTIONS. Add it to `tx.allowed_methods` in the configuration of its rule set; the error log names the rule.", Code: apacheModSecurity},
		"origin-header-stripped":            {Text: "Something removes the Origin header before the application sees it: look for `RequestHeader unset Origin`.", Only: true},
	},
})

// apachePreflight is the condition of a preflight.
const apachePreflight = `%{REQUEST_METHOD} == 'OPTIONS' && -n req('Origin') && -n req('Access-Control-Request-Method')`

func apacheSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Apache", canEverything)
	var c code
	c.line("# Needs mod_headers, mod_rewrite and mod_setenvif.")
	value, allowed, granted := `"%{CORS_ORIGIN}e"`, " env=CORS_ORIGIN", apachePreflight+" && -n reqenv('CORS_ORIGIN')"
	if d.any {
		value, allowed, granted = `"*"`, "", apachePreflight
	}
	for _, e := range d.allExpressions() {
		c.line("SetEnvIf Origin %s CORS_ORIGIN=$0", inQuotes(e))
	}
	c.line("SetEnvIfExpr %s CORS_GRANTED", inQuotes(granted))
	for _, name := range d.removed() {
		c.line("Header onsuccess unset %[1]s\nHeader always unset %[1]s", name)
	}
	set := func(f field, condition string) {
		value := inQuotes(strings.ReplaceAll(f.value, "%", "%%")) // % begins a variable
		if f.echo {
			value = `"expr=%{req:` + f.value + `}"`
		}
		c.line("Header always set %s %s%s", f.name, value, condition)
	}
	c.line("Header always set Access-Control-Allow-Origin %s%s", value, allowed)
	for _, f := range d.always() {
		set(f, allowed)
	}
	for _, f := range d.answer() {
		set(f, " env=CORS_GRANTED")
	}
	c.when(d.timing, "Header always set Timing-Allow-Origin %s%s", value, allowed)
	c.when(d.resource != "", "Header always set Cross-Origin-Resource-Policy %s", d.resource)
	c.when(!d.any, "Header always merge Vary Origin")
	c.line("RewriteEngine On")
	c.line("RewriteCond %%{REQUEST_METHOD} =OPTIONS\nRewriteCond %%{HTTP:Origin} .\nRewriteCond %%{HTTP:Access-Control-Request-Method} .\nRewriteRule ^ - [R=%d,L]", d.status)
	return Snippet{
		File: "httpd.conf", Place: "in the <VirtualHost>, before ProxyPass",
		Install: "a2enmod headers rewrite setenvif", Code: c.lines(), Shortfall: d.Shortfall,
	}
}

// apacheRouted adds the lines that forward. The lines of a snippet are for a whole
// host.
func apacheRouted(s *Snippet, routes []Route) (left []Route, note string) {
	var c code
	c.line("%s", s.Code)
	routes, left = prefixes(routes)
	c.when(slices.ContainsFunc(routes, func(r Route) bool { return r.Upstream != nil && r.Upstream.Scheme == "https" }), "SSLProxyEngine On")
	for _, r := range routes {
		if r.Upstream == nil {
			continue
		}
		to := r.replaced()
		if to == "" {
			to = r.prefix()
		}
		for _, directive := range []string{"ProxyPass", "ProxyPassReverse"} {
			c.line(`%s "%s" "%s%s"`, directive, r.prefix(), r.origin(), to)
		}
	}
	s.Code = c.lines()
	s.Place = "in the <VirtualHost>, before its other ProxyPass lines"
	return left, wholeNote(routes, "the <VirtualHost>")
}

// apachePrepare finds the folder with the modules.
const apachePrepare = `for MODULES in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules /usr/libexec/apache2; do
  [ -e "$MODULES/mod_proxy.so" ] && break
done
export MODULES`

const apacheConf = `ServerName localhost
PidFile httpd.pid
ErrorLog error.log
Listen %s
LoadModule mpm_event_module ${MODULES}/mod_mpm_event.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule headers_module ${MODULES}/mod_headers.so
LoadModule rewrite_module ${MODULES}/mod_rewrite.so
LoadModule setenvif_module ${MODULES}/mod_setenvif.so
LoadModule proxy_module ${MODULES}/mod_proxy.so
LoadModule proxy_http_module ${MODULES}/mod_proxy_http.so

<VirtualHost *>
%s
ProxyPass / http://%s/ retry=0
</VirtualHost>
`

func apacheFiles(code string, at Addresses) map[string]string {
	listen := at.Port
	if at.Host != "" {
		listen = at.Listen("")
	}
	return map[string]string{"httpd.conf": fmt.Sprintf(apacheConf, listen, code, at.Upstream)}
}

func apacheBodySize(*cors.Policy) Snippet {
	return Snippet{File: "httpd.conf", Place: "in the <VirtualHost> or <Location>", Code: "LimitRequestBody 20971520"}
}

func apacheModSecurity(*cors.Policy) Snippet {
	return Snippet{File: "crs-setup.conf", Code: "SecAction \"id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'\""}
}
