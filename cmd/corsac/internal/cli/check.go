package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

func init() { register(newCheck) }

// checkFlags are the flags of check.
type checkFlags struct {
	origin, page string
	request      requestFlags
	network      networkFlags

	profile     string
	lna         string
	readHeaders []string
	cookies     []string
	repeat      int

	json, explain, curl bool
	dryRun              bool

	from        string // the format of a paste
	batch, har  string // files
	concurrency int
	pages       pageLoader

	profileGiven bool

	// noDiagnose and send are about further probes of the diagnosis.
	noDiagnose, send bool
}

func newCheck(a *app) *cobra.Command {
	f := new(checkFlags)
	cmd := &cobra.Command{
		Use:   "check {URL --origin ORIGIN | --from FORMAT [FILE] | --batch FILE | --har FILE}",
		Short: "Make a request as a browser page would, and say what the browser makes of it",
		Long: `check makes a request as script on a page would: it sends the preflight if a
browser would, follows redirects, and says what the browser would let script
read, why, and which change to the server's policy would allow it. It decides as
Chromium 156 does, or as another --profile.

The request is written as for curl. It is really sent, like that of a page: a
PUT changes what it changes, unless --dry-run is given. What a browser would not
send is not sent.

With --from, the request is one that was copied: "Copy as cURL" or "Copy as fetch"
in the network panel of the browser, or a command or a call out of a manual or a
program. It is read from FILE, or from standard input. With --batch, there are
many: a file of JSON objects, one on a line, each like the request of a verdict.
With --har, what the network panel has saved is judged, and nothing is sent.

The exit status is 0 if script can read the response, or gets an opaque one; 1
if the browser, or one of all, blocks it or the network fails; 2 if the command
line is wrong; and 3 if check cannot do its work: a line of a batch that cannot be
made, a HAR file of which nothing can be judged, Ctrl-C.`,
		Example: `  corsac check https://api.example.com/items --origin http://localhost:3000
  corsac check https://api.example.com/items/1 --origin https://app.example.com \
      -X PUT -H 'Content-Type: application/json' -d '{"name":"tea"}' --credentials include
  corsac check https://api.example.com/items --page https://app.example.com/shop --read-header X-Total-Count
  corsac check https://api.example.com/items --origin null --profile all
  corsac check https://api.example.com/items --origin https://app.example.com --json | jq .error.code
  corsac check --from curl - --origin http://localhost:3000   # then paste, and press Ctrl-D
  corsac check --batch checks.jsonl --concurrency 16 > verdicts.jsonl
  jq -Rc '{url: .}' urls.txt | corsac check --batch - --origin https://app.example.com
  corsac check --har saved.har`,
		Args: func(cmd *cobra.Command, args []string) error { return f.checkArgs(cmd.Flags(), args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			f.request.methodGiven = cmd.Flags().Changed("request")
			f.request.destinationGiven = cmd.Flags().Changed("destination")
			f.profileGiven = cmd.Flags().Changed("profile")
			switch f.source() {
			case sourceHAR:
				return a.checkHAR(cmd.Context(), f)
			case sourceBatch:
				return a.checkBatch(cmd.Context(), f)
			case sourcePaste:
				return a.checkPaste(cmd.Context(), f, args)
			}
			c, err := f.commandLine(args[0], a.In)
			if err != nil {
				return err
			}
			return a.check(cmd.Context(), f, []*checkCase{c})
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if f.source() == sourcePaste {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	f.register(cmd)
	return cmd
}

func (f *checkFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.origin, "origin", "", "the `ORIGIN` of the page, such as http://localhost:3000, or null")
	flags.StringVar(&f.page, "page", "", "the `URL` of the page, which is loaded for its origin, CSP and address space")
	flags.StringVar(&f.from, "from", "", "take the request from a paste in this `FORMAT`: curl, fetch, or auto, which tells")
	flags.StringVar(&f.batch, "batch", "", "make the requests of a `FILE` of JSON objects, one on a line; - is standard input")
	flags.IntVar(&f.concurrency, "concurrency", 8, "make `N` requests of a batch at a time")
	flags.StringVar(&f.har, "har", "", "judge the cross-origin requests of a HAR `FILE`, without a network; - is standard input")
	f.request.register(flags)
	flags.StringArrayVar(&f.cookies, "cookie", nil, "the server's `COOKIE`, such as sid=1, or 'sid=1; SameSite=Lax'; sent where the browser would; repeatable")
	flags.StringArrayVar(&f.readHeaders, "read-header", nil, "say whether script can read the response header `NAME`; repeatable")
	flags.StringVar(&f.profile, "profile", "chrome", "the `BROWSER`: chrome, firefox, safari, standard, or all")
	flags.StringVar(&f.lna, "lna", "ask", "the `ANSWER` when Chrome asks whether a public page may reach this network: ask (only note it), denied, granted")
	flags.IntVar(&f.repeat, "repeat", 1, "make the request `N` times in one browser, which remembers preflights")
	flags.BoolVar(&f.dryRun, "dry-run", false, "stop before an actual request that is not GET or HEAD")
	f.network.register(flags)
	flags.BoolVar(&f.explain, "explain", false, "add every step, with the section of the Fetch standard")
	flags.BoolVar(&f.json, "json", false, "print JSON (docs/verdict.schema.json), one object for each request")
	flags.BoolVar(&f.curl, "curl", false, "print curl commands that send the same requests")
	flags.BoolVar(&f.noDiagnose, "no-diagnose", false, "send nothing but what the browser would")
	flags.BoolVar(&f.send, "send", false, "let further probes use the real method")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "method" {
			name = "request"
		}
		return pflag.NormalizedName(name)
	})
	for name, choices := range map[string][]string{
		"credentials": {"omit", "same-origin", "include"}, "mode": {"cors", "no-cors", "same-origin"},
		"redirect": {"follow", "error", "manual"}, "profile": {"chrome", "firefox", "safari", "standard", "all"},
		"lna": {"ask", "denied", "granted"}, "destination": destinationNames(), "from": {"auto", "curl", "fetch"},
	} {
		err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic(err) // a flag that does not exist
		}
	}
}

