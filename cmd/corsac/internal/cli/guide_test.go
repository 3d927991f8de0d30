package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// holdGuide checks the console blocks in a chapter of the guide, of which there
// must be at least that many. Each is a call of corsac, followed by what run
// returns for its arguments. With -update, it writes them.
func holdGuide(t *testing.T, chapter string, least int, run func(t *testing.T, args string) string) {
	t.Helper()
	const fence, prompt = "```console\n", "$ corsac "
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", chapter)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(data), fence)
	if len(blocks) <= least {
		t.Fatalf("%s shows corsac %d times", chapter, len(blocks)-1)
	}
	for i, block := range blocks[1:] {
		command, rest, _ := strings.Cut(block, "\n")
		_, after, ok := strings.Cut("\n"+rest, "\n```\n")
		if !ok || !strings.HasPrefix(command, prompt) {
			t.Fatalf("a block is not a call of corsac: %q", command)
		}
		blocks[i+1] = command + "\n" + run(t, strings.TrimPrefix(command, prompt)) + "```\n" + after
	}
	want := strings.Join(blocks, fence)
	switch {
	case want == string(data):
	case !*update:
		t.Errorf("%s does not show what corsac prints: run make golden", chapter)
	default:
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// guideFiles writes the files that a chapter shows, in blocks of the language
// text with a name after it. It returns the names and paths in turn.
func guideFiles(t *testing.T, chapter string, content *strings.Replacer) (files []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "guide", chapter))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, block := range strings.Split(string(data), "\n```text ")[1:] {
		name, rest, _ := strings.Cut(block, "\n")
		text, _, _ := strings.Cut(rest, "```\n")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content.Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name, path)
	}
	return files
}
