package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

	// noDiagnose and send are about further probes of the diagnosis.
	noDiagnose, send bool
}

func newCheck(a *app) *cobra.Command {
	f := new(checkFlags)
	cmd := &cobra.Command{
		Use:   "check URL --origin ORIGIN",
		Short: "Make a request as a browser page would, and say what the browser makes of it",
		Long: `check makes a request as script on a page would: it sends the preflight if a
browser would, follows redirects, and says what the browser would let script
read, why, and which change to the server's policy would allow it. It decides as
Chromium 156 does, or as another --profile.

The request is written as for curl. It is really sent, like that of a page: a
PUT changes what it changes, unless --dry-run is given. What a browser would not
send is not sent.

The exit status is 0 if script can read the response, or gets an opaque one; 1
if the browser, or one of all, blocks it or the network fails; 2 if the command
line is wrong; and 3 if check cannot do its work.`,
		Example: `  corsac check https://api.example.com/items --origin http://localhost:3000
  corsac check https://api.example.com/items/1 --origin https://app.example.com \
      -X PUT -H 'Content-Type: application/json' -d '{"name":"tea"}' --credentials include
  corsac check https://api.example.com/items --page https://app.example.com/shop --read-header X-Total-Count
  corsac check https://api.example.com/items --origin null --profile all
  corsac check https://api.example.com/items --origin https://app.example.com --json | jq .error.code`,
		Args: func(cmd *cobra.Command, args []string) error { return f.checkArgs(cmd, args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			f.request.methodGiven = cmd.Flags().Changed("request")
			return a.check(cmd.Context(), f, args[0])
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
	f.request.register(flags)
	flags.StringArrayVar(&f.cookies, "cookie", nil, "the server's `COOKIE`, such as sid=1, or 'sid=1; SameSite=Lax'; sent where the browser would; repeatable")
	flags.StringArrayVar(&f.readHeaders, "read-header", nil, "say whether script can read the response header `NAME`; repeatable")
	flags.StringVar(&f.profile, "profile", "chrome", "the `BROWSER`: chrome, firefox, safari, standard, or all")
	flags.StringVar(&f.lna, "lna", "ask", "the `ANSWER` when Chrome asks whether a public page may reach this network: ask (only note it), denied, granted")
	flags.IntVar(&f.repeat, "repeat", 1, "make the request `N` times in one browser, which remembers preflights")
	flags.BoolVar(&f.dryRun, "dry-run", false, "stop before an actual request that is not GET or HEAD")
	f.network.register(flags)
	flags.BoolVar(&f.explain, "explain", false, "add every step, with the section of the Fetch standard")
	flags.BoolVar(&f.json, "json", false, "print JSON (docs/verdict.schema.json), one object for each repetition")
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
		"lna": {"ask", "denied", "granted"}, "destination": destinationNames(),
	} {
		err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic(err) // a flag that does not exist
		}
	}
}

// checkArgs finds what is wrong with the command line before anything is sent.
func (f *checkFlags) checkArgs(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return errors.New("check needs the URL of an API: corsac check https://api.example.com/items --origin http://localhost:3000")
	case len(args) > 1:
		return fmt.Errorf("check takes one URL, but there is also %q", args[1])
	}
	errs := []error{checkTarget(args[0]), checkOrigin(f.origin)}
	if f.origin == "" && f.page == "" {
		errs = append(errs, fmt.Errorf("check needs to know the page: corsac check %s --origin http://localhost:3000, or --page with its URL", args[0]))
	}
	if f.repeat < 1 || f.repeat > 1000 {
		errs = append(errs, fmt.Errorf("--repeat %d is not from 1 to 1000", f.repeat))
	}
	if !slices.Contains([]string{"ask", "denied", "granted"}, f.lna) {
		errs = append(errs, fmt.Errorf("--lna %q is not one of ask, denied, granted", f.lna))
	}
	if _, err := fetch.ParseProfile(f.profile); err != nil && f.profile != "all" {
		errs = append(errs, fmt.Errorf("--profile %q is not one of chrome, firefox, safari, standard, all", f.profile))
	}
	_, err := parseCookies(f.cookies, true)
	return errors.Join(append(errs, err, f.request.check(), f.network.check())...)
}

