package stacks

import (
	"slices"
	"strconv"
	"strings"
)

// caddyOrder is the order in which Caddy sorts directives
// (https://caddyserver.com/docs/caddyfile/directives#directive-order).
var caddyOrder = []string{
	"tracing", "map", "vars", "fs", "root", "log_append", "log_skip", "skip_log", "log_name", "header", "copy_response_headers", "request_body",
	"redir", "method", "rewrite", "uri", "try_files", "basic_auth", "basicauth", "forward_auth", "request_header", "encode", "push", "intercept", "templates",
	"invoke", "handle", "handle_path", "route", "abort", "error", "copy_response", "respond", "metrics", "reverse_proxy", "php_fastcgi", "file_server", "acme_server",
}

// caddyRun is a request that is carried out.
type caddyRun struct {
	*caddyConfig

	q      proxyRequest
	reply  *proxyReply
	site   *caddyHostBlock
	values map[string]string // of map, vars and header_regexp
	// deferred are the operations that are carried out when an answer is written.
	deferred []func()
	// unsure says that the directives are under a condition that is not known.
	unsure bool
}

// run carries out a request.
func (c *caddyConfig) run(site *caddyHostBlock, q proxyRequest) *proxyReply {
	r := &caddyRun{caddyConfig: c, q: q, reply: &proxyReply{}, site: site, values: map[string]string{}}
	switch r.exec(site.caddyNode, true) {
	case caddyFails:
		r.deferred = nil
		for _, n := range site.children {
			if n.word(0) == "handle_errors" && (len(n.words) == 1 || slices.ContainsFunc(n.words, func(w caddyWord) bool { return w.text == "5xx" || w.text == "502" })) {
				r.exec(n, true)
				r.write()
				break
			}
		}
	case caddyGoesOn:
		r.write() // an empty answer
		if r.reply.status == 0 {
			r.reply.status, r.reply.by, r.reply.empty = 200, site.head(), true
		}
	case caddyAnswers:
	}
	return r.reply
}

// write carries out what was deferred, the last first.
func (r *caddyRun) write() {
	for _, f := range slices.Backward(r.deferred) {
		f()
	}
	r.deferred = nil
}

// caddyOutcome is how directives end.
type caddyOutcome uint8

// The outcomes.
const (
	caddyGoesOn  caddyOutcome = iota
	caddyAnswers              // an answer was written
	caddyFails                // with an error
)

// exec carries out the directives in a block, sorted as Caddy does except in a
// route.
func (r *caddyRun) exec(block *caddyNode, sorted bool) caddyOutcome {
	list := block.children
	if sorted {
		if block.inOrder == nil {
			block.inOrder = r.sort(list)
		}
		list = block.inOrder
	}
	handled := false // a handle is carried out only if none was before
	for _, n := range list {
		if !r.engine.step() {
			return caddyAnswers
		}
		name := n.word(0)
		if strings.HasPrefix(name, "@") || !slices.Contains(r.site.order, name) {
			continue
		}
		matcher, rest := n.split()
		matches, known := r.condition(n, matcher)
		group := name == "handle" || name == "handle_path"
		if known && !matches || group && handled {
			continue
		}
		was := r.unsure
		r.unsure = r.unsure || !known
		outcome := r.one(n, rest)
		certain := !r.unsure
		r.unsure = was
		handled = handled || group && certain
		if outcome != caddyGoesOn && certain {
			return outcome
		}
	}
	return caddyGoesOn
}

// sort returns directives in Caddy's order: by name, then by the length of their
// path, then those with a matcher.
func (r *caddyRun) sort(list []*caddyNode) []*caddyNode {
	sorted := slices.Clone(list)
	position, paths, matched := map[*caddyNode]int{}, map[*caddyNode]string{}, map[*caddyNode]bool{}
	for _, n := range list {
		position[n] = slices.Index(r.site.order, n.word(0))
		matcher, _ := n.split()
		matched[n] = matcher != ""
		paths[n] = n.onlyPath(matcher)
	}
	slices.SortStableFunc(sorted, func(a, b *caddyNode) int {
		if d := position[a] - position[b]; d != 0 {
			return d
		}
		before := 0
		switch pa, pb := paths[a], paths[b]; {
		case pa != "" && pb != "" && strings.TrimSuffix(pa, "*") == strings.TrimSuffix(pb, "*"):
			before = len(pa) - len(pb)
		case pa != "" && pb != "":
			before = len(pb) - len(pa)
		case matched[a] && !matched[b]:
			before = -1
		case matched[b] && !matched[a]:
			before = 1
		}
		if a.word(0) == "vars" {
			before = -before
		}
		return before
	})
	return sorted
}

// split returns the matcher of a directive, which may be "", and its other words.
func (n *caddyNode) split() (matcher string, rest []caddyWord) {
	if len(n.words) < 2 {
		return "", nil
	}
	switch w := n.words[1]; {
	case n.word(0) == "map" && !strings.HasPrefix(w.text, "@"):
	case w.text == "*":
		return "", n.words[2:]
	case strings.HasPrefix(w.text, "@"), strings.HasPrefix(w.text, "/"):
		return w.text, n.words[2:]
	}
	return "", n.words[1:]
}

