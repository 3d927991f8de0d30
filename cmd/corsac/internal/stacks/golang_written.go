package stacks

import (
	"go/ast"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/gocode"
	"github.com/corsac-dev/corsac/cors"
)

// goWritten is a file with a middleware that needs nothing but the standard
// library. corsac fix writes it into projects that have no package for CORS, and
// reads it again: its constants and variables say all of the policy.
type goWritten struct {
	// pkg is the name of the package.
	pkg string
	// path is the prefix of the paths that it applies to, such as /api/; "" for all.
	path   string
	policy *cors.Policy
	// rename says that the package has one of the names already.
	rename bool
}

// goWrapper is the name of the middleware's function.
const goWrapper = "withCORS"

// text returns the file.
func (g *goWritten) text() string {
	d := planFor(g.policy, "The middleware", canEverything)
	var c code
	c.line("// Written by corsac fix, which also reads and changes the values below.")
	c.line("")
	c.line("package %s", g.pkg)
	c.line("")
	g.imports(&c, d)
	g.settings(&c, d)
	g.wrapper(&c, d)
	g.writer(&c, d)
	if g.rename {
		return gofmtFile(goOtherNames.Replace(c.String()))
	}
	return gofmtFile(c.String())
}

// goOtherNames replaces the names of the file with others.
var goOtherNames = strings.NewReplacer(
	"withCORS", "withCrossOrigin", "corsAllows", "crossOriginAllows", "corsWriter", "crossOriginWriter", "corsOrigins", "crossOrigins", "corsPatterns", "crossOriginPatterns",
	"corsPath", "crossOriginPath", "corsMethods", "crossOriginMethods", "corsHeaders", "crossOriginHeaders", "corsExposed", "crossOriginExposed",
	"corsMaxAge", "crossOriginMaxAge", "corsResource", "crossOriginResource", "corsStatus", "crossOriginStatus",
)

// goWrittenNames are the names of the file.
var goWrittenNames = []string{"withCORS", "corsAllows", "corsWriter", "corsOrigins", "corsPatterns", "corsPath", "corsMethods", "corsHeaders", "corsExposed", "corsMaxAge", "corsResource", "corsStatus"}

func (g *goWritten) imports(c *code, d *plan) {
	c.line("import (")
	c.line(`	"bufio"`)
	c.line(`	"io"`)
	c.line(`	"net"`)
	c.line(`	"net/http"`)
	c.when(g.path != "", `	"path"`)
	c.when(!d.any && len(d.expressions()) > 0, `	"regexp"`)
	c.line(`	"strings"`)
	c.line(")")
	c.line("")
}

// settings writes the values of the policy.
func (g *goWritten) settings(c *code, d *plan) {
	if !d.any {
		c.line("// The origins whose pages may read responses, as browsers send them.")
		c.line("var corsOrigins = map[string]bool{")
		for _, o := range d.exact {
			c.line("	%s: true,", goString(o))
		}
		c.line("}")
		c.line("")
	}
	if list := d.expressions(); !d.any && len(list) > 0 {
		c.line("// The same as expressions for whole origins.")
		c.line("var corsPatterns = []*regexp.Regexp{")
		for _, re := range list {
			c.line("	regexp.MustCompile(%s),", "`"+re+"`")
		}
		c.line("}")
		c.line("")
	}
	values := []struct{ name, value, what string }{
		{"corsPath", g.path, "the paths that it applies to"},
		{"corsMethods", commas(d.methods), "the methods of requests"},
		{"corsHeaders", commas(d.headers), "the headers that pages may set"},
		{"corsExposed", commas(d.expose), "the headers that pages may read"},
		{"corsMaxAge", d.maxAge, "seconds for which browsers may remember this"},
		{"corsResource", d.resource, "the pages that may embed responses"},
	}
	var constants code
	for _, v := range values {
		constants.when(v.value != "", "	%s = %s // %s", v.name, goString(v.value), v.what)
	}
	constants.when(d.status != 204, "	corsStatus = %d // the status of preflights", d.status)
	c.line("const (\n%s)\n", constants.String())
}

// withSlash returns a prefix of paths with a slash at its end; "" for all paths.
func withSlash(path string) string {
	if path = strings.TrimRight(path, "/"); path == "" {
		return ""
	}
	return path + "/"
}

