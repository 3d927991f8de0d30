package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestFilesInGuide checks that import, lint and fix print what the guide shows, in a
// folder with the files of the chapter.
func TestFilesInGuide(t *testing.T) {
	for chapter, least := range map[string]int{"import.md": 2, "lint.md": 2, "fix.md": 1} {
		files := guideFiles(t, chapter, strings.NewReplacer())
		holdGuide(t, chapter, least, func(t *testing.T, command string) string {
			t.Helper()
			back, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.Chdir(back) }()
			if err := os.Chdir(filepath.Dir(files[1])); err != nil {
				t.Fatal(err)
			}
			return printed(t, command)
		})
	}
}

var hookEntry = regexp.MustCompile(`(?m)^  entry: (corsac .*)$`)

// TestLintInCI runs the steps of the guide's workflow, and the hook for pre-commit, in
// a folder without a mistake and in one with.
func TestLintInCI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the steps are for sh")
	}
	root := filepath.Join("..", "..", "..", "..")
	guide, err := os.ReadFile(filepath.Join(root, "docs", "guide", "lint.md"))
	if err != nil {
		t.Fatal(err)
	}
	hooks, err := os.ReadFile(filepath.Join(root, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, m := range append(workflowStep.FindAllSubmatch(guide, -1), hookEntry.FindAllSubmatch(hooks, -1)...) {
		steps = append(steps, string(m[1]))
	}
	if len(steps) != 3 {
		t.Fatalf("%d steps, want 3: %q", len(steps), steps)
	}
	for text, fails := range map[string]bool{
		"policies:\n  app:\n    allow_origins: [https://app.example.com]\n":  false,
		"policies:\n  app:\n    allow_origins: [https://app.example.com/]\n": true,
	} {
		for _, step := range steps {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "corsac.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", step)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
			if out, err := cmd.CombinedOutput(); (err != nil) != fails {
				t.Errorf("%s: %v\n%s", step, err, out)
			}
		}
	}
}

// TestInstallInCI checks that workflows install the program in a way that works
// without a release, and that the hook for pre-commit runs for files of any name.
func TestInstallInCI(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..")
	for name, want := range map[string]bool{"docs/guide/lint.md": true, "docs/guide/verify.md": true, ".pre-commit-hooks.yaml": false} {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"corsac@latest", "rev: main", "\n  files:"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s has %q", name, bad)
			}
		}
		if strings.Contains(string(text), "&& go install -C cmd/corsac .\n") != want {
			t.Errorf("%s: go install -C cmd/corsac ., want %t", name, want)
		}
	}
}
