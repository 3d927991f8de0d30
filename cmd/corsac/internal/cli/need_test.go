package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
)

// TestNeedInGuide checks that corsac need prints what the guide shows.
func TestNeedInGuide(t *testing.T) {
	holdGuide(t, "need.md", 2, func(t *testing.T, args string) string {
		t.Helper()
		var out, errs bytes.Buffer
		streams := cli.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: noEnv}
		if status := cli.Run(t.Context(), strings.Fields(args), streams); status != cli.ExitOK {
			t.Fatalf("%s: exit status %d: %s", args, status, errs.String())
		}
		return out.String()
	})
}

// TestNeedCommands checks that the commands in the answers of need exist, with
// their flags.
func TestNeedCommands(t *testing.T) {
	n := 0
	for i := range need.Uses {
		for _, crossorigin := range []bool{false, true} {
			q := need.Question{Page: "https://app.example.com", Target: "https://api.example.net/", Use: need.Uses[i].Use, CrossOrigin: crossorigin}
			answer, err := need.Ask(q)
			if err != nil {
				continue // this use cannot have a crossorigin attribute
			}
			for _, step := range answer.Instead {
				if len(step.Command) == 0 || step.Command[0] != "corsac" {
					continue
				}
				n++
				var errs bytes.Buffer
				streams := cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: &errs, Getenv: func(string) string { return "" }}
				// Flags are parsed before --help takes effect.
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
