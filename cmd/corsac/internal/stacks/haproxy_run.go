package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/haproxycfg"
)

// haproxyValue is what a fetch returns.
type haproxyValue struct {
	text         string
	found, known bool
	// origin says that it is the origin of the request.
	origin bool
}

// haproxyRun is a request that is carried out.
type haproxyRun struct {
	*haproxyConfig

	q        proxyRequest
	reply    *proxyReply
	vars     map[string]haproxyValue
	captures []haproxyValue
	// response says that the request is gone.
	response bool
	section  *haproxySection
	noOrigin bool // a rule has removed the header
	// gone are the words of conditions that want the request when it is gone.
	gone map[proxyPlace]bool
}

// run carries out a request of a frontend, which may be nil, and of a backend; if
// that is nil, the frontend chooses.
func (c *haproxyConfig) run(front, back *haproxySection, q proxyRequest, gone map[proxyPlace]bool) *proxyReply {
	r := &haproxyRun{haproxyConfig: c, q: q, reply: &proxyReply{}, vars: map[string]haproxyValue{}, gone: gone}
	chain := []*haproxySection{front}
	ended := front != nil && r.request(front)
	if !ended {
		if back == nil {
			back = r.choose(front)
		}
		if back != nil && back != front {
			chain = []*haproxySection{back, front}
			ended = r.request(back)
		}
	}
	r.response = true
	if !ended && q.down {
		last := chain[0]
		r.reply.status, r.reply.by, ended = 503, r.upstreamLine(last), true
	}
	if !ended {
		r.reply.headers = q.application()
		for _, s := range chain {
			r.respond(s, "http-response")
		}
	}
	for _, s := range chain {
		r.respond(s, "http-after-response")
	}
	return r.reply
}

// upstreamLine returns the place of what forwards requests.
func (r *haproxyRun) upstreamLine(s *haproxySection) proxyPlace {
	for _, l := range s.Lines {
		if l.Word(0) == "server" || l.Word(0) == "default_backend" {
			return s.whole(l)
		}
	}
	return s.whole(&s.Line)
}

// choose returns the backend of a frontend for the request, or nil.
func (r *haproxyRun) choose(front *haproxySection) *haproxySection {
	if front == nil {
		return nil
	}
	r.section = front
	for _, word := range []string{"use_backend", "default_backend"} {
		for _, l := range front.Lines {
			if l.Word(0) != word || len(l.Words) < 2 {
				continue
			}
			if matches, known := r.condition(l.Words); matches && known {
				return r.backend(l.Word(1))
			}
		}
	}
	return nil
}

// request carries out the http-request lines of a section, and reports whether one
// of them answers.
func (r *haproxyRun) request(s *haproxySection) (ended bool) {
	r.section = s
	r.captures = append(r.captures, make([]haproxyValue, len(s.captures))...)
	for i, l := range s.captures {
		if l.Word(0) == "capture" && strings.EqualFold(l.Word(3), "Origin") {
			r.capture(i, r.origin(), l)
		}
	}
	for _, l := range s.Lines {
		if !r.engine.step() {
			return true
		}
		if l.Word(0) != "http-request" {
			continue
		}
		matches, known := r.condition(l.Words)
		if known && !matches {
			continue
		}
		if ended, stop := r.action(l, known); ended || stop {
			return ended
		}
	}
	return false
}

