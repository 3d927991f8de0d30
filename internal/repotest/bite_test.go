package repotest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree is a small repository: path to text.
type tree map[string]string

// sound is a tree that breaks no rule.
var sound = tree{
	".ci/run":   "#!/bin/sh\nstep 'tests' make test\n",
	"Makefile":  "test: ## test\n\tgo test ./...\n",
	"README.md": "# Fox\n\n```sh\ngo run ./cmd/corsac demo # see it\nmake test\n```\n\nSee [the tests](#the-tests).\n\n## The tests\n",
	"go.mod":    "module github.com/corsac-dev/corsac\n\ngo 1.26.0\n",
	"go.work":   "go 1.26.0\n\nuse (\n\t.\n\t./cmd/corsac\n)\n",
	"cmd/corsac/go.mod": "module github.com/corsac-dev/corsac/cmd/corsac\n\ngo 1.26.0\n\n" +
		"require github.com/corsac-dev/corsac v0.0.0\n\nreplace github.com/corsac-dev/corsac => ../..\n",
	"cmd/corsac/main.go":    "// Corsac is a fox.\npackage main\n\nfunc main() {}\n",
	"origin/origin.go":      "// Package origin is first.\npackage origin\n\n// Origin is one.\ntype Origin struct {\n\t// Host and Port say where.\n\tHost string\n\tPort string\n\tKind Kind\n\tpath string\n}\n\n// Kind is a kind.\ntype Kind int\n",
	"origin/testdata/x.go":  "not Go at all",
	"cors/cors.go":          "// Package cors is second.\npackage cors\n\nimport _ \"github.com/corsac-dev/corsac/origin\"\n",
	"cors/cors_test.go":     "package cors_test\n\nimport _ \"github.com/corsac-dev/corsac/fetch\"\n",
	"fetch/internal/a/a.go": "// Package a is part of fetch.\npackage a\n",
}

// goImport is a Go file of package name that imports the folder dir.
func goImport(name, dir string) string {
	return "// Package " + name + " is here.\npackage " + name + "\n\nimport _ \"" + libraryPath + "/" + dir + "\"\n"
}

func TestSoundTree(t *testing.T) {
	r := sound.with(nil).repo(t)
	for _, rule := range rules {
		if got := rule.check(t, r); len(got) > 0 {
			t.Errorf("%s: %q", rule.name, got)
		}
	}
}

