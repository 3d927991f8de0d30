package stacks

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nginxRequest is a request as far as CORS is concerned.
type nginxRequest struct {
	method string
	origin string // "" for none
	// asked and headers are what a preflight asks for.
	asked, headers string
	// unlimited says to leave out limit_except.
	unlimited bool
	// noted gets what the origin is compared with, and the maps that are asked
	// for it.
	noted *nginxNoted
}

// nginxReply is what nginx adds to the answer to a request, and which answers it
// gives by itself.
type nginxReply struct {
	// status is that of a return; 0 if the request goes on to the content.
	status int
	// at is the return.
	at *nginxNode
	// block is the block whose settings the answer has: a location, or an if in
	// it.
	block   *nginxNode
	headers []nginxHeader
	// unsure are conditions that depend on what is not known here.
	unsure []*nginxNode
}

// nginxHeader is a header of an answer.
type nginxHeader struct {
	name, value string
	node        *nginxNode
	always      bool
	more        bool // set by more_set_headers, which replaces the header
}

// nginxCompared is something that an origin was compared with.
type nginxCompared struct {
	node       *nginxNode // the if, or the entry of a map
	word       int        // which of its words the text is
	text       string
	expression bool // text is a regular expression
	fold       bool // the case of letters does not matter
	entries    bool // node is a map, for all of its entries
}

// nginxUnknown is in a value in the place of a variable that is not known.
const nginxUnknown = "\x00"

func unknown(value string) bool { return strings.Contains(value, nginxUnknown) }

// values returns the values of a header that are not empty: nginx leaves out
// those.
func (r *nginxReply) values(name string) (list []nginxHeader) {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) && h.value != "" {
			list = append(list, h)
		}
	}
	return list
}

// value returns the first value of a header, or "". A return with an error has
// none.
func (r *nginxReply) value(name string) string {
	if r.status >= 400 {
		return "" // a refusal, which has nothing to read
	}
	if list := r.values(name); len(list) > 0 {
		return list[0].value
	}
	return ""
}

// varies reports whether the answer says that it depends on the origin.
func (r *nginxReply) varies() bool {
	return slices.ContainsFunc(r.values("Vary"), func(h nginxHeader) bool {
		return slices.ContainsFunc(strings.Split(h.value, ","), func(s string) bool {
			s = strings.TrimSpace(s)
			return strings.EqualFold(s, "Origin") || s == "*"
		})
	})
}

// allows returns the origin, if the answer allows it.
func (r *nginxReply) allows(origin string) bool {
	v := r.value("Access-Control-Allow-Origin")
	return v == origin && origin != "" || v == "*"
}

// nginxRun carries out one request.
type nginxRun struct {
	config  *nginxConfig
	request nginxRequest
	vars    map[string]string
	depth   int
	steps   int
	reply   nginxReply
}

// nginxMaxSteps bounds the work for a request: maps that use maps could otherwise
// take a time that is exponential in their number.
const nginxMaxSteps = 20_000

// run returns the reply to a request that nginx finds a block for: a location, or
// a server if it has none for it.
func (c *nginxConfig) run(block *nginxNode, request nginxRequest) nginxReply {
	if c.large() {
		return nginxReply{block: block}
	}
	c.work += 20 // for what a reply needs
	r := nginxRun{config: c, request: request, vars: map[string]string{}}
	server := block.up("server")
	r.reply.block = block
	if server == nil {
		server = block
	}
	stopped := r.codes(server)
	if stopped && r.reply.status != 0 && server != block {
		r.reply.block = server // the location has not been looked for yet
	}
	if !stopped || r.reply.status == 0 {
		if limit := block.limits(request.method); limit != nil && !request.unlimited {
			// It has the place of the location from the beginning, so that the
			// set and if of that do not run.
			r.reply.block = limit
		} else if server != block {
			r.reply.block = block
			r.codes(block)
		}
	}
	r.addHeaders()
	return r.reply
}

// limits returns the limit_except of a block that refuses a method, or nil.
func (n *nginxNode) limits(method string) *nginxNode {
	for _, l := range n.named("limit_except") {
		if !slices.ContainsFunc(l.args(), func(m string) bool {
			return strings.EqualFold(m, method) || method == http.MethodHead && strings.EqualFold(m, http.MethodGet)
		}) {
			return l
		}
	}
	return nil
}

