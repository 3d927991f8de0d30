package stacks

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// fastapiTree returns a tree of files by name.
func fastapiTree(files map[string]string) *source.Tree {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return source.NewTree("", fsys, slices.Sorted(maps.Keys(files)))
}

// changed applies a change to files, and returns all of them.
func fastapiChanged(files map[string]string, c *Change) (map[string]string, error) {
	after := maps.Clone(files)
	maps.Copy(after, c.Files)
	for name, edits := range c.Edits {
		text, err := source.Apply(files[name], edits)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		after[name] = text
	}
	return after, nil
}

// change changes files as wanted.
func change(stack string, files map[string]string, w *Want) (after map[string]string, c *Change, err error) {
	s := Lookup(stack).Source
	tree := fastapiTree(files)
	if c, err = s.Change(tree, s.Read(tree), w); err != nil {
		return nil, nil, err
	}
	after, err = fastapiChanged(files, c)
	return after, c, err
}

// readWant reads the lines before the files of a golden file.
func readWant(comment string) *Want {
	w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
	for line := range strings.Lines(comment) {
		switch words := strings.Fields(line); words[0] {
		case "set":
			w.Set[words[1]] = words[2:]
		case "add":
			w.Add[words[1]] = words[2:]
		case "path":
			w.Path = words[1]
		}
	}
	return w
}

// TestFastAPIChange changes the projects of testdata/change/fastapi: what is
// wanted, the files before, and what must come of them. A second run must change
// nothing.
func TestFastAPIChange(t *testing.T) {
	names, err := filepath.Glob("testdata/change/fastapi/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			w, files := readWant(string(archive.Comment)), map[string]string{}
			golden := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				if before, ok := strings.CutPrefix(f.Name, "before/"); ok {
					files[before] = string(f.Data)
					golden.Files = append(golden.Files, f)
				}
			}
			golden.Files = append(golden.Files, outcome(t, files, w)...)
			want, got := txtar.Format(archive), txtar.Format(golden)
			if *update {
				if err := os.WriteFile(name, got, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if string(want) != string(got) {
				t.Errorf("run go test -update if this is right:\n%s", difference(string(want), string(got)))
			}
		})
	}
}

// outcome returns the files that a change comes to, its notes and URL, or its
// error.
func outcome(t *testing.T, files map[string]string, w *Want) (list []txtar.File) {
	t.Helper()
	after, c, err := change("fastapi", files, w)
	if err != nil {
		return []txtar.File{{Name: "error", Data: []byte(err.Error() + "\n")}}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != files[name] {
			list = append(list, txtar.File{Name: "after/" + name, Data: []byte(after[name])})
		}
	}
	again, c2, err := change("fastapi", after, w)
	if err != nil || !maps.Equal(again, after) || len(c2.Edits) > 0 {
		t.Errorf("the second run changes more: %v, %v\n%s", err, c2, again)
	}
	notes := "URL: " + c.URL + "\n" + strings.Join(c.Notes, "\n") + "\n"
	return append(list, txtar.File{Name: "notes", Data: []byte(notes)})
}

// FuzzFastAPIChange: whatever the file, what comes of it has the tokens of Python
// if the file had them, and a second run changes nothing.
func FuzzFastAPIChange(f *testing.F) {
	names, err := filepath.Glob("testdata/change/fastapi/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data), uint8(len(name)))
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
		origins := w.Set
		if kind&1 == 0 {
			origins = w.Add
		}
		origins["allow_origins"] = []string{"https://app.example.com", "https://*.example.org"}
		if kind&2 == 0 {
			w.Set["allow_methods"], w.Set["allow_credentials"] = []string{"PUT"}, []string{"true"}
		}
		if kind&4 == 0 {
			w.Path = "/api/"
		}
		before := python.Parse(text)
		files := map[string]string{"main.py": text}
		after, _, err := change("fastapi", files, w)
		if err != nil {
			return
		}
		if got := python.Parse(after["main.py"]); got.Broken && !before.Broken {
			t.Fatalf("%q\n%q does not have the tokens of Python", text, after["main.py"])
		}
		if again, c, err := change("fastapi", after, w); err != nil || !maps.Equal(again, after) {
			t.Fatalf("%q\n%q\n%v, the second run comes to\n%q\n%v", text, after, err, again, c)
		}
	})
}

