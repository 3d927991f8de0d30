package explain_test

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var update = flag.Bool("update", false, "write golden files")

// TestRules checks that every slug of a rule is in the catalogue, and that a
// rule can be skipped quickly if a text does not have its words.
func TestRules(t *testing.T) {
	words := explain.Words()
	slugs := explain.NetworkErrors()
	for _, r := range explain.Rules() {
		if len(words[r[2]]) == 0 {
			t.Errorf("%s: no word is in every match of %s", r[0], r[2])
		}
		slugs = append(slugs, r[0])
		if r[0] != explain.NotCORS {
			slugs = append(slugs, strings.Fields(r[1])...)
		}
	}
	for _, slug := range slugs {
		if _, ok := explain.Lookup(slug); !ok {
			t.Errorf("%s is not in the catalogue", slug)
		}
	}
}

// TestSamples checks that the sample of a text is recognised as its slug.
func TestSamples(t *testing.T) {
	for _, text := range diagnose.Texts() {
		if text.Message == "" {
			continue
		}
		x := explain.Explain([]byte(text.Message), explain.Options{})
		if x.Slug == text.Slug {
			continue
		}
		// A cause may be the first of a class.
		if len(x.Findings) == 0 || x.Findings[0].Cause != text.Slug {
			t.Errorf("%s: its sample is recognised as %s", text.Slug, x.Slug)
		}
	}
}

// TestEntries checks that the reference has no words in braces.
func TestEntries(t *testing.T) {
	for _, listed := range explain.Catalogue() {
		e, ok := explain.Lookup(listed.Slug)
		if text := e.Title + e.When + e.Why + e.Fix; !ok || strings.Contains(text, "{") || e.Title == "" || e.Why == "" {
			t.Errorf("%s: %+v", listed.Slug, e)
		}
		if !e.IsClass() && e.Fix == "" {
			t.Errorf("%s has no fix", e.Slug)
		}
	}
}

// TestGuide checks that the reference in the guide is that of the catalogue.
func TestGuide(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", "causes.md")
	want := reference()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not the catalogue: run make golden (%v)", path, err)
	}
}

// sides are the headings of the reference, with the causes that each has.
var sides = []struct {
	side    cause.Side
	heading string
}{
	{"", "Messages that many causes share"},
	{cause.Policy, "What the server's policy allows"},
	{cause.Server, "The server otherwise"},
	{cause.Page, "The page"},
	{cause.Network, "The network"},
}

func reference() string {
	var b strings.Builder
	b.WriteString("# Causes\n\n<!-- Written by make golden. -->\n\n" +
		wrapped("Every cause that corsac names, by who has to change something, and the messages that do not decide between causes. `corsac explain NAME` prints one, and [`corsac explain`](explain.md) finds the name of a message. What the server allows, [`corsac fix`](fix.md) changes in the files of nginx, Express, FastAPI and Go."))
	for _, s := range sides {
		fmt.Fprintf(&b, "\n## %s\n", s.heading)
		for _, listed := range explain.Catalogue() {
			e, _ := explain.Lookup(listed.Slug)
			if class := e.IsClass(); class != (s.side == "") || !class && e.Side != s.side {
				continue
			}
			fmt.Fprintf(&b, "\n### %s\n\n%s", e.Slug, wrapped("**"+escaped(e.Title)+".** "+escaped(e.Why)))
			for _, part := range [][2]string{{"Seen when", e.When}, {"Fix", e.Fix}, {"What decides", e.Apart}} {
				if part[1] != "" {
					b.WriteString("\n" + wrapped("*"+part[0]+":* "+escaped(part[1])))
				}
			}
			if e.Message != "" {
				b.WriteString("\n```text\n" + e.Message + "\n```\n")
			}
		}
	}
	return b.String()
}

// escaped returns text for Markdown.
func escaped(s string) string {
	return strings.NewReplacer("*", `\*`, "<", "&lt;", "_", `\_`).Replace(s)
}

// wrapped breaks a paragraph into lines of at most 100 columns.
func wrapped(s string) string { return wrap(s, 100) + "\n" }

//go:embed testdata/names.txt
var names string

// TestNames checks that the catalogue has every name under which a cause is known
// to users, in messages that they paste and in the list of faults, as slug or alias.
func TestNames(t *testing.T) {
	for name := range strings.Lines(names) {
		name = strings.TrimSpace(name)
		if e, ok := explain.Lookup(name); !ok || e.Slug != name && !slices.Contains(e.Aliases, name) {
			t.Errorf("%s is not in the catalogue", name)
		}
	}
}
