package repotest

import (
	"fmt"
	"net/url"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// command is a line that a page asks its readers to type.
type command struct {
	file string
	line int
	text string
}

func (c command) String() string { return fmt.Sprintf("%s:%d: %s", c.file, c.line, c.text) }

// pages returns the Markdown files of the repository.
func (r *repo) pages() []string {
	var pages []string
	for _, name := range r.files {
		if path.Ext(name) == ".md" && !inTestdata(name) {
			pages = append(pages, name)
		}
	}
	return pages
}

// fenced calls each with every line of a page, and with whether it is in a code
// block and the language of that block.
func fenced(text string, each func(n int, line, language string, inside bool)) {
	fence, language := "", ""
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence == "" && strings.HasPrefix(trimmed, "```"):
			fence = trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
			language, _, _ = strings.Cut(strings.TrimLeft(trimmed, "`"), " ")
		case fence != "" && trimmed == fence:
			fence, language = "", ""
		default:
			each(i+1, line, language, fence != "")
		}
	}
}

// commands returns the command lines of a page: every line of an sh or bash
// block, and in a console block those after a prompt. A line that ends in a
// backslash continues on the next.
func (r *repo) commands(t *testing.T, page string) []command {
	t.Helper()
	var all []command
	more := false
	fenced(r.read(t, page), func(n int, line, language string, _ bool) {
		text := strings.TrimSpace(line)
		prompted, prompt := strings.CutPrefix(text, "$ ")
		switch language {
		case "sh", "bash", "shell":
			text = prompted
		case "console":
			if !prompt && !more {
				return
			}
			text = prompted
		default:
			more = false
			return
		}
		text, _, _ = strings.Cut(" "+text, " #")
		text = strings.TrimSpace(text)
		goesOn := strings.HasSuffix(text, `\`)
		text = strings.TrimSpace(strings.TrimSuffix(text, `\`))
		if more {
			all[len(all)-1].text += " " + text
		} else if text != "" {
			all = append(all, command{page, n, text})
		}
		more = goesOn && len(all) > 0
	})
	return all
}

var (
	separators = regexp.MustCompile(`&&|\|\|?|;`)
	assignment = regexp.MustCompile(`^[A-Z_]+=`)
	targetLine = regexp.MustCompile(`(?m)^([a-z][a-z-]*):`)
)

// targets returns the make targets and the program's subcommands that a command
// names. For a call of the program without a subcommand, it returns "--help".
func (c command) targets() (makes, subs []string) {
	for _, part := range separators.Split(c.text, -1) {
		words := strings.Fields(part)
		for len(words) > 0 && assignment.MatchString(words[0]) {
			words = words[1:]
		}
		if len(words) > 2 && words[0] == "go" && words[1] == "run" && path.Clean(words[2]) == programDir {
			words = append([]string{"corsac"}, words[3:]...)
		}
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "make":
			for _, word := range words[1:] {
				if !strings.Contains(word, "=") && !strings.HasPrefix(word, "-") {
					makes = append(makes, word)
				}
			}
		case "corsac":
			if len(words) == 1 || strings.HasPrefix(words[1], "-") {
				words = []string{"corsac", "--help"}
			}
			subs = append(subs, words[1])
		}
	}
	return makes, subs
}

// readme checks that the README has a command that runs corsac and one that
// tests it, and that CI runs the latter as written.
func readme(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	if !r.has("README.md") || !r.has(".ci/run") {
		return []string{"there is no README.md or no .ci/run"}
	}
	var runs, tests []string
	for _, c := range r.commands(t, "README.md") {
		if _, subs := c.targets(); len(subs) > 0 {
			runs = append(runs, c.text)
		}
		if slices.Contains(strings.Fields(c.text), "test") {
			tests = append(tests, c.text)
		}
	}
	if len(runs) == 0 {
		breaches = append(breaches, "README.md: no sh block has a command that runs corsac")
	}
	if len(tests) == 0 {
		return append(breaches, "README.md: no sh block has a command that tests corsac")
	}
	for line := range strings.Lines(r.read(t, ".ci/run")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") && strings.HasSuffix(line, " "+tests[0]) {
			return breaches
		}
	}
	return append(breaches, fmt.Sprintf(".ci/run: no line runs the README's %q", tests[0]))
}

// TestCommands checks that what pages ask their readers to type exists: make
// targets, and subcommands, which must accept --help.
func TestCommands(t *testing.T) {
	r := thisRepo(t)
	makes, subs := r.named(t)
	for _, breach := range unknownTargets(t, r, makes) {
		t.Error(breach)
	}
	if len(subs) == 0 {
		return
	}
	program := buildProgram(t, r)
	for sub, where := range subs {
		if err := answers(t, program, sub); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	if answers(t, program, "no-such-command") == nil {
		t.Error("corsac no-such-command accepts --help as commands do, so this test cannot fail")
	}
}

// answers runs a subcommand with --help. The output must show how the
// subcommand is used, since the program may answer an unknown word with its own
// help.
func answers(t *testing.T, program, sub string) error {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, sub, "--help").CombinedOutput()
	switch {
	case err != nil:
		return fmt.Errorf("corsac %s --help: %w\n%s", sub, err, out)
	case sub != "--help" && !strings.Contains(string(out), "corsac "+sub):
		return fmt.Errorf("there is no command %s: its --help does not say \"corsac %s\"", sub, sub)
	}
	return nil
}

// named returns the make targets and subcommands that pages name, each with one
// place that names it.
func (r *repo) named(t *testing.T) (makes, subs map[string]command) {
	t.Helper()
	makes, subs = map[string]command{}, map[string]command{}
	for _, page := range r.pages() {
		for _, c := range r.commands(t, page) {
			m, s := c.targets()
			for _, name := range m {
				makes[name] = c
			}
			for _, name := range s {
				subs[name] = c
			}
		}
	}
	return makes, subs
}

func unknownTargets(t *testing.T, r *repo, makes map[string]command) (breaches []string) {
	t.Helper()
	known := targetLine.FindAllStringSubmatch(r.read(t, "Makefile"), -1)
	for name, c := range makes {
		if !slices.ContainsFunc(known, func(m []string) bool { return m[1] == name }) {
			breaches = append(breaches, fmt.Sprintf("%v: the Makefile has no target %s", c, name))
		}
	}
	return breaches
}

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	linkTarget = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
)

// links checks that links to files and headings in this repository lead
// somewhere.
func links(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, page := range r.pages() {
		fenced(r.read(t, page), func(n int, line, _ string, inside bool) {
			if inside {
				return
			}
			for _, m := range linkTarget.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "code"), -1) {
				if why := r.badLink(t, page, m[1]); why != "" {
					breaches = append(breaches, fmt.Sprintf("%s:%d: link to %s: %s", page, n, m[1], why))
				}
			}
		})
	}
	return breaches
}

func (r *repo) badLink(t *testing.T, page, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "" || u.Host != "":
		return ""
	}
	target := page
	if u.Path != "" {
		target = path.Join(path.Dir(page), u.Path)
	}
	if !r.has(target) && !r.hasFolder(target) {
		return "there is no " + target
	}
	if u.Fragment != "" && path.Ext(target) == ".md" && !slices.Contains(headings(r.read(t, target)), u.Fragment) {
		return "no heading has that name"
	}
	return ""
}

var notInSlug = regexp.MustCompile(`[^\p{L}\p{N}\- _]`)

// headings returns the fragments that GitHub gives the headings of a page.
func headings(text string) []string {
	var all []string
	fenced(text, func(_ int, line, _ string, inside bool) {
		if inside || !strings.HasPrefix(line, "#") {
			return
		}
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		all = append(all, strings.ReplaceAll(notInSlug.ReplaceAllString(title, ""), " ", "-"))
	})
	return all
}

const pageColumns = 100

// listMarker is what begins a line of a page, if not a word.
var listMarker = regexp.MustCompile(`^ *(?:[-*] |\d+\. )?`)

// pageWidths checks that the text of pages is wrapped. Code, tables and headings
// are not, and a line may be as long as the code or link that is alone on it.
func pageWidths(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, page := range r.pages() {
		fenced(r.read(t, page), func(n int, line, _ string, inside bool) {
			columns := utf8.RuneCountInString(line)
			if inside || columns <= pageColumns || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#") {
				return
			}
			text := listMarker.ReplaceAllString(inlineCode.ReplaceAllStringFunc(line, hideSpaces), "")
			if strings.Contains(text, " ") {
				breaches = append(breaches, fmt.Sprintf("%s:%d: %d columns; wrap text at %d", page, n, columns, pageColumns))
			}
		})
	}
	return breaches
}

func hideSpaces(code string) string { return strings.ReplaceAll(code, " ", "_") }
