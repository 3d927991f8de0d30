package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

func init() { register(newCheck) }

// checkCommand is corsac check.
type checkCommand struct {
	*app
	checkFlags

	cases []finding.Case // for the document
}

func newCheck(a *app) *cobra.Command {
	c := &checkCommand{app: a}
	cmd := &cobra.Command{
		Use:   "check {URL --origin ORIGIN | --from FORMAT [FILE] | --batch FILE | --har FILE}",
		Short: "Make a request as a page would, and report what a browser does with it",
		Long: `check makes a request as script on a page would: it sends a preflight if a
browser would, and follows redirects. It reports what the browser lets script
read, why, and which change to the server's policy would allow the request. It
decides as Chromium 156 does, or as the browser in --profile.

Write the request as for curl. It is really sent: a PUT changes data, unless you
add --dry-run. If it is blocked, corsac also sends probes to find the cause:
harmless requests (GET, HEAD, OPTIONS) that differ from yours in one thing, such
as the origin or the path. --passive sends none, and --explain lists them.
Authorization, cookies, header values and bodies go only to the origin in the URL.

With --from, the request is one that you copied: "Copy as cURL" or "Copy as fetch"
in the browser's network panel, or a curl command or fetch call from
documentation or source code. It is read from FILE, or from standard input. With
--batch, the requests are in a file of JSON objects, one per line, each like the
request in a verdict; so are the results, except on a terminal. With --har, check
decides about requests that the network panel saved, and sends nothing. With -c,
the policies of a file answer instead of a server, and nothing is sent either.

The exit status is 0 if script can read the response, or gets an opaque one; 1
if the browser blocks a request, the network fails, a finding is an error, or
script cannot read a header in --read-header; 2 if the command line is wrong; and
3 if check cannot finish: a request of a batch cannot be made, one in a HAR file
cannot be decided, or you press Ctrl-C. With --expect, a request is right if
its verdict is that.`,
		Example: `  corsac check https://api.example.com/items --origin http://localhost:3000
  corsac check https://api.example.com/items/1 --origin https://app.example.com \
      -X PUT -H 'Content-Type: application/json' -d '{"name":"tea"}' --credentials include
  corsac check https://api.example.com/items --page https://app.example.com/shop --read-header X-Total-Count
  corsac check https://api.example.com/items --origin null --profile all
  corsac check https://api.example.com/items --origin https://app.example.com --json | jq .error.code
  corsac check --from curl - --origin http://localhost:3000   # then paste, and press Ctrl-D
  corsac check --batch checks.jsonl --concurrency 16 > verdicts.jsonl
  jq -Rc '{url: .}' urls.txt | corsac check --batch - --origin https://app.example.com
  corsac check --har saved.har
  corsac check https://api.example.com/items --origin https://app.example.com -X PUT -c corsac.yaml --expect allowed`,
		Args: func(_ *cobra.Command, args []string) error { return c.check(args) },
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if c.source() == sourcePaste {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	a.configFlag(cmd)
	c.register(cmd)
	return cmd
}

func (c *checkCommand) run(ctx context.Context, args []string) error {
	switch c.source() {
	case sourceHAR:
		return c.runHAR(ctx)
	case sourceBatch:
		return c.runBatch(ctx)
	case sourcePaste:
		cases, err := c.pasted(ctx, args)
		if err != nil {
			return err
		}
		return c.runCases(ctx, cases)
	}
	one := c.base()
	var err error
	if one.Request, one.Body, err = c.request.Request(args[0], c.In); err != nil {
		return usage(err)
	}
	if c.watch {
		return c.runWatch(ctx, &one)
	}
	return c.runCases(ctx, []*check.Case{&one})
}

func (c *checkCommand) checker() *check.Checker {
	return check.New(check.Options{
		Profiles: c.profiles(), LocalNetwork: check.LocalNetwork(c.lna), Explain: c.explain, Getenv: c.Getenv,
	})
}

// asker returns what answers requests: servers, or the policies of -c.
func (c *checkCommand) asker(ctx context.Context) (a *diagnose.Asker, err error) {
	a = &diagnose.Asker{Checker: c.checker(), Doctor: c.diagnosis()}
	if !c.config.Named() {
		return a, nil
	}
	cfg, err := c.readConfig(ctx, "")
	if err != nil {
		return a, err
	}
	a.Policies, err = check.NewPolicies(cfg, c.policy)
	if err == nil && c.policy == "" && len(cfg.Gateway.Routes) > 0 {
		var g *gateway.Gateway
		if g, err = gateway.New(cfg, gateway.Options{}); err == nil {
			a.Policies.Ambiguous = g.Ambiguous
		}
	}
	return a, err
}

// runCases makes requests one after the other, and prints a verdict on each.
func (c *checkCommand) runCases(ctx context.Context, cases []*check.Case) error {
	var tally report.Tally
	asker, err := c.asker(ctx)
	if err != nil {
		return err
	}
	total := len(cases) * c.repeat
	for i, one := range cases {
		asked, ask, err := asker.Open(ctx, one)
		if err != nil {
			return err
		}
		for j := range c.repeat {
			v := ask(ctx)
			if ctx.Err() != nil {
				return interrupted("")
			}
			tally.Count(v)
			if err := c.print(asked, v, i*c.repeat+j, total); err != nil {
				return err
			}
		}
	}
	if len(cases) > 1 && c.form.IsText() {
		tally.Print(c.Err, c.err, fmt.Sprintf("\n%d requests", total), "")
	}
	return c.finish(&tally)
}

// pasted returns the requests of a paste.
func (c *checkCommand) pasted(ctx context.Context, args []string) ([]*check.Case, error) {
	name := "-"
	if len(args) > 0 {
		name = args[0]
	}
	text, err := c.read(ctx, name, "Paste the command or call here, then press Enter and", paste.MaxInput)
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, ":/ ") {
		return nil, &problem{status: ExitUsage, err: err, hint: "write the name of a file, or - to paste it: corsac check --from " + c.from + " -"}
	}
	if err != nil {
		return nil, err
	}
	values, err := paste.ParseValues(c.set)
	if err != nil {
		return nil, usage(fmt.Errorf("--set %w", err))
	}
	requests, err := paste.Parse(string(text), paste.Format(c.from), values)
	if err != nil {
		return nil, check.UnreadablePaste(err, string(text), name == "-" && terminal.Is(c.In))
	}
	base := c.base()
	return check.FromPaste(requests, &base, &c.request)
}

// runBatch makes the requests in a file. If a line is wrong, it sends nothing.
func (c *checkCommand) runBatch(ctx context.Context) error {
	text, err := c.read(ctx, c.batch, "Write the lines here, then press", check.MaxBatch)
	if err != nil {
		return err
	}
	base := c.base()
	lines, err := check.Batch(text, &base, &c.request)
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: `write lines such as {"url": "https://api.example.com/items", "origin": "http://localhost:3000", "method": "PUT", "headers": {"X-A": "1"}}`}
	}
	asker, err := c.asker(ctx)
	if err != nil {
		return err
	}
	one := func(ctx context.Context, i int) *report.Item {
		line := lines[i]
		it := &report.Item{File: c.batch, Line: line.Number, ID: line.ID}
		_, ask, err := asker.Open(ctx, line.Case)
		if err != nil {
			it.URL, it.Failure = line.Case.Request.URL, err.Error()
			return it
		}
		it.Verdict = *ask(ctx)
		return it
	}
	return c.printBatch(ctx, len(lines), check.InOrder(ctx, len(lines), c.concurrency, one))
}

