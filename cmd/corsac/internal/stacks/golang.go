package stacks

import (
	"fmt"
	"go/format"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

var _ = register(&Stack{
	Name:     "go",
	Aliases:  []string{"golang", "net/http", "corsac/cors"},
	Title:    "Go's net/http",
	Layer:    Application,
	Versions: "Go 1.26 with package cors of corsac", Proof: Live, Holds: holdsMiddleware &^ VaryPreflights,
	Source: goSource("go"),
	Why:    "Package cors of corsac says all that a policy can, so nothing is lost. It is put around the whole mux: inside, a pattern with a method makes ServeMux answer OPTIONS with 405. Other packages have their own names here: chi, gin, echo, fiber, rs-cors.",
	Server: netHTTPAlone(),
	Signs: []Sign{
		trait(finding.Likely, "404 page not found, and X-Content-Type-Options: nosniff, as net/http sends them", func(s *Seen) bool {
			return s.Status == 404 && s.Body == "404 page not found\n" && s.is("X-Content-Type-Options", "nosniff")
		}),
		trait(finding.Likely, "Method Not Allowed in plain text, and X-Content-Type-Options: nosniff, as net/http sends them", func(s *Seen) bool {
			return s.Status == 405 && s.Body == "Method Not Allowed\n" && s.is("X-Content-Type-Options", "nosniff")
		}),
		trait(finding.Likely, "400 Bad Request in plain text for a malformed request, as net/http sends it", func(s *Seen) bool {
			return s.Status == 400 && s.Body == "400 Bad Request" && s.is("Content-Type", "text/plain; charset=utf-8") && s.is("Connection", "close")
		}),
	},
	Projects: []Project{{File: "go.mod", Sure: finding.Likely}, {File: "go.mod", Contains: "github.com/corsac-dev/corsac "}},
	Snippet:  goSnippet,
	Advice: map[string]Advice{
		"preflight-not-routed":           {Text: `A pattern with a method, such as "GET /x", makes http.ServeMux answer OPTIONS with 405. Wrap the whole mux, not single handlers.`},
		"preflight-without-cors-headers": {Text: "A handler without a method in its pattern answers OPTIONS like GET. Wrap the whole mux: the middleware answers preflights itself."},
		"preflight-requires-auth":        {Text: "Wrap outside the middleware that authenticates: the last wrapper is the first that runs. A preflight never carries a cookie or a token."},
		"auth-error-without-cors":        {Text: "Wrap outside the middleware that authenticates: the last wrapper is the first that runs."},
		"server-error-without-cors":      {Text: "A panic in a handler closes the connection, or is answered by a middleware outside cors. Wrap outside the middleware that recovers."},
		"cors-headers-in-trailers":       {Text: "Headers that are set after WriteHeader or the first Write are too late. The middleware sets them before the handler runs."},
		"duplicate-acao":                 {Text: "A handler adds the header, too: take it out there. If it is not yours, policy.WrapOverride replaces what it sets."},
		"preflight-redirect-trailing-slash": {
			Text: "http.ServeMux redirects /x to /x/ if only the latter is registered, which no preflight may. Wrap the whole mux, and request the URL with the slash.",
		},
		"origin-not-allowed": {Text: "Add the origin to AllowOrigins."},
		"method-not-allowed": {Text: "Add the method to AllowMethods."},
		"header-not-allowed": {Text: "Add the header to AllowHeaders."},
	},
})

// bareRefusal reports whether a response is a 403 that says nothing at all.
func bareRefusal(s *Seen) bool {
	return s.Status == 403 && s.Body == "" && s.lacks("Content-Type", "Vary", "Server", "X-Powered-By", "Access-Control-Allow-Origin")
}

// installCorsac gets the module from a clone.
const installCorsac = `# There is no release yet: write the path of your clone of corsac.
go mod edit -replace github.com/corsac-dev/corsac=/path/to/the/clone
go mod tidy # once the code is in the file`

// goSnippet returns corsac's own middleware, which says all that a policy can.
func goSnippet(p *cors.Policy) Snippet {
	r := rulesOf(p)
	var c code
	c.line("import (")
	c.line(`	"log"`)
	c.line(`	"net/http"`)
	c.when(r.maxAge >= 0, `	"time"`)
	c.line("")
	c.line(`	"github.com/corsac-dev/corsac/cors"`)
	c.line(")")
	c.line("")
	c.line("// In main, in place of http.ListenAndServe:")
	c.line("policy, err := cors.New(cors.Policy{")
	c.line("	AllowOrigins: %s,", goStrings(corsacOrigins(p)))
	if methods := safeMethods(p); len(methods) > 0 {
		c.line("	AllowMethods: %s,", goStrings(methods))
	}
	if headers := names(p.AllowHeaders, strings.EqualFold); len(headers) > 0 {
		c.line("	AllowHeaders: %s,", goStrings(headers))
	}
	c.when(len(r.expose) > 0, "	ExposeHeaders: %s,", goStrings(r.expose))
	c.when(r.credentials, "	AllowCredentials: true,")
	c.when(r.maxAge >= 0, "	MaxAge: cors.CacheFor(%d * time.Second),", r.maxAge)
	c.when(p.PreflightStatus != 0, "	PreflightStatus: %d,", p.PreflightStatus)
	c.when(p.AllowTiming, "	AllowTiming: true,")
	c.when(p.ResourcePolicy != "", "	ResourcePolicy: %s,", goString(p.ResourcePolicy))
	c.when(len(p.DangerouslyAllowOriginRegexps) > 0, "	DangerouslyAllowOriginRegexps: %s,", goStrings(p.DangerouslyAllowOriginRegexps))
	c.when(p.DangerouslyAllowNullOrigin, "	DangerouslyAllowNullOrigin: true,")
	c.when(p.DangerouslyAllowAllBrowserExtensions, "	DangerouslyAllowAllBrowserExtensions: true,")
	c.when(p.DangerouslyAllowInsecureOriginsWithCredentials, "	DangerouslyAllowInsecureOriginsWithCredentials: true,")
	c.when(p.DangerouslyAllowPublicSuffixesWithCredentials, "	DangerouslyAllowPublicSuffixesWithCredentials: true,")
	c.line("})")
	c.line("if err != nil {")
	c.line("	log.Fatal(err)")
	c.line("}")
	c.line(`log.Fatal(http.ListenAndServe(` + goListen + `, policy.Wrap(mux)))`)
	s := Snippet{
		File:    "main.go",
		Place:   "around the whole mux or router, outside all other middleware",
		Install: installCorsac,
		Code:    gofmt(c.lines()),
	}
	if p.AllowOriginFunc != nil {
		s.lose("Set AllowOriginFunc in the code.", "It leaves out the origins that a function of the policy allows: set AllowOriginFunc.")
	}
	return s
}

const goApp = `mux := http.NewServeMux()
for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}
mux.HandleFunc("GET /throw", func(w http.ResponseWriter, _ *http.Request) {
	defer func() {
		if recover() != nil {
			w.WriteHeader(500)
		}
	}()
	panic("boom")
})
mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Add("Vary", "Accept-Language")
})
mux.HandleFunc("/x", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Total-Count", "3") })
`

// goListen is the address in snippets.
const goListen = `":8080"`

// goProgram puts the declarations of a snippet at the top of a program, and the
// rest into main, between the beginning of that and its end.
func goProgram(code, begin, end string) string {
	top, main, _ := strings.Cut(code, inMain)
	return "package main\n\n" + top + "\nfunc main() {\n" + begin + inMain + main + "\n" + end + "}\n"
}

// corsacOrigins returns the origins and patterns of a policy for corsac itself,
// which can have all of them.
func corsacOrigins(p *cors.Policy) []string {
	if slices.Contains(p.AllowOrigins, "*") {
		return []string{"*"}
	}
	return slices.DeleteFunc(slices.Clone(p.AllowOrigins), func(s string) bool {
		_, err := origin.ParsePattern(s)
		return err != nil && (s != "null" || !p.DangerouslyAllowNullOrigin)
	})
}

// safeOrigins returns the origins and patterns of a policy as written.
func safeOrigins(p *cors.Policy) (list []string) {
	r := rulesOf(p)
	if r.anyOrigin {
		return []string{"*"}
	}
	wild, _ := r.wildcards()
	for _, s := range p.AllowOrigins {
		if slices.Contains(r.exact, s) || slices.Contains(wild, s) {
			list = append(list, s)
		}
	}
	return list
}

// safeMethods returns the methods of a policy as written.
func safeMethods(p *cors.Policy) []string { return names(p.AllowMethods, equal) }

// goStrings returns strings as a slice of Go.
func goStrings(values []string) string {
	return fmt.Sprintf("[]string{%s}", list(goString, values...))
}

// goAllowed writes a function isAllowed at the top level of a Go file, unless
// every origin is allowed, or the origins are a list. imports are more packages,
// in the order of gofmt; the blank line after the standard library is "".
func goAllowed(c *code, r *rules, imports ...string) {
	switch {
	case len(r.patterns) == 0:
	case len(r.exact) == 0:
		imports = append([]string{"regexp"}, imports...)
	default:
		imports = append([]string{"regexp", "slices"}, imports...)
	}
	c.line("import (")
	for i, path := range imports {
		c.when(i > 0 && strings.Contains(path, ".") && !strings.Contains(imports[i-1], "."), "")
		c.line("	%s", goString(path))
	}
	c.line(")")
	c.line("")
	if len(r.patterns) == 0 {
		return
	}
	pattern := fmt.Sprintf("regexp.MustCompile(%s)", goRegexp(r.union()))
	if len(r.exact) == 0 {
		c.line("var isAllowed = %s.MatchString", pattern)
		c.line("")
		return
	}
	c.line("var (")
	c.line("	allowedOrigins = %s", goStrings(r.exact))
	c.line("	allowedPattern = %s", pattern)
	c.line(")")
	c.line("")
	c.line("func isAllowed(origin string) bool {")
	c.line("	return slices.Contains(allowedOrigins, origin) || allowedPattern.MatchString(origin)")
	c.line("}")
	c.line("")
}

// goSnippet is snippet for Go.
func (r *rules) goSnippet(c *code, s Snippet) Snippet {
	s = r.snippet(c, s)
	s.Code = gofmt(s.Code)
	return s
}

// inMain begins the part of a snippet that stands in a function.
const inMain = "// In main"

// gofmt formats a snippet: declarations, and statements after inMain.
func gofmt(source string) string {
	top, main, _ := strings.Cut(source, inMain)
	parts := make([]string, 0, 2)
	for _, part := range []string{top, inMain + main} {
		formatted, err := format.Source([]byte(part))
		if err != nil {
			return source
		}
		parts = append(parts, strings.TrimSpace(string(formatted)))
	}
	return strings.Join(parts, "\n\n")
}

// goOrigins writes the setting for the origins: every is that for all of them, and
// decides has the lines of a function for patterns.
func (r *rules) goOrigins(c *code, every string, decides ...string) {
	switch {
	case r.anyOrigin:
		c.line("	%s", every)
	case len(r.patterns) > 0:
		for _, line := range decides {
			c.line("	%s", line)
		}
	default:
		c.line("	AllowOrigins: %s,", goStrings(r.exact))
	}
}

// goNames writes the settings that most Go packages name alike. Without headers, it
// leaves that one out.
func (r *rules) goNames(c *code, headers []string) {
	c.line("	AllowMethods: %s,", goStrings(r.methods))
	c.when(len(headers) > 0, "	AllowHeaders: %s,", goStrings(headers))
	c.when(len(r.expose) > 0, "	ExposeHeaders: %s,", goStrings(r.expose))
	c.when(r.credentials, "	AllowCredentials: true,")
}

// goMaxAge returns the seconds in the notation of most Go packages: 0 for no
// header, and less than 0 for a header that says 0.
func (r *rules) goMaxAge() int {
	switch {
	case r.maxAge < 0:
		return 0
	case r.maxAge == 0:
		return -1
	default:
		return r.maxAge
	}
}

// corsacInstead ends a gap of a Go package.
const corsacInstead = " Package cors of corsac does it, around the whole router: --stack go."

// gofmtFile formats a whole file.
func gofmtFile(text string) string {
	formatted, err := format.Source([]byte(text))
	if err != nil {
		return text
	}
	return string(formatted)
}
