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

// Particulars are what a message may lack.
var Particulars = []func(*Extract){
	func(x *Extract) { x.URL = "http://api.example.com/items" },
	func(x *Extract) { x.Origin = "https://app.example.com" },
	func(x *Extract) { x.Method = "patch" },
	func(x *Extract) { x.Header = "x-a" },
	func(x *Extract) { x.Status = "500" },
	func(x *Extract) { value := "http://x.example"; x.Value = &value },
	func(x *Extract) { x.Cookie = "sid" },
}

// Filled returns the texts of a cause, with the particulars that are known: a bit
// each.
func Filled(slug string, known int) map[string]string {
	w := &words{slug: slug}
	for i, set := range Particulars {
		if known&(1<<i) != 0 {
			set(&w.Extract)
		}
	}
	e, _ := lookup(slug)
	return map[string]string{"title": w.fill(e.Title), "when": w.fill(e.When), "why": w.fill(e.Why), "fix": w.fill(e.Fix)}
}

// Templates returns the catalogue with words in braces.
func Templates() []Entry { return catalogue() }

// Phrases returns the words that phrases replace.
func Phrases() (list []string) {
	for _, p := range phrases {
		list = append(list, p.with)
	}
	return list
}
