// Command engines makes other implementations of fetch and XMLHttpRequest send
// the requests of the recording, and writes how often their verdicts agree with
// Chromium's.
//
//   - The cases are served on free ports of loopback, with headers byte for
//     byte; https origins have a self-made certificate that nobody trusts.
//   - A script of Node.js, bench/engines/play.mjs, is started once per engine.
//     It reads one request per line and writes one verdict per line.
//   - The test that writes docs/conformance.md reads the scores.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/conformance"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("engines", flag.ContinueOnError)
	flags.SetOutput(stderr)
	testdata := flags.String("testdata", "testdata", "`folder` of the recording, where engines.json is written")
	script := flags.String("script", "../bench/engines/play.mjs", "`file` that plays requests to an engine")
	names := flags.String("engines", "jsdom,happy-dom,node", "engines to test, `a,b,c`")
	show := flags.Int("show", 0, "`number` of differences to print per engine")
	if err := flags.Parse(args); err != nil {
		return err
	}
	recorded, _, err := conformance.Load(*testdata+"/chromium.jsonl.gz", *testdata+"/firefox.jsonl.gz")
	if err != nil {
		return err
	}
	cases := conformance.Simple(recorded)
	site, err := openSite(cases)
	if err != nil {
		return err
	}
	defer site.close()
	var scores []conformance.Engine
	for name := range strings.SplitSeq(*names, ",") {
		answers, err := play(ctx, site, *script, name, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		e := answers.score(cases, *show, stderr)
		e.Date = time.Now().UTC().Format(time.DateOnly)
		fmt.Fprintf(stderr, "%s %s: %d of %d agree\n", e.Name, e.Version, e.Agree, e.Of)
		scores = append(scores, e)
	}
	text, err := json.MarshalIndent(scores, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*testdata+"/engines.json", append(text, '\n'), 0o644) //nolint:gosec // for everyone to read
}

// answers are an engine's verdicts by case.
type answers struct {
	name, version string
	verdicts      map[string]string
}

// play makes an engine send the requests of the site's cases.
func play(ctx context.Context, s *site, script, engine string, stderr io.Writer) (*answers, error) {
	var checks bytes.Buffer
	for _, c := range s.checks {
		if err := json.NewEncoder(&checks).Encode(c); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, "node", script, engine) //nolint:gosec // the script is the caller's
	cmd.Stdin, cmd.Stderr = &checks, stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	a := &answers{verdicts: map[string]string{}}
	for line := range bytes.Lines(out) {
		var said struct{ Name, Version, ID, Result string }
		if err := json.Unmarshal(line, &said); err != nil {
			return nil, fmt.Errorf("%s said %q: %w", script, line, err)
		}
		if said.ID == "" {
			a.name, a.version = said.Name, said.Version
			continue
		}
		a.verdicts[said.ID] = said.Result
	}
	return a, nil
}

// score compares the verdicts with the recorded ones. A case without a verdict
// counts as a difference, because the engine had its chance.
func (a *answers) score(cases []conformance.Recorded, show int, stderr io.Writer) conformance.Engine {
	e := conformance.Engine{Name: a.name, Version: a.version}
	families := map[string]int{}
	for _, r := range cases {
		got, want := a.verdicts[r.Case.ID], r.Steps[0].Result
		if got == "skip" {
			continue
		}
		e.Of++
		if got == want {
			e.Agree++
			continue
		}
		if got == "ok" {
			e.Lenient++
		}
		if families[r.Case.Family]++; show > 0 {
			show--
			fmt.Fprintf(stderr, "%s: %q, Chromium %q\n", r.Case.ID, got, want)
		}
	}
	names := make([]string, 0, len(families))
	for name := range families {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return families[b] - families[a] })
	for _, name := range names {
		fmt.Fprintf(stderr, "  %4d differ in %s\n", families[name], name)
	}
	return e
}
