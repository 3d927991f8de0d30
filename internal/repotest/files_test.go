package repotest

import (
	"bytes"
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	maxLines    = 500 // of a Go file, tests apart
	usualLines  = 60  // of a function
	usualShare  = 95  // per cent of functions that are no longer
	maxFileSize = 2_000_000
	maxDecision = 40 // lines

	// The command line keeps flags, sources and printing. What a command does
	// belongs to a package that others can call.
	commandLineDir      = programDir + "/internal/cli"
	maxSharedLines      = 900 // that commands share, tests apart
	maxCommandLines     = 216 // of each command, on average
	maxFilesOfAReceiver = 3
)

func fileLengths(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, f := range r.src {
		if n := strings.Count(r.read(t, f.path), "\n"); !f.test && n > maxLines && !ast.IsGenerated(f.ast) {
			breaches = append(breaches, fmt.Sprintf("%s: %d lines; at most %d, so split it by subject", f.path, n, maxLines))
		}
	}
	return breaches
}

func functionLengths(_ *testing.T, r *repo) []string {
	var all int
	var long []string
	for _, f := range r.src {
		if f.test {
			continue
		}
		for _, decl := range f.ast.Decls {
			decl, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			all++
			if n := f.fset.Position(decl.End()).Line - f.fset.Position(decl.Pos()).Line + 1; n > usualLines {
				long = append(long, fmt.Sprintf("%s: %s has %d lines", f.at(decl.Pos()), decl.Name.Name, n))
			}
		}
	}
	if len(long)*100 <= all*(100-usualShare) {
		return nil
	}
	return append(long, fmt.Sprintf("%d of %d functions have more than %d lines; at least %d %% must keep to it",
		len(long), all, usualLines, usualShare))
}

// commandLine checks that package cli stays small, and that none of its types has
// methods all over it.
func commandLine(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	lines, most := 0, maxSharedLines
	files := map[string][]string{} // by receiver
	for _, f := range r.src {
		if f.pkg != commandLineDir || f.test {
			continue
		}
		text := r.read(t, f.path)
		lines += strings.Count(text, "\n")
		most += strings.Count(text, "\nfunc init() { register(") * maxCommandLines
		for _, decl := range f.ast.Decls {
			if decl, ok := decl.(*ast.FuncDecl); ok && decl.Recv != nil {
				name := embedded(decl.Recv.List[0].Type).Name
				if !slices.Contains(files[name], f.path) {
					files[name] = append(files[name], f.path)
				}
			}
		}
	}
	if lines > most {
		breaches = append(breaches, fmt.Sprintf("%s: %d lines; at most %d, so move what is not flags, sources or printing", commandLineDir, lines, most))
	}
	for name, in := range files {
		if len(in) > maxFilesOfAReceiver {
			breaches = append(breaches, fmt.Sprintf("%s: %s has methods in %d files (%s); at most %d", commandLineDir, name, len(in), strings.Join(in, ", "), maxFilesOfAReceiver))
		}
	}
	return breaches
}

// engineDir has the playground's engine, which only the commits of releases have.
const engineDir = programDir + "/internal/inspector/playground/engine"

func fileSizes(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, name := range r.files {
		if under(name, engineDir+"/built") {
			continue
		}
		info, err := os.Stat(filepath.Join(r.root, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > maxFileSize {
			breaches = append(breaches, fmt.Sprintf("%s: %d bytes; at most %d", name, info.Size(), maxFileSize))
		}
	}
	return breaches
}

const (
	imageDir     = "docs/images"
	maxImageSize = 200_000
)

// images checks that each picture is small, and shown on a page. That those on pages
// are there is for links to check.
func images(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	shown := map[string]bool{}
	for _, page := range r.pages() {
		for _, m := range linkTarget.FindAllStringSubmatch(r.read(t, page), -1) {
			shown[path.Join(path.Dir(page), m[1])] = true
		}
	}
	for _, name := range r.files {
		if !under(name, imageDir) {
			continue
		}
		if !shown[name] {
			breaches = append(breaches, name+": no page shows it")
		}
		if n := len(r.read(t, name)); n > maxImageSize {
			breaches = append(breaches, fmt.Sprintf("%s: %d bytes; at most %d", name, n, maxImageSize))
		}
	}
	return breaches
}

var decisionName = regexp.MustCompile(`^docs/decisions/\d{4}-[a-z0-9-]+\.md$`)

// decisions checks the form of docs/decisions: they are short and name their
// price.
func decisions(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, name := range r.files {
		if !under(name, "docs/decisions") {
			continue
		}
		if !decisionName.MatchString(name) {
			breaches = append(breaches, name+": a decision is docs/decisions/NNNN-title.md")
			continue
		}
		text := r.read(t, name)
		if n := strings.Count(text, "\n"); n > maxDecision {
			breaches = append(breaches, fmt.Sprintf("%s: %d lines; at most %d", name, n, maxDecision))
		}
		for _, part := range []string{"Context", "Decision", "What we gave up", "What would change our mind"} {
			if !strings.Contains(text, "\n## "+part+"\n") {
				breaches = append(breaches, fmt.Sprintf("%s: no section %q", name, part))
			}
		}
	}
	return breaches
}

// machinePath matches a folder of somebody's machine, as it slips into fixtures
// and notes.
var machinePath = regexp.MustCompile(`(?:^|[\s"'(=:,\[>` + "`" + `])/(?:home/\w+/|Users/\w+/|root/[.\w]|w[o]rk/\w|tmp/w[t]/)`)

// foreignTests are tests of others, copied as they are.
var foreignTests = []string{"internal/weburl/testdata/urltestdata.json"}

func machinePaths(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, name := range r.files {
		if slices.Contains(foreignTests, name) {
			continue
		}
		text := []byte(r.read(t, name))
		if bytes.IndexByte(text, 0) >= 0 {
			continue
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := machinePath.Find(line); m != nil {
				breaches = append(breaches, fmt.Sprintf("%s:%d: names a folder of somebody's machine: %s", name, i+1, m))
			}
		}
	}
	return breaches
}
