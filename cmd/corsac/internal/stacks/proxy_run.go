package stacks

import (
	"regexp"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// What the requests are like that a proxy is simulated with.
const (
	proxyStranger    = "https://stranger.invalid" // no file allows it on purpose
	proxyMethod      = "CORSAC-METHOD"            // so that a method that is repeated shows
	proxyHeaders     = "x-corsac-header"
	proxyApplication = "https://application.invalid" // what an application with CORS of its own allows
)

// proxyUnknown is in a value in the place of what is known only when the proxy
// runs.
const proxyUnknown = "\x00"

// proxyPlace is a part of a file.
type proxyPlace struct {
	file *source.File
	source.Span
}

// proxyRequest is a request that a proxy is asked about.
type proxyRequest struct {
	method, origin, requestMethod, requestHeaders string
	host, path                                    string
	// down says that the application does not answer, and ownHeaders that it has
	// an Access-Control-Allow-Origin of its own.
	down, ownHeaders bool
}

// header returns a header of the request; ok is false if it is not known.
func (r *proxyRequest) header(name string) (value string, ok bool) {
	switch strings.ToLower(name) {
	case "origin":
		return r.origin, true
	case "access-control-request-method":
		return r.requestMethod, true
	case "access-control-request-headers":
		return r.requestHeaders, true
	}
	return proxyUnknown, false
}

// proxyHeader is a header of a response.
type proxyHeader struct {
	name, value string
	// written is the value as it is in the file. It is at a place, in a line.
	written  string
	at, line proxyPlace
	// unsure says that it is sent on a condition that is not known.
	unsure bool
}

// proxyReply is what a proxy answers.
type proxyReply struct {
	headers []proxyHeader
	// status is that of an answer of the proxy itself, which by makes; 0 for the
	// answer of the application.
	status int
	by     proxyPlace
	// auth says that it is for lack of credentials, and empty that nothing in the
	// files answers.
	auth, empty bool
	// compared is what the origin was compared with.
	compared []proxyCompared
}

// proxyCompared is a text that a proxy compares the origin with.
type proxyCompared struct {
	how  proxyComparison
	text string
	fold bool // ignoring case
	at   proxyPlace
}

// proxyComparison is how a proxy compares the origin with a text.
type proxyComparison uint8

// The kinds of comparison.
const (
	proxyIs         proxyComparison = iota
	proxyBegins                     // the origin begins with the text
	proxyEnds                       // the origin ends with it
	proxyContains                   // the text is anywhere in the origin
	proxyExpression                 // a regular expression, anywhere in the origin
)

// values returns the headers of a name.
func (r *proxyReply) values(name string) (list []proxyHeader) {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			list = append(list, h)
		}
	}
	return list
}

// value returns the value of the only header of a name; "" if there is not one.
func (r *proxyReply) value(name string) string {
	if list := r.values(name); len(list) == 1 {
		return list[0].value
	}
	return ""
}

// set replaces the headers of a name.
func (r *proxyReply) set(h proxyHeader) {
	r.remove(h.name)
	r.headers = append(r.headers, h)
}

// remove deletes the headers of a name, which may end with *.
func (r *proxyReply) remove(name string) {
	r.headers = slices.DeleteFunc(r.headers, func(h proxyHeader) bool {
		if prefix, ok := strings.CutSuffix(name, "*"); ok {
			return len(h.name) >= len(prefix) && strings.EqualFold(h.name[:len(prefix)], prefix)
		}
		return strings.EqualFold(h.name, name)
	})
}

// allows reports whether pages of an origin may read the answer.
func (r *proxyReply) allows(from string) bool {
	v := r.value("Access-Control-Allow-Origin")
	return v == from && from != "" || v == "*"
}

// answered reports whether the proxy answers by itself, so that browsers accept
// it for a preflight.
func (r *proxyReply) answered() bool { return r.status >= 200 && r.status < 300 }

