package generate

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// width is that of comments.
const width = 80

// marks are what a comment of one line begins and ends with.
type marks struct{ begin, end string }

// marksOf returns the marks of comments in a file; they are empty if its format
// has no comments.
func marksOf(s *stacks.Snippet) marks {
	switch ext := filepath.Ext(s.File); {
	case ext == ".json", strings.HasPrefix(s.Code, "{"): // some *.bicep have JSON
		return marks{}
	case ext == ".xml", ext == ".md":
		return marks{"<!-- ", " -->"}
	case ext == ".lua":
		return marks{"-- ", ""}
	case strings.Contains(" .js .mjs .ts .go .java .cs .rs .php .bicep ", " "+ext+" "):
		return marks{"// ", ""}
	}
	return marks{"# ", ""}
}

// withComment returns the text of a file with a comment at its beginning: what it
// is, from which policy, for which versions, and the notes. Formats without
// comments have none.
func (r *Request) withComment(s *stacks.Snippet, text string, notes []string) string {
	m := marksOf(s)
	if m.begin == "" {
		return text
	}
	policy := fmt.Sprintf("the policy %q", plain(r.PolicyName))
	if r.others > 0 {
		policy = fmt.Sprintf("%d policies", r.others+1)
	}
	what := fmt.Sprintf("CORS for %s from %s, written by corsac generate %s", r.Stack.Title, policy, r.Stack.Name)
	if r.Stack.Versions != "" {
		what += " for " + r.Stack.Versions
	}
	var b strings.Builder
	m.write(&b, what+".")
	for _, note := range notes {
		m.write(&b, "Note: "+note)
	}
	const php = "<?php\n" // comes first
	if rest, ok := strings.CutPrefix(text, php); ok {
		return php + b.String() + rest
	}
	return b.String() + text
}

// plain returns the name of a policy with letters, digits and a few other
// characters only. Comments may mean something to a program, such as the encoding
// of the file.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ._-", r) {
			return r
		}
		return '?'
	}, name)
	return strings.ReplaceAll(name[:min(len(name), 60)], "--", "-?")
}

// specials take the meaning from what means something in comments: the end of a
// script of PHP, an escape of Java, the encoding of a file of Python.
var specials = strings.NewReplacer("?>", "? >", `\u`, `\ u`, "coding:", "coding :", "coding=", "coding =", "…", "...")

// write adds a sentence as comments. It is safe whatever the sentence is: each
// line is printable ASCII, has its mark, and does not end in a backslash, which may
// continue it.
func (m marks) write(b *strings.Builder, sentence string) {
	sentence = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, specials.Replace(sentence))
	for m.end != "" && strings.Contains(sentence, "--") {
		sentence = strings.ReplaceAll(sentence, "--", "- -")
	}
	line := ""
	flush := func() {
		if strings.HasSuffix(line, `\`) {
			line += "."
		}
		fmt.Fprintf(b, "%s%s%s\n", m.begin, line, m.end)
		line = ""
	}
	for word := range strings.FieldsSeq(sentence) {
		if line != "" && len(m.begin)+len(line)+1+len(word)+len(m.end) > width {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}
