package cause

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxTitle is how long a title may be before the words in braces are replaced.
const maxTitle = 80

// validate reports everything that is wrong with causes as values: slugs that are
// not in kebab case or not unique, texts that are missing, too long or badly
// written, unknown words in braces, and examples that are missing. TestExamples
// checks that an example shows its cause.
func validate(causes []*Cause) error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range causes {
		report := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("cause %q: "+format, append([]any{c.Slug}, args...)...))
		}
		if !isSlug(c.Slug) {
			report("the slug is not in kebab case")
		}
		if seen[c.Slug] {
			report("the slug is used twice")
		}
		seen[c.Slug] = true
		if n := utf8.RuneCountInString(c.Title); n > maxTitle {
			report("the title has %d characters; at most %d", n, maxTitle)
		}
		if c.Side != Policy && c.Side != Server && c.Side != Page && c.Side != Network {
			report("unknown side %q", c.Side)
		}
		if c.Example.Page == "" || c.Example.Request.URL == "" {
			report("there is no example")
		}
		for _, text := range []struct{ name, text string }{{"Title", c.Title}, {"When", c.When}, {"Why", c.Why}, {"Fix", c.Fix}} {
			for _, mistake := range mistakes(text.name, text.text) {
				report("%s %s", text.name, mistake)
			}
		}
	}
	return errors.Join(errs...)
}

// isSlug reports whether s is in kebab case.
func isSlug(s string) bool {
	for part := range strings.SplitSeq(s, "-") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return true
}

// mistakes returns what is wrong with one text of a cause.
func mistakes(name, text string) (wrong []string) {
	if strings.TrimSpace(text) == "" {
		return []string{"is empty"}
	}
	if text != strings.TrimSpace(text) || strings.Contains(text, "  ") || strings.ContainsAny(text, "\n\t") {
		wrong = append(wrong, "has white space that it should not have")
	}
	if full := strings.HasSuffix(text, ".") || strings.HasSuffix(text, "}"); name == "Title" && strings.HasSuffix(text, ".") || name != "Title" && !full {
		wrong = append(wrong, "should be sentences, or without a full stop as a title")
	}
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			return wrong
		}
		word, after, _ := strings.Cut(after, "}")
		if placeholders()[word] == nil {
			wrong = append(wrong, fmt.Sprintf("has the unknown word {%s}", word))
		}
		rest = after
	}
}
