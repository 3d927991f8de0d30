package source

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Bounds on the rules of .gitignore files, which count for every file below them.
const (
	maxRules = 1000
	maxRule  = 1000 // bytes of a rule
)

// ignoreRule is a line of a .gitignore
// (https://git-scm.com/docs/gitignore#_pattern_format).
type ignoreRule struct {
	// folder is where the file with the rule is; the rule is about what is below
	// it.
	folder string
	// pattern is in the notation of doublestar, for paths below the folder.
	pattern              string
	negated, foldersOnly bool
}

// ignoreRules are those of several files, the outermost folder first.
type ignoreRules []ignoreRule

// with returns the rules and those of one more file. The slice is not shared.
func (r ignoreRules) with(folder, text string) ignoreRules {
	list := r[:len(r):len(r)]
	for line := range strings.Lines(text) {
		if len(list) == maxRules {
			break
		}
		if rule, ok := parseIgnore(strings.TrimRight(line, "\r\n")); ok {
			rule.folder = folder
			list = append(list, rule)
		}
	}
	return list
}

// parseIgnore reads a line; ok is false for blank ones and comments.
func parseIgnore(line string) (r ignoreRule, ok bool) {
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = strings.TrimSuffix(line, " ")
	}
	if strings.HasPrefix(line, "#") || len(line) > maxRule {
		return r, false
	}
	line, r.negated = strings.CutPrefix(line, "!")
	line, r.foldersOnly = strings.CutSuffix(line, "/")
	if line == "" {
		return r, false
	}
	if strings.Contains(line, "/") {
		line = strings.TrimPrefix(line, "/")
	} else {
		line = "**/" + line // at any depth
	}
	if inside, ok := strings.CutSuffix(line, "/**"); ok {
		line = inside + "/**/*" // what is in the folder, not the folder itself
	}
	r.pattern = withoutBraces(line)
	return r, doublestar.ValidatePattern(r.pattern)
}

// withoutBraces returns a pattern in which braces, which mean nothing in a
// .gitignore, mean nothing to doublestar either.
func withoutBraces(pattern string) string {
	if !strings.ContainsAny(pattern, "{}") {
		return pattern
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b.WriteString(pattern[i : i+2])
			i++
		case c == '{' || c == '}':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// match reports whether a file or folder is ignored: the last rule decides that
// matches.
func (r ignoreRules) match(name string, folder bool) bool {
	for i := len(r) - 1; i >= 0; i-- {
		if rule := &r[i]; (folder || !rule.foldersOnly) && rule.match(name) {
			return !rule.negated
		}
	}
	return false
}

func (r *ignoreRule) match(name string) bool {
	if r.folder != "" {
		below, ok := strings.CutPrefix(name, r.folder+"/")
		if !ok {
			return false
		}
		name = below
	}
	ok, err := doublestar.Match(r.pattern, path.Clean(name))
	return ok && err == nil
}