// action carries out an http-request line. ended says that it answers, and stop
// that no other line of the section is carried out.
func (r *haproxyRun) action(l *haproxycfg.Line, known bool) (ended, stop bool) {
	words, _, _ := haproxySplit(l.Words)
	name := l.Word(1)
	switch {
	case strings.HasPrefix(name, "set-var(") && len(words) > 2:
		v := r.fetch(words[2].Text, r.section.at(words[2], words[2]))
		v.known = v.known && known
		r.vars[strings.TrimSuffix(strings.TrimPrefix(name, "set-var("), ")")] = v
	case strings.HasPrefix(name, "set-var-fmt(") && len(words) > 2:
		text := r.format(words[2])
		r.vars[strings.TrimSuffix(strings.TrimPrefix(name, "set-var-fmt("), ")")] = haproxyValue{text: text, found: true, known: known && !strings.Contains(text, proxyUnknown)}
	case name == "capture" && len(words) > 2:
		r.capture(slices.Index(r.section.captures, l), r.fetch(words[2].Text, r.section.at(words[2], words[2])), l)
	case name == "del-header" && strings.EqualFold(l.Word(2), "Origin"):
		r.noOrigin = true
	case !known:
	case name == "allow":
		return false, true
	default:
		if status, auth := haproxyStatus(words); status != 0 {
			r.reply.status, r.reply.by, r.reply.auth = status, r.section.whole(l), auth
			if auth && r.q.method != "OPTIONS" {
				r.reply.status, r.reply.by, r.reply.auth = 0, proxyPlace{}, false // it has logged in
				return false, false
			}
			r.extra(l, words)
			return true, true
		}
	}
	return false, false
}

// extra adds the headers of a return.
func (r *haproxyRun) extra(l *haproxycfg.Line, words []haproxycfg.Word) {
	for i := range words {
		if words[i].Text == "hdr" && i+2 < len(words) {
			r.add(l, words[i+1], words[i+2], false, false)
		}
	}
}

// haproxyStatus returns the status that an action answers with; 0 if it does not
// answer. auth says that it is for lack of credentials.
func haproxyStatus(words []haproxycfg.Word) (status int, auth bool) {
	if len(words) < 2 {
		return 0, false
	}
	switch words[1].Text {
	case "return":
		status = 200
	case "deny", "reject", "tarpit", "silent-drop":
		status = 403
	case "redirect":
		status = 302
	case "auth":
		return 401, true
	default:
		return 0, false
	}
	for i := 2; i+1 < len(words); i++ {
		if w := words[i].Text; w == "status" || w == "deny_status" {
			if n, err := strconv.Atoi(words[i+1].Text); err == nil {
				status = n
			}
		}
	}
	return status, status == 401
}

// capture keeps a value, up to its length.
func (r *haproxyRun) capture(i int, v haproxyValue, l *haproxycfg.Line) {
	i += len(r.captures) - len(r.section.captures)
	if i < 0 || i >= len(r.captures) {
		return
	}
	for j, w := range l.Words {
		if n, err := strconv.Atoi(l.Word(j + 1)); w.Text == "len" && err == nil && n >= 0 && n < len(v.text) {
			v.text, v.origin = v.text[:n], false
		}
	}
	r.captures[i] = v
}

// respond carries out the lines of a section for the answer.
func (r *haproxyRun) respond(s *haproxySection, keyword string) {
	if s == nil {
		return
	}
	r.section = s
	for _, l := range s.Lines {
		if !r.engine.step() {
			return
		}
		old := keyword == "http-response" && strings.HasPrefix(l.Word(0), "rsp")
		if l.Word(0) != keyword && !old {
			continue
		}
		matches, known := r.condition(l.Words)
		if known && !matches {
			continue
		}
		words, _, _ := haproxySplit(l.Words)
		switch {
		case old:
			r.old(l)
		case len(words) < 3:
		case l.Word(1) == "del-header":
			if known {
				r.reply.remove(l.Word(2))
			}
		case len(words) < 4:
		case l.Word(1) == "set-header", l.Word(1) == "add-header":
			r.add(l, words[2], words[3], l.Word(1) == "set-header", !known)
		case l.Word(1) == "replace-header", l.Word(1) == "replace-value":
			for i := range r.reply.headers {
				if h := &r.reply.headers[i]; strings.EqualFold(h.name, l.Word(2)) {
					h.value, h.written, h.at, h.line = proxyUnknown, words[len(words)-1].Text, s.at(words[len(words)-1], words[len(words)-1]), s.whole(l)
				}
			}
		}
	}
}

// old carries out rspadd, of HAProxy before 2.1.
func (r *haproxyRun) old(l *haproxycfg.Line) {
	if l.Word(0) != "rspadd" || len(l.Words) < 2 {
		return
	}
	w := l.Words[1]
	name, value, ok := strings.Cut(w.Text, ":")
	if ok && len(r.reply.headers) < proxyMaxTried {
		at := r.section.at(w, w)
		r.reply.headers = append(r.reply.headers, proxyHeader{name: name, value: strings.TrimSpace(value), written: at.In(at.file), at: at, line: r.section.whole(l)})
	}
}

