package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// ownRules are the mistakes in CORS headers that code of Python sets itself.
type ownRules struct{ beside, alone, reflects *Rule }

// ownRules returns them: middleware is what should set the headers, and beside says
// what comes of doing both; use and list say how to use it, and with which origins.
func (m ruleMaker) ownRules(middleware, beside, use, list string) *ownRules {
	return &ownRules{
		beside: m.rule("own-header", finding.Warning, "",
			"CORS headers are set by hand besides "+middleware, beside,
			"Remove the lines: "+middleware+" sets the headers."),
		alone: m.rule("by-hand", finding.Warning, "cors-missing-on-route",
			"CORS headers are set by hand",
			"Only these answers have them: not those to preflights, for unknown paths, and of exceptions.", use),
		reflects: m.rule("reflected-origin", finding.Error, "",
			"The origin of every request is repeated",
			"Every website is allowed, and with credentials it may read the data of your users.", list),
	}
}

// starAmong returns the rule for a * in a list with other origins.
func (m ruleMaker) starAmong() *Rule {
	return m.rule("star-among-origins", finding.Warning, "",
		"A * beside other origins allows every website",
		"The other origins of the list have no meaning then.",
		"Remove the *, or the other origins.")
}

// noCredentials returns the rule for credentials that are not allowed; option is
// what allows them.
func (m ruleMaker) noCredentials(option string) *Rule {
	return m.rule("no-credentials", finding.Note, "acac-missing",
		"Cookies and other credentials are not allowed",
		"That is the default: browsers do not let a page read the answer to a request with credentials.",
		"Nothing, if pages send tokens in a header; else "+option+".")
}

// faults returns the mistakes of headers that say which origin is allowed: it is
// that of the request, or what rule says of others, which may be nothing.
func (o *ownHeaders) faults(rules *ownRules, rule func(h ownHeader) *Rule) []Fault {
	l := &pyLinter{pyReader: pyReader{file: o.file}}
	for _, h := range o.headers {
		if h.name != "Access-Control-Allow-Origin" {
			continue
		}
		if o.reflects(h) {
			l.fault(rules.reflects, h.span)
		} else if broken := rule(h); broken != nil {
			l.fault(broken, h.span)
		}
	}
	return l.faults
}
