package httproute_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

var update = flag.Bool("update", false, "write golden files")

// TestGolden reads the HTTPRoutes of golden files. The comment of a file has the flags,
// and its last part is the configuration, or the mistakes.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			args := strings.Fields(string(archive.Comment))
			dir := t.TempDir()
			var kept []txtar.File
			for _, f := range archive.Files {
				if f.Name == "want" {
					continue
				}
				kept = append(kept, f)
				path := filepath.Join(dir, f.Name)
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--httproute", path)
			}
			got := strings.ReplaceAll(outcome(t, args), dir+string(filepath.Separator), "")
			if *update {
				archive.Files = append(kept, txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(kept) == len(archive.Files) || got != string(archive.Files[len(kept)].Data) {
				t.Errorf("got:\n%s\nrun the test with -update and read the difference", got)
			}
		})
	}
}

// outcome returns the configuration with its notes, or what is wrong.
func outcome(t *testing.T, args []string) string {
	t.Helper()
	c, err := load(t, args...)
	if err != nil {
		if errors.As(err, new(finding.Mistakes)) {
			return strings.Join(finding.Lines(err), "\n") + "\n"
		}
		return err.Error() + "\n"
	}
	text, err := c.Source()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Parse("again", text); err != nil {
		t.Errorf("the configuration cannot be read: %v", err)
	}
	for _, note := range c.Notes() {
		text = append(text, "note: "+finding.Line(&note)+"\n"...)
	}
	return string(text)
}
