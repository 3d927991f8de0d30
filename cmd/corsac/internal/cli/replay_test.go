package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/corsac-dev/corsac/internal/cases"
)

// TestReplay runs corsac check against a recording of Chromium, over real
// sockets, with the program that comes with the recording. It takes every 20th
// case, or all with CORSAC_REPLAY_EVERY=1.
func TestReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	oracle, ok := cases.Beside("oracle")
	if !ok {
		t.Skip("there is no wider set of cases here")
	}
	corpus := filepath.Join(oracle, "corpus_visible.jsonl")
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(oracle, "replay"))); err != nil {
		t.Fatal(err)
	}
	replay, corsac := filepath.Join(dir, "replay"), filepath.Join(dir, "corsac")
	build(t, filepath.Join(dir, "src"), replay, "./replay")
	build(t, filepath.Join("..", ".."), corsac, ".")
	every := os.Getenv("CORSAC_REPLAY_EVERY")
	if every == "" {
		every = "20"
	}
	cmd := exec.CommandContext(t.Context(), replay, "exec", "-corpus", corpus, "-every", every,
		"-verdict", "result", "-error", "error.code", "-wire", "--", corsac, "check", "--json", "--passive",
		"--origin", "{origin}", "-X", "{method}", "{headers:-H}", "{ctype:-H}", "{body:--data-raw}", "{upload:--upload}",
		"--credentials", "{credentials}", "--redirect", "{redirect}", "--destination", "{destination}", "{url}")
	out, _ := cmd.CombinedOutput() // its status says whether all cases agree
	t.Logf("%s", out)
	total := regexp.MustCompile(`(?m)^all +(\d+) +(\d+) +(\d+)/(\d+) +(\d+)/(\d+)`).FindSubmatch(out)
	if total == nil {
		t.Fatal("replay printed no total")
	}
	n := func(i int) int {
		v, err := strconv.Atoi(string(total[i]))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// Two of the cases cannot be written on a command line: blobs of a type
	// that the browser drops.
	if n(2) < n(1) || n(3) < n(4)-2 || n(5) < n(6) || n(1) < 100 {
		t.Errorf("check and Chromium disagree: %s", total[0])
	}
}

func build(t *testing.T, dir, out, pkg string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build in %s: %v\n%s", dir, err, text)
	}
}
