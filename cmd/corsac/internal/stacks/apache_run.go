package stacks

import (
	"slices"
	"strconv"
	"strings"
)

// apacheRun is a request that is carried out.
type apacheRun struct {
	*apacheConfig

	q     proxyRequest
	reply *proxyReply
	// vars are the variables of the request's environment; unset ones are not
	// there.
	vars map[string]apacheValue
	// groups are what the last condition and rule of mod_rewrite have matched.
	groups, ruleGroups []string
	// vary are headers in conditions that were met: mod_rewrite adds them to Vary.
	vary, conditions []string
}

// env returns a variable of the environment.
func (r *apacheRun) env(name string) apacheValue {
	if v, ok := r.vars[name]; ok {
		return v
	}
	return apacheValue{known: true}
}

// run carries out a request for the contexts that apply to it.
func (c *apacheConfig) run(chain []*apacheNode, q proxyRequest) *proxyReply {
	r := &apacheRun{apacheConfig: c, q: q, reply: &proxyReply{}, vars: map[string]apacheValue{}}
	var servers, folders, paths []*apacheNode
	for _, n := range chain {
		switch {
		case n.ofServer():
			servers = append(servers, n)
		case strings.HasPrefix(n.kind, "location"):
			paths = append(paths, n)
		default:
			folders = append(folders, n)
		}
	}
	for _, n := range servers {
		r.setEnvIf(n)
	}
	if len(servers) > 0 && r.rewrite(servers[len(servers)-1]) {
		r.answer(append(slices.Clone(servers), paths...))
		return r.reply
	}
	for _, n := range append(slices.Clone(folders), paths...) {
		r.setEnvIf(n)
	}
	if r.refused(chain) {
		r.answer(chain)
		return r.reply
	}
	for _, n := range chain {
		if !n.ofServer() && r.rewrite(n) {
			r.answer(chain)
			return r.reply
		}
	}
	for _, n := range chain {
		for _, d := range n.named("setenv") {
			if d.kind == "setenv" && len(d.args) > 0 {
				r.vars[d.arg(0)] = apacheValue{text: d.arg(1), known: true}
			}
		}
	}
	if r.q.down {
		r.reply.status, r.reply.by = 503, chain[len(chain)-1].whole()
	}
	r.answer(chain)
	return r.reply
}

// apacheAttributes are what SetEnvIf calls parts of the request.
var apacheAttributes = map[string]string{"request_method": "REQUEST_METHOD"}

// setEnvIf carries out the lines that set variables for requests of a kind.
func (r *apacheRun) setEnvIf(n *apacheNode) {
	for _, d := range n.named("setenvif", "setenvifnocase", "setenvifexpr") {
		if !r.engine.step() {
			return
		}
		var matches, known bool
		var groups []string
		vars := d.args
		if d.kind == "setenvifexpr" {
			matches, known = r.expr(d.arg(0), d.argAt(0))
			vars = vars[min(1, len(vars)):]
		} else {
			matches, known, groups = r.attribute(d)
			vars = vars[min(2, len(vars)):]
		}
		for _, v := range vars {
			if matches || !known {
				r.assign(v, groups, known)
			}
		}
	}
}

// attribute compares a part of the request with an expression.
func (r *apacheRun) attribute(d *apacheNode) (matches, known bool, groups []string) {
	name := d.arg(0)
	v := r.variable("HTTP:" + name)
	if variable, ok := apacheAttributes[strings.ToLower(name)]; ok {
		v = r.variable(variable)
	} else if !v.known {
		if set, ok := r.vars[name]; ok {
			v = set
		}
	}
	if !v.known {
		return false, false, nil
	}
	c := proxyCompared{how: proxyExpression, text: d.arg(1), fold: d.kind == "setenvifnocase", at: d.argAt(1)}
	matches, known = r.matchText(v, c)
	return matches, known, r.groupsOf(v.text, c, matches)
}

// matchText compares a value, and notes it if it is the origin.
func (r *apacheRun) matchText(v apacheValue, c proxyCompared) (matches, known bool) {
	if v.origin && !slices.Contains(apacheAnything, c.text) && c.text != "" {
		return r.engine.compare(&r.q, r.reply, c)
	}
	return r.engine.matches(v.text, c.how, c.text, c.fold)
}

// groupsOf returns what the groups of an expression have matched.
func (r *apacheRun) groupsOf(text string, c proxyCompared, matches bool) []string {
	if re := r.engine.expression(c.text, c.fold); re != nil && matches {
		return re.FindStringSubmatch(text)
	}
	return nil
}

// assign sets or unsets a variable, as SetEnvIf writes that.
func (r *apacheRun) assign(text string, groups []string, known bool) {
	if name, ok := strings.CutPrefix(text, "!"); ok {
		if known {
			delete(r.vars, name)
		}
		return
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		value = "1"
	}
	value = fillGroups(value, '$', groups)
	r.vars[name] = apacheValue{text: value, known: known && !strings.Contains(value, proxyUnknown), origin: value == r.q.origin && value != ""}
}

