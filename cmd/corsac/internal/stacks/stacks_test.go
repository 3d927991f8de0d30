package stacks

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/policyfile"
)

var update = flag.Bool("update", false, "write golden files")

// A golden file, testdata/NAME.txtar, has what is given and what comes of it:
//
//	NAME.http       a response: the request's method and URL on the first line,
//	                the status on the second, then headers and body
//	NAME.seen       the stacks that it shows
//	project/…       the files of a project
//	project.seen    the stacks that they show
//	POLICY.snippet  the snippet for a policy of testdata/policies.yaml
//	POLICY.FORM     the snippet in another form
//	advice          the advice, with its code for the policy named reference
//
// Only the .http files and those of the project are written by hand.

// TestGolden checks that each stack has a golden file, and that the file has a
// sample for each of its signs.
func TestGolden(t *testing.T) {
	policies := standardPolicies(t)
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			file := filepath.Join("testdata", s.Name+".txtar")
			text, err := os.ReadFile(file)
			if err != nil && !*update {
				t.Fatalf("%v: each stack has a golden file; begin with its .http samples, then run go test -update", err)
			}
			golden := txtar.Parse(text)
			want := regenerate(t, s, golden, policies)
			checkSamples(t, s, golden)
			if *update {
				if err := os.WriteFile(file, want, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(text, want) {
				t.Errorf("run go test -update if this is right:\n%s", difference(string(text), string(want)))
			}
		})
	}
}

// TestGoldenFiles checks that each golden file is that of a stack.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if s := Lookup(name); s == nil || s.Name != name {
			t.Errorf("%s: there is no stack named %s", file, name)
		}
	}
}

// regenerate returns a golden file with its results made anew.
func regenerate(t *testing.T, s *Stack, golden *txtar.Archive, policies map[string]cors.Policy) []byte {
	t.Helper()
	out := &txtar.Archive{Comment: golden.Comment}
	add := func(name, text string) {
		out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(strings.TrimSuffix(text, "\n") + "\n")})
	}
	for _, f := range golden.Files {
		if name, ok := strings.CutSuffix(f.Name, ".http"); ok {
			add(f.Name, string(f.Data))
			add(name+".seen", describe(Recognize([]Seen{parseSeen(t, f)})))
		}
	}
	if project := projectOf(golden); len(project) > 0 {
		for _, name := range slices.Sorted(maps.Keys(project)) {
			add("project/"+name, string(project[name].Data))
		}
		matches, err := Detect(project)
		if err != nil {
			t.Fatal(err)
		}
		add("project.seen", describe(matches))
	}
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		p := policies[name]
		add(name+".snippet", describeSnippet(s.Snippet(&p)))
		for _, form := range s.Forms {
			add(name+"."+form.Name, describeSnippet(form.Snippet(&p)))
		}
	}
	if len(s.Advice) > 0 {
		p := policies["reference"]
		var b strings.Builder
		for _, slug := range slices.Sorted(maps.Keys(s.Advice)) {
			a := s.Advice[slug]
			fmt.Fprintf(&b, "# %s\n%s\n", slug, a.Text)
			if a.Code != nil {
				b.WriteString(describeSnippet(a.Code(&p)))
			}
			b.WriteString("\n")
		}
		add("advice", strings.TrimSuffix(b.String(), "\n"))
	}
	return txtar.Format(out)
}

// checkSamples checks that the samples of a golden file show its stack, and show
// each sign and each project file that the stack has.
func checkSamples(t *testing.T, s *Stack, golden *txtar.Archive) {
	t.Helper()
	var seen []Seen
	for _, f := range golden.Files {
		if !strings.HasSuffix(f.Name, ".http") {
			continue
		}
		response := parseSeen(t, f)
		seen = append(seen, response)
		if !slices.ContainsFunc(Recognize([]Seen{response}), func(m Match) bool { return m.Stack == s }) {
			t.Errorf("%s does not show %s", f.Name, s.Name)
		}
	}
	for i, sign := range s.Signs {
		if !slices.ContainsFunc(seen, func(r Seen) bool { return sign.Shown(&r) != "" }) {
			t.Errorf("no sample shows sign %d of %s", i, s.Name)
		}
	}
	project := projectOf(golden)
	for _, p := range s.Projects {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(project)), func(file string) bool { return p.shown(project, file, map[string]string{}) != "" }) {
			t.Errorf("no project file shows %+v of %s", p, s.Name)
		}
	}
	if len(s.Projects) == 0 {
		return
	}
	matches, err := Detect(project)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(matches, func(m Match) bool { return m.Stack == s }) {
		t.Errorf("the project does not show %s", s.Name)
	}
}

