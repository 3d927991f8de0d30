package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func init() { register(newVerify) }

// verifyCommand is corsac verify.
type verifyCommand struct {
	*app
	checkFlags // those of requests and servers

	policy, baseline string
	origins, failing []string
	maxProbes        int
	send             bool
	watch            time.Duration
	form             choice.Form
	secrets          verify.Secrets
	// written are the headers, cookies and bodies with their variables.
	written [3][]string
}

func newVerify(a *app) *cobra.Command {
	c := &verifyCommand{app: a, secrets: verify.Secrets{Getenv: a.Getenv}}
	cmd := &cobra.Command{
		Use:   "verify URL... [-c FILE [--policy NAME] | --origin ORIGIN...]",
		Short: "Report whether a deployed server means what the policy says",
		Long: `verify asks a server, as browsers would, for everything that follows from a
policy: each allowed origin, and origins that only resemble one; each method and
header, allowed and not; credentials; exposed headers; how long preflights are
remembered; Vary; and the headers of errors. It reports what holds and what does
not, what each break means, and how to fix it.

The policy is that of corsac.yaml. Without a file, --origin names origins that the
server should allow; verify then finds out the rest of the policy from the server,
and checks that the server keeps to it.

Only preflights, GET, HEAD and OPTIONS are sent, unless you add --send. Values of
headers, cookies and bodies may contain ${NAME}, which stands for a variable of the
environment; reports show neither those nor the values of headers such as
Authorization.

The exit status is 0 if everything holds, 1 if something does not, 2 if the command
line or the file is wrong, and 3 if something could not be checked.`,
		Example: `  corsac verify https://api.example.com/items
  corsac verify -c deploy/corsac.yaml --policy app https://api.example.com/items -H 'Authorization: Bearer ${TOKEN}'
  corsac verify https://api.example.com/items --origin https://app.example.com
  corsac verify https://api.example.com/items --junit > verify.xml
  corsac verify https://api.example.com/items --json > known.json
  corsac verify https://api.example.com/items --baseline known.json --format github
  corsac verify http://localhost:8080/items --watch 30s`,
		RunE: c.run,
	}
	c.register(cmd)
	return cmd
}

func (c *verifyCommand) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	c.changed = flags.Changed
	c.configFlag(cmd)
	flags.StringVar(&c.policy, "policy", "", "the `NAME` of the policy, if the file has several and no route takes the URL")
	flags.StringArrayVar(&c.origins, "origin", nil, "an `ORIGIN` that the server should allow, instead of a file; repeatable")
	stackFlag(cmd, &c.stack)
	flags.StringArrayVar(&c.failing, "failing", nil, "a `URL` that responds with an error, such as one whose upstream is down; repeatable")
	flags.StringArrayVarP(&c.request.Headers, "header", "H", nil, "a `HEADER` of each request, such as 'Authorization: Bearer ${TOKEN}'; repeatable")
	flags.StringArrayVar(&c.cookies, "cookie", nil, "a `COOKIE` of the server, such as 'sid=${SID}'; repeatable")
	flags.StringArrayVarP(&c.request.Body.Data, "data", "d", nil, "a text `BODY` for requests with --send; @file reads a file")
	c.request.Body.Size = -1
	flags.BoolVar(&c.send, "send", false, "send requests with other methods too, after their preflight: they may change data")
	flags.IntVar(&c.maxProbes, "max-probes", 0, fmt.Sprintf("send at most `N` requests per URL (default %d on this machine and in private networks, %d elsewhere)", verify.LocalProbes, verify.RemoteProbes))
	c.registerServers(flags)
	flags.StringVar(&c.baseline, "baseline", "", "report violations in a `FILE`, printed earlier with --json, as known")
	flags.DurationVar(&c.watch, "watch", 0, "check again after each `DURATION`, such as 30s, and print what changed")
	c.form.Register(cmd, "JSON")
	flaghelp.Group(flags, "The policy", "config", "policy", "origin", "stack")
	flaghelp.Group(flags, "The requests", "failing", "header", "cookie", "data", "send", "max-probes")
	c.groupServers(flags)
	flaghelp.Group(flags, "The report", append([]string{"baseline", "watch"}, choice.FormNames...)...)
}

func (c *verifyCommand) run(cmd *cobra.Command, urls []string) error {
	if err := c.mistakes(urls); err != nil {
		return &problem{status: ExitUsage, err: err, hint: seeHelp(cmd)}
	}
	var err error
	if c.written, err = c.secrets.ExpandRequest(c.request.Headers, c.cookies, c.request.Body.Data); err != nil {
		return usage(err)
	}
	var known verify.Baseline
	if c.baseline != "" {
		data, err := os.ReadFile(c.baseline)
		if err != nil {
			return usage(err)
		}
		if known, err = verify.ParseBaseline(data); err != nil {
			return usage(fmt.Errorf("%s: %w", c.baseline, err))
		}
	}
	now, err := c.verify(cmd.Context(), urls, known)
	if err != nil {
		return err
	}
	if err := c.print(now); err != nil {
		return err
	}
	if c.watch > 0 {
		return c.watching(cmd.Context(), urls, known, now)
	}
	return outcome(now)
}