// TestRulesBite breaks each rule and checks that the breach is reported.
func TestRulesBite(t *testing.T) {
	tests := []struct {
		rule, want string
		files      tree
	}{
		{"layers", "origin/x.go: imports cors, which stands above origin", tree{"origin/x.go": goImport("origin", "cors")}},
		{"layers", "policy and browser never share code", tree{"fetch/x.go": goImport("fetch", "cors")}},
		{"layers", "cors/x.go: imports fetch", tree{"cors/x.go": goImport("cors", "fetch")}},
		{"layers", "never the reverse", tree{"cors/x_test.go": goImport("cors", "cmd/corsac/internal/cli")}},
		{"layers", "policyfile/x.go: imports fetch, which stands above policyfile", tree{"policyfile/go.mod": "", "policyfile/x.go": goImport("policyfile", "fetch")}},
		{"layers", "fetch/x.go: imports policyfile, which is not in the library's module", tree{"policyfile/go.mod": "", "fetch/x.go": goImport("fetch", "policyfile")}},
		{"layers", "package zoo has no place", tree{"zoo/x.go": goImport("zoo", "cors")}},
		{"layers", "internal/zoo, which has no place", tree{"cors/x.go": goImport("cors", "internal/zoo")}},
		{"layers", "which stands above cmd/corsac/internal/config", tree{"cmd/corsac/internal/config/x.go": goImport("config", "cmd/corsac/internal/cli")}},
		{"package docs", "origin: the package comment does not begin", tree{"origin/origin.go": "// Origins.\npackage origin\n"}},
		{"package docs", "cmd/corsac: package main has no package comment", tree{"cmd/corsac/main.go": "package main\n"}},
		{"documented exports", "origin/x.go:3:6: F is exported", tree{"origin/x.go": "package origin\n\nfunc F() {}\n"}},
		{"documented exports", "T.M is exported", tree{"origin/x.go": "package origin\n\n// T is.\ntype T[A any] int\n\nfunc (t *T[A]) M() {}\n"}},
		{"documented exports", "T is exported", tree{"origin/x.go": "package origin\n\n// Group.\ntype (\n\tT int\n)\n"}},
		{"documented exports", "T.A.B is exported", tree{"origin/x.go": "package origin\n\n// T is.\ntype T struct {\n\tA []struct{ B int } // a\n}\n"}},
		{"documented exports", "T.C is exported", tree{"origin/x.go": "package origin\n\n// T is.\ntype T struct {\n\t// A and B are.\n\tA int\n\tB int\n\tC int\n\tT\n\tOrigin Origin\n}\n"}},
		{"documented exports", "I.M is exported", tree{"origin/x.go": "package origin\n\n// I is.\ntype I interface{ M() }\n"}},
		{"documented exports", "V is exported", tree{"origin/x.go": "package origin\n\nvar V = 1\n"}},
		{"modules", "requires example.com/heavy", tree{"go.mod": sound["go.mod"] + "\nrequire example.com/heavy v1.0.0\n"}},
		{"modules", "has a tool or replace line", tree{"go.mod": sound["go.mod"] + "\ntool example.com/heavy\n"}},
		{"modules", "go 1.27.0; every module", tree{"go.mod": "module github.com/corsac-dev/corsac\n\ngo 1.27.0\n"}},
		{"modules", "adapters/x/go.mod: module x; its folder", tree{"adapters/x/go.mod": "module x\n\ngo 1.26.0\n"}},
		{"modules", "adapters/x/go.mod: does not require", tree{"adapters/x/go.mod": "module github.com/corsac-dev/corsac/adapters/x\n\ngo 1.26.0\n"}},
		{"modules", "adapters/x/go.mod: does not replace", tree{"adapters/x/go.mod": "module github.com/corsac-dev/corsac/adapters/x\n\ngo 1.26.0\n"}},
		{"modules", "policyfile/go.mod: does not replace github.com/corsac-dev/corsac/internal/yamlread => ../internal/yamlread", tree{
			"policyfile/go.mod": "module github.com/corsac-dev/corsac/policyfile\n\ngo 1.26.0\n\nrequire github.com/corsac-dev/corsac v0.0.0\n\n" +
				"require github.com/corsac-dev/corsac/internal/yamlread v0.0.0\n\nreplace github.com/corsac-dev/corsac => ..\n",
		}},
		{"modules", "go.work: uses", tree{"go.work": "go 1.26.0\n\nuse .\n"}},
		{"modules", "it lists [\".\" \"./cmd/corsac\" \"./policyfile\"] only", tree{
			"cmd/corsac/go.mod": sound["cmd/corsac/go.mod"] + "\nrequire github.com/corsac-dev/corsac/policyfile v0.0.0\n",
		}},
		{"links", "README.md:1: link to docs/a.md: there is no docs/a.md", tree{"README.md": "[a](docs/a.md)\n"}},
		{"links", "docs/b.md:1: link to ../README.md#nowhere: no heading", tree{"docs/b.md": "[b](../README.md#nowhere)\n"}},
		{"linked names", "docs/b.md:1: origin/origin.go does not declare Origin.None", tree{"docs/b.md": "[`Origin`](../origin/origin.go) [`Origin.None`](../origin/origin.go)\n"}},
		{"linked names", "README.md:1: origin/none.go does not declare Kind", tree{"README.md": "[`Kind`](origin/none.go)\n"}},
		{"page widths", "docs/a.md:2: 109 columns; wrap text at 100", tree{
			"docs/a.md": "| " + strings.Repeat("a ", 60) + "|\n- " + strings.Repeat("a ", 53) + "a\n- `" + strings.Repeat("a ", 60) + "`\n",
		}},
		{"plain English", `README.md:3: "holds that": write "tests that"`, tree{"README.md": "# Fox\n\n> This holds\n> that it works.\n"}},
		{"plain English", `docs/a.md:1: "in any case"`, tree{"docs/a.md": "Names, in any case, and `code`.\n"}},
		{"plain English", `docs/a.md:7: "value is no origin"`, tree{"docs/a.md": "```\ncode\n```\n\n\n\nThis value is no origin.\n"}},
		{"plain English", `Makefile:1: "mended"`, tree{"Makefile": "# mended\n"}},
		{"plain English", `scripts/x:2: "goes for"`, tree{"scripts/x": "#!/bin/sh\n# That goes for all.\n"}},
		{"plain English", `origin/x.go:3: "one method an entry"`, tree{"origin/x.go": "package origin\n\n// Write one\n// method an entry.\n"}},
		{"plain English", `origin/x.go:4: "tells"`, tree{"origin/x.go": "package origin\n\n/*\nWhat tells\n*/\n"}},
		{"plain English", `origin/x.go:3: "q is none"`, tree{"origin/x.go": "package origin\n\nconst s = \"%q is none\"\n"}},
		{"plain English", `cors/x_test.go:3: "makes of"`, tree{"cors/x_test.go": "package cors\n\n// What it makes of it.\n"}},
		{"plain English", `docs/a.md:1: "dearer"`, tree{"docs/a.md": "dearer\n"}},
		{"plain English", `docs/a.md:1: "unless said"`, tree{"docs/a.md": "a minute, unless said\n"}},
		{"named paths", "README.md:1: `cors/none.go`: there is no cors/none.go", tree{"README.md": "`cors/none.go` and `cors/cors.go`\n"}},
		{"named paths", "`cmd/corsac/internal/zoo/`: there is no cmd/corsac/internal/zoo", tree{"README.md": "`cmd/corsac/internal/zoo/`, `text/plain`\n"}},
		{"named paths", "`origin/zoo/NAME.go`: there is no origin/zoo", tree{"README.md": "`origin/zoo/NAME.go`, `origin/NAME.go`\n"}},
		{"command line", "cli: 1119 lines; at most 1116", tree{commandLineDir + "/a.go": "package cli\n\nfunc init() { register(newA) }\n" + strings.Repeat("\n", 1116)}},
		{"command line", "T has methods in 4 files", tree{
			commandLineDir + "/a.go": "package cli\n\ntype T int\n\nfunc (t *T) a() {}\n",
			commandLineDir + "/b.go": "package cli\n\nfunc (t T) b() {}\n",
			commandLineDir + "/c.go": "package cli\n\nfunc (t T) c() {}\n",
			commandLineDir + "/d.go": "package cli\n\nfunc (T) d() {}\n",
		}},
		{"one door", "x.go:5:12: fmt.Println prints past the door", tree{"cmd/corsac/x.go": "package main\n\nimport \"fmt\"\n\nfunc f() { fmt.Println() }\n"}},
		{"one door", "x.go:5:9: o.Stderr", tree{"cmd/corsac/x.go": "package main\n\nimport o \"os\"\n\nvar w = o.Stderr\n"}},
		{"one door", "x.go:5:12: slog.Info", tree{"cmd/corsac/x.go": "package main\n\nimport \"log/slog\"\n\nfunc f() { slog.Info(\"\") }\n"}},
		{"one door", "x.go:3:12: println", tree{"cmd/corsac/x.go": "package main\n\nfunc f() { println() }\n"}},
		{"one door", "x.go:3:9: Own", tree{"cmd/corsac/x.go": "package main\n\nvar w = door.Own()\n"}},
		{"readme", "no sh block has a command that runs corsac", tree{"README.md": "```sh\nmake test\n```\n"}},
		{"readme", "no sh block has a command that tests corsac", tree{"README.md": "```text\nmake test\n```\n"}},
		{"readme", "no line runs the README's \"make test\"", tree{".ci/run": "# step make test\n"}},
		{"images", "docs/images/a.png: no page shows it", tree{"docs/images/a.png": "x", "docs/a.md": "![a](a.png)\n"}},
		{"images", "docs/images/a.png: 200001 bytes; at most 200000", tree{"docs/images/a.png": strings.Repeat("x", 200_001), "docs/a.md": "![a](images/a.png)\n"}},
		{"decisions", "a.md: a decision is docs/decisions/NNNN", tree{"docs/decisions/a.md": "x"}},
		{"decisions", "0002-a.md: 41 lines", tree{"docs/decisions/0002-a.md": strings.Repeat("\n", 41)}},
		{"decisions", "no section \"What we gave up\"", tree{"docs/decisions/0002-a.md": "# 2\n\n## Context\n"}},
		{"cause files", "fetch/cause/a.go: declares the cause a-b; write it into a_b.go", tree{"fetch/cause/a.go": "package cause\n\nvar _ = Cause{Slug: \"a-b\"}\n"}},
		{"cause files", "a_b.go: declares the cause c; write it into c.go", tree{
			"cmd/corsac/internal/diagnose/a_b.go": "package diagnose\n\nvar _ = []Cause{{Slug: \"a-b\"}, {Slug: \"c\"}}\n",
		}},
		{"file lengths", "origin/x.go: 502 lines", tree{"origin/x.go": "package origin\n" + strings.Repeat("\n", 501)}},
		{"function lengths", "at least 95 % must keep to it", tree{"origin/x.go": "package origin\n\nfunc f() {" + strings.Repeat("\n", 60) + "}\n"}},
		{"file sizes", "big.bin: 2000001 bytes", tree{"big.bin": strings.Repeat("x", maxFileSize+1)}},
		{"machine paths", "a.txt:2: names a folder", tree{"a.txt": "\nsee /ho" + "me/fox/notes\n"}},
		{"machine paths", "a.txt:1: names a folder", tree{"a.txt": "cd /wo" + "rk/fox\n"}},
	}
	for _, test := range tests {
		t.Run(test.rule+"/"+test.want, func(t *testing.T) {
			r := sound.with(test.files).repo(t)
			for _, rule := range rules {
				if rule.name != test.rule {
					continue
				}
				got := rule.check(t, r)
				if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, test.want) }) {
					t.Errorf("got %q, want one with %q", got, test.want)
				}
				return
			}
			t.Fatal("no such rule")
		})
	}
}

