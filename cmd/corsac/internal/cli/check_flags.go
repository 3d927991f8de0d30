package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/choice"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/flaghelp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// checkFlags are the flags of check.
type checkFlags struct {
	origin, page string
	user         string
	request      check.Spec
	servers      probe.Settings

	expect, policy string

	profile     string
	lna         string
	readHeaders []string
	cookies     []string
	repeat      int

	form          choice.Form
	explain, curl bool
	dryRun        bool

	probing           diagnose.Options
	probeTime         float64
	stack             string
	noDiagnose, watch bool

	from        string // format of a paste
	set         []string
	batch, har  string // names of files
	concurrency int

	choices choice.List
	changed func(name string) bool // whether a flag is given
}

// The bounds of flags.
const (
	maxConcurrency = 256
	maxRepeat      = 1000
)

func (f *checkFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.SortFlags = false
	f.changed = flags.Changed
	flags.StringVar(&f.origin, "origin", "", "the `ORIGIN` of the page, such as http://localhost:3000, or null")
	flags.StringVar(&f.page, "page", "", "the `URL` of the page, which is loaded to find its origin, CSP and address space")
	f.choices.Add(cmd, &f.from, "from", "", "take the request from pasted text; its `FORMAT` is curl, fetch or auto (detect)", "auto", "curl", "fetch")
	flags.StringArrayVar(&f.set, "set", nil, "the value of a name that the pasted text leaves open: `NAME=VALUE`, such as id=42; repeatable")
	flags.StringVar(&f.batch, "batch", "", "make the requests in a `FILE` of JSON objects, one per line; - is standard input")
	flags.IntVar(&f.concurrency, "concurrency", 8, "make `N` requests of a batch at a time")
	flags.StringVar(&f.har, "har", "", "decide about the cross-origin requests in a HAR `FILE`, and send nothing; - is standard input")
	f.registerRequest(cmd)
	flags.StringVarP(&f.user, "user", "u", "", "send HTTP Basic credentials, `USER:PASSWORD`, in an Authorization header that script sets")
	flags.StringArrayVar(&f.cookies, "cookie", nil, "a `COOKIE` of the server, such as sid=1 or 'sid=1; SameSite=Lax'; sent if the browser would send it; repeatable")
	flags.StringArrayVar(&f.readHeaders, "read-header", nil, "report whether script can read the response header `NAME`; repeatable")
	f.choices.Add(cmd, &f.profile, "profile", "chrome", "the `BROWSER`: chrome, firefox, safari, standard, or all", "chrome", "firefox", "safari", "standard", "all")
	f.choices.Add(cmd, &f.lna, "lna", "ask", "the user's `ANSWER` if Chrome asks whether a public page may reach the local network: ask (only a note), denied, granted", "ask", "denied", "granted")
	flags.IntVar(&f.repeat, "repeat", 1, "make the request `N` times in one browser, which remembers preflights")
	flags.StringVar(&f.expect, "expect", "", "fail unless the `VERDICT` is this: allowed, blocked, opaque, error, or the code of an error, such as MissingAllowOriginHeader")
	choice.Complete(cmd, "expect", check.Results)
	flags.StringVar(&f.policy, "policy", "", "the `NAME` of the policy of -c that answers, if neither its routes nor their number says so")
	flags.BoolVar(&f.dryRun, "dry-run", false, "send only preflights, GET and HEAD")
	f.registerServers(flags)
	f.registerDiagnosis(cmd)
	flags.BoolVar(&f.explain, "explain", false, "add every probe, and every step with its section of the Fetch standard")
	f.form.Register(cmd, "JSON (docs/verdict.schema.json), one object per request")
	flags.BoolVar(&f.curl, "curl", false, "print curl commands that send the same requests")
	f.group(flags)
	flaghelp.Instead(cmd, check.CurlAdvice)
	flaghelp.Alias(flags, "request", "method")
}

