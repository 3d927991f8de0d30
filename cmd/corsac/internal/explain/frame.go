package explain

import (
	"regexp"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// newReading makes a reading of a match of a rule.
func newReading(r *rule, text string, match []int) *reading {
	found := &reading{rule: r, slug: r.slug, causes: strings.Fields(r.causes), start: match[0], end: match[1]}
	if len(found.causes) == 0 && r.slug != NotCORS {
		found.causes = []string{r.slug}
	}
	if r.slug == NotCORS {
		found.rank, found.title = other, r.causes
		found.causes = nil
	}
	if r.slug == generic {
		found.rank = symptom
	}
	found.take(r.matcher().expression(), text, match)
	return found
}

// take sets the fields that an expression captured, as far as they are not set.
func (r *reading) take(expression *regexp.Regexp, text string, match []int) {
	for i, name := range expression.SubexpNames() {
		if name == "" || match[2*i] < 0 {
			continue
		}
		r.set(name, text[match[2*i]:match[2*i+1]])
	}
}

// set sets a field, unless it is set.
func (r *reading) set(name, value string) {
	if name == "value" {
		if r.Value == nil {
			value = oneLine(value)
			r.Value = &value
		}
		return
	}
	if name == "preflight" {
		r.preflight = true
		return
	}
	if name == "bare" {
		name, value = "url", strings.TrimRight(value, ".,;:")
	}
	field := map[string]*string{
		"url": &r.URL, "first": &r.RedirectedFrom, "page": &r.Page, "origin": &r.Origin, "method": &r.Method, "header": &r.Header,
		"status": &r.Status, "cookie": &r.Cookie, "code": &r.code, "kind": &r.Destination,
	}[name]
	if *field != "" {
		return
	}
	switch name {
	case "kind":
		*field = destinations[strings.ToLower(strings.Join(strings.Fields(value), " "))]
	case "url", "first", "page", "origin":
		*field = noBlanks(value)
	default:
		*field = oneLine(value)
	}
}

// destinations are the words that browsers use for what makes a request.
var destinations = map[string]string{
	"fetch": "fetch", "xmlhttprequest": "xhr", "xmlhttprequest endpoint": "xhr", "image": "img", "script": "script", "module script": "module", "font": "font",
	"css stylesheet": "style", "stylesheet": "style", "resource": "eventsource", "eventsource": "eventsource", "eventsource endpoint": "eventsource", "websocket": "websocket",
	"fetch api": "fetch", "imported resource": "script", "video": "video", "audio": "audio", "text track": "track",
}

// frames are what browsers write before the reason, the most specific first. Each
// ends where the reason begins.
var frames = []*lazyregexp.Regexp{
	frame(`Access to (?P<kind>[a-z ]+?) at '{url}' (?:\(redirected from '{first}'\) )?from origin '(?P<origin>[^'"]*?)' has been blocked by CORS policy:`),
	frame(`Redirect at '{first}' from origin '(?P<origin>[^'"]*?)' has been blocked by (?:CORS|Cross-Origin Resource Sharing) policy:`),
	frame(`Redirect from '{first}' to '{url}' has been blocked by (?:CORS|Cross-Origin Resource Sharing) policy:`),
	frame(`(?P<kind>image|script|font|video|audio|CSS stylesheet|text track) from origin '[^'"]*' has been blocked (?:from loading )?by (?:CORS|Cross-Origin Resource Sharing) policy:`),
	frame(`from origin '(?P<origin>[^'"]*?)' has been blocked by CORS policy:`),
	frame(`Cross-origin (?:redirection|image load|script load) (?:to )?{bare} denied by Cross-Origin Resource Sharing policy:`),
	frame(`(?P<kind>XMLHttpRequest|Fetch API|EventSource) cannot load (?P<url>\S+?)\.? `),
	frame(`Failed to load {bare} `),
	address,
}

// address is the last URL before a reason, as in Firefox in every language.
var address = frame(`'?{bare}'?[^:：]{0,60}?[(（]? \p{L}[\p{L} ]{1,30}[:：].{0,40}?`)

// frame compiles what stands before a reason.
func frame(says string) *lazyregexp.Regexp {
	return lazyregexp.Of(func() string { return expand(says) + `\s*$` })
}

// doubt is Chrome's phrase for a message about a preflight.
var doubt = lazyregexp.New(`(?is)Response\s*to\s*preflight\s*request\s*doesn['"]?t\s*pass\s*access\s*control\s*check\s*:\s*$`)

// sequels are what browsers write after the reason.
var sequels = []*lazyregexp.Regexp{
	sequel(`^.{0,200}?Origin '{origin}' is therefore not allowed access`),
	sequel(`^.{0,300}?The response had HTTP status code {status}`),
	sequel(`^[^:：]{0,40}?[.)）。] ?\p{L}[^:：]{1,30}[:：] ?{status}\b`),
	sequel(`^.{0,300}?The credentials mode of (?:requests initiated by the|an) (?P<kind>XMLHttpRequest)`),
}

// sequel is what stands after a reason.
func sequel(says string) *lazyregexp.Regexp {
	return lazyregexp.Of(func() string { return expand(says) })
}

// frame takes the fields that stand before and after the message.
func (r *reading) frame() {
	before := r.before
	if m := doubt.Get().FindStringIndex(before); m != nil {
		r.preflight, before = true, before[:m[0]]
	}
	for _, f := range frames {
		if f == address && r.rank == symptom && !strings.Contains(r.rule.says, "CORS") {
			continue // it may be that of a script
		}
		if m := lastMatch(f.Get(), before); m != nil {
			r.take(f.Get(), before, m)
			r.start -= len(r.before) - m[0]
			break
		}
	}
	for _, s := range sequels {
		if m := s.Get().FindStringSubmatchIndex(r.after); m != nil {
			r.take(s.Get(), r.after, m)
		}
	}
}

// maxTries bounds how many beginnings of a frame are tried.
const maxTries = 8

// lastMatch returns the last match of an expression that ends at the end of a
// text.
func lastMatch(f *regexp.Regexp, text string) []int {
	m := f.FindStringSubmatchIndex(text)
	for n := 0; m != nil && n < maxTries; n++ {
		next := f.FindStringSubmatchIndex(text[m[0]+1:])
		if next == nil {
			break
		}
		for i := range next {
			if next[i] >= 0 {
				next[i] += m[0] + 1
			}
		}
		m = next
	}
	return m
}
