package cli_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// formCase is a command that finds something, and what its forms say.
type formCase struct {
	name, stdin string
	args        []string
	status      int
	// places are the locations in SARIF, without repetitions, and tests the
	// outcomes of the tests in JUnit.
	places, tests []string
}

func formCases(t *testing.T) []formCase {
	t.Helper()
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good" {
			allow(w, "Vary", "Origin", "Cache-Control", "no-store")
		}
	})
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	batch := `{"url": "` + api + `/good"}` + "\n" + `{"url": "` + api + `/bad"}` + "\n"
	recording := file("saved.har", saved("WebInspector", `"status": 200, "headers": [{"name": "Content-Type", "value": "text/plain"}]`))
	config := file("corsac.yaml", "policies:\n  app:\n    allow_origins: [https://app.example.com/]\n    allow_methods: [PÜT]\n")
	const message = "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response."
	slash := filepath.ToSlash
	return []formCase{
		{"check", "", []string{"check", api + "/bad", "--origin", testOrigin}, 1, []string{api + "/bad"}, []string{"failed"}},
		{"check all", "", []string{"check", api + "/bad", "--origin", testOrigin, "--profile", "all"}, 1, []string{api + "/bad"}, []string{"failed", "failed", "failed", "failed"}},
		{"check allowed", "", []string{"check", api + "/good", "--origin", testOrigin}, 0, nil, []string{"passed"}},
		{"check batch", batch, []string{"check", "--batch", "-", "--origin", testOrigin}, 1, []string{api + "/bad"}, []string{"passed", "failed"}},
		{"check har", "", []string{"check", "--har", recording}, 1, []string{"https://api.example/x"}, []string{"failed"}},
		{"explain", message, []string{"explain"}, 0, []string{"the input"}, []string{"failed"}},
		{"explain file", "", []string{"explain", file("console.txt", message)}, 0, []string{"file " + slash(filepath.Join(dir, "console.txt"))}, []string{"failed"}},
		{"explain unknown", "hello", []string{"explain"}, 1, nil, []string{"skipped"}},
		{"validate", "", []string{"validate", "-c", config}, 1, []string{"file " + slash(config) + ":3:21", "file " + slash(config) + ":4:21"}, []string{"failed"}},
	}
}

func (c *formCase) run(t *testing.T, flags ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	if status := cli.Run(t.Context(), append(slices.Clone(c.args), flags...), cli.IO{In: strings.NewReader(c.stdin), Out: &o, Err: &e, Getenv: noEnv}); status != c.status {
		t.Errorf("%s %v: status %d, want %d: %s", c.name, flags, status, c.status, e.String())
	}
	return o.String(), e.String()
}

// TestForms checks each command in each form: SARIF against its schema, JUnit with a
// parser that others use.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range formCases(t) {
		out, _ := c.run(t, "--sarif")
		if got := sarifPlaces(t, out); !slices.Equal(got, c.places) {
			t.Errorf("%s: places %q, want %q", c.name, got, c.places)
		}
		out, _ = c.run(t, "--format", "junit")
		suites, err := junit.Ingest([]byte(out))
		if err != nil {
			t.Fatal(c.name, err)
		}
		var tests []string
		for i := range suites {
			for _, test := range suites[i].Tests {
				tests = append(tests, string(test.Status))
			}
		}
		if !slices.Equal(tests, c.tests) {
			t.Errorf("%s: tests %q, want %q", c.name, tests, c.tests)
		}
		if out, _ := c.run(t, "--markdown"); !strings.HasPrefix(out, "## corsac "+c.args[0]+": ") {
			t.Errorf("%s: %s", c.name, out)
		}
		if out, _ := c.run(t, "--format", "github"); strings.Count(out, "\n") != strings.Count(out, "::")/2 || (out == "") != (c.places == nil) {
			t.Errorf("%s: not a line per finding: %s", c.name, out)
		}
		if out, errs := c.run(t, "--quiet"); out+errs != "" {
			t.Errorf("%s: not quiet: %s%s", c.name, out, errs)
		}
		text, _ := c.run(t, "--format", "text")
		json, _ := c.run(t, "--format", "json")
		if strings.HasPrefix(text, "{") || !strings.HasPrefix(json, "{") {
			t.Errorf("%s: text and JSON:\n%s%s", c.name, text, json)
		}
	}
}

// sarifPlaces checks a report against the schema, and returns the places of its
// results, without repetitions.
func sarifPlaces(t *testing.T, out string) (places []string) {
	t.Helper()
	r, err := sarif.FromString(out, sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Error("the schema of SARIF 2.1.0:", err)
	}
	for _, result := range r.Runs[0].Results {
		place := ""
		if p := result.Locations[0].PhysicalLocation; p == nil {
			place = *result.Locations[0].LogicalLocations[0].FullyQualifiedName
		} else {
			place = "file " + *p.ArtifactLocation.URI
			if p.Region != nil {
				place += ":" + fmt.Sprintf("%d:%d", *p.Region.StartLine, *p.Region.StartColumn)
			}
		}
		places = append(places, place)
	}
	return slices.Compact(places)
}

// TestContradictingForms checks that flags for different forms are a mistake, with a
// hint, before anything is sent.
func TestContradictingForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, want string
	}{
		{"check https://api.example.com/ --origin https://app.example.com --json --format sarif", "--format sarif and --json cannot be used together"},
		{"check https://api.example.com/ --origin https://app.example.com --junit --quiet", "--junit and --quiet cannot be used together"},
		{"check https://api.example.com/ --origin https://app.example.com --curl --sarif", "--curl prints commands"},
		{"check https://api.example.com/ --origin https://app.example.com --watch --junit", "--watch prints what changes"},
		{"check https://api.example.com/ --origin https://app.example.com --format html", `--format "html" is not one of`},
		{"verify https://api.example.com/ --json --sarif", "--json and --sarif cannot be used together"},
		{"explain --markdown --format github x", "--format github and --markdown cannot be used together"},
		{"explain --sarif --list", "the reference is printed as text or with --json"},
		{"validate --format html", `--format "html" is not one of`},
	} {
		var out, errs bytes.Buffer
		status := cli.Run(t.Context(), strings.Fields(c.args), cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: noEnv})
		if text := errs.String(); status != cli.ExitUsage || out.Len() > 0 || !strings.Contains(text, c.want) || !strings.Contains(text, " --help\n") {
			t.Errorf("%s: status %d: %s", c.args, status, text)
		}
	}
}