// runHAR decides about the cross-origin requests in a HAR file.
func (c *checkCommand) runHAR(ctx context.Context) error {
	log, err := c.readHAR(ctx, c.har)
	if err != nil {
		return err
	}
	if len(log.Entries) == 0 {
		return &problem{status: ExitBroken, err: fmt.Errorf("%s has no requests", c.har), hint: "record while the page loads, and save afterwards"}
	}
	if !c.changed("profile") {
		c.profile = log.Profile().String()
	}
	checker, doctor := c.checker(), c.diagnosis()
	conversations, others := log.Conversations(c.origin)
	tally := report.Tally{AbsentPass: true}
	printed := report.Entries{Text: c.text(), JSON: c.form.IsJSON()}
	for _, x := range conversations {
		if ctx.Err() != nil {
			return interrupted("")
		}
		it := &report.Item{Entry: x.Entry.Number}
		if v, failure := checker.Replay(x, c.readHeaders); v == nil {
			it.Failure, it.URL, it.Method, it.Origin = failure, x.Entry.URL, x.Entry.Method, x.Page.Origin
		} else {
			it.Verdict = *doctor.Diagnose(ctx, nil, v).Expecting(check.Expectation(c.expect))
		}
		tally.Count(&it.Verdict)
		if err := c.printItem(&printed, it); err != nil {
			return err
		}
	}
	c.summarizeHAR(&tally, others)
	if tally.Failed() { // which says more than what is unknown
		tally.Without = 0
	}
	return c.finish(&tally)
}
