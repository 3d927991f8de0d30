package explain

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxWord bounds what stands for a word in braces, in bytes.
const maxWord = 200

// words are what stands for the words in braces of texts: what a message says,
// and general words for what it does not say.
type words struct{ Extract }

// generalWords stand for particulars that are not known.
var generalWords = map[string]string{
	"page": "the page's origin", "sent": "the page's origin", "url": "the URL", "first": "the URL", "failed": "the URL", "server": "the server", "host": "the host",
	"port": "the port", "method": "the method", "status": "an error status", "value": "another value", "credentials": "another value", "methods": "other methods",
	"headers": "other headers", "refused": "the header", "header": "the header", "location": "another URL", "upper": "upper case", "secure": "the URL with https:",
	"parameter": "a word", "detail": "the reason", "exception": "the exception", "wrong": "a similar name", "right": "the right name", "library": "A library",
	"hidden": "the header", "max-age": "another value", "cookie": "sid", "needs": "the request's origin, method and headers", "doubt": "", "insecure": "sid",
	"why": "its attributes do not fit the page or the connection", "how": "Set the cookie with attributes that browsers accept: SameSite=None; Secure for another site, and a Domain that the server belongs to.",
	"listens": "one address", "reached": "one of them", "wanted": "the address of the one that is meant, such as 127.0.0.1,",
}

// fill puts words into a text.
func (w *words) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return strings.TrimSpace(b.String())
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(w.word(name))
		text = after
	}
}

func (w *words) word(name string) string {
	word := verdict.Printable(w.particular(name))
	if len(word) > maxWord {
		word = strings.ToValidUTF8(word[:maxWord], "") + "…"
	}
	if general, ok := generalWords[name]; ok {
		return cmp.Or(word, general)
	}
	return cmp.Or(word, "{"+name+"}")
}

// particular returns what the message says, or "".
func (w *words) particular(name string) string {
	switch name {
	case "page", "sent":
		return w.Origin
	case "url", "failed":
		return w.URL
	case "first":
		return cmp.Or(w.RedirectedFrom, w.URL)
	case "location":
		if w.RedirectedFrom != "" {
			return w.URL
		}
	case "method":
		return w.Method
	case "upper":
		return strings.ToUpper(w.Method)
	case "status":
		return w.Status
	case "value", "credentials":
		if w.Value != nil && *w.Value == "" {
			return "(empty)"
		}
		return w.value()
	case "methods", "headers":
		return w.value()
	case "header", "refused", "hidden":
		return w.Header
	case "cookie", "insecure":
		return w.Cookie
	}
	return w.part(name)
}

// part returns a part of the URL.
func (w *words) part(name string) string {
	u, err := weburl.Parse(w.URL, nil)
	if err != nil || u.Host == "" {
		return ""
	}
	switch name {
	case "server":
		return u.Origin()
	case "host":
		return u.Host
	case "port":
		return strconv.Itoa(u.EffectivePort())
	case "secure":
		if rest, ok := strings.CutPrefix(w.URL, "http:"); ok {
			return "https:" + rest
		}
	}
	return ""
}