// add adds or sets a header.
func (r *haproxyRun) add(l *haproxycfg.Line, name, value haproxycfg.Word, set, unsure bool) {
	at := r.section.at(value, value)
	h := proxyHeader{name: name.Text, value: r.format(value), written: value.Text, at: at, line: r.section.whole(l), unsure: unsure}
	switch {
	case set:
		r.reply.set(h)
	case len(r.reply.headers) < proxyMaxTried:
		r.reply.headers = append(r.reply.headers, h)
	}
}

// format returns a value with what is in %[…] filled in.
func (r *haproxyRun) format(w haproxycfg.Word) string {
	return percents(haproxyText(w), func(rest string) (value, after string) {
		expr, after, bracket := strings.Cut(strings.TrimPrefix(rest, "["), "]")
		if !strings.HasPrefix(rest, "[") || !bracket { // a variable of the log
			return proxyUnknown, strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
		}
		v := r.fetch(expr, r.section.at(w, w))
		if !v.known {
			v.text = proxyUnknown
		}
		return v.text, after
	})
}

// origin returns the origin of the request.
func (r *haproxyRun) origin() haproxyValue {
	if r.noOrigin {
		return haproxyValue{known: true}
	}
	return haproxyValue{r.q.origin, r.q.origin != "", true, true}
}

// fetch returns the value of a fetch with its converters.
func (r *haproxyRun) fetch(expr string, at proxyPlace) haproxyValue {
	call, converters := haproxyCall(expr)
	v := r.fetched(call, at)
	for converters != "" {
		var name string
		name, converters = haproxyCall(converters)
		switch name {
		case "lower", "lower()":
			v.text = strings.ToLower(v.text)
		case "upper", "upper()":
			v.text = strings.ToUpper(v.text)
		default:
			v.known = false
		}
	}
	return v
}

// haproxyCall splits an expression after its first name with arguments.
func haproxyCall(expr string) (call, rest string) {
	depth := 0
	for i := range len(expr) {
		switch c := expr[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			return expr[:i], expr[i+1:]
		}
	}
	return expr, ""
}

// haproxyHeaderFetches are the fetches of a header of the request.
var haproxyHeaderFetches = []string{"req.hdr", "req.fhdr", "hdr", "fhdr"}

// fetched returns the value of a fetch.
func (r *haproxyRun) fetched(call string, at proxyPlace) haproxyValue {
	name, args, _ := strings.Cut(strings.TrimSuffix(call, ")"), "(")
	arg, _, _ := strings.Cut(args, ",")
	if r.response && (slices.Contains(haproxyHeaderFetches, name) || name == "method" || name == "path") {
		r.gone[at] = true
		return haproxyValue{known: true}
	}
	switch {
	case slices.Contains(haproxyHeaderFetches, name) && strings.EqualFold(arg, "Origin"):
		return r.origin()
	case slices.Contains(haproxyHeaderFetches, name):
		text, known := r.q.header(arg)
		return haproxyValue{text: text, found: text != "", known: known}
	case name == "method":
		return haproxyValue{text: r.q.method, found: true, known: true}
	case name == "path":
		return haproxyValue{text: r.q.path, found: true, known: true}
	case name == "str":
		return haproxyValue{text: args, found: true, known: true}
	case name == "var":
		if v, ok := r.vars[args]; ok && !(r.response && strings.HasPrefix(args, "req.")) {
			return v
		}
		return haproxyValue{known: true}
	case name == "capture.req.hdr":
		if i, err := strconv.Atoi(args); err == nil && i >= 0 && i < len(r.captures) {
			return r.captures[i]
		}
	case name == "res.hdr" || name == "res.fhdr":
		list := r.reply.values(arg)
		if len(list) == 0 {
			return haproxyValue{known: true}
		}
		return haproxyValue{text: list[0].value, found: true, known: !strings.Contains(list[0].value, proxyUnknown)}
	}
	return haproxyValue{}
}
