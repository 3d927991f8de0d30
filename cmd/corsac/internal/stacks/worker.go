package stacks

import "strings"

// fetchHandler is a function of JavaScript that gives the answers of an
// application their headers, in a runtime with the API of fetch.
type fetchHandler struct {
	// head is what stands before the body of the function, and foot after it.
	head, foot string
	// next is the expression for the answer of the application.
	next string
}

// code returns the code; the body of the function is indented by indent.
func (f fetchHandler) code(d *plan, indent string) string {
	var c code
	c.when(!d.any, "const exact = new Set([%s]);", list(jsString, d.exact...))
	var patterns []string
	for _, e := range d.expressions() {
		patterns = append(patterns, "/"+escapeSlashes(e)+"/")
	}
	c.when(!d.any, "const patterns = [%s];", strings.Join(patterns, ", "))
	c.line("const replaced = [\n  %s,\n];\n", strings.ReplaceAll(list(jsString, d.removed()...), ", ", ",\n  "))
	c.line("%s", f.head)
	line := func(format string, args ...any) { c.line(indent+format, args...) }
	line("const origin = request.headers.get('Origin');")
	value := "origin"
	if d.any {
		value = "'*'"
	}
	line("const preflight = request.method === 'OPTIONS' && origin !== null && request.headers.has('Access-Control-Request-Method');")
	line("const answer = preflight ? new Response(null, { status: %d }) : %s;", d.status, f.next)
	line("const response = new Response(answer.body, answer);")
	line("for (const name of replaced) response.headers.delete(name);")
	if d.resource != "" {
		line("response.headers.set('Cross-Origin-Resource-Policy', %s);", jsString(d.resource))
	}
	set := func(indent string, field field) {
		v := jsString(field.value)
		if field.echo {
			v = "request.headers.get(" + v + ") ?? ''"
		}
		line("%sresponse.headers.set(%s, %s);", indent, jsString(field.name), v)
	}
	inside := ""
	if !d.any {
		line("response.headers.append('Vary', 'Origin');")
		line("if (origin !== null && (exact.has(origin) || patterns.some((p) => p.test(origin)))) {")
		inside = "  "
	}
	line("%sresponse.headers.set('Access-Control-Allow-Origin', %s);", inside, value)
	for _, field := range d.always() {
		set(inside, field)
	}
	if d.timing {
		line("%sresponse.headers.set('Timing-Allow-Origin', %s);", inside, value)
	}
	line("%sif (preflight) {", inside)
	for _, field := range d.answer() {
		set(inside+"  ", field)
	}
	line("%s}", inside)
	if !d.any {
		line("}")
	}
	line("return response;")
	c.line("%s", f.foot)
	return c.lines()
}
