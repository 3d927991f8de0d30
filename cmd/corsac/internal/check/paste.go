package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// FromPaste returns the cases of copied requests. base and spec override what a
// paste says. With several requests, navigations are skipped, and requests that
// name no page get the page of the first that does.
func FromPaste(requests []*paste.Request, base *Case, spec *Spec) (cases []*Case, err error) {
	var page fetch.PageConfig
	for _, r := range requests {
		if r.Page.Origin != "" && r.Page.Origin != "null" {
			page = r.Page
			break
		}
	}
	n := len(requests)
	for i, r := range requests {
		if r.Navigation && n > 1 {
			continue
		}
		own, script := *r, *r.Script // the caller's stay as they are
		own.Script, script.Headers = &script, slices.Clone(script.Headers)
		if r.Page.Origin == "" && r.Page.URL == "" {
			own.Page = page
		}
		c, err := fromPaste(&own, base, spec)
		if err != nil && n > 1 {
			err = fmt.Errorf("request %d of %d, %s: %w", i+1, n, r.Script.URL, err)
		}
		if err != nil {
			return nil, mistake(err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func fromPaste(r *paste.Request, base *Case, spec *Spec) (*Case, error) {
	c := *base
	c.Request, c.Body, c.UserAgent, c.Notes = r.Script, r.Body, r.UserAgent, r.Notes
	c.DryRun = c.DryRun || r.Preflight // a copied preflight changes nothing
	if c.Page.Origin == "" && c.PageURL == "" {
		c.Page = r.Page
		if r.Page.Origin == "" && r.Page.URL == "" {
			return nil, errors.New("the paste does not say which page makes the request: add --origin http://localhost:3000, or --page with its URL")
		}
		if _, err := origin.Parse(r.Page.Origin); r.Page.Origin != "" && err != nil {
			return nil, fmt.Errorf("the Origin of the paste: %w", err)
		}
	}
	r.Script.URL = resolved(r.Script.URL, c.Page.URL)
	if r.Cookie != "" && len(c.Cookies) == 0 {
		c.Cookies = []string{r.Cookie}
	}
	c.Servers.Insecure = c.Servers.Insecure || r.Insecure
	c.Servers.ConnectTo = slices.Concat(c.Servers.ConnectTo, r.ConnectTo)
	c.Servers.Resolve = slices.Concat(c.Servers.Resolve, r.Resolve)
	errs := []error{spec.override(c.Request), c.Servers.Check()}
	if c.PageURL == "" { // else script's URL is relative to a page that is loaded later
		errs = append(errs, CheckTarget(c.Request.URL))
	}
	return &c, errors.Join(errs...)
}

// maxTerminalLine is how much of a line a terminal accepts. The rest is lost.
const maxTerminalLine = 4095

// UnreadablePaste returns the mistake that a paste cannot be read. typed says that
// it came through a terminal.
func UnreadablePaste(err error, text string, typed bool) error {
	e := &Error{Kind: Mistake, Err: err}
	if m := finding.Mistakes(nil); errors.As(err, &m) {
		var all []error
		for i := range m {
			all = append(all, errors.New(m[i].Title))
		}
		e.Err, e.Hint = errors.Join(all...), m[0].Fix.Text
	}
	cut := func(line string) bool { return len(line) >= maxTerminalLine }
	if typed && slices.ContainsFunc(strings.Split(text, "\n"), cut) {
		e.Hint = fmt.Sprintf("terminals cut lines after %d bytes; save the paste to a file, and write its name instead of -", maxTerminalLine)
	}
	return e
}