// wrapper writes the middleware.
func (g *goWritten) wrapper(c *code, d *plan) {
	c.line("// withCORS answers preflights, and sets the CORS headers of every other")
	c.line("// response, also of errors, in place of those that handlers set. Wrap the")
	c.line("// whole server in it, outside of authentication.")
	c.line("func withCORS(next http.Handler) http.Handler {")
	c.line("	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {")
	if g.path != "" {
		c.line("		if !strings.HasPrefix(r.URL.Path+\"/\", corsPath) || path.Clean(r.URL.Path) != strings.TrimSuffix(r.URL.Path, \"/\") {")
		c.line("			next.ServeHTTP(w, r) // another path, or one that handlers may read as another")
		c.line("			return")
		c.line("		}")
	}
	if d.any {
		c.line(`		allowed := "*"`)
	} else {
		c.line(`		allowed := r.Header.Get("Origin")`)
		c.line("		if !corsAllows(allowed) {")
		c.line(`			allowed = ""`)
		c.line("		}")
	}
	c.line("		cw := &corsWriter{ResponseWriter: w, allowed: allowed}")
	c.line(`		if r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != "" {`)
	c.line("			cw.answer(r)")
	c.line("			return")
	c.line("		}")
	c.line("		next.ServeHTTP(cw, r)")
	c.line("		cw.begin() // the handler may have written nothing")
	c.line("	})")
	c.line("}")
	c.line("")
	if d.any {
		return
	}
	c.line("func corsAllows(origin string) bool {")
	if len(d.expressions()) == 0 {
		c.line("	return corsOrigins[origin]")
	} else {
		c.line("	for _, pattern := range corsPatterns {")
		c.line("		if pattern.MatchString(origin) {")
		c.line("			return true")
		c.line("		}")
		c.line("	}")
		c.line("	return corsOrigins[origin]")
	}
	c.line("}")
	c.line("")
}

// writer writes the type that sets the headers.
func (g *goWritten) writer(c *code, d *plan) {
	c.line("// corsWriter sets the headers when the response begins. It keeps what the")
	c.line("// writer around it can do, such as Flush and Hijack.")
	c.line("type corsWriter struct {")
	c.line("	http.ResponseWriter")
	c.line("	allowed string // the value of Access-Control-Allow-Origin, or empty")
	c.line("	begun   bool")
	c.line("}")
	c.line("")
	c.line("// answer answers a preflight. A refused page learns nothing.")
	c.line("func (w *corsWriter) answer(r *http.Request) {")
	c.line("	w.begin()")
	c.when(d.resource != "", `	w.Header().Del("Cross-Origin-Resource-Policy") // it is not for preflights`)
	c.line(`	w.Header().Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")`)
	if !d.any {
		c.line(`	if w.allowed == "" {`)
		c.line("		w.ResponseWriter.WriteHeader(http.StatusForbidden)")
		c.line("		return")
		c.line("	}")
	}
	for _, f := range d.answer() {
		switch {
		case f.echo:
			c.line(`	w.Header().Set("%s", strings.Join(r.Header.Values("%s"), ", "))`, f.name, f.value)
		default:
			c.line(`	w.Header().Set("%s", %s)`, f.name, map[string]string{
				"Access-Control-Allow-Methods": "corsMethods", "Access-Control-Allow-Headers": "corsHeaders", "Access-Control-Max-Age": "corsMaxAge",
			}[f.name])
		}
	}
	status := "http.StatusNoContent"
	if d.status != 204 {
		status = "corsStatus"
	}
	c.line("	w.ResponseWriter.WriteHeader(%s)", status)
	c.line("}")
	c.line("")
	g.begin(c, d)
	c.line("func (w *corsWriter) WriteHeader(status int) {")
	c.line("	if status >= 200 || status == http.StatusSwitchingProtocols {")
	c.line("		w.begin()")
	c.line("	}")
	c.line("	w.ResponseWriter.WriteHeader(status)")
	c.line("}")
	c.line("")
	c.line("func (w *corsWriter) Write(data []byte) (int, error) {")
	c.line("	w.begin()")
	c.line("	return w.ResponseWriter.Write(data)")
	c.line("}")
	c.line("")
	c.line("func (w *corsWriter) ReadFrom(src io.Reader) (int64, error) {")
	c.line("	w.begin()")
	c.line("	return io.Copy(w.ResponseWriter, src) // so that the kernel still sends files")
	c.line("}")
	c.line("")
	c.line("func (w *corsWriter) Flush() {")
	c.line("	w.begin()")
	c.line("	_ = http.NewResponseController(w.ResponseWriter).Flush()")
	c.line("}")
	c.line("")
	c.line("func (w *corsWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {")
	c.line("	return http.NewResponseController(w.ResponseWriter).Hijack()")
	c.line("}")
	c.line("")
	c.line("func (w *corsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }")
}

