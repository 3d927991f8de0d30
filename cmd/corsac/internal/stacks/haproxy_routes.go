package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/haproxycfg"
)

// haproxyWant is what an alternative of a condition wants of a request.
type haproxyWant struct {
	hosts, paths []string
	exact        bool
	// odd is what else it wants, in the words of the file.
	odd string
	// options says that it wants the method OPTIONS.
	options bool
}

// haproxyMaxWants bounds the alternatives of a condition.
const haproxyMaxWants = 50

// wants returns the alternatives of the condition of a line; one that wants nothing
// for a line without a condition.
func (s *haproxySection) wants(l *haproxycfg.Line) (list []haproxyWant) {
	_, words, unless := haproxySplit(l.Words)
	if len(words) == 0 {
		return []haproxyWant{{}}
	}
	text := strings.Join(wordsOf(&haproxycfg.Line{Words: words}), " ")
	if unless {
		return []haproxyWant{{odd: "unless " + text}}
	}
	w, negated := haproxyWant{}, false
	for i := 0; i < len(words); i++ {
		word, one := strings.TrimLeft(words[i].Text, "!"), haproxyWant{}
		if negated = negated || word != words[i].Text; word == "" {
			continue
		}
		switch {
		case word == "or" || word == "||":
			list, w = append(list, w), haproxyWant{}
			continue
		case word == "{":
			from := i + 1
			for i < len(words) && words[i].Text != "}" {
				i++
			}
			one.test(words[min(from, len(words)):i])
		case len(s.acls[word]) > 0:
			one.acl(s.acls[word])
		case word == "METH_OPTIONS":
			one.options = true
		default:
			one.odd = "if " + text
		}
		if negated {
			one, negated = haproxyWant{odd: "if " + text}, false
		}
		if w.and(one); len(list) > haproxyMaxWants {
			return []haproxyWant{{odd: "if " + text}}
		}
	}
	return append(list, w)
}

// acl adds what the lines of a name want, of which one is enough.
func (w *haproxyWant) acl(lines []*haproxycfg.Line) {
	var all haproxyWant
	for i, l := range lines {
		one := haproxyWant{}
		one.test(l.Words[2:])
		switch {
		case i == 0:
			all = one
		case one.odd != "" || one.options != all.options || one.exact != all.exact || (one.hosts == nil) != (all.hosts == nil) || (one.paths == nil) != (all.paths == nil):
			all = haproxyWant{odd: "if " + l.Word(1)}
		default:
			all.hosts, all.paths = append(all.hosts, one.hosts...), append(all.paths, one.paths...)
		}
	}
	w.and(all)
}

// and adds what another want has.
func (w *haproxyWant) and(o haproxyWant) {
	if w.hosts != nil && o.hosts != nil || w.paths != nil && o.paths != nil {
		o.odd = firstOf(o.odd, "if several conditions on one thing")
	}
	if o.hosts != nil {
		w.hosts = o.hosts
	}
	if o.paths != nil {
		w.paths, w.exact = o.paths, o.exact
	}
	w.odd, w.options = firstOf(w.odd, o.odd), w.options || o.options
}

// test adds what a test wants: a fetch, flags and values.
func (w *haproxyWant) test(words []haproxycfg.Word) {
	if len(words) == 0 {
		w.odd = "if an empty condition"
		return
	}
	text := "if " + strings.Join(wordsOf(&haproxycfg.Line{Words: words}), " ")
	call, method := haproxyMethod(words[0].Text)
	anyCase, i := "", 1
	for ; i < len(words) && strings.HasPrefix(words[i].Text, "-"); i++ {
		switch {
		case words[i].Text == "-i":
			anyCase = text
		case words[i].Text == "--":
		case words[i].Text == "-m" && i+1 < len(words):
			i++
			method = words[i].Text
		default:
			w.odd = text
			return
		}
	}
	var values []string
	for _, v := range words[i:] {
		if v.Variable || v.Text == "" {
			w.odd = text
			return
		}
		values = append(values, v.Text)
	}
	call = strings.ToLower(call)
	if host, ok := strings.CutSuffix(call, ",lower"); ok && strings.HasSuffix(host, "hdr(host)") {
		call = host // no host depends on case
	}
	o := haproxyWant{odd: text}
	switch {
	case len(values) == 0:
	case slices.Contains([]string{"hdr(host)", "req.hdr(host)"}, call) && method == "str":
		o = haproxyWant{hosts: values}
	case call == "hdr(host)" && method == "end" && !slices.ContainsFunc(values, func(v string) bool { return v[0] != '.' }):
		o = haproxyWant{}
		for _, v := range values {
			o.hosts = append(o.hosts, "*"+v)
		}
	case call == "path" && (method == "beg" || method == "str") && !slices.ContainsFunc(values, func(v string) bool { return v[0] != '/' }):
		o = haproxyWant{paths: values, exact: method == "str", odd: anyCase}
	case call == "method" && len(values) == 1 && values[0] == "OPTIONS":
		o = haproxyWant{options: true}
	}
	w.and(o)
}