// check runs the command.
func (a *app) check(ctx context.Context, f *checkFlags, rawURL string) error {
	s, err := a.newCheckSession(ctx, f, rawURL)
	if err != nil {
		return err
	}
	failed := false
	for i := range f.repeat {
		v := s.verdict(ctx)
		failed = failed || v.Error != nil || slices.ContainsFunc(v.Others, func(o *report.Verdict) bool { return o.Error != nil })
		if err := a.printVerdict(f, s, v, i); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return told(ExitBroken)
		}
	}
	if failed {
		return told(ExitFailed)
	}
	return nil
}

func (a *app) printVerdict(f *checkFlags, s *checkSession, v *report.Verdict, i int) error {
	switch {
	case f.json:
		return printJSON(a.Out, v)
	case f.curl:
		for j := range v.Outcome.Wire {
			fmt.Fprintln(a.Out, s.curl(v, j))
		}
		return nil
	}
	if f.repeat > 1 {
		fmt.Fprintln(a.Out, a.out.strong(fmt.Sprintf("Request %d of %d", i+1, f.repeat)))
	}
	text := a.text()
	text.Explain = f.explain
	text.Verdict(v)
	if len(v.Others) > 0 {
		text.Others(v.Others)
	}
	if f.repeat > 1 && i < f.repeat-1 {
		fmt.Fprintln(a.Out)
	}
	return nil
}

// checkSession is what the repetitions of a check have in common.
type checkSession struct {
	f        *checkFlags
	request  *fetch.Request
	body     []byte
	network  *probe.Network
	page     *fetch.Page
	csp      csp.Policies
	self     string
	cookies  []string // Set-Cookie lines
	browsers []*checkBrowser
	notes    []string
}

func (a *app) newCheckSession(ctx context.Context, f *checkFlags, rawURL string) (*checkSession, error) {
	s := &checkSession{f: f}
	var err error
	if s.network, err = f.network.network(a.Getenv); err != nil {
		return nil, &problem{status: ExitUsage, err: err}
	}
	if s.request, s.body, err = f.request.request(rawURL, a.In); err != nil {
		return nil, &problem{status: ExitUsage, err: err}
	}
	if err := s.loadPage(ctx); err != nil {
		return nil, err
	}
	target, _ := origin.ParseURL(s.request.URL)
	if s.cookies, err = parseCookies(f.cookies, target.PotentiallyTrustworthy()); err != nil {
		return nil, &problem{status: ExitUsage, err: err}
	}
	profiles := []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}
	if f.profile != "all" {
		p, err := fetch.ParseProfile(f.profile)
		if err != nil {
			return nil, err
		}
		profiles = []fetch.Profile{p}
	}
	for _, p := range profiles {
		b := fetch.New(fetch.Config{Profile: p, Now: time.Now, Trace: f.explain, Space: s.space})
		s.browsers = append(s.browsers, &checkBrowser{Browser: b, cookies: fetch.NewCookies(b, s.page), given: s.cookies})
	}
	return s, nil
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
		Network: s.network, Body: s.body, Cookies: b.cookies, SetCookie: b.given, DryRun: s.f.dryRun,
		StrictNames: b.Profile() == fetch.Firefox,
	}
	o := b.Fetch(ctx, s.page, s.request, s.guarded(p.Exchange))
	b.given = p.SetCookie
	v := report.NewVerdict(o, s.f.readHeaders)
	if v.Request.URL == "" { // script was refused before there was a request
		v.Request.URL, v.Request.Origin = s.request.URL, s.page.Origin()
		v.Request.Method = firstOf(s.request.Method, "GET")
	}
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
		kept := slices.ContainsFunc(o.Request.Headers, func(k fetch.Header) bool { return strings.EqualFold(k.Name, h.Name) })
		if !kept && o.Error == nil || !kept && o.Error != nil && o.Error.Code != fetch.CodeTypeError {
			notes = append(notes, fmt.Sprintf("script cannot set the header %q; the browser drops it", h.Name))
		}
	}
	return notes
}
