package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// TestVerifyInGuide checks that corsac verify prints what the guide shows, with the
// demo on its default ports.
func TestVerifyInGuide(t *testing.T) {
	out, _, stop := startDemo(t, "--json", "--page-port", "0", "--api-port", "0", "--gateway-port", "0")
	defer stop()
	out.Wait(t, "}\n")
	var at struct{ Gateway, Page string }
	if err := json.Unmarshal([]byte(out.String()), &at); err != nil {
		t.Fatal(err)
	}
	toReal := strings.NewReplacer("http://localhost:8080", at.Gateway, "http://localhost:3000", at.Page)
	toGuide := strings.NewReplacer(at.Gateway, "http://localhost:8080", at.Page, "http://localhost:3000")
	holdGuide(t, "verify.md", 1, func(t *testing.T, command string) string {
		t.Helper()
		return toGuide.Replace(printed(t, toReal.Replace(command)))
	})
}

// TestLearnInGuide checks that corsac learn prints what the guide shows.
func TestLearnInGuide(t *testing.T) {
	files := strings.NewReplacer(guideFiles(t, "learn.md", strings.NewReplacer())...)
	holdGuide(t, "learn.md", 1, func(t *testing.T, command string) string {
		t.Helper()
		return printed(t, files.Replace(command))
	})
}

// TestGenerateInGuide checks that corsac generate prints what the guide shows.
func TestGenerateInGuide(t *testing.T) {
	files := strings.NewReplacer(guideFiles(t, "generate.md", strings.NewReplacer())...)
	holdGuide(t, "generate.md", 2, func(t *testing.T, command string) string {
		t.Helper()
		return printed(t, files.Replace(command))
	})
}

func printed(t *testing.T, command string) string {
	t.Helper()
	var got bytes.Buffer
	if status := cli.Run(t.Context(), splitWords(command), cli.IO{In: strings.NewReader(""), Out: &got, Err: &got, Getenv: noEnv}); status > cli.ExitFailed {
		t.Fatalf("%s: exit status %d: %s", command, status, got.String())
	}
	return got.String()
}

var workflowStep = regexp.MustCompile(`(?m)^      - run: (corsac .*)$`)

// TestWorkflowInGuide runs the steps of the guide's workflow, and its example of a
// deployment, against a server that keeps to the policy and against one that does not.
func TestWorkflowInGuide(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the steps are for sh")
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "guide", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, m := range workflowStep.FindAllSubmatch(guide, -1) {
		steps = append(steps, string(m[1]))
	}
	for block := range strings.SplitSeq(string(guide), "```sh\n") {
		if script, _, ok := strings.Cut(block, "```"); ok && strings.Contains(script, `"$API"`) {
			steps = append(steps, script)
		}
	}
	if len(steps) != 4 {
		t.Fatalf("the guide has %d steps, want 4: %q", len(steps), steps)
	}
	s := newVerifyServer(t)
	for _, broken := range []bool{false, true} {
		s.broken.Store(broken)
		for i, step := range steps {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "corsac.yaml"), []byte(verifyPolicy), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", step)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "API="+s.url, "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
			text, err := cmd.CombinedOutput()
			baseline := i == len(steps)-1 // known violations pass
			if (err != nil) != (broken && !baseline) {
				t.Errorf("broken %t: %s: %v\n%s", broken, step, err, text)
			}
		}
	}
}
