package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/fetch"
)

// checkPaste checks the requests of a paste.
func (a *app) checkPaste(ctx context.Context, f *checkFlags, args []string) error {
	name := "-"
	if len(args) > 0 {
		name = args[0]
	}
	if name == "-" && isTerminal(a.In) {
		fmt.Fprintln(a.Err, a.err.faint(`Paste the command or the call here, then press Enter and Ctrl-D:`))
	}
	text, err := readFile(name, a.In)
	if err != nil {
		return &problem{status: ExitUsage, err: err}
	}
	requests, err := paste.Parse(string(text), paste.Format(f.from))
	if err != nil {
		p := &problem{status: ExitUsage, err: err}
		if e := (*paste.Error)(nil); errors.As(err, &e) {
			p.hint = e.Hint
		}
		return p
	}
	var cases []*checkCase
	for _, r := range requests {
		c, err := f.pasted(r)
		if err != nil {
			return &problem{status: ExitUsage, err: err}
		}
		cases = append(cases, c)
	}
	return a.check(ctx, f, cases)
}

// pasted is a request of a paste, in which flags take the place of what it says.
func (f *checkFlags) pasted(r *paste.Request) (*checkCase, error) {
	c := f.newCase()
	c.request, c.body, c.userAgent, c.notes = r.Script, r.Body, r.UserAgent, r.Notes
	if f.origin == "" && f.page == "" {
		if c.pageConfig = r.Page; r.Page.Origin == "" && r.Page.URL == "" {
			return nil, errors.New("the paste does not tell which page makes the request: add --origin http://localhost:3000, or --page with its URL")
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
		r.Method, r.HasMethod = f.method, true
	}
	r.Credentials = fetch.Credentials(firstOf(f.credentials, string(r.Credentials)))
	r.Mode = fetch.Mode(firstOf(f.mode, string(r.Mode)))
	r.Redirect = fetch.Redirect(firstOf(f.redirect, string(r.Redirect)))
	if f.destinationGiven {
		r.Destination = destinations[f.destination]
	}
	for _, line := range f.headers {
		h, err := parseHeader(line)
		if err != nil {
			return err
		}
		r.Headers = slices.DeleteFunc(r.Headers, func(old fetch.Header) bool { return strings.EqualFold(old.Name, h.Name) })
		r.Headers = append(r.Headers, h)
	}
	return nil
}
