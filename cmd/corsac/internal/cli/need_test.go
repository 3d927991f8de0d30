package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
)

// TestNeedInGuide holds that what the guide shows of corsac need is what it prints.
func TestNeedInGuide(t *testing.T) {
	const fence, prompt = "```console\n", "$ corsac "
	path := filepath.Join("..", "..", "..", "..", "docs", "guide", "need.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(data), fence)
	for i, block := range blocks[1:] {
		command, rest, _ := strings.Cut(block, "\n")
		_, after, ok := strings.Cut("\n"+rest, "\n```\n")
		if !ok || !strings.HasPrefix(command, prompt) {
			t.Fatalf("a block that is no call of corsac: %q", command)
		}
		var out, errs bytes.Buffer
		streams := cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }}
		if status := cli.Run(context.Background(), strings.Fields(strings.TrimPrefix(command, prompt)), streams); status != cli.ExitOK {
			t.Fatalf("%s: exit status %d: %s", command, status, errs.String())
		}
		blocks[i+1] = command + "\n" + out.String() + "```\n" + after
	}
	if len(blocks) < 3 {
		t.Fatalf("the guide shows corsac %d times", len(blocks)-1)
	}
	want := strings.Join(blocks, fence)
	switch {
	case want == string(data):
	case !*update:
		t.Errorf("the guide does not show what corsac need prints: run make golden")
	default:
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNeedCommands holds that the commands that need gives exist, with their flags.
func TestNeedCommands(t *testing.T) {
	n := 0
	for i := range need.Uses {
		for _, crossorigin := range []bool{false, true} {
			q := need.Question{Page: "https://app.example.com", Target: "https://api.example.net/", Use: need.Uses[i].Use, CrossOrigin: crossorigin}
			answer, err := need.Ask(q)
			if err != nil {
				continue // a use that has no crossorigin attribute
			}
			for _, step := range answer.Instead {
				if len(step.Command) == 0 || step.Command[0] != "corsac" {
					continue
				}
				n++
				var errs bytes.Buffer
				streams := cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: &errs, Getenv: func(string) string { return "" }}
				// Flags are read before --help is heeded.
				if status := cli.Run(context.Background(), append(step.Command[1:], "--help"), streams); status != cli.ExitOK {
					t.Errorf("%s: %q: %s", q.Use, step.Command, errs.String())
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d commands", n)
	}
}