func (c *verifyCommand) mistakes(urls []string) error {
	_, err := stackOf(c.stack)
	errs := []error{err, c.form.Check(), c.request.Check(), c.servers.Check()}
	if len(urls) == 0 {
		errs = append(errs, errors.New("verify needs the URL of an API: corsac verify https://api.example.com/items"))
	}
	for _, url := range slices.Concat(urls, c.failing) {
		errs = append(errs, check.CheckTarget(url))
	}
	for _, o := range c.origins {
		errs = append(errs, check.CheckOrigin(o))
	}
	if len(c.origins) > 0 && (c.config.Named() || c.policy != "") {
		errs = append(errs, errors.New("--origin stands for a policy; it cannot be used with --config or --policy"))
	}
	if c.watch != 0 && c.watch < time.Second {
		errs = append(errs, errors.New("--watch needs at least 1s"))
	}
	return errors.Join(errs...)
}

// verify checks all URLs once.
func (c *verifyCommand) verify(ctx context.Context, urls []string, known verify.Baseline) (*verify.Report, error) {
	var cases []finding.Case
	var untested []string
	name := ""
	for _, url := range urls {
		server := c.server()
		p, policyName, err := c.policyFor(ctx, server, url)
		if err != nil {
			return nil, err
		}
		name = policyName
		v := verify.Verifier{Policy: p, Derived: len(c.origins) > 0, Ask: server.Ask, Failing: c.failing, Headers: verify.HeaderNames(c.request.Headers), Stack: stacks.Lookup(c.stack)}
		v.Limit(url, c.maxProbes)
		found, notSeen, err := v.Run(ctx, url)
		switch {
		case ctx.Err() != nil:
			return nil, interrupted("")
		case err != nil:
			return nil, cannotVerify(url, err)
		}
		verify.AddCheck(found, c.again(url))
		cases, untested = append(cases, found...), append(untested, notSeen...)
	}
	c.secrets.MaskCases(cases)
	r := verify.Summarize(name, cases, known)
	r.Untested = slices.Compact(untested)
	return r, nil
}

// cannotVerify returns the problem of a URL about which nothing can be known.
func cannotVerify(url string, err error) error {
	return &problem{status: ExitBroken, err: fmt.Errorf("cannot verify %s: %w", url, err)}
}

// again is the command line that verifies a URL again, as it was written.
func (c *verifyCommand) again(url string) string {
	again := verify.Command{
		URL: url, Policy: c.policy, Origins: c.origins, Stack: c.stack, Failing: c.failing,
		Headers: c.written[0], Cookies: c.written[1], Data: c.written[2], Send: c.send, Servers: &c.servers,
	}
	if c.config.Named() {
		again.File = c.config.String()
	}
	return again.String()
}

func (c *verifyCommand) server() *verify.Server {
	return &verify.Server{
		Checker: check.New(check.Options{Profiles: []fetch.Profile{fetch.Chromium}, Getenv: c.Getenv}),
		Base:    check.Case{Cookies: c.cookies, Servers: c.servers}, Spec: c.request, Send: c.send,
	}
}

// policyFor returns the policy that a URL should have, and its name.
func (c *verifyCommand) policyFor(ctx context.Context, server *verify.Server, url string) (p cors.Policy, name string, err error) {
	if len(c.origins) > 0 {
		p, err = verify.Derive(ctx, server.Ask, url, c.origins)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			err = interrupted("")
		case errors.Is(err, verify.ErrNoAnswer), errors.Is(err, verify.ErrDown):
			err = cannotVerify(url, err)
		default:
			err = &problem{status: ExitFailed, err: fmt.Errorf("%s: %w", url, err), hint: shell.Command([]string{"corsac", "check", url, "--origin", c.origins[0]}) + " says why"}
		}
		return p, "", err
	}
	return c.readPolicy(ctx, c.policy, url, "name the file with -c, or the origins that the server should allow with --origin")
}

// print writes a report in the form that was asked for.
func (c *verifyCommand) print(r *verify.Report) error {
	switch {
	case c.form.Quiet:
		return nil
	case c.form.IsJSON():
		return report.JSON(c.Out, r)
	case c.form.IsDocument():
		return c.form.Write(c.Out, document("corsac verify", r.Cases, r.Untested...))
	}
	text := &report.Text{Writer: terminal.NewWriter(c.Out, c.Getenv)}
	text.Verification(r)
	return text.Err()
}

// watching checks again and again, and prints what changed, until Ctrl-C.
func (c *verifyCommand) watching(ctx context.Context, urls []string, known verify.Baseline, before *verify.Report) error {
	for {
		select {
		case <-ctx.Done():
			return outcome(before)
		case <-time.After(c.watch):
		}
		now, err := c.verify(ctx, urls, known)
		switch {
		case ctx.Err() != nil:
			return outcome(before)
		case err != nil:
			fmt.Fprintf(c.Err, "%s %s\n", c.err.Bad("corsac:"), verdict.Printable(err.Error()))
			continue
		}
		if changed := verify.Changes(before, now); len(changed) > 0 {
			if c.form.IsText() {
				fmt.Fprintln(c.Out, c.out.Strong(time.Now().Format(time.TimeOnly)))
			}
			if err := c.print(verify.Summarize(now.Policy, changed, known)); err != nil {
				return err
			}
		}
		before = now
	}
}

// outcome returns how verify ends.
func outcome(r *verify.Report) error {
	switch {
	case r.Violations > 0:
		return reported(ExitFailed)
	case r.Skipped > 0:
		return reported(ExitBroken)
	}
	return nil
}