// fastapiWant returns all fields of a policy as a change wants them.
func fastapiWant(p *cors.Policy) *Want {
	w := &Want{Set: map[string][]string{
		"allow_origins": p.AllowOrigins, "dangerously_allow_origin_regexps": p.DangerouslyAllowOriginRegexps,
		"allow_methods": p.AllowMethods, "allow_headers": p.AllowHeaders, "expose_headers": p.ExposeHeaders,
		"allow_credentials": nil, "max_age": {"5s"},
	}}
	for field, on := range map[string]bool{
		"allow_credentials": p.AllowCredentials, "dangerously_allow_null_origin": p.DangerouslyAllowNullOrigin,
		"dangerously_allow_insecure_origins_with_credentials": p.DangerouslyAllowInsecureOriginsWithCredentials,
	} {
		if on {
			w.Set[field] = []string{"true"}
		}
	}
	if age, ok := p.MaxAge.Duration(); ok {
		w.Set["max_age"] = []string{age.String()}
	}
	return w
}

// TestFastAPIChangeReadsBack changes calls of many forms to random policies, with
// both line ends, and reads them back.
func TestFastAPIChangeReadsBack(t *testing.T) {
	testenv.OneGoroutine(t)
	forms := []string{
		"",
		"app.add_middleware(CORSMiddleware)\n",
		"app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_methods=['*'], allow_headers=['*'])\n",
		"app.add_middleware(\n    CORSMiddleware,\n    allow_origins=[\n        'http://localhost:3000',  # one\n        'https://app.example.com',\n    ],  # two\n    allow_origin_regex='https://.*example.com',\n    allow_credentials=True,  # three\n    max_age=60,\n)\n",
		"app.add_middleware(\n\tCORSMiddleware,\n\tallow_headers=[\n\t\t\"X-Old\"\n\t],\n\texpose_headers=(\"X-Old\",), allow_credentials=False)\n",
		"O = ['https://app.example.com', 'https://old.example']\nM = ('GET', 'PUT')\napp.add_middleware(CORSMiddleware, allow_origins=O, allow_methods=M, max_age=60*60)\nprint(M)\n",
		"K = {'allow_origins': ['https://old.example'], \"allow_credentials\": True, 'max_age': 3}\napp.add_middleware(CORSMiddleware, **K)\n",
		"app = CORSMiddleware(app, ['https://old.example'], ['*'], ['X-Old'], True)\n",
		"app.add_middleware(CORSMiddleware, allow_origins='https://old.example', allow_methods='*', allow_headers='*', allow_origin_regex=None)\n",
		"app.add_middleware(CORSMiddleware, allow_origins={'https://old.example', 'https://older.example'}, expose_headers=[])\n@app.middleware('http')\ndef f(a, b):\n    pass\n",
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range testenv.Rounds(300, 75) {
		p := *randomPolicy(r, withTiming, withNull, withZeroAge, withEveryHeader)
		form := forms[r.IntN(len(forms))]
		text := fastapiHead + form
		if r.IntN(2) == 0 {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		after, c, err := change("fastapi", map[string]string{"main.py": text}, fastapiWant(&p))
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		sites := Lookup("fastapi").Source.Read(fastapiTree(after))
		got, err := new(Want).Policy(&sites[0].Draft)
		lost := len(rulesOf(&p).Lost) > 0 || slices.Equal(p.AllowHeaders, []string{"*"})
		if len(sites) != 1 || err != nil || !lost && normal(*got) != normal(p) {
			t.Fatalf("%s\nbecomes\n%s\n%v\n%v\n%s, want\n%s", text, after["main.py"], c.Notes, err, fastapiSites(sites), normal(p))
		}
		if lines := strings.Count(after["main.py"], "\n"); strings.Contains(text, "\r") && lines != strings.Count(after["main.py"], "\r\n") {
			t.Fatalf("line ends differ:\n%q", after["main.py"])
		}
		if again, _, err := change("fastapi", after, fastapiWant(&p)); err != nil || !maps.Equal(again, after) {
			t.Fatalf("%v: the second run changes\n%s\nto\n%s", err, after["main.py"], again["main.py"])
		}
	}
}

// TestChangeWholeSegments checks that a path with and without a slash at its end is
// the same, and that neither takes the beginning of a segment.
func TestChangeWholeSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stack string
		files map[string]string
		want  string
	}{
		{"fastapi", map[string]string{"main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}, `prefix="/api/",`},
		{"go", map[string]string{
			"go.mod":  "module example.com/x\n\ngo 1.24\n",
			"main.go": "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", http.NewServeMux()) }\n",
		}, `"/api/"`},
	} {
		var first string
		for _, path := range []string{"/api", "/api/"} {
			w := &Want{Set: map[string][]string{"allow_origins": {"http://localhost:3000"}}, Path: path}
			after, change, err := change(c.stack, c.files, w)
			if err != nil {
				t.Fatalf("%s: %s: %v", c.stack, path, err)
			}
			text := after["main.py"] + change.Files["cors.go"]
			if !strings.Contains(text, c.want) || first != "" && text != first {
				t.Errorf("%s: %s: no %s in %s", c.stack, path, c.want, text)
			}
			first = text
		}
	}
}