// group sorts the flags for the help text.
func (f *checkFlags) group(flags *pflag.FlagSet) {
	flaghelp.Group(flags, "The page", "origin", "page")
	flaghelp.Group(flags, "The request", append([]string{"cookie"}, requestFlags...)...)
	flaghelp.Group(flags, "Other sources of requests", "from", "set", "batch", "concurrency", "har")
	flaghelp.Group(flags, "The browser", "profile", "lna", "repeat", "read-header", "expect", "dry-run")
	flaghelp.Group(flags, "The policy, in place of servers", "config", "policy")
	f.groupServers(flags)
	flaghelp.Group(flags, "The diagnosis", "no-diagnose", "passive", "max-probes", "probe-time", "send", "stack", "watch")
	flaghelp.Group(flags, "The report", append([]string{"explain", "curl"}, choice.FormNames...)...)
}

// groupServers sorts the flags of registerServers.
func (f *checkFlags) groupServers(flags *pflag.FlagSet) {
	flaghelp.Group(flags, "The servers", "insecure", "cacert", "connect-to", "resolve", "http1.1", "http2", "max-time")
}

// registerRequest registers the flags that say what script asks for.
func (f *checkFlags) registerRequest(cmd *cobra.Command) {
	flags, r := cmd.Flags(), &f.request
	flags.StringVarP(&r.Method, "request", "X", "", "the `METHOD`; --method is the same")
	flags.StringArrayVarP(&r.Headers, "header", "H", nil, "a `HEADER` that script sets, such as 'X-A: 1'; repeatable")
	flags.StringArrayVarP(&r.Body.Data, "data", "d", nil, "a text `BODY`, as text/plain unless a Content-Type is set; @file reads a file; POST unless -X")
	flags.StringArrayVar(&r.Body.Raw, "data-raw", nil, "a `BODY` that sets no Content-Type")
	flags.StringArrayVar(&r.Body.Binary, "data-binary", nil, "like --data-raw, but @`FILE` reads a file")
	flags.Int64Var(&r.Body.Size, "data-size", -1, "a body of `N` bytes, without a Content-Type")
	flags.Lookup("data-size").DefValue = "0" // shows no default
	flags.StringVar(&r.Body.JSON, "json-body", "", "a `JSON` body, with its Content-Type")
	flags.StringArrayVarP(&r.Body.Form, "form", "F", nil, "a field of form data, `NAME=VALUE` or NAME=@file; repeatable")
	f.choices.Add(cmd, &r.Credentials, "credentials", "", "the credentials `MODE`: omit, same-origin (the default), include", check.CredentialsModes...)
	f.choices.Add(cmd, &r.Mode, "mode", "", "the request `MODE`: cors (the default of fetch), no-cors, same-origin", check.Modes...)
	f.choices.Add(cmd, &r.Redirect, "redirect", "", "the redirect `MODE`: follow (the default), error, manual", check.RedirectModes...)
	f.choices.Add(cmd, &r.ReferrerPolicy, "referrer-policy", "", "the referrer `POLICY` of the request, such as no-referrer; without it, that of the page", check.ReferrerPolicies...)
	f.choices.Add(cmd, &r.Destination, "destination", "", "what makes the request: `KIND` is fetch (the default), xhr, img, script, module, json, css-module, style, font, audio, video, track, manifest, worker, sharedworker, serviceworker, eventsource, websocket", check.Destinations()...)
	flags.BoolVar(&r.Upload, "upload", false, "force a preflight: an upload listener (xhr) or a stream body (fetch)")
}

// registerDiagnosis registers the flags that say how far a diagnosis goes.
func (f *checkFlags) registerDiagnosis(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.noDiagnose, "no-diagnose", false, "skip the diagnosis: report only the verdict of the browser, and the cause that it shows")
	flags.BoolVar(&f.probing.Passive, "passive", false, "diagnose, but send no probes: look only at the responses to the request")
	flags.IntVar(&f.probing.MaxProbes, "max-probes", 0, "send at most `N` probes to one host; 0 means 40 to this machine and its network, and 12 elsewhere")
	flags.Float64Var(&f.probeTime, "probe-time", diagnose.DefaultTime.Seconds(), "probe for at most this many `SECONDS`")
	flags.BoolVar(&f.probing.Send, "send", false, "let probes repeat the request itself, even if it changes something")
	stackFlag(cmd, &f.stack)
	flags.BoolVar(&f.watch, "watch", false, "check again every two seconds, or on Enter, and print what changed, until the request is allowed")
}

