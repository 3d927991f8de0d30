package schema_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestHTTPRoutes checks that the HTTPRoutes which corsac serve is tested with, and those
// of the guide, are what the API accepts.
func TestHTTPRoutes(t *testing.T) {
	for name, want := range map[string]int{
		"../../httproute/testdata/conformance.yaml": 4, "../../httproute/testdata/right.txtar": 2, "../../../../../docs/guide/kubernetes.md": 1,
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var found int
		for _, doc := range documents(string(text)) {
			for _, spec := range routesIn(t, doc) {
				found++
				if err := object("sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml", "HTTPRoute", spec); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if found != want {
			t.Errorf("%s: %d HTTPRoutes, want %d", name, found, want)
		}
	}
}

// documents returns the documents of YAML in a file: whole, the parts of an archive, or
// the blocks of a page.
func documents(text string) (list []string) {
	if _, after, isPage := strings.Cut(text, "```yaml\n"); isPage {
		text, _, _ = strings.Cut(after, "```")
	}
	var part strings.Builder
	for line := range strings.Lines(text) {
		if line == "---\n" || strings.HasPrefix(line, "-- ") {
			list = append(list, part.String())
			part.Reset()
			continue
		}
		part.WriteString(line)
	}
	return append(list, part.String())
}

// routesIn returns the HTTPRoutes in a document as JSON, without their metadata, which
// the definition does not describe.
func routesIn(t *testing.T, doc string) (list [][]byte) {
	t.Helper()
	type route struct {
		Kind  string          `json:"kind"`
		Spec  json.RawMessage `json:"spec"`
		Items []route         `json:"items"`
	}
	var root route
	if yaml.Unmarshal([]byte(doc), &root) != nil {
		return nil // what the test is to find out, such as policies
	}
	for _, r := range append(root.Items, root) {
		if r.Kind == "HTTPRoute" {
			data, err := json.Marshal(map[string]json.RawMessage{"spec": r.Spec})
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, data)
		}
	}
	return list
}
