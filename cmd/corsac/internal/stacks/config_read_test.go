package stacks

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// confTree returns a project with one file.
func confTree(name, text string) *source.Tree {
	return source.NewTree("", fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}, []string{name})
}

// confSites returns the sites that a stack reads in a file, and a text of them.
func confSites(stack, name, text string) ([]*Site, string) {
	sites := Lookup(stack).Source.Read(confTree(name, text))
	var b strings.Builder
	for _, s := range sites {
		b.WriteString(s.Title)
		for _, more := range []string{s.Path, s.Upstream} {
			if more != "" {
				b.WriteString(" | " + more)
			}
		}
		b.WriteString("\n")
		at := func(start int) string {
			p := s.File.Place(start)
			return fmt.Sprintf("%d:%d", p.Line, p.Column)
		}
		for _, e := range s.Draft.Entries {
			kind := ""
			if e.Default {
				kind = " (default)"
			}
			fmt.Fprintf(&b, "  %s %s: %s%s\n", at(e.Start), e.Field, e.Value, kind)
		}
		for _, r := range s.Draft.Remarks {
			fmt.Fprintf(&b, "  %s %s %s: %s\n", at(r.Start), r.Kind, r.Field, r.Text)
		}
		for _, f := range s.Faults {
			fmt.Fprintf(&b, "  %s %s", at(f.Start), f.Rule.ID)
			if f.Evidence != "" {
				b.WriteString(": " + f.Evidence)
			}
			if len(f.Edits) > 0 {
				fixed, err := source.Apply(s.File.Text, f.Edits)
				line := strings.Split(fixed, "\n")[s.File.Place(f.Edits[0].Start).Line-1]
				fmt.Fprintf(&b, " => %s (%v)", strings.TrimSpace(line), err)
			}
			b.WriteString("\n")
		}
	}
	return sites, b.String()
}

// TestReadFiles compares what is read in the files of testdata/read/STACK.txtar
// with NAME.read beside them: entries and remarks, then faults and the line that
// their edits make.
func TestReadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/read/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		stack := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(stack, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var result txtar.Archive
			for _, f := range txtar.Parse(text).Files {
				if strings.HasSuffix(f.Name, ".read") {
					continue
				}
				sites, got := confSites(stack, f.Name, string(f.Data))
				checkSites(t, stack, sites)
				result.Files = append(result.Files, f, txtar.File{Name: f.Name + ".read", Data: []byte(got)})
			}
			want := txtar.Format(&result)
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

// checkSites checks what must be true of all sites.
func checkSites(t *testing.T, stack string, sites []*Site) {
	t.Helper()
	rules := Lookup(stack).Source.Rules
	for _, s := range sites {
		inside := func(what string, file *source.File, span source.Span) {
			if file == nil || span.Start < 0 || span.End < span.Start || span.End > len(file.Text) {
				t.Errorf("%s of %s is at %v", what, s.Title, span)
			}
		}
		inside("the site", s.File, s.Span)
		for _, e := range s.Draft.Entries {
			inside(e.Field, e.File, e.Span)
		}
		for _, r := range s.Draft.Remarks {
			inside(r.Text, r.File, r.Span)
		}
		for _, f := range s.Faults {
			inside(f.Rule.ID, f.File, f.Span)
			if !slices.Contains(rules, f.Rule) {
				t.Errorf("%s is not among the rules", f.Rule.ID)
			}
			if _, err := source.Apply(f.File.Text, f.Edits); err != nil {
				t.Errorf("%s: %v", f.Rule.ID, err)
			}
		}
	}
}

// normalSettings returns a policy in a form in which the same ones are equal.
func normalSettings(p *cors.Policy) *cors.Policy {
	n := *p
	sorted := func(list []string, key func(string) string, without ...string) (result []string) {
		for _, s := range list {
			if s = key(s); !slices.Contains(without, s) {
				result = append(result, s)
			}
		}
		slices.Sort(result)
		return slices.Compact(result)
	}
	same := func(s string) string { return s }
	n.AllowOrigins = sorted(p.AllowOrigins, same)
	n.AllowMethods = sorted(p.AllowMethods, same, "GET", "HEAD", "POST")
	n.AllowHeaders = sorted(p.AllowHeaders, strings.ToLower)
	n.ExposeHeaders = sorted(p.ExposeHeaders, strings.ToLower)
	n.DangerouslyAllowOriginRegexps = sorted(p.DangerouslyAllowOriginRegexps, func(s string) string {
		re, _ := portable(s)
		return re
	})
	return &n
}

// snippetFile returns the name of a file with a snippet of a stack.
func snippetFile(stack string, s Snippet) string {
	if s.File == "cors.json" {
		return stack + "-" + s.File // some look alike
	}
	return s.File
}

// checkRoundTrip checks that what a stack writes of a policy reads back as the
// same, and how many policies it can express, in percent. adapt returns the part
// of a policy that the stack knows, or nil.
func checkRoundTrip(t *testing.T, stack, form string, atLeast int, adapt func(*cors.Policy) *cors.Policy) {
	t.Helper()
	r := rand.New(rand.NewPCG(11, 11))
	s, expressible, tries := Lookup(stack), 0, testenv.Rounds(300, 75)
	for range tries {
		p := randomPolicy(r, withEveryHeader)
		if adapt != nil {
			if p = adapt(p); p == nil {
				continue
			}
		}
		snippet := s.Form(form)(p)
		if len(snippet.Lost)+len(snippet.Wider) > 0 {
			continue
		}
		expressible++
		sites, text := confSites(stack, snippetFile(stack, snippet), snippet.Code)
		sites = slices.DeleteFunc(sites, func(s *Site) bool { return s.Title == "the file" })
		if len(sites) != 1 {
			t.Fatalf("%d sites in:\n%s\n%s", len(sites), snippet.Code, text)
		}
		got, err := sites[0].Draft.Policy()
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, snippet.Code, text)
		}
		if want := normalSettings(p); !reflect.DeepEqual(normalSettings(got), want) {
			t.Fatalf("got:\n%+v\nwant:\n%+v\n%s\n%s", normalSettings(got), want, snippet.Code, text)
		}
		for _, remark := range sites[0].Draft.Remarks {
			if remark.Kind == Lost || remark.Kind == Dynamic {
				t.Errorf("lost: %s\n%s", remark.Text, snippet.Code)
			}
		}
	}
	t.Logf("%s %s can express %d of %d random policies", stack, form, expressible, tries)
	if expressible*100 < atLeast*tries {
		t.Errorf("%s can express less than %d%% of the policies", stack, atLeast)
	}
}