// parseSeen reads a sample of a response. Its body has the newline at the end of
// the file only if there is an empty line before the end.
func parseSeen(t *testing.T, f txtar.File) Seen {
	t.Helper()
	head, body, _ := strings.Cut(strings.TrimSuffix(string(f.Data), "\n")+"\n", "\n\n")
	lines := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	if len(lines) < 2 {
		t.Fatalf("%s: no status line", f.Name)
	}
	seen := Seen{Body: strings.TrimSuffix(body, "\n")}
	if _, err := fmt.Sscanf(lines[0], "%s %s", &seen.Method, &seen.URL); err != nil {
		t.Fatalf("%s: %q: %v", f.Name, lines[0], err)
	}
	var version string
	if _, err := fmt.Sscanf(lines[1], "%s %d", &version, &seen.Status); err != nil {
		t.Fatalf("%s: %q: %v", f.Name, lines[1], err)
	}
	for _, line := range lines[2:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("%s: %q is not a header", f.Name, line)
		}
		seen.Headers = append(seen.Headers, fetch.Header{Name: name, Value: strings.TrimSpace(value)})
	}
	return seen
}

// projectOf returns the files of the project in a golden file.
func projectOf(golden *txtar.Archive) fstest.MapFS {
	project := fstest.MapFS{}
	for _, f := range golden.Files {
		if name, ok := strings.CutPrefix(f.Name, "project/"); ok {
			project[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return project
}

// describe returns matches as text.
func describe(matches []Match) string {
	var b strings.Builder
	for _, m := range matches {
		fmt.Fprintf(&b, "%s, %s\n", m.Stack.Name, m.Sure)
		for _, e := range m.Evidence {
			fmt.Fprintf(&b, "    %+q\n", e)
		}
	}
	return b.String()
}

// describeSnippet returns a snippet as text.
func describeSnippet(s Snippet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# file: %s\n# place: %s\n", s.File, s.Place)
	if s.Install != "" {
		fmt.Fprintf(&b, "# install: %s\n", s.Install)
	}
	b.WriteString(s.Code + "\n")
	for _, d := range s.Lost {
		fmt.Fprintf(&b, "# lost: %s\n# instead: %s\n", d.Text, d.Instead)
	}
	for _, d := range s.Wider {
		fmt.Fprintf(&b, "# wider: %s\n# instead: %s\n", d.Text, d.Instead)
	}
	for _, gap := range s.Gaps {
		fmt.Fprintf(&b, "# gap: %s\n", gap)
	}
	return b.String()
}

// difference returns the first lines in which two texts differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	show := func(lines []string) string { return strings.Join(lines[min(i, len(lines)):min(i+8, len(lines))], "\n") }
	return fmt.Sprintf("line %d of the file:\n%s\n\nnow:\n%s", i+1, show(a), show(b))
}

// standardPolicies returns the policies of testdata/policies.yaml.
func standardPolicies(t testing.TB) map[string]cors.Policy {
	t.Helper()
	text, err := os.ReadFile("testdata/policies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policies, err := policyfile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return policies
}

// TestStacks checks that stacks are complete and have names of their own.
func TestStacks(t *testing.T) {
	if len(All()) == 0 {
		t.Fatal("there are no stacks")
	}
	owner := map[string]string{}
	for _, s := range All() {
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if other := owner[strings.ToLower(name)]; other != "" {
				t.Errorf("both %s and %s are called %s", s.Name, other, name)
			}
			owner[strings.ToLower(name)] = s.Name
			if Lookup(strings.ToUpper(name)) != s {
				t.Errorf("Lookup does not find %s by %s", s.Name, name)
			}
		}
		if s.Title == "" || s.Why == "" || s.Snippet == nil {
			t.Errorf("%s has no title, no reason or no snippet", s.Name)
		}
		for _, inner := range s.BuiltOn {
			if Lookup(inner) == nil {
				t.Errorf("%s is built on %s, which is not there", s.Name, inner)
			}
		}
	}
	if s := Lookup("no such stack"); s != nil {
		t.Errorf("Lookup invents %s", s.Name)
	}
}

// TestSnippets checks what is true of all snippets: no * goes with credentials,
// no line ends in blanks, and each says where it stands.
func TestSnippets(t *testing.T) {
	for name, p := range standardPolicies(t) {
		for _, s := range All() {
			snippets := []Snippet{s.Snippet(&p)}
			for _, a := range s.Advice {
				if a.Code != nil {
					snippets = append(snippets, a.Code(&p))
				}
			}
			for _, sn := range snippets {
				if sn.Code == "" || sn.File == "" {
					t.Errorf("%s, %s: no code or no file", s.Name, name)
				}
				for line := range strings.Lines(sn.Code) {
					if line = strings.TrimSuffix(line, "\n"); strings.TrimRight(line, " \t") != line {
						t.Errorf("%s, %s: blanks at the end of %q", s.Name, name, line)
					}
				}
			}
		}
	}
}

// TestRecognizeBounded checks that evidence is bounded, whatever a server sends.
func TestRecognizeBounded(t *testing.T) {
	var headers fetch.Headers
	for i := range 100 {
		headers = append(headers, fetch.Header{Name: "X-Powered-By", Value: fmt.Sprint("Express", i, strings.Repeat("é", 1000))})
	}
	var many []Seen
	for i := range 10 {
		many = append(many, Seen{Method: "GET", URL: "/", Headers: headers[i*10:], Body: strings.Repeat("x", 1<<20)})
	}
	matches := Recognize(many)
	if len(matches) == 0 {
		t.Fatal("nothing is recognised")
	}
	for _, m := range matches {
		if len(m.Evidence) > 5 {
			t.Errorf("%s: %d pieces of evidence", m.Stack.Name, len(m.Evidence))
		}
		for _, e := range m.Evidence {
			if len(e) > 120 || strings.ToValidUTF8(e, "") != e {
				t.Errorf("%s: evidence of %d bytes, %q", m.Stack.Name, len(e), e)
			}
		}
	}
	if got := Recognize(nil); len(got) != 0 {
		t.Errorf("nothing was seen, but Recognize returns %v", got)
	}
}

// TestBest checks the order of matches and which of them are left out.
func TestBest(t *testing.T) {
	match := func(name string, layer Layer, sure finding.Confidence, builtOn ...string) Match {
		m := Match{Stack: &Stack{Name: name, Layer: layer, BuiltOn: builtOn}, Sure: sure}
		if sure != "" {
			m.Evidence = []string{name}
		}
		return m
	}
	for want, matches := range map[string][]Match{
		"edge proxy app": {match("app", Application, finding.Possible), match("proxy", Proxy, finding.Likely), match("edge", Edge, finding.Certain)},
		"a b":            {match("b", Application, finding.Certain), match("a", Application, finding.Certain)},
		"a":              {match("b", Application, finding.Likely), match("a", Application, finding.Certain)},
		"outer":          {match("inner", Application, finding.Certain), match("outer", Application, finding.Likely, "inner")},
		"inner":          {match("inner", Application, finding.Likely), match("outer", Application, "", "inner")},
		"":               {match("nothing", Application, "")},
	} {
		var names []string
		for _, m := range best(matches) {
			names = append(names, m.Stack.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("best returns %q, want %q", got, want)
		}
	}
}

// TestDetect checks which folders are looked at.
func TestDetect(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	express := file(`{"dependencies": {"express": "^5.0.0"}}`)
	for name, test := range map[string]struct {
		dir  fs.FS
		want string
	}{
		"the folder itself": {fstest.MapFS{"package.json": express}, "express"},
		"one level below":   {fstest.MapFS{"api/package.json": express}, "express"},
		"two levels below":  {fstest.MapFS{"a/b/package.json": express}, ""},
		"dependencies":      {fstest.MapFS{"node_modules/package.json": express}, ""},
		"hidden":            {fstest.MapFS{".cache/package.json": express}, ""},
		"a folder's name":   {fstest.MapFS{"package.json/x": express}, ""},
		"too far down":      {fstest.MapFS{"package.json": file(strings.Repeat(" ", maxProjectFile) + `"express"`)}, ""},
	} {
		matches, err := Detect(test.dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range matches {
			names = append(names, m.Stack.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if _, err := Detect(os.DirFS(filepath.Join(t.TempDir(), "missing"))); err == nil {
		t.Error("a folder that does not exist is no error")
	}
}
