package explain

import "strings"

// Rules returns slug, causes and pattern of every rule.
func Rules() (list [][3]string) {
	for i := range rules() {
		list = append(list, [3]string{rules()[i].slug, rules()[i].causes, rules()[i].says})
	}
	return list
}

// Words returns the words one of which each match of a rule contains, by its
// pattern.
func Words() map[string][]string {
	words := map[string][]string{}
	for i := range rules() {
		words[rules()[i].says] = rules()[i].matcher().words
	}
	return words
}

// NetworkErrors returns the causes of network errors.
func NetworkErrors() (slugs []string) {
	for _, e := range networkErrors {
		slugs = append(slugs, strings.Fields(strings.ReplaceAll(e.causes, ":", ""))...)
	}
	return slugs
}

// Clean is clean for tests.
func Clean(text string) string { return clean(lines(text)) }

// MatchAll reports the rules that match a text, without windows and words: the
// naive form of what Explain does.
func MatchAll(text string) (patterns []string) {
	for i := range rules() {
		if rules()[i].matcher().expression().MatchString(text) {
			patterns = append(patterns, rules()[i].says)
		}
	}
	return patterns
}

// Match reports the rules that match a text.
func Match(text string) (patterns []string) {
	lowered := lower(text)
	for i := range rules() {
		if len(rules()[i].find(text, lowered, &work{maxWork})) > 0 {
			patterns = append(patterns, rules()[i].says)
		}
	}
	return patterns
}

// ResponseHeaders returns the headers of the first response in curl's output, a
// line each.
func ResponseHeaders(output string) string {
	h := &heads{}
	for line := range strings.Lines(output) {
		h.line(strings.TrimRight(line, "\r\n"))
	}
	var b strings.Builder
	for _, x := range h.complete()[:1] {
		for _, header := range x.ResponseHeaders {
			b.WriteString(header.Name + ": " + header.Value + "\n")
		}
	}
	return b.String()
}