// begin writes the method that sets the headers of all responses.
func (g *goWritten) begin(c *code, d *plan) {
	c.line("func (w *corsWriter) begin() {")
	c.line("	if w.begun {")
	c.line("		return")
	c.line("	}")
	c.line("	w.begun = true")
	c.line("	header := w.Header()")
	c.line("	for name := range header {")
	c.line(`		if strings.HasPrefix(http.CanonicalHeaderKey(name), "Access-Control-") {`)
	c.line("			delete(header, name)")
	c.line("		}")
	c.line("	}")
	c.when(d.resource != "", `	header.Set("Cross-Origin-Resource-Policy", corsResource)`)
	if d.any {
		c.line(`	header.Set("Access-Control-Allow-Origin", w.allowed)`)
	} else {
		c.line(`	vary := strings.ReplaceAll(strings.ToLower(strings.Join(header.Values("Vary"), ",")), " ", "")`)
		c.line(`	if !strings.Contains(","+vary+",", ",origin,") {`)
		c.line(`		header.Add("Vary", "Origin")`)
		c.line("	}")
		c.when(d.timing, `	header.Del("Timing-Allow-Origin")`)
		c.line(`	if w.allowed == "" {`)
		c.line("		return")
		c.line("	}")
		c.line(`	header.Set("Access-Control-Allow-Origin", w.allowed)`)
	}
	c.when(d.credentials, `	header.Set("Access-Control-Allow-Credentials", "true")`)
	c.when(len(d.expose) > 0, `	header.Set("Access-Control-Expose-Headers", corsExposed)`)
	c.when(d.timing, `	header.Set("Timing-Allow-Origin", w.allowed)`)
	c.line("}")
	c.line("")
}

// goWrittenSites returns the middleware that corsac fix wrote into a package.
func goWrittenSites(p *gocode.Package) (sites []*Site) {
	for _, f := range p.Files {
		if s := goWrittenSite(f); s != nil {
			sites = append(sites, s)
		}
	}
	return sites
}

// goWrittenSite returns the middleware that corsac fix wrote into a file, or nil.
func goWrittenSite(f *gocode.File) *Site {
	if !strings.HasPrefix(f.Text, "// Written by corsac fix,") {
		return nil
	}
	r := &goReader{stack: "go", site: &Site{Title: goWrapper, File: f.File, Span: source.Span{End: len(f.Text)}}}
	for _, d := range f.AST.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if spec, ok := spec.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				r.readWritten(f, spec.Names[0].Name, spec.Values[0])
			}
		}
	}
	r.readWrittenHeaders(f)
	r.allowInsecure()
	r.site.Draft.Sort()
	return r.site
}

// readWritten reads one of the values.
func (r *goReader) readWritten(f *gocode.File, name string, value ast.Expr) {
	for _, known := range goWrittenNames {
		if goOtherNames.Replace(known) == name {
			name = known
		}
	}
	text, isText := f.String(value)
	fields := map[string]string{"corsMethods": "allow_methods", "corsHeaders": "allow_headers", "corsExposed": "expose_headers"}
	switch {
	case fields[name] != "" && isText:
		var items []gocode.Item
		for part := range strings.SplitSeq(text, ",") {
			items = append(items, gocode.Item{Text: strings.TrimSpace(part), File: f, Node: value})
		}
		r.addNames(fields[name], items)
	case name == "corsOrigins":
		items, _ := f.Strings(value)
		for _, item := range items {
			r.exactOrigin(item, item.Text)
		}
	case name == "corsPatterns":
		if literal, ok := value.(*ast.CompositeLit); ok {
			for _, e := range literal.Elts {
				r.readRegexp(f, e)
			}
		}
	case name == "corsPath" && isText:
		r.site.Path = text
	case name == "corsMaxAge" && isText:
		if n, err := strconv.Atoi(text); err == nil {
			r.entry("max_age", (time.Duration(n) * time.Second).String(), f, value)
		}
	case name == "corsResource" && isText:
		r.entry("resource_policy", text, f, value)
	case name == "corsStatus":
		if n, ok := f.Int(value); ok {
			r.entry("preflight_status", strconv.FormatInt(n, 10), f, value)
		}
	}
}

// readWrittenHeaders reads what the middleware says by the headers that it sets.
func (r *goReader) readWrittenHeaders(f *gocode.File) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Rhs) == 1 && f.Source(n) == `allowed := "*"` {
				r.any = true
				r.entry("allow_origins", "*", f, n)
			}
		case *ast.CallExpr:
			if calleeName(n) != "Set" || len(n.Args) != 2 {
				return true
			}
			name, _ := f.String(n.Args[0])
			echo := strings.HasPrefix(f.Source(n.Args[1]), "strings.Join(")
			switch {
			case name == "Access-Control-Allow-Credentials":
				e := Entry{Field: "allow_credentials", Value: "true", File: f.File, Span: f.Span(n)}
				r.credentials = &e
				r.add(e)
			case name == "Access-Control-Allow-Methods" && echo:
				r.entry("allow_methods", "*", f, n)
			case name == "Access-Control-Allow-Headers" && echo:
				r.entry("allow_headers", "*", f, n)
			case name == "Timing-Allow-Origin":
				r.entry("allow_timing", "true", f, n)
			}
		}
		return true
	})
}