// varies reports whether the answer says that it depends on the origin.
func (r *proxyReply) varies() bool {
	for _, h := range r.values("Vary") {
		for part := range strings.SplitSeq(h.value, ",") {
			if part = strings.TrimSpace(part); strings.EqualFold(part, "Origin") || part == "*" || strings.Contains(part, proxyUnknown) {
				return true
			}
		}
	}
	return false
}

// application returns the headers of the application's answer.
func (r *proxyRequest) application() []proxyHeader {
	if !r.ownHeaders {
		return nil
	}
	return []proxyHeader{{name: "Access-Control-Allow-Origin", value: proxyApplication}}
}

// compare compares the origin of a request with a text, and notes that in the
// reply. known is false if that cannot be carried out.
func (e *proxyEngine) compare(q *proxyRequest, r *proxyReply, c proxyCompared) (matches, known bool) {
	if strings.Contains(c.text, proxyUnknown) {
		return false, false
	}
	if !slices.Contains(r.compared, c) && len(r.compared) < proxyMaxTried {
		r.compared = append(r.compared, c)
	}
	return e.matches(q.origin, c.how, c.text, c.fold)
}

// matches compares a value with a text.
func (e *proxyEngine) matches(value string, how proxyComparison, text string, fold bool) (matches, known bool) {
	if strings.Contains(value, proxyUnknown) || strings.Contains(text, proxyUnknown) {
		return false, false
	}
	if how == proxyExpression {
		re := e.expression(text, fold)
		return re != nil && re.MatchString(value), re != nil
	}
	if fold {
		value, text = strings.ToLower(value), strings.ToLower(text)
	}
	switch how {
	case proxyBegins:
		return strings.HasPrefix(value, text), true
	case proxyEnds:
		return strings.HasSuffix(value, text), true
	case proxyContains:
		return strings.Contains(value, text), true
	}
	return value == text, true
}

// proxyEngine simulates requests. It has the bounds on that.
type proxyEngine struct {
	// work is how many lines have been carried out.
	work int
	// more says that there are sites that were not read.
	more        bool
	expressions map[string]*regexp.Regexp
}

// Bounds on what is carried out for a project.
const (
	proxyMaxWork       = 1_000_000
	proxyMaxSites      = 500
	proxyMaxTried      = 300
	proxyMaxExpression = 4096
)

// full reports whether there are as many sites as are read, and says so in the last
// of them.
func (e *proxyEngine) full(sites []*Site) bool {
	if len(sites) < proxyMaxSites {
		return false
	}
	s := sites[len(sites)-1]
	if !e.more {
		s.Draft.Remarks = append(s.Draft.Remarks, Remark{Lost, "", "There are more places that set CORS headers after this one; they were not read.", s.File, s.Span})
	}
	e.more = true
	return true
}

// step counts a line, and reports whether there is room for it.
func (e *proxyEngine) step() bool {
	e.work++
	return e.work < proxyMaxWork
}

// expression returns an expression, or nil for one that RE2 does not have.
func (e *proxyEngine) expression(expr string, fold bool) *regexp.Regexp {
	if len(expr) > proxyMaxExpression {
		return nil
	}
	if fold {
		expr = "(?i)" + expr
	}
	if re, ok := e.expressions[expr]; ok {
		return re
	}
	e.work += len(expr)
	re, err := regexp.Compile(expr)
	if err != nil {
		re = nil
	}
	if e.expressions == nil {
		e.expressions = map[string]*regexp.Regexp{}
	}
	e.expressions[expr] = re
	return re
}

// proxyBehaviour is what a proxy does with requests for one site.
type proxyBehaviour struct {
	run func(proxyRequest) *proxyReply
	// host and path are those of the requests.
	host, path string
	// none is the reply to a request without an origin.
	none *proxyReply
	// stranger is an origin that nobody lists, tried those that the files compare
	// with.
	stranger proxyTried
	tried    []proxyTried
}

// proxyTried is an origin with the replies to its requests: a GET, one that the
// application does not answer, one that it answers with headers of its own, and a
// preflight.
type proxyTried struct {
	proxyCompared
	origin                    string
	get, down, own, preflight *proxyReply
}

