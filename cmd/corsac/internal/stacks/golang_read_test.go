package stacks

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// goTree returns a project with files.
func goTree(files map[string]string) *source.Tree {
	fsys := fstest.MapFS{}
	var names []string
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		names = append(names, name)
	}
	slices.Sort(names)
	return source.NewTree("", fsys, names)
}

// normalised returns a policy as a file, in one form for all that mean the same.
func normalised(t *testing.T, p cors.Policy) string {
	t.Helper()
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	text, err := policyfile.Marshal(map[string]cors.Policy{"app": m.Policy()})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGoRoundTrip checks that what is generated for a policy is read as the same
// policy, and prints how many of the policies can be expressed.
func TestGoRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	const count = 400
	for _, name := range []string{"go", "rs-cors", "chi", "gin", "echo", "fiber", "jub0bs"} {
		s := Lookup(name)
		r := rand.New(rand.NewPCG(1, 2))
		expressible := 0
		for range count {
			p := *randomPolicy(r, withTiming, withStatus, withZeroAge, withEveryHeader)
			if name == "rs-cors" || name == "chi" {
				p = *withAuthorization(&p)
			}
			want := normalised(t, p)
			snippet := s.Snippet(&p)
			if len(snippet.Lost)+len(snippet.Wider) > 0 {
				continue
			}
			expressible++
			top, main, _ := strings.Cut(snippet.Code, inMain)
			code := "package main\n\n" + top + "\nfunc main() {\n" + inMain + main + "\n}\n"
			sites := s.Source.Read(goTree(map[string]string{"main.go": code}))
			if len(sites) != 1 {
				t.Fatalf("%s: %d sites in\n%s", name, len(sites), code)
			}
			got, err := sites[0].Draft.Policy()
			if err != nil {
				t.Fatalf("%s: %v\n%s\n%+v", name, err, code, sites[0].Draft)
			}
			if name == "gin" && p.MaxAge == cors.CacheFor(0) {
				got.MaxAge = p.MaxAge // which it cannot send
			}
			if name != "go" {
				got.PreflightStatus = p.PreflightStatus // any will do
			}
			if read := normalised(t, *got); read != want {
				t.Fatalf("%s: read\n%swant\n%s\n%s", name, read, want, code)
			}
		}
		t.Logf("%s: %d of %d policies can be expressed (%d %%)", name, expressible, count, expressible*100/count)
		if expressible*100/count < 60 && name != "jub0bs" {
			t.Errorf("%s: too few", name)
		}
	}
}

// TestGoWrittenRoundTrip checks the same for the middleware that corsac fix
// writes.
func TestGoWrittenRoundTrip(t *testing.T) {
	testenv.OneGoroutine(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range testenv.Rounds(300, 75) {
		p := *randomPolicy(r, withTiming, withStatus, withZeroAge, withEveryHeader)
		if r.IntN(4) == 0 {
			p.ResourcePolicy = "same-site"
		}
		g := goWritten{pkg: "main", policy: &p, path: []string{"", "/api/"}[r.IntN(2)]}
		text := g.text()
		sites := Lookup("go").Source.Read(goTree(map[string]string{"cors.go": text}))
		if len(sites) != 1 || sites[0].Path != g.path {
			t.Fatalf("%d sites in\n%s", len(sites), text)
		}
		got, err := sites[0].Draft.Policy()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if read, want := normalised(t, *got), normalised(t, p); read != want {
			t.Fatalf("read\n%swant\n%s\n%s", read, want, text)
		}
	}
}
