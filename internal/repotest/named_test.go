package repotest

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// span is a piece of inline code in a page.
type span struct {
	file string
	line int
	text string
}

func (s span) String() string { return fmt.Sprintf("%s:%d: `%s`", s.file, s.line, s.text) }

// spans returns the inline code of the pages that say what is: decisions are about
// the time when they were made.
func (r *repo) spans(t *testing.T) (all []span) {
	t.Helper()
	for _, page := range r.pages() {
		if under(page, "docs/decisions") {
			continue
		}
		fenced(r.read(t, page), func(n int, line, _ string, inside bool) {
			if inside {
				return
			}
			for _, code := range inlineCode.FindAllString(line, -1) {
				all = append(all, span{page, n, strings.Trim(code, "`")})
			}
		})
	}
	return all
}

var (
	pathLike    = regexp.MustCompile(`^[\w.@-]+(/[\w.@*{}…-]+)+/?$|^[\w.@-]+/$`)
	placeholder = regexp.MustCompile(`NAME|NNNN|[A-Z]{4,}|[*{…]`)
	longFlag    = regexp.MustCompile(`(?:^| )(--[a-z][a-z0-9.-]*)`)
)

// namedPaths checks that the files and folders that pages name are there. What
// comes after a placeholder, such as NAME.go, is not looked for.
func namedPaths(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, s := range r.spans(t) {
		if !pathLike.MatchString(s.text) {
			continue
		}
		parts := strings.Split(strings.TrimSuffix(s.text, "/"), "/")
		if !r.hasFolder(parts[0]) {
			continue // a media type, a URL's path, a fraction
		}
		if i := slices.IndexFunc(parts, placeholder.MatchString); i >= 0 {
			parts = parts[:i]
		}
		if name := path.Join(parts...); !r.has(name) && !r.hasFolder(name) {
			breaches = append(breaches, fmt.Sprintf("%v: there is no %s", s, name))
		}
	}
	return breaches
}

// TestNamed checks that the sub-commands and flags that pages name in their text
// are there.
func TestNamed(t *testing.T) {
	r := thisRepo(t)
	help := &helpTexts{program: buildProgram(t, r), texts: map[string]string{}}
	for _, breach := range unknownNames(r.spans(t), help.of(t, "--help"), func(sub string) string { return help.of(t, sub) }) {
		t.Error(breach)
	}
}

// helpTexts asks a program for its help, once for each sub-command.
type helpTexts struct {
	program string
	texts   map[string]string
}

func (h *helpTexts) of(t *testing.T, sub string) string {
	t.Helper()
	text, ok := h.texts[sub]
	if !ok {
		out, err := exec.CommandContext(t.Context(), h.program, sub, "--help").CombinedOutput()
		if err != nil {
			t.Fatalf("corsac %s --help: %v\n%s", sub, err, out)
		}
		text = string(out)
		h.texts[sub] = text
	}
	return text
}

// unknownNames returns the spans that name a sub-command or a flag that no help
// shows. root is the help of the program, which lists its sub-commands.
func unknownNames(spans []span, root string, help func(sub string) string) (breaches []string) {
	listed := regexp.MustCompile(`(?m)^  ([a-z]+)  `).FindAllStringSubmatch(root, -1)
	known := func(sub string) bool {
		return slices.ContainsFunc(listed, func(m []string) bool { return m[1] == sub })
	}
	for _, s := range spans {
		words := strings.Fields(s.text)
		in := "" // the sub-command that the flags belong to
		if len(words) > 1 && words[0] == "corsac" && !strings.HasPrefix(words[1], "-") {
			if in = words[1]; !known(in) {
				breaches = append(breaches, fmt.Sprintf("%v: there is no command %s", s, in))
				continue
			}
		} else if !strings.HasPrefix(s.text, "--") {
			continue
		}
		for _, m := range longFlag.FindAllStringSubmatch(s.text, -1) {
			has := func(text string) bool { return regexp.MustCompile(regexp.QuoteMeta(m[1]) + `\b`).MatchString(text) }
			if in != "" && !has(help(in)) || in == "" && !slices.ContainsFunc(listed, func(l []string) bool { return has(help(l[1])) }) {
				breaches = append(breaches, fmt.Sprintf("%v: there is no flag %s", s, m[1]))
			}
		}
	}
	return breaches
}

// buildProgram builds corsac and returns where it is.
func buildProgram(t *testing.T, r *repo) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "corsac")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join(r.root, programDir)
	build.Env = append(build.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./%s: %v\n%s", programDir, err, out)
	}
	return program
}
