package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
)

// TestProjectInterrupted checks that Ctrl-C ends commands that read a project, also in
// the middle of a reader that takes long.
func TestProjectInterrupted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.fake"), []byte("site /\norigin https://a.example\nwait\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	goOn := make(chan struct{})
	t.Cleanup(func() { close(goOn) })
	for _, args := range []string{"import", "lint", "fix --allow-origin https://b.example --write"} {
		for _, early := range []bool{true, false} {
			ctx, cancel := context.WithCancel(t.Context())
			fakeWait = func() { cancel(); <-goOn }
			if early {
				cancel()
			}
			var out, errs bytes.Buffer
			command, flags, _ := strings.Cut(args, " ")
			status := cli.Run(ctx, append([]string{command, dir}, strings.Fields(flags)...), cli.IO{Out: &out, Err: &errs, Getenv: noEnv})
			if status != cli.ExitBroken || out.Len() > 0 || errs.String() != "corsac: interrupted\n" {
				t.Errorf("%s, %t: status %d\n%s%s", args, early, status, out.String(), errs.String())
			}
			cancel()
		}
	}
}

// TestPolicyInterrupted checks that Ctrl-C ends the wait for a policy on the standard
// input.
func TestPolicyInterrupted(t *testing.T) {
	for _, args := range []string{"generate nginx -c -", "fix -c -", "verify http://127.0.0.1:1/ -c -", "validate -c -", "serve -c -"} {
		ctx, cancel := context.WithCancel(t.Context())
		in, feed := io.Pipe()
		time.AfterFunc(100*time.Millisecond, cancel)
		end := time.AfterFunc(10*time.Second, func() { _ = feed.Close() }) // for one that does not stop
		var out, errs bytes.Buffer
		status := cli.Run(ctx, strings.Fields(args), cli.IO{In: in, Out: &out, Err: &errs, Getenv: noEnv})
		if status != cli.ExitBroken || out.Len() > 0 || errs.String() != "corsac: interrupted\n" || !end.Stop() {
			t.Errorf("%s: status %d\n%s%s", args, status, out.String(), errs.String())
		}
		_ = feed.Close()
	}
}
