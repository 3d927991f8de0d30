package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/fetch"
)

// checkCase is one request to be checked, wherever it comes from: the command line, a paste or a
// line of a batch.
type checkCase struct {
	request *fetch.Request
	body    []byte
	// pageConfig is what is known of the page; pageURL is loaded to learn the rest.
	pageConfig fetch.PageConfig
	pageURL    string
	// cookieValues are as those of --cookie.
	cookieValues []string
	readHeaders  []string
	// userAgent is what the browser calls itself, "" for corsac's own.
	userAgent string
	// network says how servers are reached.
	network networkFlags
	// dryRun stops before an actual request that may change something.
	dryRun bool
	notes  []string
}

// commandLine is the request of the command line.
func (f *checkFlags) commandLine(rawURL string, stdin io.Reader) (*checkCase, error) {
	c := f.newCase()
	var err error
	if c.request, c.body, err = f.request.request(rawURL, stdin); err != nil {
		return nil, &problem{status: ExitUsage, err: err}
	}
	return c, nil
}

// newCase is what the flags say of every request.
func (f *checkFlags) newCase() *checkCase {
	return &checkCase{
		pageConfig: fetch.PageConfig{Origin: f.origin}, pageURL: f.page, cookieValues: f.cookies, readHeaders: f.readHeaders,
		network: f.network, dryRun: f.dryRun,
	}
}

// source is where the requests come from.
type source uint8

const (
	sourceURL source = iota
	sourcePaste
	sourceBatch
	sourceHAR
)

func (f *checkFlags) source() source {
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

// Flags that make no sense with a source of requests.
var (
	bodyFlags    = []string{"data", "data-raw", "data-binary", "data-size", "json-body", "form", "upload"}
	requestNames = append([]string{"request", "header", "credentials", "mode", "redirect", "destination"}, bodyFlags...)
	networkNames = []string{
		"insecure", "cacert", "connect-to", "resolve", "http1.1", "http2", "max-time", "cookie", "lna", "page", "dry-run", "no-diagnose", "send",
	}
)

// checkSource finds what is wrong with where the requests come from.
func (f *checkFlags) checkSource(flags *pflag.FlagSet, args []string) error {
	var errs []error
	refuse := func(flag, why string, names ...string) {
		for _, name := range names {
			if flags.Changed(name) {
				errs = append(errs, fmt.Errorf("--%s and --%s exclude each other: %s", flag, name, why))
			}
		}
	}
	switch f.source() {
	case sourceHAR:
		refuse("har", "the requests were made already", slices.Concat([]string{"from", "batch", "concurrency", "repeat", "curl"}, requestNames, networkNames)...)
	case sourceBatch:
		refuse("batch", "each line says what it sends", slices.Concat([]string{"from", "repeat", "curl"}, bodyFlags)...)
	case sourcePaste:
		refuse("from", "the paste says what is sent", append([]string{"concurrency"}, bodyFlags...)...)
		if !slices.Contains([]string{"curl", "fetch", "auto"}, f.from) {
			errs = append(errs, fmt.Errorf("--from %q is not one of curl, fetch, auto", f.from))
		}
		if len(args) > 1 {
			errs = append(errs, fmt.Errorf("check takes one paste, but there is also %q; write - for standard input", args[1]))
		}
		return errors.Join(errs...)
	case sourceURL:
		refuse("concurrency", "only a batch makes several requests at a time", "concurrency")
		return errors.Join(append(errs, f.checkURL(args))...)
	}
	if len(args) > 0 {
		errs = append(errs, fmt.Errorf("check takes no URL with --har or --batch, but there is %q", args[0]))
	}
	return errors.Join(errs...)
}

func (f *checkFlags) checkURL(args []string) error {
	switch {
	case len(args) == 0:
		return errors.New("check needs the URL of an API: corsac check https://api.example.com/items --origin http://localhost:3000")
	case len(args) > 1:
		return fmt.Errorf("check takes one URL, but there is also %q", args[1])
	case args[0] == "-":
		return errors.New("check takes a URL; to check a request that you copied, write: corsac check --from auto -")
	}
	err := checkTarget(args[0])
	if f.origin == "" && f.page == "" {
		err = errors.Join(err, fmt.Errorf("check needs to know the page: corsac check %s --origin http://localhost:3000, or --page with its URL", args[0]))
	}
	return err
}

// checkArgs finds what is wrong with the command line before anything is sent.
func (f *checkFlags) checkArgs(flags *pflag.FlagSet, args []string) error {
	errs := []error{f.checkSource(flags, args), checkOrigin(f.origin)}
	if f.json && f.curl {
		errs = append(errs, errors.New("--json and --curl exclude each other: one prints verdicts, the other commands"))
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
	if f.concurrency < 1 || f.concurrency > maxConcurrency {
		errs = append(errs, fmt.Errorf("--concurrency %d is not from 1 to %d", f.concurrency, maxConcurrency))
	}
	_, err := parseCookies(f.cookies, true)
	return errors.Join(append(errs, err, f.request.check(), f.network.check())...)
}
