package explain_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// sample is a message and what explain must say about it.
type sample struct {
	ID      string            `json:"id"`
	Source  string            `json:"source"`
	Slug    string            `json:"slug"`
	Text    string            `json:"text"`
	Causes  []string          `json:"root_causes"`
	Extract map[string]string `json:"extract"`
}

func samples(t testing.TB, name string) []sample {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Messages []sample `json:"messages"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Messages) < 20 {
		t.Fatalf("%s has only %d messages", name, len(file.Messages))
	}
	return file.Messages
}

// TestMessages checks slug, extract and causes of messages: the causes must be
// there in this order, the first of them as the most likely.
func TestMessages(t *testing.T) {
	for _, s := range samples(t, "messages.json") {
		x := explain.Explain([]byte(s.Text), explain.Options{})
		if x.Slug != s.Slug {
			t.Errorf("%s: slug %s, want %s\n%s", s.ID, x.Slug, s.Slug, s.Text)
			continue
		}
		checkCauses(t, s.ID, x, s.Causes)
		checkExtract(t, s.ID, x, s.Extract)
	}
}

func checkCauses(t *testing.T, id string, x *explain.Explanation, want []string) {
	t.Helper()
	var got []string
	for i := range x.Findings {
		got = append(got, x.Findings[i].Cause)
	}
	rest := got
	for i, slug := range want {
		at := slices.Index(rest, slug)
		if at < 0 || i == 0 && at > 0 {
			t.Errorf("%s: causes %v, want %v in this order", id, got, want)
			return
		}
		rest = rest[at+1:]
	}
	if len(want) == 0 && len(got) > 0 {
		t.Errorf("%s: causes %v, want none", id, got)
	}
}

func checkExtract(t *testing.T, id string, x *explain.Explanation, want map[string]string) {
	t.Helper()
	data, err := json.Marshal(x.Extract)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s: %s is %v, want %q", id, name, got[name], value)
		}
	}
}