// diagnosis returns who finds causes by probing; nil for nobody.
func (f *checkFlags) diagnosis() *diagnose.Diagnoser {
	if f.noDiagnose || f.curl {
		return nil
	}
	o := f.probing
	o.Send = o.Send && !f.dryRun
	return diagnose.New(o)
}

// checkDiagnosis reports mistakes in the flags about the diagnosis, and reads them.
func (f *checkFlags) checkDiagnosis() (errs []error) {
	f.probing.Time = time.Duration(f.probeTime * float64(time.Second))
	var err error
	if f.probing.Stack, err = stackOf(f.stack); err != nil {
		errs = append(errs, err)
	}
	if f.watch && (f.source() != sourceURL || f.repeat > 1 || f.curl) {
		errs = append(errs, errors.New("--watch is for one URL; it cannot be used with --from, --batch, --har, --repeat or --curl"))
	}
	if f.watch && f.form.IsDocument() {
		errs = append(errs, errors.New("--watch prints what changes; it cannot be used with --format "+f.form.Name()+", but with text or --json"))
	}
	return append(errs, f.probing.Check())
}

// registerServers registers the flags that say how servers are reached.
func (f *checkFlags) registerServers(flags *pflag.FlagSet) {
	s := &f.servers
	flags.BoolVarP(&s.Insecure, "insecure", "k", false, "accept any certificate")
	flags.StringVar(&s.CAFile, "cacert", "", "trust the authorities in a PEM `FILE` instead of the system's")
	flags.StringArrayVar(&s.ConnectTo, "connect-to", nil, "connect elsewhere: `HOST:PORT:IP:PORT`; the host counts as public; repeatable")
	flags.StringArrayVar(&s.Resolve, "resolve", nil, "the address of a host: `HOST:PORT:IP`; repeatable")
	flags.BoolVar(&s.HTTP1, "http1.1", false, "use only HTTP/1.1")
	flags.BoolVar(&s.HTTP2, "http2", false, "use only HTTP/2, over TLS")
	flags.Float64VarP(&s.MaxTime, "max-time", "m", 30, "allow each request this many `SECONDS`")
}

// profiles returns the browsers to ask. The first gives the verdict. A policy is asked
// about in all, unless one is chosen.
func (f *checkFlags) profiles() []fetch.Profile {
	if p, err := fetch.ParseProfile(f.profile); err == nil && (f.changed("profile") || !f.changed("config")) {
		return []fetch.Profile{p}
	}
	return []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard}
}

// base returns what the flags say about every request.
func (f *checkFlags) base() check.Case {
	f.request.MethodGiven = f.changed("request")
	return check.Case{
		Page: fetch.PageConfig{Origin: f.origin}, PageURL: f.page, Cookies: f.cookies, ReadHeaders: f.readHeaders,
		Servers: f.servers, DryRun: f.dryRun, Expect: check.Expectation(f.expect),
	}
}

// requestSource is where the requests come from.
type requestSource uint8

const (
	sourceURL requestSource = iota
	sourcePaste
	sourceBatch
	sourceHAR
)

func (f *checkFlags) source() requestSource {
	switch {
	case f.har != "":
		return sourceHAR
	case f.batch != "":
		return sourceBatch
	case f.from != "":
		return sourcePaste
	}
	return sourceURL
}

// Flags that cannot be used with some sources of requests.
var (
	bodyFlags    = []string{"data", "data-raw", "data-binary", "data-size", "json-body", "form", "upload"}
	requestFlags = append([]string{"request", "header", "user", "credentials", "mode", "redirect", "referrer-policy", "destination"}, bodyFlags...)
	networkFlags = []string{"insecure", "cacert", "connect-to", "resolve", "http1.1", "http2", "max-time", "cookie", "lna", "dry-run"}
	probeFlags   = []string{"max-probes", "probe-time", "send", "stack", "watch", "curl"}
)

