package cli_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

var update = flag.Bool("update", false, "write golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"corsac": func() {
			streams := cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}
			os.Exit(cli.Run(context.Background(), os.Args[1:], streams))
		},
		"page": page,
	})
}

// TestScript runs scripts. They have the command "status N command…", which is
// exec for a command that must end with exit status N. $DEV is an address for corsac
// dev.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DEV", testenv.FreeAddress(t))
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: status N command…")
				}
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				got := 0
				var exit *exec.ExitError
				if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
					got = exit.ExitCode()
				} else {
					ts.Check(err)
				}
				if got != want {
					ts.Fatalf("exit status %d, want %d", got, want)
				}
			},
		},
	})
}