// check makes requests one after the other, and prints what the browser makes of them.
func (a *app) check(ctx context.Context, f *checkFlags, cases []*checkCase) error {
	counts := map[fetch.Result]int{}
	total := len(cases) * f.repeat
	for i, c := range cases {
		network, err := c.network.network(a.Getenv)
		if err != nil {
			return &problem{status: ExitUsage, err: err}
		}
		s, err := newCheckSession(ctx, f, network, c)
		if err != nil {
			return err
		}
		for j := range f.repeat {
			v := s.verdict(ctx)
			if ctx.Err() != nil {
				return interrupted("")
			}
			counts[worstOf(v)]++
			if err := a.printVerdict(s, v, i*f.repeat+j, total); err != nil {
				return err
			}
		}
	}
	failed := counts[fetch.Blocked]+counts[fetch.Failed] > 0
	if len(cases) > 1 && !f.json {
		a.summary(fmt.Sprintf("\n%d requests", total), counts, 0, "")
	}
	if failed {
		return told(ExitFailed)
	}
	return nil
}

// isFailure reports whether a browser blocks a request, or the network fails.
func isFailure(v *report.Verdict) bool {
	return v.Error != nil || slices.ContainsFunc(v.Others, func(o *report.Verdict) bool { return o.Error != nil })
}

func (a *app) printVerdict(s *checkSession, v *report.Verdict, i, total int) error {
	switch {
	case s.f.json:
		return printJSON(a.Out, v)
	case s.f.curl:
		for j := range v.Outcome.Wire {
			fmt.Fprintln(a.Out, s.curl(v, j))
		}
		return nil
	}
	if total > 1 {
		fmt.Fprintln(a.Out, a.out.strong(fmt.Sprintf("Request %d of %d", i+1, total)))
	}
	a.printText(s.f, v)
	if i < total-1 {
		fmt.Fprintln(a.Out)
	}
	return nil
}

// printText prints a verdict for people.
func (a *app) printText(f *checkFlags, v *report.Verdict) {
	text := a.text()
	text.Explain = f.explain
	text.Verdict(v)
	if len(v.Others) > 0 {
		text.Others(v.Others)
	}
}

// checkSession is what the repetitions of a check have in common.
type checkSession struct {
	*checkCase
	f        *checkFlags
	servers  *probe.Network
	page     *fetch.Page
	csp      csp.Policies
	self     string
	cookies  []string // Set-Cookie lines
	browsers []*checkBrowser
}

func newCheckSession(ctx context.Context, f *checkFlags, network *probe.Network, c *checkCase) (*checkSession, error) {
	s := &checkSession{checkCase: c, f: f, servers: network}
	if err := s.loadPage(ctx); err != nil {
		return nil, err
	}
	target, _ := origin.ParseURL(s.request.URL)
	var err error
	if s.cookies, err = parseCookies(c.cookieValues, target.PotentiallyTrustworthy()); err != nil {
		return nil, &problem{status: ExitUsage, err: err}
	}
	for _, p := range f.profiles() {
		b := fetch.New(fetch.Config{Profile: p, Now: time.Now, Trace: f.explain, AddressSpace: s.space})
		s.browsers = append(s.browsers, &checkBrowser{Browser: b, cookies: fetch.NewCookies(b, s.page), given: s.cookies})
	}
	return s, nil
}

// profiles are the browsers that are asked about, the first before all.
func (f *checkFlags) profiles() []fetch.Profile {
	if p, err := fetch.ParseProfile(f.profile); err == nil {
		return []fetch.Profile{p}
	}
	return []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}
}

// checkBrowser is a browser with its cookies.
type checkBrowser struct {
	*fetch.Browser
	cookies *fetch.Cookies
	given   []string // Set-Cookie lines that it has not had yet
}

// verdict makes the request once in each browser.
func (s *checkSession) verdict(ctx context.Context) *report.Verdict {
	first := s.verdictOf(ctx, s.browsers[0])
	for _, b := range s.browsers[1:] {
		first.Add(s.verdictOf(ctx, b))
	}
	return first
}

func (s *checkSession) verdictOf(ctx context.Context, b *checkBrowser) *report.Verdict {
	p := &probe.Probe{
		Network: s.servers, Body: s.body, Cookies: b.cookies, SetCookie: b.given, DryRun: s.dryRun,
		StrictNames: b.Profile() == fetch.Firefox, UserAgent: s.userAgent,
	}
	o := b.Fetch(ctx, s.page, s.request, s.guarded(p.Exchange))
	b.given = p.SetCookie
	v := report.NewVerdict(o, s.readHeaders)
	v.Notes = append(v.Notes, s.notes...)
	v.Notes = append(v.Notes, s.droppedHeaders(o)...)
	s.explainStops(v)
	for i := range p.Records {
		v.Record(i, &p.Records[i])
	}
	v.Notes = append(v.Notes, s.unsentCookies(v)...)
	return v
}

// droppedHeaders notes the headers that script may not set.
func (s *checkSession) droppedHeaders(o *fetch.Outcome) (notes []string) {
	for _, h := range s.request.Headers {
		kept := o.Request.Headers.Has(h.Name)
		if !kept && o.Error == nil || !kept && o.Error != nil && o.Error.Code != fetch.CodeTypeError {
			notes = append(notes, fmt.Sprintf("script cannot set the header %q; the browser drops it", h.Name))
		}
	}
	return notes
}
