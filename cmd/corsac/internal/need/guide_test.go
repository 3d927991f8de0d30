package need_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
)

var update = flag.Bool("update", false, "write golden files")

// TestGuide checks that the tables of the guide are those of the rules and
// uses.
func TestGuide(t *testing.T) {
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", "need.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, string(data), "situations", situations())
	want = between(t, want, "uses", uses())
	if strings.ContainsAny(situations(), "{}") {
		t.Fatalf("a text of a rule has a placeholder that the guide would show:\n%s", situations())
	}
	if want == string(data) {
		return
	}
	if !*update {
		t.Fatalf("the tables in %s are not those of the rules: run make golden", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// between inserts a table between its markers.
func between(t *testing.T, text, name, table string) string {
	t.Helper()
	begin, end := "<!-- table of "+name+", written by make golden -->\n", "<!-- end of "+name+" -->\n"
	before, rest, ok1 := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("the guide has no place for the table of %s", name)
	}
	return before + begin + table + end + after
}

// general replaces what differs from question to question by general words.
var general = strings.NewReplacer(
	": {differ}", "", ": {relative}", "", ", {target}", "", "the site {site}", "one site", "plain {scheme}", "plain http", "{scheme}:", "such",
)

func situations() string {
	var b strings.Builder
	b.WriteString("| situation | CORS? | why | what to do |\n|---|---|---|---|\n")
	for i := range need.Rules {
		r := &need.Rules[i]
		var steps []string
		for _, step := range r.Instead {
			// The commands of corsac are explained once, above the table.
			if len(step.Command) == 0 || step.Command[0] != "corsac" {
				steps = append(steps, general.Replace(step.Text))
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.When, verdict(r), sentence(general.Replace(r.Why)), sentence(strings.Join(steps, ". ")))
	}
	return b.String()
}

func verdict(r *need.Rule) string {
	switch r.Verdict {
	case need.Yes:
		return "**yes**"
	case need.But:
		return "no, but " + r.But
	default:
		return "no"
	}
}

// sentence makes every sentence begin with a capital letter.
func sentence(text string) string {
	parts := strings.Split(text, ". ")
	for i, part := range parts {
		parts[i] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, ". ") + "."
}

func uses() string {
	var b strings.Builder
	b.WriteString("| `--use` | what asks | CORS, for another origin? |\n|---|---|---|\n")
	for _, u := range need.Uses {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", u.Use, u.What, u.Kind)
	}
	return b.String()
}
