package cli_test

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// The tests of import, lint and fix need a stack whose files are simple. This one
// has lines of a word and a value:
//
//	site /api/ http://127.0.0.1:9000
//	origin https://app.example.com
//	credentials
//	dynamic what is known only later
//	typo
//	wait
var fakeRule = &stacks.Rule{
	ID: "fake/typo", Severity: finding.Warning, Title: "a typo", Why: "It means nothing.", Fix: "Remove the line.", Cause: "headers-only-on-success",
}

// fakeWait is called for the word wait.
var fakeWait func()

func init() {
	s := stacks.Lookup("lighttpd")
	s.Source = &stacks.Source{Files: []string{"*.fake"}, Rules: []*stacks.Rule{fakeRule}, Read: readFake, Change: changeFake}
	s.Projects = append(s.Projects, stacks.Project{File: "*.fake"})
}

func readFake(t *source.Tree) (sites []*stacks.Site) {
	for _, f := range t.Files("*.fake") {
		at := 0
		for line := range strings.Lines(f.Text) {
			word, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
			span := source.Span{Start: at, End: at + len(line)}
			at = span.End
			if word == "site" {
				path, upstream, _ := strings.Cut(value, " ")
				sites = append(sites, &stacks.Site{Title: "site " + path, File: f, Span: span, Path: path, Upstream: upstream})
				continue
			}
			if len(sites) == 0 {
				continue
			}
			s := sites[len(sites)-1]
			s.End = at
			fields := map[string]string{"origin": "allow_origins", "method": "allow_methods", "age": "max_age", "credentials": "allow_credentials"}
			switch {
			case word == "wait":
				fakeWait()
			case word == "dynamic":
				s.Draft.Remarks = append(s.Draft.Remarks, stacks.Remark{Kind: stacks.Dynamic, Field: "allow_origins", Text: value, File: f, Span: span})
			case word == "typo":
				s.Faults = append(s.Faults, stacks.Fault{Rule: fakeRule, File: f, Span: span, Edits: []source.Edit{{Span: span}}})
			case fields[word] != "":
				if value == "" {
					value = "true"
				}
				s.Draft.Entries = append(s.Draft.Entries, stacks.Entry{Field: fields[word], Value: value, File: f, Span: span})
			}
		}
	}
	return sites
}

// changeFake adds the lines that are missing to the first site.
func changeFake(_ *source.Tree, sites []*stacks.Site, w *stacks.Want) (*stacks.Change, error) {
	if len(sites) == 0 {
		return nil, stacks.ErrNotHere
	}
	var c stacks.Change
	for _, s := range sites {
		var b strings.Builder
		for _, line := range [][2]string{{"credentials", "allow_credentials"}, {"method", "allow_methods"}, {"origin", "allow_origins"}} {
			word, field := line[0], line[1]
			have := (&stacks.Want{}).Values(field, &s.Draft)
			for _, v := range w.Values(field, &s.Draft) {
				if !strings.Contains(" "+strings.Join(have, " ")+" ", " "+v+" ") {
					fmt.Fprintf(&b, "%s %s%s", word, v, s.File.NewLine())
				}
			}
		}
		if b.Len() > 0 {
			c.Edit(s.File, source.Insert(s.End, b.String()))
		}
	}
	c.Install, c.URL = "fake install", "http://localhost:3000"
	return &c, nil
}