func TestUnknownTargets(t *testing.T) {
	r := sound.with(tree{"docs/a.md": "```console\n$ X=1 make test && make nothing \\\n  V=1\nmake of output\n```\n"}).repo(t)
	makes, subs := r.named(t)
	got := unknownTargets(t, r, makes)
	if want := []string{"docs/a.md:2: X=1 make test && make nothing V=1: the Makefile has no target nothing"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, ok := subs["demo"]; !ok || len(subs) != 1 {
		t.Errorf("sub-commands are %v, want demo only", subs)
	}
}

func TestUnknownNames(t *testing.T) {
	r := sound.with(tree{"docs/a.md": "`corsac fly`, `corsac run --fast`, `corsac run --slow`, `--none=1`, `--fast`, `-x`, `corsac`\n"}).repo(t)
	help := map[string]string{"run": "      --fast   does\n"}
	got := unknownNames(r.spans(t), "Commands:\n  run         runs\n", func(sub string) string { return help[sub] })
	want := []string{
		"docs/a.md:1: `corsac fly`: there is no command fly",
		"docs/a.md:1: `corsac run --slow`: there is no flag --slow",
		"docs/a.md:1: `--none=1`: there is no flag --none",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPIChanges(t *testing.T) {
	before := tree{"a/a.go": "package a\n\n// T is.\ntype T struct {\n\t// A is.\n\tA int\n\n\tb int\n}\n\nfunc F() { println() }\n\nfunc g() {}\n"}
	after := tree{"a/a.go": "package a\n\ntype T struct{ A int; c int }\n\nfunc F(int) {}\n"}
	got := changes(packageAPI(t, before.repo(t), "a"), packageAPI(t, after.repo(t), "a"))
	if want := []string{"gone: func F()", "new: func F(int)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPISizeBites(t *testing.T) {
	r := tree{"a/a.go": `package a

import "io"

const A, b = 1, 2

var C int

type T struct {
	D, E int
	f    int
	*G
	io.Reader
}

type G []int

type I interface {
	H()
	j()
	io.Writer
}

func (t *T) K() {}

func L() {}

func (u u) N() {}

type u int
`}.repo(t)
	if got := exportedNames(t, r, "a"); got != 13 {
		t.Errorf("%d names, want 13: A C T D E G Reader G I H Writer K L", got)
	}
	for budget, want := range map[int]string{
		13: "b: has a budget but is not a public package",
		12: "a: exports 13 names; at most 12",
		0:  "a: has no budget; it exports 13 names",
	} {
		got := overBudget(t, r, map[string]int{"a": budget, "b": 1})
		if !slices.Contains(got, want) {
			t.Errorf("budget %d: got %q, want one with %q", budget, got, want)
		}
	}
	if got := overBudget(t, r, map[string]int{"a": 13}); len(got) > 0 {
		t.Errorf("within the budget: %q", got)
	}
}

func (files tree) with(more tree) tree {
	all := maps.Clone(files)
	maps.Copy(all, more)
	return all
}

func (files tree) repo(t *testing.T) *repo {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newRepo(t, root, slices.Collect(maps.Keys(files)))
}