// allowed reports whether pages of the origin may read answers.
func (t *proxyTried) allowed() bool {
	return t.get.allows(t.origin) || t.preflight.allows(t.origin)
}

// behaviour finds out what a proxy does for requests of a path: it tries an
// origin for everything that the files compare the origin with.
func (e *proxyEngine) behaviour(host, path string, run func(proxyRequest) *proxyReply) *proxyBehaviour {
	b := &proxyBehaviour{run: run, host: host, path: path}
	b.none = run(proxyRequest{method: "GET", host: host, path: path})
	b.stranger = b.try(proxyStranger)
	queue := append(slices.Clone(b.stranger.get.compared), b.stranger.preflight.compared...)
	seen := map[proxyCompared]bool{}
	for len(queue) > 0 && len(b.tried) < proxyMaxTried && e.work < proxyMaxWork {
		what := queue[0]
		queue = queue[1:]
		if seen[what] {
			continue
		}
		seen[what] = true
		sample := e.sample(what)
		if sample == "" {
			continue
		}
		t := b.try(sample)
		t.proxyCompared = what
		b.tried = append(b.tried, t)
		queue = append(append(queue, t.get.compared...), t.preflight.compared...)
	}
	return b
}

func (b *proxyBehaviour) try(from string) proxyTried {
	q := proxyRequest{method: "GET", origin: from, host: b.host, path: b.path}
	t := proxyTried{origin: from, get: b.run(q)}
	q.down = true
	t.down = b.run(q)
	q.down, q.ownHeaders = false, true
	t.own = b.run(q)
	t.preflight = b.run(proxyRequest{method: "OPTIONS", origin: from, requestMethod: proxyMethod, requestHeaders: proxyHeaders, host: b.host, path: b.path})
	return t
}

// example returns the replies to an origin that is allowed, or if there is none,
// to a stranger; nil if neither has CORS headers.
func (b *proxyBehaviour) example() *proxyTried {
	for i := range b.tried {
		if b.tried[i].allowed() {
			return &b.tried[i]
		}
	}
	for _, r := range []*proxyReply{b.stranger.get, b.stranger.preflight} {
		if len(r.values("Access-Control-Allow-Origin")) > 0 {
			return &b.stranger
		}
	}
	return nil
}

// replies returns all replies of a working application.
func (b *proxyBehaviour) replies() []*proxyReply {
	list := []*proxyReply{b.none, b.stranger.get, b.stranger.preflight}
	for i := range b.tried {
		list = append(list, b.tried[i].get, b.tried[i].preflight)
	}
	return list
}

// sample returns an origin that a comparison matches, or another string if there
// is none; "" if nothing is found.
func (e *proxyEngine) sample(c proxyCompared) string {
	candidates := []string{c.text}
	switch c.how {
	case proxyBegins:
		candidates = append(candidates, c.text+"1", c.text+"a.example")
	case proxyEnds, proxyContains:
		for _, prefix := range []string{"https://", "https://a", "http://", "https:", "https:/", "https"} {
			candidates = append(candidates, prefix+c.text, prefix+c.text+".example", prefix+c.text+"1")
		}
	case proxyExpression:
		return sampleOf(e.expression(c.text, c.fold), c.text)
	case proxyIs:
	}
	for _, s := range candidates {
		if c.fold {
			s = strings.ToLower(s)
		}
		o, err := origin.Parse(s)
		if ok, _ := e.matches(s, c.how, c.text, c.fold); ok && err == nil && !o.IsOpaque() && o.String() == s {
			return s
		}
	}
	return c.text
}

// percents returns a text in which something else stands for each %, other than
// %%. For what follows one, replace returns that and the text after it.
func percents(text string, replace func(rest string) (value, after string)) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "%")
		b.WriteString(before)
		if !ok || b.Len() > 2*proxyMaxExpression {
			return b.String()
		}
		if after, ok := strings.CutPrefix(rest, "%"); ok {
			b.WriteByte('%')
			text = after
			continue
		}
		value, after := replace(rest)
		b.WriteString(value)
		text = after
	}
}
