package matrix

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// page is the page that shows the results.
var page = filepath.Join("..", "..", "..", "..", "..", "docs", "stacks.md")

// TestPage checks that the page shows the results and the stacks as they are; with
// -update, it writes it.
func TestPage(t *testing.T) {
	want := pageText(readResults(t))
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != want {
		t.Errorf("%s is not what the results say: run make golden (%v)", page, err)
	}
}

// TestResultsComplete checks that each stack that says that it is live has
// results, for all policies and columns, and no other has.
func TestResultsComplete(t *testing.T) {
	results := readResults(t)
	for _, s := range stacks.All() {
		i := slices.IndexFunc(results, func(r result) bool { return r.Stack == s.Name })
		if live := s.Proof == stacks.Live; live != (i >= 0) {
			t.Errorf("%s: live is %t, and it has results: %t", s.Name, live, i >= 0)
		}
		if i < 0 {
			continue
		}
		for _, trial := range trials {
			if n := len(results[i].Policies[trial.name]); n != len(columns()) {
				t.Errorf("%s, %s: %d results, want %d", s.Name, trial.name, n, len(columns()))
			}
		}
	}
}

func pageText(results []result) string {
	var b strings.Builder
	b.WriteString("# What each stack holds, and how we know\n\n<!-- Written by make golden from the results of make live. -->\n\n" +
		"`corsac generate` writes configurations for all stacks below. `make live` starts the real servers\n" +
		"with them and looks at each answer; what it found is here. [The guide](guide/generate.md) says how\n" +
		"to use them.\n\n" +
		"- *live*: the server ran with what `corsac generate --runnable` writes, for three policies: the\n" +
		"  reference (two origins and all subdomains of a third, with credentials), everybody, and one\n" +
		"  origin with credentials. `corsac verify` and, for the reference, Chromium looked at it, too.\n" +
		"- *schema*: its own parser reads the output.\n" +
		"- *golden only*: reviewed, and compared with files in the repository. It was never run.\n\n" +
		"## Columns\n\n| column | what is true |\n|---|---|\n")
	for _, i := range invariants {
		fmt.Fprintf(&b, "| %s | %s |\n", i.name, i.text)
	}
	b.WriteString("| verify | `corsac verify` finds no violation of the policy |\n" +
		"| browser | in Chromium, pages can do what the policy says, and other pages cannot |\n" +
		"| extensions | all extensions of a browser can be allowed, with `moz-extension://*` and the like |\n\n" +
		"## Live\n\nFor the reference policy: ✓ held, ✗ not held, – does not apply. *Others* are columns that another\npolicy loses.\n\n")
	writeTable(&b, results)
	b.WriteString("\n## Differences\n\nFrom what was measured before with the middleware of each stack, configured as well as it can be:\n\n| stack | difference |\n|---|---|\n")
	for _, r := range results {
		if d := difference(r.Stack, r.failing("reference")); d != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", r.Stack, d)
		}
	}
	b.WriteString("\nA handler that sets `Access-Control-Allow-Origin` itself wins over the middleware of most frameworks\n" +
		"(ownACAO, strip): no configuration changes that, only the handler.\n" +
		"\n## Not run\n\nWhat is said here is what the stack is known to do.\n\n| stack | proof | versions | holds | extensions |\n|---|---|---|---|---|\n")
	for _, s := range stacks.All() {
		if s.Proof != stacks.Live {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", s.Name, proofs[s.Proof], s.Versions, strings.Join(s.Holds.Names(), ", "), extensions(s))
		}
	}
	return b.String()
}

var proofs = map[stacks.Proof]string{stacks.Schema: "schema", stacks.Golden: "golden only"}

// writeTable writes a row for each stack.
func writeTable(b *strings.Builder, results []result) {
	head := append([]string{"stack", "version", "day"}, columns()...)
	head = append(head, "extensions", "others")
	b.WriteString("| " + strings.Join(head, " | ") + " |\n|" + strings.Repeat("---|", len(head)) + "\n")
	for _, r := range results {
		row := []string{r.Stack, r.Version, r.Day}
		for _, name := range columns() {
			row = append(row, map[mark]string{held: "✓", notHeld: "✗", notApplicable: "–"}[r.Policies["reference"][name]])
		}
		row = append(row, extensions(stackOf(r.Stack)))
		var others []string
		for _, trial := range trials[1:] {
			if more := without(r.failing(trial.name), r.failing("reference")); len(more) > 0 {
				others = append(others, trial.name+": "+strings.Join(more, ", "))
			}
		}
		b.WriteString("| " + strings.Join(append(row, strings.Join(others, "; ")), " | ") + " |\n")
	}
}

// stackOf returns the stack of a name.
func stackOf(name string) *stacks.Stack {
	all := stacks.All()
	return all[slices.IndexFunc(all, func(s *stacks.Stack) bool { return s.Name == name })]
}

// extensions returns whether a stack can allow all extensions of a browser. The
// test of package stacks checks that each carries them over or says that it
// does not.
func extensions(s *stacks.Stack) string {
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com", "moz-extension://*"}, DangerouslyAllowAllBrowserExtensions: true}
	if strings.Contains(strings.ReplaceAll(s.Snippet(p).Code, `\`, ""), "moz-extension:") {
		return "✓"
	}
	return "✗"
}