// fillGroups fills in $0 or %1.
func fillGroups(text string, sign byte, groups []string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == sign && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9' {
			if n := int(text[i+1] - '0'); n < len(groups) {
				b.WriteString(groups[n])
			}
			i++
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// rewrite carries out the rules of a context, and reports whether one answers.
func (r *apacheRun) rewrite(n *apacheNode) (ended bool) {
	on, matches, known, or := false, true, true, false
	reset := func() {
		matches, known, or = true, true, false
		r.conditions = nil
	}
	for _, d := range n.named("rewriteengine", "rewritecond", "rewriterule") {
		if !r.engine.step() {
			return true
		}
		switch {
		case d.kind == "rewriteengine":
			on = strings.EqualFold(d.arg(0), "on")
		case !on:
		case d.kind == "rewritecond":
			m, k := r.rewriteCondition(d)
			if or {
				matches, known = matches && known || m && k, known && k || matches && known || m && k
			} else {
				no := known && !matches || k && !m
				matches, known = matches && m && !no, known && k || no
			}
			or = slices.ContainsFunc(apacheFlags(d.arg(2)), func(f string) bool { return strings.EqualFold(f, "OR") || strings.EqualFold(f, "ornext") })
		default:
			m, k, conditions := matches, known, r.conditions
			reset()
			if k && !m || !r.rulePattern(n, d) {
				continue
			}
			if len(r.vary) < proxyMaxTried {
				r.vary = append(r.vary, conditions...)
			}
			ended, last := r.rule(d, k)
			if ended || last && k {
				return ended
			}
		}
	}
	return false
}

// rulePattern reports whether the path has the pattern of a rule.
func (r *apacheRun) rulePattern(n, d *apacheNode) bool {
	path := r.q.path
	if !n.ofServer() {
		path = strings.TrimPrefix(path, "/")
	}
	pattern, not := strings.CutPrefix(d.arg(0), "!")
	re := r.engine.expression(pattern, false)
	if re == nil {
		return false
	}
	r.ruleGroups = re.FindStringSubmatch(path)
	return (r.ruleGroups != nil) != not
}

// apacheFlags returns the flags of a rule or condition.
func apacheFlags(text string) []string {
	return strings.Split(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), ",")
}

// rule carries out what a rule does; known is false if it may not be reached.
func (r *apacheRun) rule(d *apacheNode, known bool) (ended, last bool) {
	status := 0
	for _, flag := range apacheFlags(d.arg(2)) {
		name, value, _ := strings.Cut(strings.TrimSpace(flag), "=")
		switch strings.ToUpper(name) {
		case "R", "REDIRECT":
			status = 302
			if n, err := strconv.Atoi(value); err == nil {
				status = n
			}
		case "F", "FORBIDDEN":
			status = 403
		case "G", "GONE":
			status = 410
		case "L", "END", "LAST", "P", "PROXY":
			last = true
		case "E", "ENV":
			name, text, _ := strings.Cut(value, ":")
			text = fillGroups(fillGroups(text, '%', r.groups), '$', r.ruleGroups)
			v := r.expand(text)
			v.known = v.known && known
			v.origin = v.text == r.q.origin && v.text != ""
			r.vars[name] = v
		}
	}
	if status != 0 && known {
		r.reply.status, r.reply.by = status, d.whole()
		return true, true
	}
	return false, last
}

// rewriteCondition reports whether a RewriteCond is met.
func (r *apacheRun) rewriteCondition(d *apacheNode) (matches, known bool) {
	v := r.expand(d.arg(0))
	text, not := strings.CutPrefix(d.arg(1), "!")
	fold := slices.ContainsFunc(apacheFlags(d.arg(2)), func(f string) bool { return strings.EqualFold(f, "NC") || strings.EqualFold(f, "nocase") })
	c := proxyCompared{how: proxyExpression, text: text, fold: fold, at: d.argAt(1)}
	switch {
	case !v.known || strings.EqualFold(d.arg(0), "expr"):
		return false, false
	case strings.HasPrefix(text, "="):
		c.how, c.text = proxyIs, strings.Trim(text[1:], `"`)
	case strings.HasPrefix(text, "-") || strings.HasPrefix(text, "<") || strings.HasPrefix(text, ">"):
		return false, false
	}
	matches, known = r.matchText(v, c)
	if header, ok := strings.CutPrefix(d.arg(0), "%{HTTP:"); ok && known && matches != not {
		r.conditions = append(r.conditions, strings.TrimSuffix(header, "}"))
	}
	if c.how == proxyExpression && matches && !not {
		r.groups = r.groupsOf(v.text, c, matches)
	}
	return matches != not, known
}

// refused reports whether a preflight is refused for lack of credentials.
func (r *apacheRun) refused(chain []*apacheNode) bool {
	if r.q.method != "OPTIONS" {
		return false
	}
	for _, n := range slices.Backward(chain) {
		required := n.named("require")
		for _, d := range required {
			switch strings.ToLower(d.arg(0)) {
			case "method":
				if slices.Contains(d.args, "OPTIONS") {
					return false
				}
			case "valid-user", "user", "group":
				if d.limited() {
					r.reply.status, r.reply.by, r.reply.auth = 401, d.whole(), true
					return true
				}
			}
		}
		if len(required) > 0 {
			return false // those of the innermost section replace the others
		}
	}
	return false
}

