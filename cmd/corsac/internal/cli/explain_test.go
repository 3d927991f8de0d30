package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// TestExplainInGuide checks that corsac explain prints what the guide shows.
func TestExplainInGuide(t *testing.T) {
	files := strings.NewReplacer(guideFiles(t, "explain.md", strings.NewReplacer())...)
	holdGuide(t, "explain.md", 3, func(t *testing.T, args string) string {
		t.Helper()
		var out bytes.Buffer
		streams := cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: noEnv}
		if status := cli.Run(t.Context(), splitWords(files.Replace(args)), streams); status != cli.ExitOK {
			t.Fatalf("%s: exit status %d: %s", args, status, out.String())
		}
		return out.String()
	})
}

// TestExplainCommands checks that the commands in explanations exist, with their
// flags.
func TestExplainCommands(t *testing.T) {
	n := 0
	for _, text := range diagnose.Texts() {
		x := explain.Explain([]byte(text.Message), explain.Options{})
		if x.Check == "" {
			continue
		}
		n++
		words := splitWords(strings.TrimPrefix(x.Check, "corsac "))
		streams := cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: noEnv}
		// Flags are parsed before --help takes effect.
		if status := cli.Run(context.Background(), append(words, "--help"), streams); status != cli.ExitOK {
			t.Errorf("%s: %s", text.Slug, x.Check)
		}
	}
	if n < 12 {
		t.Errorf("only %d commands", n)
	}
}
