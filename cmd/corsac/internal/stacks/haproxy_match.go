package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/haproxycfg"
)

// condition reports whether the condition of a line is met; a line without one is
// always carried out.
func (r *haproxyRun) condition(words []haproxycfg.Word) (matches, known bool) {
	_, list, unless := haproxySplit(words)
	if list == nil {
		return true, true
	}
	matches, known = r.either(list)
	return matches != unless, known
}

// either reports whether one of the parts between or is met.
func (r *haproxyRun) either(list []haproxycfg.Word) (matches, known bool) {
	known = true
	all, sure := true, true // of the part that is being read
	end := func() {
		matches = matches || all && sure
		known = known && (sure || !all)
		all, sure = true, true
	}
	for i := 0; i < len(list); i++ {
		text := list[i].Text
		if text == "or" || text == "||" {
			end()
			continue
		}
		negate := false
		for strings.HasPrefix(text, "!") {
			negate, text = !negate, text[1:]
			if text == "" && i+1 < len(list) {
				i++
				text = list[i].Text
			}
		}
		var m, k bool
		if text == "{" {
			from := i + 1
			for i < len(list) && list[i].Text != "}" {
				i++
			}
			m, k = r.test(list[min(from, len(list)):min(i, len(list))])
		} else {
			m, k = r.named(text)
		}
		if m = m != negate; k && !m {
			all, sure = false, true
		} else if all && !k {
			sure = false
		}
	}
	end()
	return matches, known || matches
}

// named is the condition of a name.
func (r *haproxyRun) named(name string) (matches, known bool) {
	lines := r.section.acls[name]
	if lines == nil {
		switch method, ok := strings.CutPrefix(name, "METH_"); {
		case ok && r.response:
			return false, true
		case ok:
			return r.q.method == method, true
		case name == "TRUE":
			return true, true
		case name == "FALSE":
			return false, true
		}
		return false, false
	}
	known = true
	for _, l := range lines {
		m, k := r.test(l.Words[2:])
		matches, known = matches || m && k, known && k
	}
	return matches, known || matches
}

// haproxyMethods are the matching methods of -m.
var haproxyMethods = map[string]proxyComparison{"str": proxyIs, "beg": proxyBegins, "end": proxyEnds, "sub": proxyContains, "reg": proxyExpression}

// test carries out a test: a fetch, flags and what it is compared with.
func (r *haproxyRun) test(words []haproxycfg.Word) (matches, known bool) {
	if len(words) == 0 || !r.engine.step() {
		return false, false
	}
	call, method := haproxyMethod(words[0].Text)
	fold, i := false, 1
	for ; i < len(words) && strings.HasPrefix(words[i].Text, "-"); i++ {
		switch flag := words[i].Text; {
		case flag == "-i":
			fold = true
		case flag == "-m" && i+1 < len(words):
			i++
			method = words[i].Text
		case flag == "--":
			i++
			return r.values(call, method, fold, words[0], words[i:])
		default: // -f reads a file
			return false, false
		}
	}
	return r.values(call, method, fold, words[0], words[i:])
}

// haproxyMethod returns a fetch without the suffix that says how to compare, such
// as hdr_end, and that.
func haproxyMethod(expr string) (call, method string) {
	name, rest, _ := strings.Cut(expr, "(")
	base, suffix, ok := strings.Cut(name, "_")
	if _, known := haproxyMethods[suffix]; ok && known {
		call = base
		if strings.Contains(expr, "(") {
			call += "(" + rest
		}
		return call, suffix
	}
	return expr, "str"
}

// values compares a fetch with values.
func (r *haproxyRun) values(call, method string, fold bool, fetch haproxycfg.Word, values []haproxycfg.Word) (matches, known bool) {
	if call == "always_true" || call == "always_false" {
		return call == "always_true", true
	}
	if strings.HasPrefix(call, "http_auth") {
		return r.q.method != "OPTIONS", true
	}
	v := r.fetch(call, r.section.at(fetch, fetch))
	switch {
	case !v.known:
		return false, false
	case method == "found":
		return v.found, true
	case !v.found:
		return false, true
	}
	how, ok := haproxyMethods[method]
	if !ok {
		return false, false
	}
	known = true
	for _, w := range values {
		var m, k bool
		if c := (proxyCompared{how, haproxyText(w), fold, r.section.at(w, w)}); v.origin {
			m, k = r.engine.compare(&r.q, r.reply, c)
		} else {
			m, k = r.engine.matches(v.text, how, c.text, fold)
		}
		matches, known = matches || m && k, known && k
	}
	return matches, known || matches
}