// named returns the definition of a matcher that a directive uses, or nil.
func (n *caddyNode) named(matcher string) *caddyNode {
	for p := n.parent; p != nil && strings.HasPrefix(matcher, "@"); p = p.parent {
		if p.matchers == nil {
			p.matchers = map[string]*caddyNode{}
			for _, c := range slices.Backward(p.children) {
				p.matchers[c.word(0)] = c
			}
		}
		if c := p.matchers[matcher]; c != nil {
			return c
		}
	}
	return nil
}

// onlyPath returns the path of a matcher that has one; "" if it has not.
func (n *caddyNode) onlyPath(matcher string) string {
	if strings.HasPrefix(matcher, "/") {
		return matcher
	}
	return n.only(matcher, "path")
}

// only returns the value of a matcher of a kind in a named one; "" if it has not
// exactly one.
func (n *caddyNode) only(matcher, kind string) string {
	def := n.named(matcher)
	if def == nil {
		return ""
	}
	if def.word(1) == kind && len(def.words) == 3 {
		return def.word(2)
	}
	for _, c := range def.children {
		if c.word(0) == kind && len(c.words) == 2 {
			return c.word(1)
		}
	}
	return ""
}

// one carries out a directive.
func (r *caddyRun) one(n *caddyNode, rest []caddyWord) caddyOutcome {
	switch n.word(0) {
	case "header":
		r.header(n, rest)
	case "map":
		r.mapping(n, rest)
	case "vars":
		if len(rest) == 2 {
			r.values["vars."+rest[0].text] = r.eval(rest[1].text)
		}
		for _, c := range n.children {
			r.values["vars."+c.word(0)] = r.eval(c.word(1))
		}
	case "handle", "handle_path", "route":
		return r.exec(n, n.word(0) != "route")
	case "invoke":
		return r.exec(n, false)
	case "basic_auth", "basicauth", "forward_auth":
		if r.q.method == "OPTIONS" {
			r.reply.auth = !r.unsure
			return r.fail(401, n)
		}
	case "redir":
		return r.answer(302, n)
	case "error":
		return r.fail(500, n)
	case "abort":
		return r.fail(500, n)
	case "respond":
		return r.answer(caddyStatus(rest), n)
	case "file_server":
		if r.q.method == "OPTIONS" {
			return r.fail(405, n)
		}
		r.write()
		return caddyAnswers
	case "reverse_proxy", "php_fastcgi":
		return r.proxy(n)
	}
	return caddyGoesOn
}

// answer writes an answer of Caddy itself.
func (r *caddyRun) answer(status int, n *caddyNode) caddyOutcome {
	if r.unsure {
		return caddyGoesOn
	}
	r.reply.status, r.reply.by = status, n.head()
	r.write()
	return caddyAnswers
}

func (r *caddyRun) fail(status int, n *caddyNode) caddyOutcome {
	if r.unsure {
		return caddyGoesOn
	}
	r.reply.status, r.reply.by = status, n.head()
	return caddyFails
}

// caddyStatus returns the status that respond answers with.
func caddyStatus(rest []caddyWord) int {
	for i, w := range rest {
		if status, err := strconv.Atoi(w.text); err == nil && len(w.text) == 3 && (i == 1 || len(rest) == 1) {
			return status
		}
	}
	return 200
}

// proxy forwards a request.
func (r *caddyRun) proxy(n *caddyNode) caddyOutcome {
	if r.q.down {
		return r.fail(502, n)
	}
	if r.unsure {
		return caddyGoesOn
	}
	answer := proxyReply{headers: r.q.application()}
	for _, c := range n.children {
		switch field := c.word(1); {
		case c.word(0) != "header_down":
		case strings.HasPrefix(field, "-"):
			answer.remove(field[1:])
		case len(c.words) > 2:
			r.set(&answer, strings.TrimLeft(field, "+?>"), c.words[2], c, strings.HasPrefix(field, "+"))
		}
	}
	r.reply.headers = append(r.reply.headers, answer.headers...)
	r.write()
	return caddyAnswers
}

// set sets or adds a header of an answer.
func (r *caddyRun) set(reply *proxyReply, name string, w caddyWord, line *caddyNode, add bool) {
	h := proxyHeader{
		name: name, value: r.eval(w.text), written: w.at.In(w.at.file), at: w.at,
		line: line.head(), unsure: r.unsure,
	}
	if len(name) > proxyMaxExpression || len(reply.headers) > proxyMaxTried {
		return
	}
	if add {
		reply.headers = append(reply.headers, h)
	} else {
		reply.set(h)
	}
}

// caddyOperation is what a line of header does.
type caddyOperation struct {
	line  *caddyNode
	field string
	words []caddyWord // the value, or what is replaced and by what
}

// kind returns the character before the field, r for a line that replaces a part
// of a value, or 0.
func (o *caddyOperation) kind() byte {
	switch {
	case o.field != "" && strings.IndexByte("+-?>", o.field[0]) >= 0:
		return o.field[0]
	case len(o.words) > 1:
		return 'r'
	}
	return 0
}