// codes carries out set, if, return and break of a block. It returns true if
// they end.
func (r *nginxRun) codes(block *nginxNode) (stop bool) {
	r.config.work += len(block.codes)
	for _, n := range block.codes {
		switch n.kind {
		case "set":
			if name, ok := strings.CutPrefix(n.arg(1), "$"); ok {
				r.vars[strings.ToLower(name)] = r.eval(n.arg(2))
			}
		case "if":
			if !n.Block || !r.condition(n) {
				continue
			}
			r.reply.block = n
			if r.codes(n) {
				return true
			}
		case "return":
			r.reply.at = n
			r.reply.status, _ = strconv.Atoi(n.arg(1))
			if r.reply.status == 0 {
				r.reply.status = 302 // return URL
			}
			return true
		case "break":
			return true
		}
	}
	return false
}

// nginxCondition is the condition of an if: its words, without the parentheses, and
// where they are among those of the if.
type nginxCondition struct {
	words []string
	at    []int
}

// readCondition sets the condition of an if.
func (n *nginxNode) readCondition() {
	c := &n.condition
	for i, w := range n.Words[1:] {
		text := w.Text
		if i == 0 && w.Quote == 0 {
			text = strings.TrimPrefix(text, "(")
		}
		if i == len(n.Words)-2 && w.Quote == 0 {
			text = strings.TrimSuffix(text, ")")
		}
		if text != "" || w.Quote != 0 {
			c.words, c.at = append(c.words, text), append(c.at, i+1)
		}
	}
}

// condition reports whether the condition of an if is true.
func (r *nginxRun) condition(n *nginxNode) bool {
	words := n.condition.words
	if len(words) == 0 || !strings.HasPrefix(words[0], "$") {
		r.reply.unsure = append(r.reply.unsure, n)
		return false
	}
	left := r.eval(words[0])
	if unknown(left) {
		r.reply.unsure = append(r.reply.unsure, n)
		return false
	}
	if len(words) == 1 {
		return left != "" && left != "0"
	}
	if len(words) != 3 {
		return false
	}
	compared := nginxCompared{node: n, word: n.condition.at[2], text: words[2]}
	switch op := words[1]; op {
	case "=", "!=":
		right := r.eval(words[2])
		if unknown(right) {
			r.reply.unsure = append(r.reply.unsure, n)
			return false
		}
		compared.text = right
		r.compare(left, compared)
		return (left == right) == (op == "=")
	case "~", "~*", "!~", "!~*":
		compared.expression, compared.fold = true, strings.HasSuffix(op, "*")
		r.compare(left, compared)
		return r.match(left, words[2], compared.fold) != strings.HasPrefix(op, "!")
	}
	return false
}

// compare notes what the origin is compared with.
func (r *nginxRun) compare(left string, c nginxCompared) {
	if r.request.origin != "" && left == r.request.origin {
		r.request.noted.add(c)
	}
}

// match reports whether an expression matches, and sets the variables of its
// groups.
func (r *nginxRun) match(text, expr string, fold bool) bool {
	re := r.config.expression(expr, fold, text)
	if re == nil {
		return false
	}
	groups := re.FindStringSubmatch(text)
	if groups == nil {
		return false
	}
	for i, name := range re.SubexpNames() {
		if i > 0 && i < 10 {
			r.vars[strconv.Itoa(i)] = groups[i]
		}
		if name != "" {
			r.vars[strings.ToLower(name)] = groups[i]
		}
	}
	return true
}

// expression returns an expression of nginx that a text is to be matched with; nil
// if it has what RE2 has not, or if the configuration is too large.
func (c *nginxConfig) expression(expr string, fold bool, text string) *regexp.Regexp {
	c.work += len(expr) * len(text) >> 8
	if c.large() {
		return nil
	}
	if fold {
		expr = "(?i)" + expr
	}
	re, ok := c.expressions[expr]
	if !ok {
		if len(expr) < 4000 {
			re, _ = regexp.Compile(expr)
		}
		c.expressions[expr] = re
	}
	return re
}

// eval returns a value with its variables replaced.
func (r *nginxRun) eval(value string) string {
	if !strings.Contains(value, "$") {
		return value
	}
	if name, end := nginxVariable(value, 0); end == len(value) {
		return r.variable(strings.ToLower(name))
	}
	var b strings.Builder
	defer func() { r.config.work += b.Len() >> 8 }()
	for i := 0; i < len(value); {
		name, end := nginxVariable(value, i)
		if end == i {
			b.WriteByte(value[i])
			i++
			continue
		}
		b.WriteString(r.variable(strings.ToLower(name)))
		i = end
		if b.Len() > 1<<16 {
			return nginxUnknown
		}
	}
	return b.String()
}

