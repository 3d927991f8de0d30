package cause

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// placeholders returns what the words in braces stand for.
var placeholders = sync.OnceValue(func() map[string]func(*scene) string {
	return map[string]func(*scene) string{
		"page":        func(s *scene) string { return s.v.Request.Origin },
		"sent":        (*scene).sent,
		"url":         func(s *scene) string { return cmp.Or(s.last.URL, s.v.Request.URL) },
		"server":      func(s *scene) string { return s.server.String() },
		"host":        func(s *scene) string { return s.url.Host },
		"port":        func(s *scene) string { return strconv.Itoa(s.url.EffectivePort()) },
		"first":       func(s *scene) string { return s.v.Request.URL },
		"method":      func(s *scene) string { return s.v.Request.Method },
		"status":      func(s *scene) string { return s.last.StatusText() },
		"value":       func(s *scene) string { return cmp.Or(s.answer(protocol.AllowOrigin), "(empty)") },
		"credentials": func(s *scene) string { return s.answer(protocol.AllowCredentials) },
		"methods":     func(s *scene) string { return s.answer(protocol.AllowMethods) },
		"headers":     func(s *scene) string { return s.answer(protocol.AllowHeaders) },
		"refused":     (*scene).refusedNames,
		"location":    (*scene).redirect,
		"upper":       func(s *scene) string { return strings.ToUpper(s.v.Request.Method) },
		"secure":      func(s *scene) string { return "https:" + strings.TrimPrefix(s.failedURL(), "http:") },
		"failed":      (*scene).failedURL,
		"parameter":   func(s *scene) string { return s.err().Parameter },
		"detail":      func(s *scene) string { return cmp.Or(s.err().Detail, s.code()) },
		"exception":   func(s *scene) string { return s.err().Exception },
		"wrong":       func(s *scene) string { wrong, _ := s.misspelled(); return wrong },
		"right":       func(s *scene) string { _, right := s.misspelled(); return right },
		"library":     (*scene).library,
		"hidden":      func(s *scene) string { return strings.Join(s.hidden(), ", ") },
		"max-age":     func(s *scene) string { w := s.ignoredMaxAge(); return w.ResponseHeaders.Get(protocol.MaxAge) },
		"cookie":      (*scene).lostCookie,
		"needs":       (*scene).needs,
		"doubt":       (*scene).doubt,
		"insecure":    (*scene).insecureCookie,
	}
})

// refusedNames are the refused headers, spelled as script does.
func (s *scene) refusedNames() string {
	names := slices.Clone(s.refused)
	for i, name := range names {
		for _, h := range s.v.Request.Headers {
			if strings.EqualFold(h.Name, name) {
				names[i] = h.Name
			}
		}
	}
	return strings.Join(names, ", ")
}

// needs is all that a policy must allow for a preflight to pass, in words.
func (s *scene) needs() string {
	words := []string{"the origin " + s.sent()}
	if method := s.last.Headers.Get(protocol.RequestMethod); method != "" && !protocol.IsSafelisted(method) {
		words = append(words, "the method "+method)
	}
	switch names := strings.Split(s.last.Headers.Get(protocol.RequestHeaders), ","); {
	case names[0] == "":
	case len(names) == 1:
		words = append(words, "the header "+names[0])
	default:
		words = append(words, "the headers "+strings.Join(names, ", "))
	}
	if s.credentialed() {
		words = append(words, "credentials")
	}
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " and " + words[n]
	}
	return words[0]
}

// doubt is why a refused preflight may not be about the origin.
func (s *scene) doubt() string {
	if !s.preflight() {
		return ""
	}
	return "Some servers respond to a preflight like this for a method or header that they do not allow, too."
}

// maxWord and maxLine bound what a word in braces stands for, and a line of
// evidence, in bytes.
const (
	maxWord = 200
	maxLine = 400
)

// fill puts the particulars of a verdict into a text.
func (s *scene) fill(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if word := placeholders()[name]; word != nil {
			b.WriteString(clip(word(s), maxWord))
		} else {
			b.WriteString("{" + name + "}")
		}
		text = after
	}
}

// clip makes a byte string printable and shortens it.
func clip(s string, bound int) string {
	if s = verdict.Printable(s); len(s) > bound {
		s = strings.ToValidUTF8(s[:bound], "") + "…"
	}
	return s
}