// limited reports whether a directive applies to OPTIONS, as far as sections about
// methods say.
func (n *apacheNode) limited() bool {
	for p := n.parent; p != nil && !p.isContext(); p = p.parent {
		has := slices.ContainsFunc(p.args, func(m string) bool { return strings.EqualFold(m, "OPTIONS") })
		if p.kind == "limit" && !has || p.kind == "limitexcept" && has {
			return false
		}
	}
	return true
}

// answer carries out the lines of Header. Apache has two tables: that of always is
// sent with every answer, the other with every one except its own errors.
func (r *apacheRun) answer(chain []*apacheNode) {
	var always, success proxyReply
	if r.reply.status == 0 {
		success.headers = r.q.application()
		for _, name := range r.vary {
			success.headers = append(success.headers, proxyHeader{name: "Vary", value: name})
		}
	}
	for _, late := range []bool{false, true} { // what is in <If> comes last
		for _, n := range chain {
			r.headers(n, late, true, &always, &success)
		}
	}
	r.reply.headers = always.headers
	if r.reply.status == 0 {
		r.reply.headers = append(success.headers, always.headers...)
	}
}

// headers carries out the lines of a context, those in <If> or the others.
func (r *apacheRun) headers(n *apacheNode, late, known bool, always, success *proxyReply) {
	taken, sure := false, true // an <If> before this
	for _, c := range n.children {
		if !r.engine.step() {
			return
		}
		switch {
		case c.Section && (c.kind == "if" || c.kind == "elseif" || c.kind == "else"):
			m, k := true, true
			if c.kind != "else" {
				m, k = r.expr(strings.Join(c.args, " "), c.whole())
			}
			if c.kind == "if" {
				taken, sure = false, true
			} else if taken {
				continue
			}
			if late && (m || !k) {
				r.headers(c, false, known && k && sure, always, success)
				r.headers(c, true, known && k && sure, always, success)
			}
			taken, sure = taken || m && k, sure && k
		case c.Section && !c.isContext():
			r.headers(c, late, known, always, success)
		case !late:
			if h, ok := c.header(); ok && !h.early {
				r.header(&h, known, always, success)
			}
		}
	}
}

// header carries out a line of Header.
func (r *apacheRun) header(h *apacheHeader, known bool, always, success *proxyReply) {
	table := success
	if h.always {
		table = always
	}
	if condition, ok := strings.CutPrefix(h.condition, "env="); ok {
		name, not := strings.CutPrefix(condition, "!")
		v, set := r.vars[name]
		if known = known && (!set || v.known); set == not && known {
			return
		}
	} else if condition, ok := strings.CutPrefix(h.condition, "expr="); ok {
		m, k := r.expr(condition, h.node.argAt(len(h.node.args)-1))
		if k && !m {
			return
		}
		known = known && k
	}
	if h.action == "unset" {
		if known {
			table.remove(h.name)
		}
		return
	}
	if len(h.node.args) <= h.word+2 || len(table.headers) > proxyMaxTried {
		return
	}
	at := h.node.argAt(h.word + 2)
	header := proxyHeader{name: h.name, value: r.format(h.node.arg(h.word + 2)), written: at.In(at.file), at: at, line: h.node.whole(), unsure: !known}
	r.apply(h, header, table)
}

// apply does what the action of a line says.
func (r *apacheRun) apply(h *apacheHeader, header proxyHeader, table *proxyReply) {
	there := table.values(h.name)
	switch h.action {
	case "set":
		table.set(header)
	case "add":
		table.headers = append(table.headers, header)
	case "setifempty":
		if len(there) == 0 {
			table.headers = append(table.headers, header)
		}
	case "append", "merge":
		if len(there) == 0 {
			table.headers = append(table.headers, header)
			return
		}
		if h.action == "merge" && slices.Contains(strings.Split(there[0].value, ", "), header.value) {
			return
		}
		header.value = there[0].value + ", " + header.value
		table.set(header)
	case "edit", "edit*":
		for i := range table.headers {
			if e := &table.headers[i]; strings.EqualFold(e.name, h.name) {
				e.value, e.written, e.at, e.line = proxyUnknown, header.written, header.at, header.line
			}
		}
	}
}

// format returns a value of Header with what follows % filled in.
func (r *apacheRun) format(text string) string {
	if expr, ok := strings.CutPrefix(text, "expr="); ok {
		return r.expand(expr).text
	}
	return percents(text, func(rest string) (value, after string) {
		name, after, brace := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		if !strings.HasPrefix(rest, "{") || !brace {
			return proxyUnknown, rest[min(1, len(rest)):]
		}
		after, variable := strings.CutPrefix(after, "e")
		if !variable {
			return proxyUnknown, strings.TrimLeft(after, "s")
		}
		switch v, set := r.vars[name]; {
		case !set:
			return apacheNull, after
		case v.known:
			return v.text, after
		}
		return proxyUnknown, after
	})
}

// apacheNull is what Apache sends for a variable that is not set.
const apacheNull = "(null)"