// table returns the parts of a frontend or listen, each at the section that its
// requests go to.
func (c *haproxyConfig) table(front *haproxySection) *partTable {
	if t := c.tables[front]; t != nil {
		return t
	}
	t := &partTable{ordered: true, anyHost: true}
	c.tables[front] = t
	var ports []string
	for _, l := range front.Lines {
		if l.Word(0) == "bind" {
			address := l.Word(1)
			ports = append(ports, address[strings.LastIndexByte(address, ':')+1:])
		}
	}
	for _, word := range []string{"use_backend", "default_backend"} {
		for _, l := range front.Lines {
			if l.Word(0) != word || len(l.Words) < 2 {
				continue
			}
			back := c.backend(l.Word(1))
			for _, w := range front.wants(l) {
				c.add(t, front, back, w, l.Word(0)+" "+l.Word(1), ports)
			}
		}
	}
	if front.kind() == "listen" {
		c.add(t, front, front, haproxyWant{}, "listen "+front.Word(1), ports)
	}
	return t
}

// isPrefix reports whether paths that begin in one way are all that is wanted of a
// request, besides its host.
func (w *haproxyWant) isPrefix() bool {
	return w.odd == "" && !w.options && !w.exact && len(w.paths) == 1 && w.paths[0] != "/"
}

// add adds the parts of a line that chooses a backend, which is nil if it is not
// known.
func (c *haproxyConfig) add(t *partTable, front, back *haproxySection, w haproxyWant, title string, ports []string) {
	p := served{title: title, at: -1, cors: slices.ContainsFunc(front.Lines, haproxySetsCORS)}
	p.PreserveHost, p.Listen = true, listenPorts(ports...)
	if p.Match = w.odd; w.options {
		p.Match = firstOf(p.Match, "the method OPTIONS")
	}
	sections := []*haproxySection{front}
	if back != nil {
		p.at, p.file = back.Start, back.file.Name
		var rest []string
		p.Upstream, rest = back.servers()
		p.in = back.file
		p.more(rest, source.Span{Start: back.Start, End: back.end})
		if p.cors = p.cors || slices.ContainsFunc(back.Lines, haproxySetsCORS); back != front {
			sections = append(sections, back)
		}
	}
	paths := w.paths
	if len(paths) == 0 {
		paths = []string{""}
	}
	for _, path := range paths {
		one := p
		if one.Path, one.Exact = path, w.exact && path != ""; path == "/" && !w.exact {
			one.Path = ""
		}
		for _, s := range slices.Concat(c.defaults, sections) {
			one.in = s.file
			one.haproxyRules(s)
		}
		t.add(one, w.hosts...)
	}
}

// servers returns the URL of the first server of a section, "" if it has none that
// a route can have, and the others that are not only for when it fails.
func (s *haproxySection) servers() (first string, rest []string) {
	for _, l := range s.Lines {
		words := wordsOf(l)
		switch {
		case len(l.Words) < 3, l.Word(0) != "server" && l.Word(0) != "server-template":
		case first != "":
			if !slices.Contains(words, "backup") {
				rest = append(rest, l.Word(2))
			}
		case l.Word(0) == "server-template", l.Words[2].Variable, strings.HasPrefix(l.Word(2), "unix@"), strings.HasPrefix(l.Word(2), "/"):
		case slices.Contains(words, "ssl"):
			first = "https://" + l.Word(2)
		default:
			first = "http://" + l.Word(2)
		}
	}
	return first, rest
}

// haproxyAnswers are the actions that answer requests or change where they go.
var haproxyAnswers = []string{
	"auth", "deny", "reject", "tarpit", "silent-drop", "return", "redirect", "set-path", "set-pathq", "replace-path", "replace-pathq", "set-uri", "replace-uri", "set-query", "set-method",
	"set-dst", "set-dst-port", "use-service", "wait-for-handshake", "cache-use", "send-spoe-group",
}

