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
type words struct {
	Extract

	slug string // of the cause that the text is about
}

// generalWords stand for particulars that are not known. They do not look like
// particulars, and each fits all texts that phrases leave.
var generalWords = map[string]string{
	"page": "your page's origin", "sent": "your page's origin", "url": "the request's URL", "first": "the request's URL", "failed": "the request's URL",
	"server": "the server's origin", "host": "the server", "port": "its port", "method": "the request's method", "status": "an error status", "value": "another origin",
	"credentials": "another value", "methods": "other methods", "headers": "other headers", "refused": "the header", "hidden": "the header", "header": "the header",
	"location": "the URL in the Location header", "upper": "upper case", "secure": "the URL with https:", "parameter": "a word", "detail": "the reason",
	"exception": "the exception", "wrong": "a similar name", "right": "the right name", "library": "A library", "max-age": "another value",
	"cookie": "the cookie", "insecure": "the cookie", "needs": "the request's origin, method and headers", "doubt": "",
	"why": "its attributes do not fit the page or the connection", "how": "Set the cookie with attributes that browsers accept: SameSite=None; Secure for another site, and a Domain that the server belongs to.",
	"listens": "one address", "reached": "one of them", "wanted": "the address of the one that is meant, such as 127.0.0.1,",
}

// fill puts words into a text.
func (w *words) fill(text string) string {
	text = w.general(text)
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return strings.TrimSpace(b.String())
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(w.word(name, beginsSentence(b.String())))
		text = after
	}
}

// word returns what stands for a particular: the general word in upper case if it
// begins a sentence.
func (w *words) word(name string, first bool) string {
	word := verdict.Printable(w.particular(name))
	if len(word) > maxWord {
		word = strings.ToValidUTF8(word[:maxWord], "") + "…"
	}
	general, ok := generalWords[name]
	switch {
	case word != "":
		return word
	case !ok:
		return "{" + name + "}"
	case first:
		return capital(general)
	}
	return general
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
		return otherForm(w.slug, w.URL)
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
