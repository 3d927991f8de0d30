package generate_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

var update = flag.Bool("update", false, "write the pages of the guide about stacks")

// guide is the folder of the guide.
var guide = filepath.Join("..", "..", "..", "..", "docs", "guide")

// TestGuide checks that the guide has a page for each stack that says so, made
// from the values of the stack, and lists it.
func TestGuide(t *testing.T) {
	contents, err := os.ReadFile(filepath.Join(guide, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, s := range stacks.Guided() {
		name := s.Name + ".md"
		want[name] = true
		file, text := filepath.Join(guide, "stacks", name), page(t, s)
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("%s is not what the stack says: run make golden (%v)", file, err)
		}
		if !strings.Contains(string(contents), "(stacks/"+name+")") {
			t.Errorf("the guide's README does not list %s", name)
		}
		if !strings.HasSuffix(s.Page(), "/docs/guide/stacks/"+name) {
			t.Errorf("%s: its page is %s", s.Name, s.Page())
		}
	}
	files, err := os.ReadDir(filepath.Join(guide, "stacks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f.Name()] {
			t.Errorf("%s is the page of no stack", f.Name())
		}
	}
}

// example is the policy of the pages.
const example = `policies:
  app:
    allow_origins: [http://localhost:3000]
    allow_methods: [PUT]
    allow_headers: [Content-Type]
`

// page returns the page about a stack: what one sees, why, what to change, and
// how to check it.
func page(t *testing.T, s *stacks.Stack) string {
	t.Helper()
	p := &cors.Policy{AllowOrigins: []string{"http://localhost:3000"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}}
	out, err := generate.Make(generate.Request{Stack: s, Policy: p, PolicyName: "app"})
	if err != nil {
		t.Fatal(err)
	}
	missing, ok := explain.Lookup("acao-missing")
	if !ok {
		t.Fatal("no acao-missing")
	}
	var b strings.Builder
	paragraph := func(format string, args ...any) { b.WriteString(wrapped(fmt.Sprintf(format, args...)) + "\n") }
	block := func(kind, text string) { fmt.Fprintf(&b, "```%s\n%s\n```\n\n", kind, strings.TrimSuffix(text, "\n")) }
	fmt.Fprintf(&b, "# CORS with %s\n\n<!-- Written by make golden. -->\n\n", s.Title)
	paragraph("For %s. [What was tested, and what it holds](../../stacks.md).", s.Versions)
	b.WriteString("## What you see\n\n")
	block("text", strings.NewReplacer("https://app.example.com", "http://localhost:3000", "https://api.example.com", "http://localhost:8080").Replace(missing.Message))
	b.WriteString("## Why\n\n")
	paragraph("%s", escaped(missing.Why))
	if s.Why != "" {
		b.WriteString("With " + s.Title + ":\n\n")
		paragraph("%s", escaped(s.Why))
	}
	b.WriteString("## The change\n\n")
	paragraph("Write down what your pages need, here a page on `http://localhost:3000` that sends JSON with PUT:")
	block("text corsac.yaml", example)
	paragraph("`corsac generate %s -c corsac.yaml` then writes this, for `%s`: %s.", s.Name, out.File, escaped(out.Place))
	if out.Install != "" {
		block("text", out.Install)
	}
	block("text", out.Code)
	for _, note := range out.Notes {
		paragraph("- %s", escaped(note))
	}
	b.WriteString("## The check\n\n")
	paragraph("Start your server again. Write the URL of your API for the one here: the first line makes the request as the page does, the second compares the server with the whole policy, other origins and errors too.")
	block("sh", "corsac check http://localhost:8080/items --origin http://localhost:3000 -X PUT -H 'Content-Type: application/json'\ncorsac verify http://localhost:8080/items -c corsac.yaml")
	b.WriteString("## If something is left\n\n| cause | what to do |\n|---|---|\n")
	for _, slug := range slices.Sorted(maps.Keys(s.Advice)) {
		fmt.Fprintf(&b, "| [%s](../causes.md#%s) | %s |\n", slug, slug, strings.ReplaceAll(escaped(s.Advice[slug].Text), "|", `\\|`))
	}
	return b.String()
}

// escaped returns text for Markdown, in which code is between backquotes.
func escaped(s string) string {
	parts := strings.Split(s, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.NewReplacer("*", `\*`, "<", "&lt;", "_", `\_`).Replace(parts[i])
	}
	return strings.Join(parts, "`")
}

// wrapped breaks a paragraph into lines of at most 100 columns.
func wrapped(s string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		switch {
		case column == 0:
		case column+1+len(word) > 100:
			b.WriteString("\n")
			column = 0
		default:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String() + "\n"
}