// nginxVariable returns the name of the variable at an offset, and where it ends;
// that is the offset itself if there is none.
func nginxVariable(s string, i int) (name string, end int) {
	if s[i] != '$' {
		return "", i
	}
	start := i + 1
	if start < len(s) && s[start] == '{' {
		n := strings.IndexByte(s[start:], '}')
		if n < 0 {
			return "", i
		}
		return s[start+1 : start+n], start + n + 1
	}
	end = start
	for end < len(s) && (s[end] == '_' || s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' || s[end] >= '0' && s[end] <= '9') {
		end++
	}
	if end == start {
		return "", i
	}
	return s[start:end], end
}

// variable returns the value of a variable.
func (r *nginxRun) variable(name string) string {
	switch name {
	case "http_origin":
		return r.request.origin
	case "request_method":
		return r.request.method
	case "http_access_control_request_method":
		return r.request.asked
	case "http_access_control_request_headers":
		return r.request.headers
	}
	if v, ok := r.vars[name]; ok {
		return v
	}
	m := r.config.maps[name]
	r.steps++
	r.config.work++
	if m == nil || r.depth > 20 || r.steps > nginxMaxSteps || r.config.large() {
		return nginxUnknown
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.lookUp(m)
}

// lookUp returns the value that a map has for the request.
func (r *nginxRun) lookUp(m *nginxNode) string {
	subject := r.eval(m.arg(1))
	if unknown(subject) {
		return nginxUnknown
	}
	if subject != "" && subject == r.request.origin {
		r.request.noted.add(nginxCompared{node: m, entries: true})
	}
	key := nginxSubject{m, subject}
	e, known := r.config.found[key]
	if !known {
		r.config.work += len(m.children)
		e = r.config.find(m, subject)
		r.config.found[key] = e
	}
	if e == nil {
		return ""
	}
	if c, ok := nginxKey(e); ok && c.expression {
		r.match(subject, c.text, c.fold) // for the variables of its groups
	}
	return r.eval(e.arg(1))
}

// nginxSubject is a value that a map is asked for.
type nginxSubject struct {
	m    *nginxNode
	text string
}

// nginxKey returns what an entry of a map compares with; false for default and
// parameters.
func nginxKey(e *nginxNode) (c nginxCompared, ok bool) {
	if len(e.Words) != 2 || e.Words[0].Text == "default" {
		return c, false
	}
	c = nginxCompared{node: e, text: e.Words[0].Text, fold: true} // plain keys ignore case
	if text, ok := strings.CutPrefix(c.text, "~"); ok {
		c.text, c.fold = strings.CutPrefix(text, "*")
		c.expression = true
	} else {
		c.text = strings.TrimPrefix(c.text, `\`)
	}
	return c, true
}

// find returns the entry of a map for a value: a plain key before expressions,
// and default after them; nil if there is none.
func (c *nginxConfig) find(m *nginxNode, subject string) (found *nginxNode) {
	var fallback *nginxNode
	for _, e := range m.children {
		k, ok := nginxKey(e)
		switch {
		case !ok && len(e.Words) == 2:
			fallback = e
		case !ok:
		case !k.expression && strings.EqualFold(k.text, subject):
			return e
		case k.expression && found == nil:
			if re := c.expression(k.text, k.fold, subject); re != nil && re.MatchString(subject) {
				found = e
			}
		}
	}
	if found == nil {
		return fallback
	}
	return found
}

// addHeaders adds what add_header and more_set_headers of the block set.
func (r *nginxRun) addHeaders() {
	for _, n := range r.reply.block.inherited("add_header") {
		if len(n.Words) >= 3 {
			r.reply.headers = append(r.reply.headers, nginxHeader{n.arg(1), r.eval(n.arg(2)), n, n.arg(3) == "always", false})
		}
	}
	var more []*nginxNode // unlike add_header, those of all blocks around
	for b := r.reply.block; b != nil; b = b.parent {
		more = append(b.named("more_set_headers"), more...)
	}
	for _, n := range more {
		always, skip := true, false
		for _, arg := range n.args() {
			switch {
			case skip:
				skip = false
			case arg == "-s" || arg == "-t":
				skip, always = true, false
			case strings.HasPrefix(arg, "-"):
			default:
				name, value, _ := strings.Cut(arg, ":")
				r.reply.headers = slices.DeleteFunc(r.reply.headers, func(h nginxHeader) bool { return strings.EqualFold(h.name, name) })
				r.reply.headers = append(r.reply.headers, nginxHeader{strings.TrimSpace(name), r.eval(strings.TrimSpace(value)), n, always, true})
			}
		}
	}
}
