package explain_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// doubled are the marks of a general word where the text around it already has a
// noun or an article.
var doubled = regexp.MustCompile(`(?i)\b(?:the|a|an|your|this|its) (?:the|a|an|your|this|its)\b` +
	`|\b(?:the|a) (?:origin|header|method|host name|port|status|cookie|server|URL|request header|response header) (?:the|a|an|your|another|its)\b(?: page's origin| header| method| value| server| URL| cookie| error status|$)` +
	`|\b(?:origin|origins|value|header|status), (?:your|another|the|an) (?:page's origin|value|header|error status)\b` +
	`|: (?:another (?:value|origin)|the (?:header|reason|exception)|other (?:methods|headers)|an error status$)` +
	`|\((?:an error|the|another)[^)]*\)` +
	`|\breal problem is the an?\b|\bthe an?\b|[{}]|  |,,| \(\)| \.|\.\.`)

// TestNoPlaceholders checks all texts with all combinations of the particulars
// that messages may lack: a general word must fit the words around it.
func TestNoPlaceholders(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range explain.Catalogue() {
		for known := range 1 << len(explain.Particulars) {
			for part, text := range explain.Filled(e.Slug, known) {
				if seen[text] {
					continue
				}
				seen[text] = true
				if found := doubled.FindString(text); found != "" {
					t.Errorf("%s, %s: %q in %q", e.Slug, part, found, text)
				}
				if first := strings.TrimSpace(text); first != "" && strings.HasPrefix(first, "the ") {
					t.Errorf("%s, %s begins in lower case: %q", e.Slug, part, text)
				}
			}
		}
	}
}

// TestPhrases checks that each phrase is in a text.
func TestPhrases(t *testing.T) {
	var all strings.Builder
	for _, e := range explain.Templates() {
		all.WriteString(e.Title + "\n" + e.When + "\n" + e.Why + "\n" + e.Fix + "\n")
	}
	for _, with := range explain.Phrases() {
		if !strings.Contains(all.String(), with) {
			t.Errorf("no text has %q", with)
		}
	}
}
