package stacks

import (
	"path"
	"strconv"
	"strings"
)

// condition reports whether a request has what a matcher wants; "" is the one of
// all requests.
func (r *caddyRun) condition(of *caddyNode, matcher string) (matches, known bool) {
	if matcher == "" {
		return true, true
	}
	if strings.HasPrefix(matcher, "/") {
		return caddyPath(matcher, r.q.path), true
	}
	n := of.named(matcher)
	if n == nil {
		return false, false
	}
	return r.matchers(n, n.words[1:], 0)
}

// matchers reports whether a request has everything that a set of matchers wants:
// those of a line, or of a block.
func (r *caddyRun) matchers(n *caddyNode, line []caddyWord, depth int) (matches, known bool) {
	matches, known = true, true
	and := func(m, k bool) {
		if k && !m {
			matches, known = false, true
		} else if !k && matches {
			known = false
		}
	}
	if len(line) > 0 {
		and(r.matcher(line[0].text, [][]caddyWord{line[1:]}, n, depth))
	}
	type key struct{ kind, field string }
	sets := map[key][][]caddyWord{}
	var keys []key
	for _, c := range n.children {
		k := key{kind: c.word(0)}
		if k.kind == "header" || k.kind == "header_regexp" {
			k.field = strings.ToLower(c.word(1))
		}
		if k.kind == "not" {
			m, known := r.matchers(c, c.words[1:], depth+1)
			and(!m, known)
			continue
		}
		if sets[k] == nil {
			keys = append(keys, k)
		}
		sets[k] = append(sets[k], c.words[1:])
	}
	for _, k := range keys {
		and(r.matcher(k.kind, sets[k], n, depth))
	}
	return matches, known
}

// matcher reports whether one of the lines of a matcher is right.
func (r *caddyRun) matcher(kind string, lines [][]caddyWord, n *caddyNode, depth int) (matches, known bool) {
	known = true
	or := func(m, k bool) {
		matches = matches || m && k
		known = known && k
	}
	for _, words := range lines {
		switch kind {
		case "not":
			if depth < 20 {
				m, k := r.matchers(&caddyNode{Directive: n.Directive, file: n.file, children: nil}, words, depth+1)
				or(!m, k)
			}
		case "method":
			for _, w := range words {
				or(strings.EqualFold(w.text, r.q.method), true)
			}
		case "path":
			for _, w := range words {
				or(caddyPath(w.text, r.q.path), true)
			}
		case "host":
			for _, w := range words {
				or(caddyHost(w.text, r.q.host), true)
			}
		case "header":
			or(r.matchHeader(words))
		case "header_regexp":
			or(r.matchExpression(words))
		default:
			or(false, false)
		}
	}
	return matches, known || matches
}

// matchHeader is the matcher header: a * at an end of the value stands for
// anything.
func (r *caddyRun) matchHeader(words []caddyWord) (matches, known bool) {
	if len(words) == 0 {
		return false, false
	}
	field, absent := strings.CutPrefix(words[0].text, "!")
	value, known := r.q.header(field)
	switch {
	case !known:
		return false, false
	case absent:
		return value == "", true
	case len(words) == 1 || words[1].text == "*":
		return value != "", true
	}
	c := proxyCompared{text: r.eval(words[1].text), at: words[1].at}
	start, end := strings.HasPrefix(c.text, "*"), strings.HasSuffix(c.text, "*")
	c.text = strings.TrimSuffix(strings.TrimPrefix(c.text, "*"), "*")
	switch {
	case start && end:
		c.how = proxyContains
	case start:
		c.how = proxyEnds
	case end:
		c.how = proxyBegins
	}
	if strings.EqualFold(field, "Origin") {
		return r.engine.compare(&r.q, r.reply, c)
	}
	return r.engine.matches(value, c.how, c.text, false)
}

// matchExpression is the matcher header_regexp, which keeps what its groups match.
func (r *caddyRun) matchExpression(words []caddyWord) (matches, known bool) {
	name := ""
	if len(words) == 3 {
		name, words = words[0].text, words[1:]
	}
	if len(words) != 2 {
		return false, false
	}
	value, known := r.q.header(words[0].text)
	if !known {
		return false, false
	}
	c := proxyCompared{how: proxyExpression, text: words[1].text, at: words[1].at}
	if after, ok := strings.CutPrefix(c.text, "(?i)"); ok {
		c.text, c.fold = after, true
	}
	if strings.EqualFold(words[0].text, "Origin") {
		matches, known = r.engine.compare(&r.q, r.reply, c)
	} else {
		matches, known = r.engine.matches(value, c.how, c.text, c.fold)
	}
	if re := r.engine.expression(c.text, c.fold); matches && re != nil {
		for i, group := range re.FindStringSubmatch(value) {
			for _, prefix := range []string{"re.", "re." + name + "."} {
				r.values[prefix+strconv.Itoa(i)] = group
			}
		}
	}
	return matches, known
}

// caddyPath compares a path as Caddy does: ignoring case, and with * at the ends
// for anything.
func caddyPath(pattern, p string) bool {
	pattern, p = strings.ToLower(pattern), strings.ToLower(p)
	switch {
	case pattern == "*":
		return true
	case strings.HasSuffix(pattern, "*") && strings.Count(pattern, "*") == 1:
		return strings.HasPrefix(p, strings.TrimSuffix(pattern, "*"))
	case strings.HasPrefix(pattern, "*") && strings.Count(pattern, "*") == 1:
		return strings.HasSuffix(p, pattern[1:])
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// caddyHost compares a host; a * stands for a label.
func caddyHost(pattern, host string) bool {
	ok, err := path.Match(strings.ReplaceAll(strings.ToLower(pattern), ".", "/"), strings.ReplaceAll(strings.ToLower(host), ".", "/"))
	return ok && err == nil
}

// sampleOfPath returns a path that a pattern matches.
func sampleOfPath(pattern string) string { return strings.ReplaceAll(pattern, "*", "corsac") }
