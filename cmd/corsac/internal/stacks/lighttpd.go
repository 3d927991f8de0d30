package stacks

import (
	"fmt"
	"net"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

var _ = register(&Stack{
	Name: "lighttpd", Title: "lighttpd", Layer: Proxy,
	Versions: "lighttpd 1.4.69", Proof: Live, Holds: holdsAll,
	Server: &Server{
		Upstream: true, Programs: []string{"lighttpd"}, Install: "apt-get install lighttpd lighttpd-modules-lua", Files: lighttpdFiles,
		Start: `-D -f "$PWD/lighttpd.conf"`, Test: `-tt -f "$PWD/lighttpd.conf"`,
	},
	Why:      "setenv.set-response-header cannot send back the origin of the request, so Lua does (mod_magnet). It has patterns but no expressions: the wildcard is written by hand. attract-response-start-to also sees errors and those of the backend.",
	Signs:    []Sign{product("lighttpd")},
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
		Install: "apt-get install lighttpd-modules-lua", Code: fmt.Sprintf(lighttpdShape, d.status, lighttpdOrigins(d), lighttpdHeaders(d)), Shortfall: d.Shortfall,
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
		tests = append(tests, "origin == "+inQuotes(s))
	}
	for _, p := range d.patterns {
		for _, e := range luaPatterns(p) {
			test := "origin:find(" + inQuotes(e) + ")"
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
		s += "[a-z0-9_%-][a-z0-9_.%-]*%."
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

// lighttpdHeaders returns Lua that sets the headers.
func lighttpdHeaders(d *plan) string {
	var c code
	c.line("local h = r.resp_header")
	c.line("for _, name in ipairs({%s}) do\n  h[name] = nil\nend", list(inQuotes, d.removed()...))
	c.when(!d.any, `h["Vary"] = h["Vary"] and h["Vary"] .. ", Origin" or "Origin"`)
	c.when(d.resource != "", `h["Cross-Origin-Resource-Policy"] = %s`, inQuotes(d.resource))
	set := func(indent string, f field) {
		value := inQuotes(f.value)
		if f.echo {
			value = "r.req_header[" + value + `] or ""`
		}
		c.line("%sh[%s] = %s", indent, inQuotes(f.name), value)
	}
	c.line("if allowed then\n  h[\"Access-Control-Allow-Origin\"] = allowed")
	for _, f := range d.always() {
		set("  ", f)
	}
	c.when(d.timing, `  h["Timing-Allow-Origin"] = allowed`)
	c.line("  if preflight then")
	for _, f := range d.answer() {
		set("    ", f)
	}
	c.line("  end\nend")
	return c.lines()
}

const lighttpdConf = `server.document-root = env.PWD
server.bind = "%s"
server.port = %s
server.errorlog = env.PWD + "/error.log"
%s
server.modules += ("mod_proxy")
proxy.server = ("" => (("host" => "%s", "port" => %s)))
`

func lighttpdFiles(code string, at Addresses) map[string]string {
	const first, second = "-- /etc/lighttpd/preflight.lua\n", "-- /etc/lighttpd/cors.lua\n"
	host, port, _ := net.SplitHostPort(at.Upstream)
	conf, scripts, _ := strings.Cut(code, first)
	preflight, answer, _ := strings.Cut(scripts, second)
	conf = strings.ReplaceAll(conf, `"/etc/lighttpd/`, `env.PWD + "/`)
	return map[string]string{
		"preflight.lua": preflight, "cors.lua": answer + "\n",
		"lighttpd.conf": fmt.Sprintf(lighttpdConf, at.AnyHost(), at.Port, conf, host, port),
	}
}
