package stacks

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

var _ = register(&Stack{
	Name: "lighttpd", Title: "lighttpd", Layer: Proxy,
	Signs:    []Sign{headerWord(finding.Certain, "Server", "lighttpd")},
	Projects: []Project{{File: "lighttpd.conf"}},
	Snippet:  lighttpdSnippet,
	Advice: map[string]Advice{
		"acao-literal-regex":             {Text: "`setenv.set-response-header` does not replace %1 with what a condition has matched. Only mod_magnet can choose the origin."},
		"duplicate-acao":                 {Text: "`setenv.add-response-header` adds a second line; `setenv.set-response-header` replaces the one of the application."},
		"conditional-cors-without-vary":  {Text: "Send Vary: Origin with every response, as the script of mod_magnet does."},
		"missing-vary-origin":            {Text: "Send Vary: Origin with every response, as the script of mod_magnet does."},
		"preflight-not-routed":           {Text: "The application refuses OPTIONS. Answer preflights in lighttpd, with mod_magnet."},
		"preflight-without-cors-headers": {Text: "lighttpd answers OPTIONS for files by itself, without CORS headers. Answer preflights with mod_magnet."},
		"gateway-error-without-cors":     {Text: "lighttpd made this error page, because the server of `proxy.server` did not answer: start it, or correct its address."},
	},
})

const lighttpdShape = `# lighttpd.conf, before mod_proxy is loaded
server.modules += ("mod_magnet")
magnet.attract-raw-url-to = ("/etc/lighttpd/preflight.lua")
magnet.attract-response-start-to = ("/etc/lighttpd/cors.lua")

-- /etc/lighttpd/preflight.lua
local r = lighty.r
if r.req_attr["request.method"] == "OPTIONS" and r.req_header["Origin"] and r.req_header["Access-Control-Request-Method"] then
  return %d
end

-- /etc/lighttpd/cors.lua
local r = lighty.r
local origin = r.req_header["Origin"]
local requested = r.req_header["Access-Control-Request-Method"]
local preflight = r.req_attr["request.method"] == "OPTIONS" and origin and requested
%s
%s`

func lighttpdSnippet(p *cors.Policy) Snippet {
	d := planFor(p, "lighttpd", canEverything&^canRegexps)
	return Snippet{
		File: "lighttpd.conf", Place: "the first part in lighttpd.conf, the rest in the scripts that it names; lighttpd 1.4.60 or newer",
		Install: "apt-get install lighttpd-modules-lua", Code: fmt.Sprintf(lighttpdShape, d.status, lighttpdOrigins(d), lighttpdHeaders(d)), Gaps: d.gaps,
	}
}

// lighttpdOrigins returns Lua that sets allowed to the value of
// Access-Control-Allow-Origin, or to nil.
func lighttpdOrigins(d *plan) string {
	if d.any {
		return `local allowed = "*"` + "\n"
	}
	var tests []string
	for _, s := range d.exact {
		tests = append(tests, "origin == "+luaQuote(s))
	}
	for _, p := range d.patterns {
		for _, e := range luaPatterns(p) {
			test := "origin:find(" + luaQuote(e) + ")"
			if p.Subdomains() {
				test += ` and not origin:find("..", 1, true)`
			}
			tests = append(tests, test)
		}
	}
	return "local allowed = nil\nif origin and (" + strings.Join(tests, "\n    or ") + ") then\n  allowed = origin\nend\n"
}

// luaPatterns returns patterns of Lua for a pattern of origins. Lua has no
// optional parts, so there are two of them for any port.
func luaPatterns(p origin.Pattern) []string {
	scheme, rest, _ := strings.Cut(p.String(), "://")
	s := "^" + luaEscape(scheme) + "://"
	if p.Subdomains() {
		rest = strings.TrimPrefix(rest, "*.")
		s += "[%w_%-][%w_.%-]*%."
	}
	if p.AnyPort() {
		s += luaEscape(strings.TrimSuffix(rest, ":*"))
		return []string{s + "$", s + ":[1-9]%d*$"}
	}
	return []string{s + luaEscape(rest) + "$"}
}

// luaEscape returns a pattern of Lua that matches s.
func luaEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte("^$()%.[]*+-?", s[i]) >= 0 {
			b.WriteByte('%')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// luaQuote returns s as a string of Lua.
func luaQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(s) + `"`
}

func lighttpdHeaders(d *plan) string {
	var b strings.Builder
	b.WriteString("local h = r.resp_header\n")
	removed := corsHeaders
	if d.timing {
		removed = append(removed[:len(removed):len(removed)], "Timing-Allow-Origin")
	}
	fmt.Fprintf(&b, "for _, name in ipairs({\"%s\"}) do\n  h[name] = nil\nend\n", strings.Join(removed, `", "`))
	set := func(indent, header, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%sh[%q] = %s\n", indent, header, value)
		}
	}
	if !d.any {
		b.WriteString("h[\"Vary\"] = h[\"Vary\"] and h[\"Vary\"] .. \", Origin\" or \"Origin\"\n")
	}
	set("", "Cross-Origin-Resource-Policy", luaNames([]string{d.resource}, ""))
	b.WriteString("if allowed then\n")
	set("  ", "Access-Control-Allow-Origin", "allowed")
	if d.credentials {
		set("  ", "Access-Control-Allow-Credentials", `"true"`)
	}
	set("  ", "Access-Control-Expose-Headers", luaNames(d.expose, ""))
	if d.timing {
		set("  ", "Timing-Allow-Origin", "allowed")
	}
	b.WriteString("  if preflight then\n")
	set("    ", "Access-Control-Allow-Methods", luaNames(d.methods, d.echo("requested", d.echoMethods)))
	set("    ", "Access-Control-Allow-Headers", luaNames(d.headers, d.echo(`r.req_header["Access-Control-Request-Headers"] or ""`, d.echoHeaders)))
	set("    ", "Access-Control-Max-Age", luaNames([]string{d.maxAge}, ""))
	b.WriteString("  end\nend")
	return b.String()
}

// luaNames returns the value of a header that lists names, or "".
func luaNames(names []string, echo string) string {
	value := strings.Join(names, ", ")
	if echo != "" || value == "" {
		return echo
	}
	return luaQuote(value)
}
