package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "apache", Aliases: []string{"httpd", "apache2"}, Title: "Apache", Layer: Proxy,
	Signs: []Sign{
		headerWord(finding.Certain, "Server", "Apache"),
		body(finding.Certain, "<address>Apache/"),
		body(finding.Likely, "<p>The requested URL was not found on this server.</p>"),
	},
	Projects: []Project{
		{File: "httpd.conf"}, {File: "apache2.conf"}, {File: ".htaccess"}, {File: "*.conf", Contains: "<VirtualHost"},
	},
	Snippet: apacheSnippet,
	Advice: map[string]Advice{
		"headers-only-on-success":           {Text: "Write `Header always set` for `Header set`: without `always`, Apache sends the header with its successful answers only."},
		"duplicate-acao":                    {Text: "Apache keeps two tables of headers: `Header always set` does not replace what the application sends. Add `Header onsuccess unset Access-Control-Allow-Origin`, or let only one of the two set the header."},
		"gateway-error-without-cors":        {Text: "Apache made this error page, because the server behind `ProxyPass` did not answer: start it, or correct its address. With `Header always set`, pages can read the error too."},
		"payload-too-large-without-cors":    {Text: "Raise `LimitRequestBody` (0 is no limit). With `Header always set`, pages can read the 413 too.", Code: apacheBodySize},
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

// apachePreflight is the condition of a preflight as an expression.
const apachePreflight = `%{REQUEST_METHOD} == 'OPTIONS' && -n req('Access-Control-Request-Method')`

func apacheSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "Apache", canEverything)
	d.regexps = d.without("Apache", "${")
	var b strings.Builder
	b.WriteString("# Needs mod_headers, mod_rewrite and mod_setenvif.\n")
	value, always := `"%{CORS_ORIGIN}e"`, " env=CORS_ORIGIN"
	granted := ` "expr=` + apachePreflight + ` && -n reqenv('CORS_ORIGIN')"`
	if d.any {
		value, always, granted = `"*"`, "", ` "expr=`+apachePreflight+` && -n req('Origin')"`
	}
	for _, e := range d.allExpressions() {
		fmt.Fprintf(&b, "SetEnvIf Origin %s CORS_ORIGIN=$0\n", apacheQuote(e))
	}
	removed := corsHeaders
	set := func(header, value, condition string) {
		if value != "" {
			fmt.Fprintf(&b, "Header always set %s %s%s\n", header, value, condition)
		}
	}
	if d.timing {
		removed = append(removed[:len(removed):len(removed)], "Timing-Allow-Origin")
	}
	for _, name := range removed {
		fmt.Fprintf(&b, "Header onsuccess unset %[1]s\nHeader always unset %[1]s\n", name)
	}
	set("Access-Control-Allow-Origin", value, always)
	if d.credentials {
		set("Access-Control-Allow-Credentials", `"true"`, always)
	}
	set("Access-Control-Allow-Methods", apacheNames(d.methods, d.echoMethods, "Access-Control-Request-Method"), granted)
	set("Access-Control-Allow-Headers", apacheNames(d.headers, d.echoHeaders, "Access-Control-Request-Headers"), granted)
	set("Access-Control-Max-Age", apacheNames([]string{d.maxAge}, false, ""), granted)
	set("Access-Control-Expose-Headers", apacheNames(d.expose, false, ""), always)
	if d.timing {
		set("Timing-Allow-Origin", value, always)
	}
	if d.resource != "" {
		b.WriteString("Header onsuccess unset Cross-Origin-Resource-Policy\n")
		set("Cross-Origin-Resource-Policy", apacheQuote(d.resource), "")
	}
	if !d.any {
		b.WriteString("Header always merge Vary Origin\n")
	}
	fmt.Fprintf(&b, "RewriteEngine On\nRewriteCond %%{REQUEST_METHOD} =OPTIONS\nRewriteCond %%{HTTP:Origin} .\n"+
		"RewriteCond %%{HTTP:Access-Control-Request-Method} .\nRewriteRule ^ - [R=%d,L]", d.status)
	return Snippet{
		File: "httpd.conf", Place: "in the <VirtualHost>, before ProxyPass",
		Install: "a2enmod headers rewrite setenvif", Code: b.String(), Gaps: d.gaps,
	}
}

// apacheNames returns the value of a header that lists names, or "".
func apacheNames(names []string, echo bool, requested string) string {
	if echo {
		return `"expr=%{req:` + requested + `}"`
	}
	value := strings.Join(names, ", ")
	if value == "" {
		return ""
	}
	return apacheQuote(strings.ReplaceAll(value, "%", "%%")) // % begins a variable
}

// apacheQuote returns s as an argument of a directive.
func apacheQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func apacheBodySize(*cors.Policy) Snippet {
	return Snippet{File: "httpd.conf", Place: "in the <VirtualHost> or <Location>", Code: "LimitRequestBody 20971520"}
}

func apacheModSecurity(*cors.Policy) Snippet {
	return Snippet{File: "crs-setup.conf", Code: "SecAction \"id:900200,phase:1,pass,t:none,nolog,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'\""}
}