// check reports every mistake in the command line, before anything is sent.
func (f *checkFlags) check(args []string) error {
	errs := append(f.checkSource(args), f.choices.Check()...)
	errs = append(errs, f.checkDiagnosis()...)
	errs = append(errs, check.CheckOrigin(f.origin), check.CheckPage(f.page), f.form.Check())
	if err := check.Expectation(f.expect).Check(); err != nil {
		errs = append(errs, fmt.Errorf("--expect: %w", err))
	}
	if f.curl && !f.form.IsText() {
		errs = append(errs, errors.New("--curl prints commands; it cannot be used with --quiet or a flag for another form, such as --json"))
	}
	if f.repeat < 1 || f.repeat > maxRepeat {
		errs = append(errs, fmt.Errorf("--repeat %d is out of range; use 1 to %d", f.repeat, maxRepeat))
	}
	if f.concurrency < 1 || f.concurrency > maxConcurrency {
		errs = append(errs, fmt.Errorf("--concurrency %d is out of range; use 1 to %d", f.concurrency, maxConcurrency))
	}
	if _, err := check.ParseCookies(f.cookies, true); err != nil {
		errs = append(errs, fmt.Errorf("--%w", err))
	}
	return errors.Join(append(errs, f.request.SetUser(f.user), f.request.Check(), f.servers.Check())...)
}

// checkSource reports mistakes in the source of the requests.
func (f *checkFlags) checkSource(args []string) (errs []error) {
	refuse := func(flag, why string, names ...string) {
		for _, name := range names {
			if f.changed(name) {
				errs = append(errs, fmt.Errorf("--%s and --%s cannot be used together: %s", flag, name, why))
			}
		}
	}
	if f.changed("set") && f.source() != sourcePaste {
		errs = append(errs, errors.New("--set gives values to a paste, so it needs --from"))
	}
	switch {
	case f.changed("config"):
		refuse("config", "the file says what is allowed, and nothing is sent", slices.Concat([]string{"har"}, networkFlags, probeFlags)...)
	case f.changed("policy"):
		errs = append(errs, errors.New("--policy names a policy of a file: add the file, such as -c corsac.yaml"))
	}
	switch f.source() {
	case sourceHAR:
		refuse("har", "the requests have already been made", slices.Concat([]string{"from", "batch", "concurrency", "repeat", "curl", "page"}, requestFlags, networkFlags)...)
	case sourceBatch:
		refuse("batch", "each line says what it sends", slices.Concat([]string{"from", "repeat", "curl"}, bodyFlags)...)
	case sourcePaste:
		refuse("from", "the paste says what is sent", append([]string{"concurrency"}, bodyFlags...)...)
		if len(args) > 1 {
			errs = append(errs, fmt.Errorf("check takes one paste, but there is also %q; write - for standard input", args[1]))
		}
		return errs
	case sourceURL:
		if f.changed("concurrency") {
			errs = append(errs, errors.New("--concurrency is only for --batch, which makes several requests at a time"))
		}
		return append(errs, f.checkURL(args)...)
	}
	if len(args) > 0 {
		errs = append(errs, fmt.Errorf("check takes no URL with --har or --batch, but there is %q", args[0]))
	}
	return errs
}

func (f *checkFlags) checkURL(args []string) (errs []error) {
	switch {
	case len(args) == 0:
		return []error{errors.New("check needs the URL of an API: corsac check https://api.example.com/items --origin http://localhost:3000")}
	case len(args) > 1:
		return []error{fmt.Errorf("check takes one URL, but there is also %q", args[1])}
	case args[0] == "-":
		return []error{errors.New("check takes a URL; to check a copied request, write: corsac check --from auto -")}
	}
	errs = append(errs, check.CheckTarget(args[0]))
	if f.origin == "" && f.page == "" {
		errs = append(errs, fmt.Errorf("check needs to know the page: corsac check %s --origin http://localhost:3000, or --page with its URL", strings.TrimSpace(args[0])))
	}
	return errs
}
