package cors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

// docEntry is a row of a table in the doc comment of a field of Policy.
type docEntry struct {
	field   string
	heading string // such as "prohibited with AllowCredentials, …"
	entry   string
	note    string
}

// TestPolicyDoc tests the tables of permitted and prohibited entries in the doc
// comments of Policy.
func TestPolicyDoc(t *testing.T) {
	entries := docEntries(t)
	seen := map[string]int{}
	for _, e := range entries {
		kind, _, _ := strings.Cut(e.heading, " ")
		seen[e.field+" "+kind]++
		withCredentials := strings.HasPrefix(e.heading, "prohibited with AllowCredentials")
		_, err := cors.New(policyOf(e, false))
		if refused := kind == "prohibited" && !withCredentials; (err != nil) != refused {
			t.Errorf("%s: %s %q: %v", e.field, e.heading, e.entry, err)
		}
		if strings.HasPrefix(e.note, "http") && strings.Contains(e.heading, "write instead") && !strings.Contains(err.Error(), e.note) {
			t.Errorf("%s: %q: the error does not suggest %s: %v", e.field, e.entry, e.note, err)
		}
		if !withCredentials {
			continue
		}
		if _, err := cors.New(policyOf(e, true)); err == nil {
			t.Errorf("%s: %q is permitted with AllowCredentials", e.field, e.entry)
		}
	}
	for _, field := range []string{"AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders", "DangerouslyAllowOriginRegexps"} {
		if seen[field+" permitted"] < 2 || seen[field+" prohibited"] < 2 {
			t.Errorf("%s: only %d permitted and %d prohibited entries were found", field, seen[field+" permitted"], seen[field+" prohibited"])
		}
	}
}

// policyOf returns a policy with e as the only entry of its field.
func policyOf(e docEntry, credentials bool) cors.Policy {
	p := cors.Policy{AllowOrigins: []string{app}, AllowCredentials: credentials}
	reflect.ValueOf(&p).Elem().FieldByName(e.field).Set(reflect.ValueOf([]string{e.entry}))
	return p
}

// docEntries reads the tables. A table has a heading that begins with permitted
// or prohibited; its columns are two or more blanks apart, and a row that
// begins with a blank continues the one before.
func docEntries(t *testing.T) (entries []docEntry) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "policy.go", nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	inPolicy := false
	columns := regexp.MustCompile(`\s{2,}`)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, is := n.(*ast.TypeSpec); is {
			inPolicy = spec.Name.Name == "Policy"
		}
		field, is := n.(*ast.Field)
		if !is || !inPolicy || field.Doc == nil {
			return true
		}
		heading := ""
		for line := range strings.Lines(field.Doc.Text()) {
			row, inTable := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "\t")
			switch {
			case !inTable:
				heading = ""
			case heading == "":
				heading = row
			case !strings.HasPrefix(row, " "):
				cells := append(columns.Split(row, 2), "")
				entries = append(entries, docEntry{field.Names[0].Name, heading, cells[0], cells[1]})
			}
		}
		return true
	})
	return entries
}
