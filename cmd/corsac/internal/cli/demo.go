package cli

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/cli/browser"
	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/demo"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/logging"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
)

func init() {
	register(newDemo)
	// The messages of a desktop that starts a browser would only distract.
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
}

// demoCommand is corsac demo.
type demoCommand struct {
	*app

	open, json         bool
	host               string
	page, api, gateway uint16
}

func newDemo(a *app) *cobra.Command {
	c := &demoCommand{app: a}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Take the tour: the same calls with and without corsac, in your browser",
		Long: `demo is a tour of corsac, with nothing to install: a sample API without CORS, a
page on another origin, and corsac in front of the API. The page makes the same
calls directly and through corsac, and shows side by side what your browser lets
it see: a simple GET, a JSON PUT with its preflight, a call with credentials, and
a 500. "Save as HAR" on the page saves what the servers saw, for corsac check
--har; secrets in it are masked.

The three servers listen only on loopback addresses, on the ports in the flags,
or on others if those are in use. For a talk, add ?auto to the page's address to
run all calls at once, and ?details or ?auto&details to show the details too.

The exit status is 0 after Ctrl-C, 2 if a flag is wrong, and 3 if demo cannot
run.`,
		Example: `  corsac demo
  corsac demo --open
  corsac demo --page-port 4000 --api-port 4001 --gateway-port 4002
  corsac demo --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&c.open, "open", false, "open the page in your browser")
	flags.StringVar(&c.host, "host", demo.Host, "the `HOST` of the addresses: localhost or a loopback IP address")
	flags.Uint16Var(&c.page, "page-port", demo.DefaultPagePort, "the `PORT` of the page, if it is free; 0 means any free port")
	flags.Uint16Var(&c.api, "api-port", demo.DefaultAPIPort, "the `PORT` of the API, if it is free; 0 is any free one")
	flags.Uint16Var(&c.gateway, "gateway-port", demo.DefaultGatewayPort, "the `PORT` of corsac, if it is free; 0 is any free one")
	flags.BoolVar(&c.json, "json", false, "print the addresses as one line of JSON")
	return cmd
}

func (c *demoCommand) run(cmd *cobra.Command) error {
	if _, err := demo.CheckHost(c.host); err != nil {
		return usage(choice.Mistake("host", c.host, "the demo is for this machine only", "write localhost, or a loopback address such as 127.0.0.1"))
	}
	// Browsers that disconnect, and pages that are refused, would only distract
	// from a talk.
	log := logging.New(c.Err, logging.Options{Level: slog.LevelWarn})
	defer log.Close()
	defer logging.TakeOver(log.Logger)()
	d, err := demo.Start(cmd.Context(), demo.Options{
		Host:     c.host,
		PagePort: demoPort(c.page), APIPort: demoPort(c.api), GatewayPort: demoPort(c.gateway),
		Next:    demoNext(cmd.Root()),
		Version: Version(),
		Logger:  log.Logger,
	})
	if err != nil {
		return err
	}
	if err := c.announce(d); err != nil {
		_ = d.Close() // the first error is enough
		return err
	}
	if c.open {
		c.openPage(d)
	}
	return d.Wait()
}

// demoPort maps 0 to any free port, as is usual for ports.
func demoPort(p uint16) int {
	if p == 0 {
		return demo.AnyPort
	}
	return int(p)
}

// demoNext returns the next commands to run, if this corsac has them.
func demoNext(root *cobra.Command) []demo.Command {
	var next []demo.Command
	for _, each := range []struct{ name, args, does string }{
		{"validate", "", "checks the file, and reports every mistake in it"},
		{"serve", "", "runs corsac in front of your own API, with that file"},
		{"check", " {api}/items --origin {page}", "shows what a browser does with a call, and why"},
	} {
		if found, _, err := root.Find([]string{each.name}); err == nil && found != root {
			next = append(next, demo.Command{Line: shell.Command([]string{"corsac", each.name}) + each.args, Does: each.does})
		}
	}
	return next
}

// announce prints the addresses and what to click.
func (c *demoCommand) announce(d *demo.Demo) error {
	if c.json {
		return report.NewLines(c.Out).Encode(map[string]string{
			"page": d.PageURL(), "api": d.APIURL(), "gateway": d.GatewayURL(),
		})
	}
	urls := []string{d.PageURL(), d.APIURL(), d.GatewayURL()}
	width := 0
	for _, u := range urls {
		width = max(width, len(u))
	}
	line := func(name, url, what string) {
		fmt.Fprintf(c.Out, "  %-8s %s%*s   %s\n", name, c.out.Good(url), width-len(url), "", c.out.Faint(what))
	}
	fmt.Fprintf(c.Out, "%s: the same four calls, directly and through corsac\n\n", c.out.Strong("corsac demo"))
	line("page", urls[0], "open this one in a browser")
	line("API", urls[1], "a sample API without CORS")
	line("corsac", urls[2], "the same API, through corsac")
	_, err := fmt.Fprintf(c.Out, `
What to click:
  1. Open the page and press %[1]s: directly, all four calls are
     blocked; through corsac, the page can read them, even the 500.
  2. Press %[2]s for the fixes, the headers and the console messages.
  3. Below are the policy in use and the next commands to run.

%[3]s
`, c.out.Strong(`"Run all"`), c.out.Strong(`"Show details"`), c.out.Strong("Press Ctrl-C to stop."))
	return err
}

// openPage opens the page in the browser while the demo runs; some ways to open
// one return only when it is closed. A failure does not end the demo.
func (c *demoCommand) openPage(d *demo.Demo) {
	failed := make(chan error, 1)
	go func() { failed <- browser.OpenURL(d.PageURL()) }()
	select {
	case err := <-failed:
		if err != nil {
			fmt.Fprintf(c.Err, "%s cannot open a browser (%v); open %s yourself\n", c.err.Notice("note:"), err, d.PageURL())
		}
	case <-d.Done():
	}
}
