package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/collect"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

func init() { register(newLearn) }

// learnCommand is corsac learn.
type learnCommand struct {
	*app

	logs, servers []string
	page          string
	json          bool
	learner       learn.Learner
}

func newLearn(a *app) *cobra.Command {
	c := &learnCommand{app: a}
	cmd := &cobra.Command{
		Use:   "learn {FILE... | --from-log FILE...}",
		Short: "Write the tightest policy that allows the traffic in recordings or logs",
		Long: `learn writes the tightest policy that allows what pages asked of a server: from
HAR files, which a browser's network panel saves, files of corsac serve --learn, or
access logs. It prints a corsac.yaml in which a comment after each entry says how often it was seen. It
sends nothing.

Origins that look wrong are not allowed but listed for review: null, plain http,
pages on a developer's machine, another site, or an origin that was seen once.

Logs may be those of Caddy and Traefik in JSON, of nginx in JSON or in the combined
format, and of corsac serve with --log-level debug. The combined format does not have the
headers of requests, so the policy will lack them.

A recording also shows requests to the servers of others. learn writes policies for
servers on the site of the page or on this machine, unless you name yours with
--api.

Requests that corsac itself made are left out.

The exit status is 0 if there is a policy, 1 if there is nothing to learn from, 2 if
the command line is wrong or a file is not a recording, and 3 if a file cannot be
read.`,
		Example: `  corsac learn session.har > corsac.yaml
  corsac learn monday.har tuesday.har --api https://api.example.com
  corsac learn seen.log # of corsac serve --learn seen.log
  corsac learn --from-log /var/log/caddy/access.log
  zcat /var/log/nginx/access.log.*.gz | corsac learn --from-log - --api https://api.example.com
  corsac learn session.har --json | jq '.policies[].review'`,
		RunE: c.run,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&c.logs, "from-log", nil, "read an access log from `FILE`; - is standard input")
	flags.StringArrayVar(&c.servers, "api", nil, "your server's `ORIGIN`, such as https://api.example.com; log lines without a host are about the first")
	flags.StringVar(&c.page, "origin", "", "the `ORIGIN` of the page, for requests of a recording that do not show it")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	return cmd
}

func (c *learnCommand) run(cmd *cobra.Command, args []string) error {
	if len(args)+len(c.logs) == 0 {
		return &problem{status: ExitUsage, err: errors.New("there is no file to learn from"), hint: seeHelp(cmd)}
	}
	for i, server := range c.servers {
		o, err := origin.ParseURL(server)
		if err != nil {
			return usage(fmt.Errorf("--api: %w", err))
		}
		c.servers[i] = o.String()
	}
	for _, name := range args {
		read := c.recording
		if collect.Is(name) {
			read = c.log
		}
		if err := read(cmd.Context(), name); err != nil {
			return err
		}
	}
	for _, name := range c.logs {
		if err := c.log(cmd.Context(), name); err != nil {
			return err
		}
	}
	return c.print()
}

func (c *learnCommand) recording(ctx context.Context, name string) error {
	log, err := c.readHAR(ctx, name)
	var p *problem
	system := (*fs.PathError)(nil)
	switch {
	case errors.As(err, &system):
		return &problem{status: ExitBroken, err: err}
	case errors.As(err, &p) && p.hint != "":
		p.hint += "\nif it is an access log: corsac learn --from-log " + name
		return p
	case err != nil:
		return err
	}
	if c.learner.AddHAR(log, c.page) == 0 {
		c.warn("%s has no cross-origin request of a page", name)
	}
	return nil
}

func (c *learnCommand) log(ctx context.Context, name string) error {
	in, err := c.open(name, "Paste the log here, then press")
	if err != nil {
		return &problem{status: ExitBroken, err: err}
	}
	defer func() { _ = in.Close() }()
	server := ""
	if len(c.servers) > 0 {
		server = c.servers[0]
	}
	counts, err := orInterrupted(ctx, func() (learn.LogCounts, error) { return c.learner.ReadLog(in, server) })
	if err != nil {
		return err
	}
	if n := counts.Hostless; n > 0 {
		c.warn("%s: %s not name the server; add --api with its origin, such as --api https://api.example.com", name, report.Count(n, "line does", "lines do"))
	}
	if counts.Used == 0 && counts.Hostless == 0 || counts.Unknown > 0 {
		c.warn("%s: %s, %s, %d not understood", name, report.Count(counts.Lines, "line", "lines"), report.Count(counts.Used, "cross-origin request", "cross-origin requests"), counts.Unknown)
	}
	return nil
}

func (c *learnCommand) warn(format string, args ...any) {
	fmt.Fprintln(c.Err, c.err.Notice("note:"), verdict.Printable(fmt.Sprintf(format, args...)))
}

// print writes the policies, or says why there is none.
func (c *learnCommand) print() error {
	chosen, others := learn.Choose(c.learner.Results(), c.servers)
	if n := c.learner.Dropped(); n > 0 {
		c.warn("%s left out: too many servers, origins or headers", report.Count(n, "request was", "requests were"))
	}
	for i := range others {
		c.warn("left out %s (%s); add --api %[1]s to include it", others[i].Server, report.Count(others[i].Requests, "request", "requests"))
	}
	if len(chosen) == 0 {
		return &problem{status: ExitFailed, err: errors.New("there is no policy to write: no cross-origin request to a server of yours was seen")}
	}
	if c.json {
		return report.JSON(c.Out, map[string]any{"policies": chosen})
	}
	file, err := learn.File(chosen)
	if err != nil {
		return err
	}
	_, err = c.Out.Write(file)
	return err
}
