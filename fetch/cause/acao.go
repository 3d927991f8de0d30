package cause

import (
	"errors"
	"strings"

	"github.com/corsac-dev/corsac/origin"
)

// exactly is what most faults of Access-Control-Allow-Origin come down to.
const exactly = "Browsers compare the value with the page's origin byte by byte. "

// listIt is how they are fixed.
const listIt = "Respond to this page with exactly {sent}: write the origin like this in the server's configuration."

// mismatch adds a fault of the value of Access-Control-Allow-Origin. The
// value of the example is the one that the page https://app.example.com gets.
func (r *registry) mismatch(c *Cause, value string) {
	c.Side, c.at, c.shows = Policy, atOrigin, []string{allowOrigin, ">Origin"}
	if c.Fix == "" {
		c.Fix = listIt
	}
	if c.Example.Page == "" {
		c.Example = fromApp(get())
	}
	c.Example.Answers = []Answer{{Status: 200, Headers: allowOrigin + ": " + value}}
	c.Fixed = answered(Answer{Status: 200, Headers: allowOrigin + ": " + c.Example.Page + "\nVary: Origin"})
	r.add(c)
}

// misspelledOrigins adds the ways to misspell the page's origin.
func (r *registry) misspelledOrigins() {
	r.mismatch(&Cause{
		Slug:    "acao-trailing-slash",
		Title:   "The allowed origin ends with a slash: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin, followed by a slash.",
		Why:     exactly + "An origin does not end with a slash.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeTrailingSlash) },
	}, app+"/")
	r.mismatch(&Cause{
		Slug:  "acao-has-path",
		Title: "The allowed origin has a path: {value}",
		When:  "Access-Control-Allow-Origin is a URL of the page's origin, with a path or query.",
		Why:   exactly + "An origin is a scheme, host and port, without a path.",
		applies: func(s *scene) bool {
			return s.spelt(origin.CodePath) || s.spelt(origin.CodeQuery) || s.spelt(origin.CodeFragment)
		},
	}, app+"/shop")
	r.mismatch(&Cause{
		Slug:    "acao-case-mismatch",
		Title:   "The allowed origin is in upper case: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin, except that it has upper-case letters.",
		Why:     exactly + "They write the scheme and host in lower case.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeUpperCase) },
	}, "https://App.example.com")
	r.mismatch(&Cause{
		Slug:    "acao-default-port",
		Title:   "The allowed origin has a port that browsers omit: {value}",
		When:    "Access-Control-Allow-Origin is the page's origin with the default port of its scheme.",
		Why:     exactly + "They omit :443 for https and :80 for http.",
		applies: func(s *scene) bool { return s.spelt(origin.CodeDefaultPort) },
	}, app+":443")
	r.mismatch(&Cause{
		Slug:  "acao-missing-scheme",
		Title: "The allowed origin has no scheme: {value}",
		When:  "Access-Control-Allow-Origin is the host and port of the page's origin, without the scheme.",
		Why:   exactly + "An origin begins with http:// or https://.",
		applies: func(s *scene) bool {
			_, rest, ok := strings.Cut(s.sent(), "://")
			return ok && strings.EqualFold(strings.TrimSuffix(strings.TrimPrefix(s.answer(allowOrigin), "//"), "/"), rest)
		},
	}, "app.example.com")
	r.mismatch(&Cause{
		Slug:  "acao-quoted",
		Title: "The allowed origin is in quotes: {value}",
		When:  "Access-Control-Allow-Origin is the page's origin or * in quotes.",
		Why:   exactly + "The quotes are part of the value.",
		applies: func(s *scene) bool {
			value := s.answer(allowOrigin)
			bare := strings.Trim(value, `"'`+"`")
			return bare != value && (bare == s.sent() || bare == "*")
		},
	}, `"https://app.example.com"`)
	r.mismatch(&Cause{
		Slug:  "acao-invisible-character",
		Title: "The allowed origin contains an invisible character",
		When:  "Access-Control-Allow-Origin is the page's origin, with control characters or bytes that are not ASCII added.",
		Why:   exactly + "Such characters get into a configuration when text is copied from a web page or document.",
		Fix:   "Retype the origin by hand in the server's configuration.",
		applies: func(s *scene) bool {
			value := s.answer(allowOrigin)
			visible := onlyVisible(value)
			return visible != value && visible == s.sent()
		},
	}, app+"\u200b")
	r.mismatch(&Cause{
		Slug:    "acao-idn-not-punycode",
		Title:   "The allowed origin has a host that is not in Punycode",
		When:    "Access-Control-Allow-Origin has a host with letters that are not ASCII, and is the page's origin otherwise.",
		Why:     exactly + "They write such a host in ASCII, with xn-- in it.",
		Example: Scenario{Page: "https://xn--bcher-kva.example", Request: get()},
		applies: func(s *scene) bool {
			return s.spelt(origin.CodeUnicode) && onlyVisible(s.answer(allowOrigin)) != s.sent()
		},
	}, "https://bücher.example")
}

// spelt reports whether the allowed origin is the page's, spelt in a way that is
// wrong for the reason of a code.
func (s *scene) spelt(code origin.Code) bool {
	wrong, right := respell(s.answer(allowOrigin))
	return wrong == code && right == s.sent()
}

// respell returns the first thing that is wrong with the spelling of an origin,
// and how to write it; the origin itself if nothing is.
func respell(value string) (wrong origin.Code, right string) {
	var e *origin.Error
	if _, err := origin.Parse(value); err == nil {
		return "", value
	} else if !errors.As(err, &e) {
		return "", ""
	}
	return e.Code, e.Suggestion()
}

// onlyVisible returns the printable ASCII characters of a string.
func onlyVisible(value string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, value)
}
