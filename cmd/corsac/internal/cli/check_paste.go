package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

// maxTerminalLine is how long a line can be that is typed or pasted at a terminal: the rest of it is lost.
const maxTerminalLine = 4095

// checkPaste checks the requests of a paste.
func (a *app) checkPaste(ctx context.Context, f *checkFlags, args []string) error {
	name := "-"
	if len(args) > 0 {
		name = args[0]
	}
	text, err := a.read(ctx, name, "Paste the command or the call here, then press Enter and Ctrl-D:")
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, ":/ ") {
		return &problem{status: ExitUsage, err: err, hint: "a paste is read from standard input, or from a file: corsac check --from " + f.from + " -"}
	}
	if err != nil {
		return err
	}
	requests, err := paste.Parse(string(text), paste.Format(f.from))
	if err != nil {
		p := &problem{status: ExitUsage, err: err}
		if e := (*paste.Error)(nil); errors.As(err, &e) {
			p.hint = e.Hint
		}
		if name == "-" && isTerminal(a.In) && slices.ContainsFunc(strings.Split(string(text), "\n"), func(line string) bool { return len(line) >= maxTerminalLine }) {
			p.hint = fmt.Sprintf("terminals cut lines after %d bytes: put the paste into a file, and give its name in place of -", maxTerminalLine)
		}
		return p
	}
	cases, err := f.pastedCases(requests)
	if err != nil {
		return &problem{status: ExitUsage, err: err}
	}
	return a.check(ctx, f, cases)
}

// pastedCases are the requests of a paste. Of several, those for documents are left out, and what one
// tells of the page goes for those that do not tell.
func (f *checkFlags) pastedCases(requests []*paste.Request) (cases []*checkCase, err error) {
	var page fetch.PageConfig
	for _, r := range requests {
		if r.Page.Origin != "" && r.Page.Origin != "null" && page.Origin == "" {
			page = r.Page
		}
	}
	n := len(requests)
	for i, r := range requests {
		if r.Navigation && n > 1 {
			continue
		}
		if r.Page.Origin == "" && r.Page.URL == "" {
			r.Page = page
		}
		c, err := f.pasted(r)
		if err != nil && n > 1 {
			err = fmt.Errorf("request %d of %d, %s: %w", i+1, n, r.Script.URL, err)
		}
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// pasted is a request of a paste, in which flags take the place of what it says.
func (f *checkFlags) pasted(r *paste.Request) (*checkCase, error) {
	c := f.newCase()
	c.request, c.body, c.userAgent, c.notes = r.Script, r.Body, r.UserAgent, r.Notes
	c.dryRun = c.dryRun || r.Preflight // what was copied changes nothing
	if f.origin == "" && f.page == "" {
		c.pageConfig = r.Page
		if r.Page.Origin == "" && r.Page.URL == "" {
			return nil, errors.New("the paste does not tell which page makes the request: add --origin http://localhost:3000, or --page with its URL")
		}
		if _, err := origin.Parse(r.Page.Origin); r.Page.Origin != "" && err != nil {
			return nil, fmt.Errorf("the Origin of the paste: %w", err)
		}
	}
	if base, err := url.Parse(c.pageConfig.URL); err == nil && base.Host != "" && !strings.Contains(r.Script.URL, ":") {
		if target, err := base.Parse(r.Script.URL); err == nil {
			r.Script.URL = target.String()
		}
	}
	if r.Cookie != "" && len(f.cookies) == 0 {
		c.cookieValues = []string{r.Cookie}
	}
	c.network.insecure = c.network.insecure || r.Insecure
	c.network.connectTo = slices.Concat(c.network.connectTo, r.ConnectTo)
	c.network.resolve = slices.Concat(c.network.resolve, r.Resolve)
	return c, errors.Join(f.request.override(c.request), checkTarget(c.request.URL), c.network.check())
}

// override gives a request what the flags say of it.
func (f *requestFlags) override(r *fetch.Request) error {
	if f.methodGiven {
		r.Method = cmp.Or(f.method, fetch.EmptyMethod)
	}
	r.Credentials = fetch.Credentials(firstOf(f.credentials, string(r.Credentials)))
	r.Mode = fetch.Mode(firstOf(f.mode, string(r.Mode)))
	r.Redirect = firstOf(f.redirect, r.Redirect)
	if f.destinationGiven {
		r.Destination = destinations[f.destination]
	}
	var given fetch.Headers
	for _, line := range f.headers {
		h, err := parseHeader(line)
		if err != nil {
			return err
		}
		r.Headers.Del(h.Name)
		given = append(given, h)
	}
	r.Headers = append(r.Headers, given...)
	return nil
}