// haproxyOld are the lines of old versions, besides redirect, that do so.
var haproxyOld = []string{
	"block", "reqdeny", "reqideny", "reqallow", "reqiallow", "reqtarpit", "reqitarpit", "reqrep", "reqirep", "rspdeny", "rspideny",
}

// haproxyHarmless are the filters that refuse nothing.
var haproxyHarmless = []string{"compression", "cache", "trace", "opentracing", "bwlim-in", "bwlim-out"}

// haproxyActs reports whether a line may answer requests, or change them or where
// they go, and returns the action.
func haproxyActs(l *haproxycfg.Line) (action string, ok bool) {
	action, _, _ = strings.Cut(l.Word(1), "(")
	switch word := l.Word(0); word {
	case "http-request":
		return action, true
	case "http-response":
		return action, slices.Contains(haproxyAnswers, action) || strings.HasPrefix(action, "lua.")
	case "tcp-request":
		return action, slices.ContainsFunc(l.Words, func(w haproxycfg.Word) bool {
			return slices.Contains([]string{"reject", "silent-drop", "set-dst", "set-dst-port"}, w.Text)
		})
	case "filter":
		return action, !slices.Contains(haproxyHarmless, action)
	default:
		return word, word == "redirect" || word == "use-server" || word == "reqadd" || slices.Contains(haproxyOld, word)
	}
}

// haproxyRules is about the lines of a section that decide about the requests of a
// part.
func (p *served) haproxyRules(s *haproxySection) {
	for _, l := range s.Lines {
		if l.Word(0) == "bind" {
			if i := slices.IndexFunc(l.Words, func(w haproxycfg.Word) bool { return w.Text == "verify" }); i > 0 && l.Word(i+1) != "none" {
				p.Barrier = firstOf(p.Barrier, "HAProxy asks for certificates of clients"+notCarried)
			}
		}
		name, ok := haproxyActs(l)
		if !ok || !p.meets(s, l) {
			continue
		}
		switch {
		case name == "redirect" && slices.Contains(wordsOf(l), "scheme"):
		case name == "reqadd":
			header, _, _ := strings.Cut(l.Word(1), ":")
			p.giveHeader(name, header, source.Span{Start: l.Start, End: l.End})
		case l.Word(0) != "http-request" || slices.Contains(haproxyAnswers, name) || strings.HasPrefix(name, "lua."):
			p.Barrier = firstOf(p.Barrier, strings.TrimSpace(l.Word(0)+" "+l.Word(1))+" decides about its requests"+notCarried)
		case (name == "set-header" || name == "add-header" || name == "replace-header") && strings.EqualFold(l.Word(2), "Host"):
			p.giveHost(l.Word(3), source.Span{Start: l.Start, End: l.End})
		case name == "set-header" || name == "add-header":
			p.giveHeader("http-request "+name, l.Word(2), source.Span{Start: l.Start, End: l.End})
		case name == "del-header" || name == "replace-header" || name == "replace-value":
			if !strings.EqualFold(l.Word(2), "Origin") && !isUsualHeader(l.Word(2)) {
				p.lose(source.Span{Start: l.Start, End: l.End}, "http-request %s %s applies to %s"+notCarried+".", name, l.Word(2), p.title)
			}
		}
	}
}

// meets reports whether a line may apply to requests of a part, other than
// preflights.
func (p *served) meets(s *haproxySection, l *haproxycfg.Line) bool {
	return slices.ContainsFunc(s.wants(l), func(w haproxyWant) bool {
		here := len(w.paths) == 0 || slices.ContainsFunc(w.paths, func(path string) bool { return pathsMeet(path, p.Path) })
		return here && !w.options
	})
}

// route sets the parts of the site of a section: a frontend has all of its own, and
// a backend those of the frontends that go to it.
func (c *haproxyConfig) route(s *proxySite, section *haproxySection) {
	for _, front := range c.sections {
		if front.kind() == "backend" || section.kind() != "backend" && front != section {
			continue
		}
		parts, losses := c.table(front).of(func(p *served) bool {
			return front == section || p.is(section.file.Name, section.Start)
		})
		s.Parts = append(s.Parts, parts...)
		for _, r := range losses {
			s.remark(r.Kind, r.Field, r.Text, proxyPlace{r.File, r.Span})
		}
	}
	for i := range s.Parts {
		if s.Parts[i].open() {
			s.Upstream = firstOf(s.Upstream, s.Parts[i].Upstream)
		}
	}
	if len(s.Parts) == 0 {
		s.Upstream, _ = section.servers()
	}
}