func (o *caddyOperation) name() string {
	return strings.TrimSuffix(strings.TrimLeft(o.field, "+-?>"), ":")
}

// caddyOperations returns the lines of a header directive, and whether they are
// carried out only when the answer is written.
func caddyOperations(n *caddyNode, rest []caddyWord) (list []caddyOperation, deferred bool) {
	if len(rest) > 0 {
		list = append(list, caddyOperation{n, rest[0].text, rest[1:]})
	}
	for _, c := range n.children {
		if c.word(0) == "defer" {
			deferred = true
		} else if len(c.words) > 0 && !c.Block {
			list = append(list, caddyOperation{c, c.word(0), c.words[1:]})
		}
	}
	for i := range list {
		if k := list[i].kind(); k == '-' || k == '>' || k == 'r' {
			deferred = true
		}
	}
	return list, deferred
}

// header carries out header, or defers it.
func (r *caddyRun) header(n *caddyNode, rest []caddyWord) {
	list, deferred := caddyOperations(n, rest)
	unsure := r.unsure
	apply := func(defaults bool) {
		was := r.unsure
		r.unsure = unsure
		for _, kinds := range []string{"+", "\x00>?", "-", "r"} {
			for i := range list {
				if o := &list[i]; strings.IndexByte(kinds, o.kind()) >= 0 && (o.kind() == '?') == defaults {
					r.operation(o)
				}
			}
		}
		r.unsure = was
	}
	if deferred {
		r.deferred = append(r.deferred, func() { apply(false) })
	} else {
		apply(false)
	}
	if slices.ContainsFunc(list, func(o caddyOperation) bool { return o.kind() == '?' }) {
		r.deferred = append(r.deferred, func() { apply(true) })
	}
}

func (r *caddyRun) operation(o *caddyOperation) {
	name := o.name()
	switch k := o.kind(); {
	case k == '-':
		r.reply.remove(name)
	case k == 'r': // a part of what is there is replaced
		for i := range r.reply.headers {
			if h := &r.reply.headers[i]; strings.EqualFold(h.name, name) {
				h.value, h.written, h.at, h.line = proxyUnknown, o.words[1].text, o.words[1].at, o.line.head()
			}
		}
	case k == '?' && len(r.reply.values(name)) > 0:
	case len(o.words) > 0:
		r.set(r.reply, name, o.words[0], o.line, k == '+')
	default:
		r.set(r.reply, name, caddyWord{at: o.line.head()}, o.line, k == '+')
	}
}

// mapping carries out map: the first line that matches gives the values.
func (r *caddyRun) mapping(n *caddyNode, rest []caddyWord) {
	if len(rest) < 2 {
		return
	}
	input := r.eval(rest[0].text)
	about := caddyIsOrigin(rest[0].text)
	for i, out := range rest[1:] {
		name := strings.Trim(out.text, "{}")
		r.values[name] = ""
		for _, c := range n.children {
			if len(c.words) < i+2 {
				continue
			}
			key := c.words[0]
			matches, known := key.text == "default", true
			if !matches {
				cmp := proxyCompared{how: proxyIs, text: key.text, at: key.at}
				if expr, ok := strings.CutPrefix(key.text, "~"); ok {
					cmp.how, cmp.text = proxyExpression, expr
				}
				if about {
					matches, known = r.engine.compare(&r.q, r.reply, cmp)
				} else {
					matches, known = r.engine.matches(input, cmp.how, cmp.text, false)
				}
			}
			if !known {
				r.values[name] = proxyUnknown
				break
			}
			if value := c.word(i + 1); matches {
				if value == "-" {
					value = ""
				}
				if strings.Contains(value, "${") {
					value = r.group(key.text, input, value)
				}
				r.values[name] = r.eval(value)
				break
			}
		}
	}
}

// group fills in what the groups of an expression of map have matched.
func (r *caddyRun) group(key, input, value string) string {
	re := r.engine.expression(strings.TrimPrefix(key, "~"), false)
	if re == nil {
		return proxyUnknown
	}
	m := re.FindStringSubmatchIndex(input)
	return string(re.ExpandString(nil, value, input, m))
}

// caddyIsOrigin reports whether a text is the placeholder of the origin.
func caddyIsOrigin(text string) bool {
	return strings.EqualFold(text, "{header.Origin}") || strings.EqualFold(text, "{http.request.header.Origin}")
}

// eval returns a text with the placeholders replaced.
func (r *caddyRun) eval(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok || strings.ContainsAny(name, "{ \"") || b.Len() > 2*proxyMaxExpression {
			b.WriteString("{" + rest)
			return b.String()
		}
		b.WriteString(r.placeholder(name))
		text = after
	}
}

func (r *caddyRun) placeholder(name string) string {
	short := strings.TrimPrefix(strings.TrimPrefix(name, "http.request."), "http.")
	if header, ok := strings.CutPrefix(short, "header."); ok {
		value, _ := r.q.header(header)
		return value
	}
	if short == "method" {
		return r.q.method
	}
	if v, ok := r.values[strings.Replace(short, "regexp.", "re.", 1)]; ok {
		return v
	}
	return proxyUnknown
}
